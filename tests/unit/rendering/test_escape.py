import ast

import pytest

from deployer.rendering import escape


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain", '"plain"'),
        ("50%off", '"50%%off"'),
        ('a "b" \\c', '"a \\"b\\" \\\\c"'),
        ("sûr 🦆", '"sûr 🦆"'),
    ],
)
def test_a_word_of_a_unit_is_quoted_and_its_percent_signs_doubled(text, written):
    assert escape.systemd(text) == written


@pytest.mark.parametrize("text", ["a\nUser=root", "a\rb", "tab\there", "nul\0", "\x1b[0m", "$HOME"])
def test_what_no_spelling_makes_safe_in_a_unit_is_refused(text):
    with pytest.raises(escape.Unwritable) as refused:
        escape.systemd(text)

    assert text not in str(refused.value)


def test_the_number_of_a_copy_is_put_into_a_word_and_nothing_else_is_expanded():
    assert escape.systemd_replica("w{replica}@%h") == '"w%i@%%h"'


@pytest.mark.parametrize("text", ["daily", "Mon..Fri *-*-* 03:30:00", "*:0/15", "Sun 04:00 UTC"])
def test_a_calendar_event_is_written_as_it_is(text):
    assert escape.calendar(text) == text


@pytest.mark.parametrize("text", ["", " daily", "daily\nUser=root", "%H", "a;b", "daily#"])
def test_anything_else_is_no_calendar_event(text):
    with pytest.raises(escape.Unwritable):
        escape.calendar(text)


@pytest.mark.parametrize(
    ("text", "written"),
    [("/srv/a b", '"/srv/a b"'), ("a;}", '"a;}"'), ('"\\', '"\\"\\\\"'), ("#", '"#"')],
)
def test_a_word_of_nginx_is_quoted(text, written):
    assert escape.nginx(text) == written


@pytest.mark.parametrize("text", ["$host", "a\nb", "nul\0", "~^.*$", "~x", "\x7f"])
def test_variables_patterns_and_control_characters_are_refused_in_nginx(text):
    with pytest.raises(escape.Unwritable):
        escape.nginx(text)


def test_a_pattern_for_a_prefix_takes_its_dots_for_dots():
    assert escape.nginx_pattern("/v1.0/") == '"^/v1\\\\.0/(.*)$"'


@pytest.mark.parametrize("text", ["shop", "/srv/shop/run", "512M", "a_b.c@d:e+f-g"])
def test_a_plain_name_is_a_word_as_it_is(text):
    assert escape.word(text) == text


@pytest.mark.parametrize(
    "text", ["", "a b", "-rf", "+/bin/sh", "@x", "!x", "a;b", "a\n", "%i", "é"]
)
def test_anything_else_is_no_word(text):
    with pytest.raises(escape.Unwritable):
        escape.word(text)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("", '""'),
        ("a\nb", '"a\nb"'),
        ('\\ " $ `', '"\\\\ \\" \\$ \\`"'),
        ("100% 'sûr'", "\"100% 'sûr'\""),
    ],
)
def test_any_text_is_the_value_of_a_variable(text, written):
    assert escape.env(text) == written


@pytest.mark.parametrize(
    "text", ["nul\0", "\ud800", "\ufffe", "\ufdd0", "\U0010ffff", "x" * 131_000]
)
def test_what_an_environment_cannot_hold_is_refused(text):
    with pytest.raises(escape.Unwritable):
        escape.env(text)


@pytest.mark.parametrize(
    "value",
    ["it's", "a\nb", "🦆", "\\", 7, True, None, 1.5, (), ("a",), ("a", ("b", 2))],
    ids=repr,
)
def test_a_literal_of_python_is_read_back_as_the_same_value(value):
    read = ast.literal_eval(escape.python(value))

    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1}, ["a"], b"a"], ids=repr)
def test_what_has_no_literal_is_refused(value):
    with pytest.raises(escape.Unwritable):
        escape.python(value)


@pytest.mark.parametrize("text", ["ALL", "root, ALL", "a b", "%sudo", "#0", "a\nb", "", "a=b"])
def test_only_the_name_of_a_user_goes_into_sudoers(text):
    with pytest.raises(escape.Unwritable):
        escape.sudoers(text)


def test_a_user_of_32_characters_goes_into_sudoers():
    assert escape.sudoers("d" * 32) == "d" * 32


@pytest.mark.parametrize("value", [None, True, 1.5, ["a"], b"a"], ids=repr)
@pytest.mark.parametrize("filter_", [escape.word, escape.systemd, escape.nginx, escape.env])
def test_only_text_and_whole_numbers_are_text(filter_, value):
    with pytest.raises(escape.Unwritable):
        filter_(value)


def test_what_is_escaped_is_not_escaped_again():
    with pytest.raises(escape.Unwritable):
        escape.nginx(escape.systemd("a"))


def test_cutting_or_joining_escaped_text_makes_it_common_text_again():
    escaped = escape.nginx("a b")

    assert [type(text) for text in (escaped + "x", escaped[1:], escaped.upper())] == [str] * 3
