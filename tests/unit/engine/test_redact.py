import pytest

from deployer.engine.redact import Redactor


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("key=p@ss word", "key=***"),
        ("key=p%40ss%20word", "key=***"),
        ("key=p%40ss+word", "key=***"),
        ("key='p@ss word'", "key=***"),
        ("'--key=p@ss word'", "'--key=***'"),
        ("cEBzcyB3b3Jk", "***"),
        ("Basic dXNlcjpwQHNzIHdvcmQ=", "Basic dXNlcjp***Q="),
        ("\x1b[31mp@ss\x1b[0m word\x07", "***"),
        ("p@ss  word", "p@ss  word"),
    ],
)
def test_a_secret_is_scrubbed_in_the_shapes_it_may_take(line, shown):
    assert Redactor(["p@ss word"])(line) == shown


def test_each_line_of_a_long_secret_is_one():
    redact = Redactor(["-----BEGIN-----\nMIIEabcd\n==\n-----END-----"])

    assert redact("a MIIEabcd b") == "a *** b"
    assert redact("==") == "=="


def test_the_longest_secret_goes_first():
    assert Redactor(["abcd", "abcdefgh"])("abcdefgh abcd") == "*** ***"


def test_a_quote_in_a_secret_hides_nothing():
    assert Redactor(["it's here"])("echo 'it'\"'\"'s here'") == "echo ***"


def test_without_secrets_only_control_characters_go():
    assert Redactor([])("a\tb\x1b]0;title\x07c\x00d\ne") == "a\tbcd\ne"
