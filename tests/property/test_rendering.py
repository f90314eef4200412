import ast
import re

from hypothesis import given
from hypothesis import strategies as st

from deployer.agent.system import env_file
from deployer.rendering import escape
from deployer.rendering.diff import difference
from tests.any_text import environments, lines, texts


@given(environments)
def test_the_agent_reads_any_environment_file_back(environment):
    content = "".join(f"{name}={escape.env(value)}\n" for name, value in environment.items())

    assert env_file.read(content.encode()) == environment


@given(texts)
def test_any_text_is_the_same_text_in_python(value):
    assert ast.literal_eval(escape.python(value)) == value


@given(lines)
def test_a_word_of_a_unit_has_no_bare_percent_sign_and_ends_where_it_should(value):
    written = escape.systemd(value)

    assert re.fullmatch(r'"(?:[^"\\%]|\\["\\]|%%)*"', written)
    assert unquoted(written).replace("%%", "%") == value


@given(lines.filter(lambda line: not line.startswith("~")))
def test_a_word_of_nginx_ends_where_it_should(value):
    written = escape.nginx(value)

    assert re.fullmatch(r'"(?:[^"\\]|\\["\\])*"', written)
    assert unquoted(written) == value


@given(st.one_of(st.text(), st.binary(), st.integers(), st.none(), st.floats()))
def test_every_value_is_written_or_refused_and_nothing_else(value):
    for write in (escape.word, escape.systemd, escape.nginx, escape.env, escape.sudoers):
        try:
            written = write(value)
        except escape.Unwritable:
            continue
        assert isinstance(written, escape.Escaped)


@given(environments, environments)
def test_no_value_of_a_secret_file_is_in_its_difference(old, new):
    files = [
        "".join(f"{name}={escape.env('hush-' + value)}\n" for name, value in variables.items())
        for variables in (old, new)
    ]

    assert "hush-" not in difference("x", files[0].encode(), files[1].encode(), secret=True)


def unquoted(written):
    return re.sub(r"\\(.)", r"\1", written[1:-1])
