from pathlib import Path
from threading import Thread

from deployer.agent.context import Context
from deployer.agent.system.closing import clients_asked

CLOSING = "/srv/shop/run/closing"


def place(root: Path, app: str) -> Context:
    return Context(app, "r", root=root, emit=lambda _: None)


def made(root: Path) -> list[Path]:
    """The files by which sites ask: this host is the balancer of two apps, and runs a third."""
    for folder in ("shop/run/balancer", "blog/run/balancer", "wiki/run"):
        (root / "srv" / folder).mkdir(parents=True)
    return [root / "srv" / app / "run/closing" for app in ("shop", "blog", "wiki")]


def there(flags: list[Path]) -> list[bool]:
    return [flag.exists() for flag in flags]


def test_the_clients_of_every_app_of_the_balancer_are_asked(tmp_path):
    flags = made(tmp_path)

    with clients_asked(place(tmp_path, "shop"), CLOSING, 0.0):
        assert there(flags) == [True, True, False]

    assert there(flags) == [False] * 3


def test_reloads_of_several_apps_wait_for_each_other(tmp_path):
    flags = made(tmp_path)
    seen: list[bool] = []

    def other() -> None:
        with clients_asked(place(tmp_path, "blog"), "/srv/blog/run/closing", 0.0):
            seen.extend(there(flags))

    with clients_asked(place(tmp_path, "shop"), CLOSING, 0.0):
        thread = Thread(target=other)
        thread.start()
        thread.join(0.3)
        assert seen == []
        assert there(flags) == [True, True, False]
    thread.join(10)

    assert seen == [True, True, False]
    assert there(flags) == [False] * 3


def test_root_is_led_nowhere_by_links_in_a_folder_of_somebody(tmp_path):
    made(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "balancer").mkdir(parents=True)
    (tmp_path / "srv/blog/run/closing").symlink_to(elsewhere / "by-file")
    (tmp_path / "srv/users").mkdir()
    (tmp_path / "srv/users/run").symlink_to(elsewhere)

    with clients_asked(place(tmp_path, "shop"), CLOSING, 0.0):
        assert (tmp_path / "srv/shop/run/closing").exists()
        assert [one.name for one in elsewhere.iterdir()] == ["balancer"]
