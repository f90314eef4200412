import dataclasses

import pytest

from deployer.core.release import Layout
from deployer.errors import TemplateError
from deployer.rendering.files import release_env, render_app, render_base
from deployer.rendering.tls_values import TlsValues
from deployer.rendering.values import AppValues, BaseValues, GunicornValues, SiteValues

SECRET = "hush-7d0f"
APP = AppValues(
    app="shop",
    layout=Layout("shop"),
    gunicorn=GunicornValues("shop.wsgi:application"),
    site=SiteValues(("shop.example.org",), tls=TlsValues("/etc/ssl/a/c.pem", "/etc/ssl/a/k.pem")),
    env=(("SECRET_KEY", SECRET),),
)


def test_each_file_of_an_app_has_its_place_owner_and_mode():
    files = render_app(APP)

    assert [(f.scope, f.path, oct(f.mode), f.owner, f.group, f.secret) for f in files] == [
        ("release", "app.env", "0o600", "root", "root", True),
        ("release", "gunicorn.conf.py", "0o640", "root", "shop", False),
        ("system", "/etc/systemd/system/shop@.service", "0o644", "root", "root", False),
        ("system", "/etc/nginx/snippets/shop-headers.conf", "0o644", "root", "root", False),
        ("system", "/etc/nginx/snippets/shop-proxy.conf", "0o644", "root", "root", False),
        ("system", "/etc/nginx/snippets/shop-tls.conf", "0o644", "root", "root", False),
        ("system", "/etc/nginx/sites-available/shop.conf", "0o644", "root", "root", False),
    ]


def test_a_host_without_nginx_gets_no_file_for_it():
    paths = [f.path for f in render_base(BaseValues("deploy"), nginx=False, catchall=False)]

    assert paths == [
        "/etc/sudoers.d/deployer-deploy",
        "/etc/systemd/system/deployer-recover@.service",
        "/etc/logrotate.d/deployer",
    ]


def test_secrets_are_in_the_environment_file_and_in_no_other():
    files = render_app(APP)

    assert [f.path for f in files if SECRET.encode() in f.content] == ["app.env"]


def test_neither_values_nor_files_show_secrets_when_printed():
    assert SECRET not in repr(APP)
    assert SECRET not in repr(render_app(APP))


def test_a_variable_that_no_process_can_have_is_named_without_its_value():
    app = dataclasses.replace(APP, env=(("GOOD", "1"), ("BAD", f"{SECRET}\0")))

    with pytest.raises(TemplateError) as error:
        render_app(app)

    assert error.value.message == (
        "The variable `BAD` cannot be set: "
        "a value with a NUL sign cannot be an environment variable."
    )


def test_a_template_of_a_project_cannot_put_secrets_into_a_unit(tmp_path):
    unit = tmp_path / "systemd" / "app@.service.j2"
    unit.parent.mkdir()
    unit.write_text("{% for name, value in env %}{{ value|systemd }}{% endfor %}")

    with pytest.raises(TemplateError, match="'env' is undefined"):
        render_app(APP, (tmp_path,))


def test_the_line_that_marks_our_files_stays_in_those_of_a_project(tmp_path):
    site = tmp_path / "nginx" / "site.conf.j2"
    site.parent.mkdir()
    site.write_text("server {}\n")

    content = render_app(APP, (tmp_path,))[-1].content

    assert content == (
        b"# written by deployer\n# do not edit: change the inventory or templates/\nserver {}\n"
    )


def test_the_environment_of_a_release_names_its_id_folder_and_static_files():
    lines = release_env(Layout("shop"), "000042-1a2b3c4").decode().splitlines()[2:]

    assert lines == [
        'RELEASE_ID="000042-1a2b3c4"',
        'RELEASE_DIR="/srv/shop/releases/000042-1a2b3c4"',
        'STATIC_ROOT="/srv/shop/releases/000042-1a2b3c4/static"',
    ]


def test_the_same_values_give_the_same_bytes():
    assert render_app(APP) == render_app(APP)


@pytest.mark.parametrize("prefix", ["/", "static/", "/static", "//", "/a//b/"])
@pytest.mark.parametrize("field", ["static_url", "media_url"])
def test_a_prefix_by_which_nginx_would_serve_files_outside_the_folder_is_refused(field, prefix):
    with pytest.raises(ValueError, match="must start and end with `/`"):
        SiteValues(("shop.example.org",), **{field: prefix})


@pytest.mark.parametrize(
    ("worker_class", "asgi"),
    [
        ("gthread", False),
        ("sync", False),
        ("gevent", False),
        ("asgi", True),
        ("uvicorn_worker.UvicornWorker", True),
        ("uvicorn.workers.UvicornH11Worker", True),
        ("mine.workers.MyUvicornWorker", True),
    ],
)
def test_the_kind_of_worker_says_how_the_app_is_called(worker_class, asgi):
    assert GunicornValues("a:b", worker_class=worker_class).asgi is asgi


def test_without_static_files_and_media_everything_goes_to_the_app():
    assert APP.site is not None
    site = render_app(APP)[-1].content.decode()
    with_both = dataclasses.replace(
        APP, site=dataclasses.replace(APP.site, static_url="/static/", media_url="/media/")
    )

    assert 'location ^~ "/' not in site
    assert render_app(with_both)[-1].content.count(b'location ^~ "/') == 2
