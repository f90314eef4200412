import pytest

from deployer.core.release import Layout, Release, is_release_id, other


def test_a_release_is_named_by_its_number_and_revision():
    assert Release(42, "1a2b3c4d5e6f").id == "000042-1a2b3c4"


@pytest.mark.parametrize(
    ("text", "is_id"),
    [
        ("000042-1a2b3c4", True),
        ("000042-1a2b3c4d5e6f", True),
        ("42-1a2b3c4", False),
        ("000042-1A2B3C4", False),
        ("000042-1a2b3c4/../x", False),
        ("000042-1a2b3c4\n", False),
        ("", False),
    ],
)
def test_only_a_release_id_looks_like_one(text, is_id):
    assert is_release_id(text) is is_id


def test_each_path_of_an_app_is_known_once():
    layout = Layout("shop")

    assert {
        "root": layout.root,
        "release": layout.release("r"),
        "shared": layout.shared,
        "repository": layout.repository,
        "current": layout.current,
        "live": layout.live,
        "previous": layout.previous,
        "live_socket": layout.live_socket,
        "venv": layout.venv("k"),
        "wheelhouse": layout.wheelhouse("k"),
        "colour": layout.colour("blue"),
        "socket": layout.socket("blue"),
        "unit": layout.unit("blue"),
    } == {
        "root": "/srv/shop",
        "release": "/srv/shop/releases/r",
        "shared": "/srv/shop/shared",
        "repository": "/srv/shop/repo.git",
        "current": "/srv/shop/current",
        "live": "/srv/shop/run/live",
        "previous": "/srv/shop/run/previous",
        "live_socket": "/srv/shop/run/live.sock",
        "venv": "/srv/shop/venvs/k",
        "wheelhouse": "/srv/shop/wheelhouse/k",
        "colour": "/srv/shop/run/blue",
        "socket": "/run/shop-blue/app.sock",
        "unit": "shop@blue.service",
    }


@pytest.mark.parametrize(("colour", "idle"), [("", "blue"), ("blue", "green"), ("green", "blue")])
def test_the_other_colour_is_the_idle_one(colour, idle):
    assert other(colour) == idle
