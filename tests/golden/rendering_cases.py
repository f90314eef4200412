"""The values whose rendered files are kept under `rendering/`.

Write them anew with `python -m tests.golden.rendering_cases` and read the difference.
"""

from collections.abc import Mapping
from pathlib import Path

from deployer.core.release import Layout
from deployer.core.rendered import RenderedFile
from deployer.rendering.balancer_values import BalancerValues, ServerValues
from deployer.rendering.files import release_env, render_app, render_balancer, render_base
from deployer.rendering.tls_values import TlsValues
from deployer.rendering.values import (
    AppValues,
    BaseValues,
    GunicornValues,
    ProcessValues,
    SiteValues,
    TimerValues,
    UnitValues,
)

FOLDER = Path(__file__).parent / "rendering"

PLAIN = AppValues(
    app="shop",
    layout=Layout("shop"),
    gunicorn=GunicornValues("shop.wsgi:application"),
    site=SiteValues(("shop.example.org",)),
)
TLS = AppValues(
    app="my-shop",
    layout=Layout("my-shop"),
    gunicorn=GunicornValues(
        "shop.asgi:make_app()",
        workers=3,
        worker_class="uvicorn_worker.UvicornWorker",
        max_requests=5000,
    ),
    unit=UnitValues(memory_max="512M", tasks_max=256, start_timeout=90, stop_timeout=50),
    site=SiteValues(
        ("shop.example.org", "www.shop.example.org"),
        port=8080,
        tls=TlsValues("/etc/ssl/shop/fullchain.pem", "/etc/ssl/shop/privkey.pem", 8443, hsts=True),
        client_max_body_size="100m",
        static_url="/assets/v1.0/",
        media_url="/media/",
        ipv6=False,
    ),
    env=(
        ("DJANGO_SETTINGS_MODULE", "shop.settings"),
        ("GREETING", "100% \"sûr\" $HOME `id` \\ 'quoted'"),
        ("LINES", "one\ntwo\n\n# three\n"),
        ("EMPTY", ""),
    ),
)
SOCKETS = AppValues(
    app="shop",
    layout=Layout("shop"),
    gunicorn=GunicornValues("shop.wsgi:application"),
    unit=UnitValues(inherits=True),
)
WITHOUT_SITE = AppValues(
    app="worker", layout=Layout("worker"), gunicorn=GunicornValues("worker:app")
)
WORKERS = AppValues(
    app="shop",
    layout=Layout("shop"),
    gunicorn=GunicornValues("shop.wsgi:application"),
    processes=(
        ProcessValues("worker", ("celery", "-A", "shop", "worker", "-n", "w{replica}@%h"), "QUIT"),
        ProcessValues("mail-out", ("python", "-m", "shop.mail", 'two "words"'), stop_timeout=600),
    ),
    timers=(
        TimerValues("clean", ("python", "manage.py", "clearsessions"), "daily"),
        TimerValues(
            "rates", ("rates",), "Mon..Fri *-*-* 06:30:00", persistent=True, random_delay=300
        ),
    ),
)

BALANCED = AppValues(
    app="shop",
    layout=Layout("shop"),
    gunicorn=GunicornValues("shop.wsgi:application"),
    site=SiteValues(("shop.example.org",), port=8080, balancers=("10.0.0.9", "lb.example.org")),
)
BALANCER = BalancerValues(
    "shop",
    Layout("shop"),
    ("shop.example.org",),
    (
        ServerValues("web1", "10.0.0.11:80", weight=3),
        ServerValues("web2", "web2.example.org:80"),
        ServerValues("web3", "[2001:db8::3]:80", backup=True),
    ),
)
BALANCER_TLS = BalancerValues(
    "my-shop",
    Layout("my-shop"),
    ("shop.example.org", "www.shop.example.org"),
    (ServerValues("web1", "10.0.0.11:8080"),),
    port=8081,
    tls=TlsValues("/etc/ssl/shop/fullchain.pem", "/etc/ssl/shop/privkey.pem", 8443),
    method="ip_hash",
    keepalive=0,
    max_fails=0,
    health_path="/up",
    ipv6=False,
)


def rendered() -> Mapping[str, tuple[RenderedFile, ...]]:
    """Render every case."""
    return {
        "plain": (*render_app(PLAIN), _release_env("shop")),
        "tls": (*render_app(TLS), _release_env("my-shop")),
        "workers": tuple(one for one in render_app(WORKERS) if "processes/" in one.path),
        "without-site": render_app(WITHOUT_SITE),
        "balanced": render_app(BALANCED),
        "balancer": render_balancer(BALANCER),
        "balancer-tls": render_balancer(BALANCER_TLS),
        "sockets": render_app(SOCKETS),
        "host": render_base(BaseValues("deploy"), nginx=True, catchall=True),
        "host-tls": render_base(BaseValues("deploy", tls=True), nginx=True, catchall=True),
    }


def contents() -> Mapping[str, str]:
    """Give what is kept: the path below `rendering/` and the text.

    The paths end in `.golden`, so that no tool takes the files for source.
    """
    return {
        f"{case}/{file.path.lstrip('/')}.golden": file.content.decode()
        for case, files in rendered().items()
        for file in files
    }


def _release_env(app: str) -> RenderedFile:
    content = release_env(Layout(app), "000042-1a2b3c4")
    return RenderedFile("", "release.env", content, scope="release")


def main() -> None:
    """Write the files anew."""
    for name, text in contents().items():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    main()
