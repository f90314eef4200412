from dataclasses import dataclass

import pytest

from deployer.errors import TemplateError
from deployer.rendering.renderer import Renderer, own_templates, render


@dataclass(frozen=True)
class Site:
    name: str = "shop.example.org"
    port: int = 80


@pytest.fixture
def write(tmp_path):
    def write_template(text, name="nginx/try.conf.j2"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return name

    return write_template


@pytest.fixture
def rendered(tmp_path, write):
    def render_text(text, name="nginx/try.conf.j2", /, **values):
        return render((tmp_path,), write(text, name), values)

    return render_text


def refusal(rendered, text, name="nginx/try.conf.j2", /, **values):
    with pytest.raises(TemplateError) as error:
        rendered(text, name, **values)
    return error.value.message


def test_text_of_the_template_stays_and_escaped_values_are_put_in(rendered):
    text = rendered("server_name {{ site.name|nginx }}:{{ site.port }};\n", site=Site())

    assert text == 'server_name "shop.example.org":80;\n'


def test_a_value_that_looks_like_a_template_is_only_text(rendered):
    assert rendered("{{ x|nginx }}", x="{{ 7*7 }}{% x %}") == '"{{ 7*7 }}{% x %}"'


def test_a_forgotten_filter_is_refused_with_file_and_line(rendered, tmp_path):
    message = refusal(rendered, "a;\n\nb {{ x }};\n", x="evil; }")

    assert message == (
        f"{tmp_path}/nginx/try.conf.j2:3: A str is not escaped; an nginx configuration takes "
        "`|nginx` (a quoted word) or `|word`."
    )


def test_the_filter_of_another_language_is_refused(rendered):
    message = refusal(rendered, "{{ x|env }}", x="evil; }")

    assert "the value is escaped for another language" in message.lower()


@pytest.mark.parametrize(
    "text",
    [
        "{{ x|nginx|upper }}",
        "{{ x|nginx ~ ';' }}",
        "{{ [x|nginx, x|nginx]|join(' ') }}",
        "{{ (x|nginx)[1:] }}",
        "{{ x|nginx|replace('a', 'b') }}",
        "{{ x|nginx|safe }}",
        "{{ '%s'|format(x|nginx) }}",
        "{{ x|nginx if false else x }}",
        "{% for sign in x|nginx %}{{ sign }}{% endfor %}",
        "{% set y = x %}{{ y }}",
        "{% set y %}{{ x }}{% endset %}{{ y }}",
        "{% macro m(y) %}{{ y }}{% endmacro %}{{ m(x) }}",
        "{% filter replace('a', x) %}a{% endfilter %}",
        "{% filter upper %}{{ x|nginx }}{% endfilter %}",
        "{% call '{}'.format(x) %}{% endcall %}",
        "{% autoescape true %}{{ x|nginx }}{% endautoescape %}",
        "{% autoescape true %}{{ x }}{% endautoescape %}",
        "{{ x|escape }}",
        "{{ x|string }}",
        "{{ x|tojson }}",
        "{{ 'text' }}",
        "{{ none }}",
        "{{ true }}",
        "{{ 1.5 }}",
        "{{ [x] }}",
        "{{ x.upper }}",
    ],
)
def test_no_way_around_the_filters_is_left(rendered, text):
    message = refusal(rendered, text, x="evil; }")

    assert "evil" not in message


@pytest.mark.parametrize(
    "text",
    [
        "{% macro m(y) %}<{{ y|nginx }}>{% endmacro %}{{ m(x) }}",
        "{% set y %}<{{ x|nginx }}>{% endset %}{{ y }}",
        "{% block b %}<{{ x|nginx }}>{% endblock %}",
        "{% for y in [x] recursive %}<{{ y|nginx }}>{% endfor %}",
    ],
)
def test_macros_blocks_and_sets_of_escaped_pieces_are_escaped(rendered, text):
    assert rendered(text, x="a b") == '<"a b">'


def test_an_unknown_name_is_refused_and_the_known_ones_are_told(tmp_path, write):
    name = write("a\n{{ nme|nginx }}")

    with pytest.raises(TemplateError) as error:
        render((tmp_path,), name, {"site": 1, "app": 2})

    assert error.value.message == f"{tmp_path}/{name}:2: 'nme' is undefined."
    assert error.value.hint == "Use the names that this template may see: app, site."


@pytest.mark.parametrize(
    "text",
    [
        "{% if nme %}{% endif %}",
        "{{ site.nme|nginx }}",
        "{% for x in nme %}{% endfor %}",
        "{{ nme }}",
    ],
)
def test_nothing_undefined_is_taken_for_empty(rendered, text):
    assert ":1: " in refusal(rendered, text, site=Site())


def test_a_mistake_in_the_syntax_names_file_and_line(rendered, tmp_path):
    message = refusal(rendered, "a\n{% if %}")

    assert message.startswith(f"{tmp_path}/nginx/try.conf.j2:2: Expected an expression")


def test_a_mistake_in_an_included_file_names_that_file(rendered, write, tmp_path):
    write("\n{{ nme|nginx }}", "nginx/part.j2")

    message = refusal(rendered, "{% include 'nginx/part.j2' %}")

    assert message.startswith(f"{tmp_path}/nginx/part.j2:2: ")


def test_the_kind_of_another_failure_is_told_without_its_text(rendered):
    message = refusal(rendered, "{{ 5 // zero }}{{ secret|float(secret) }}", zero=0, secret="hush")

    assert message.endswith(":1: The template fails with a ZeroDivisionError.")


def test_the_files_of_a_project_win_one_by_one(tmp_path, write):
    write("mine", "nginx/site.conf.j2")

    renderer = Renderer((tmp_path,))

    assert renderer.render("nginx/site.conf.j2", {}) == "mine"
    assert "log_format deploy" in renderer.render("nginx/http.conf.j2", {})


def test_a_project_changes_one_block_of_ours_and_keeps_the_rest(tmp_path, write):
    write(
        '{% extends "deployer/systemd/deployer-recover@.service.j2" %}', "systemd/mine.service.j2"
    )

    text = render((tmp_path,), "systemd/mine.service.j2", {})

    assert text == (own_templates() / "systemd/deployer-recover@.service.j2").read_text()


def test_what_a_block_of_ours_holds_may_be_written_again(tmp_path, write):
    write("[{% block b %}{{ x|nginx }}{% endblock %}]", "nginx/ours.j2")
    name = write('{% extends "nginx/ours.j2" %}{% block b %}{{ super() }}+{% endblock %}')

    assert render((tmp_path,), name, {"x": "a"}) == '["a"+]'


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "nginx/../../secret", "a//b", "a\\b"])
def test_nothing_outside_the_folders_is_included(rendered, tmp_path, name):
    (tmp_path.parent / "secret").write_text("secret")

    message = refusal(rendered, "{% include name %}", name=name)

    assert "is no name of a template" in message


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path, rendered, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "secret.j2"
    outside.write_text("secret")
    (tmp_path / "nginx").mkdir()
    (tmp_path / "nginx/link.j2").symlink_to(outside)

    message = refusal(rendered, "{% include 'nginx/link.j2' %}")

    assert message.endswith("leads out of its templates folder.")


def test_a_missing_template_is_named_with_the_folders_that_were_searched(tmp_path):
    with pytest.raises(TemplateError) as error:
        render((tmp_path,), "nginx/nothing.j2", {})

    assert error.value.message == (
        "nginx/nothing.j2: There is no template `nginx/nothing.j2` in "
        f"`{tmp_path}`, `{own_templates()}`."
    )


@pytest.mark.parametrize(
    ("content", "said"), [(b"\xff", "is not in UTF-8."), (b"a" * 300_000, "larger than 256 KiB.")]
)
def test_a_file_that_is_no_template_is_refused(tmp_path, write, content, said):
    name = write("")
    (tmp_path / name).write_bytes(content)

    with pytest.raises(TemplateError) as error:
        render((tmp_path,), name, {})

    assert error.value.message.endswith(said)


@pytest.mark.parametrize(
    "text",
    [
        "{% for a in range(1000) %}{% for b in range(1000) %}{% endfor %}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% include 'nginx/try.conf.j2' %}",
        "{{ ('x' * 10 ** 9)|nginx }}",
        "{{ 10 ** 10 ** 10 }}",
        "{{ x.__class__.__mro__ }}",
    ],
)
def test_templates_that_do_not_end_or_reach_into_python_are_stopped(rendered, text):
    assert "nginx/try.conf.j2" in refusal(rendered, text, x="a")


def test_a_file_that_grows_without_end_is_stopped(rendered):
    message = refusal(rendered, "{% for a in range(2000) %}{{ x|nginx }}{% endfor %}", x="a" * 1000)

    assert message.endswith("The file grows over 1 MiB.")


def test_plain_files_take_plain_words_only(rendered):
    assert rendered("{{ x|word }}", "other/file.j2", x="a") == "a"
    assert "a plain file takes `|word`" in refusal(
        rendered, "{{ x|nginx }}", "other/file.j2", x="a"
    )


def test_python_takes_no_bare_words(rendered):
    assert rendered("a = {{ x|python }}", "gunicorn/x.py.j2", x="os") == "a = 'os'"
    assert "Python takes `|python`" in refusal(rendered, "{{ x|word }}", "gunicorn/x.py.j2", x="os")


def test_each_file_may_turn_its_loops_as_often(tmp_path, write):
    name = write("{% for a in range(60000) %}{% endfor %}")
    renderer = Renderer((tmp_path,))

    assert [renderer.render(name, {}) for _ in range(3)] == ["", "", ""]
