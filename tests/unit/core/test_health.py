import json

from deployer.core.actions.health import CheckHealth, Probe
from deployer.core.health import judge, probes_file
from tests.shop_values import FOLDER, inventory

RELEASE = "000042-1a2b3c4"
GOOD = tuple(range(200, 400))


def test_a_release_proves_itself_on_its_own_socket():
    socket = "/run/shop-green/app.sock"

    check = judge(inventory().app, RELEASE, "green", settle=3.0)

    assert check == CheckHealth(
        unit="shop@green.service",
        release=RELEASE,
        release_folder=FOLDER,
        probes=(
            Probe("/healthz", "shop.example.org", (200,), socket),
            Probe("/", "shop.example.org", GOOD, socket),
        ),
        interval=1.0,
        timeout=60.0,
        settle=3.0,
    )


def test_a_release_is_asked_as_users_reach_it():
    check = judge(inventory().app, RELEASE, "green", settle=0.0, through_front=True)

    assert [(probe.socket, probe.front) for probe in check.probes] == [
        ("", "http://127.0.0.1:80")
    ] * 2


def test_an_app_without_a_name_is_asked_as_localhost():
    app = inventory({"web_server": "none"}).app

    assert judge(app, RELEASE, "blue", settle=0.0).probes[0].host == "localhost"


def test_a_release_brings_along_what_it_is_to_be_asked():
    file = probes_file(inventory().app)

    assert (file.path, file.scope, file.mode) == ("probes.json", "release", 0o600)
    assert json.loads(file.content) == {
        "host": "shop.example.org",
        "front": "http://127.0.0.1:80",
        "probes": [
            {"path": "/healthz", "expect_status": [200]},
            {"path": "/", "expect_status": list(GOOD)},
        ],
    }
