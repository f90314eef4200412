import pytest

from deployer.api.found_app import find
from deployer.api.init import init
from deployer.api.logs import journalctl, pattern, units_of
from deployer.api.place import Place
from deployer.api.program import words_of
from deployer.api.request import InitRequest, LogsRequest
from deployer.api.trust import Offered
from deployer.core.host import Host
from deployer.errors import InventoryError, UsageError
from deployer.inventory.loader import load
from deployer.transport.known_hosts import HostKey
from tests.shop_values import inventory

UNITS = ("--unit=shop@blue.service", "--unit=shop@green.service")
JOURNAL = ("journalctl", "--no-pager", "--quiet", "--output=short-iso", *UNITS)
KEY = HostKey("ssh-ed25519", "AAAAC3NzaC1lZDI1NTE5AAAAIBaxkEvnlnW0d82LFn5KDMKZ6NiHNnQI9tMvic9Oc3mg")
OTHER = HostKey("ecdsa-sha2-nistp256", "AAAAE2VjZHNh")


@pytest.mark.parametrize(
    ("asked", "more"),
    [
        (LogsRequest("logs"), ("--lines=100",)),
        (LogsRequest("logs", lines="5"), ("--lines=5",)),
        (LogsRequest("logs", since="-1h"), ("--since=-1h",)),
        (LogsRequest("logs", since="today", lines="5"), ("--since=today", "--lines=5")),
        (LogsRequest("logs", follow=True), ("--lines=100", "--follow")),
    ],
)
def test_the_words_for_the_log_of_both_colours(asked, more):
    assert journalctl(asked, units_of(inventory().app, "")) == (*JOURNAL, *more)


def test_the_log_of_a_process_is_that_of_all_its_copies_and_of_a_timer_that_of_its_runs():
    timers = {"nightly": {"command": ["clean"], "schedule": "daily"}}
    app = inventory({"processes": {"worker": {"command": ["w"]}}, "timers": timers}).app

    assert units_of(app, "worker") == ("shop.worker@*.service",)
    assert units_of(app, "nightly") == ("shop.nightly.service",)
    assert units_of(app, "earlier") == ("shop.earlier@*.service", "shop.earlier.service")
    with pytest.raises(UsageError, match="`--process work\\*r` can be no process") as refused:
        units_of(app, "work*r")
    assert refused.value.hint == "there are: worker, nightly"


def test_a_pattern_is_searched_anywhere_in_a_line():
    assert pattern("GET|POST").search("a POST request")
    assert pattern("").search("any line")


def test_a_program_is_split_into_words_and_no_sign_means_anything():
    words = words_of("python manage.py shell -c 'print(1); print(2)' && rm $HOME")

    assert words[:5] == ("python", "manage.py", "shell", "-c", "print(1); print(2)")
    assert words[5:] == ("&&", "rm", "$HOME")


@pytest.mark.parametrize(
    ("pins", "pin"),
    [
        ((), "new"),
        ((KEY.line,), "pinned"),
        ((f"{KEY.line} ann@laptop",), "pinned"),
        ((KEY.fingerprint,), "pinned"),
        ((OTHER.line,), "changed"),
        ((OTHER.line, KEY.line), "pinned"),
    ],
)
def test_what_a_host_offers_is_compared_with_its_pins(pins, pin):
    host = Host.model_construct(name="web1", address="192.0.2.1", host_keys=pins)

    assert Offered(host, (KEY,)).pin == pin


def place(folder) -> Place:
    return Place(folder, {}, None, None, None)  # type: ignore[arg-type]  # nobody listens


def test_a_django_project_is_found_by_its_manage_py(tmp_path):
    (tmp_path / "manage.py").write_text(
        'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bakery.settings.prod")'
    )

    found = find(tmp_path)

    assert (found.framework, found.settings) == ("django", "bakery.settings.prod")
    assert found.module == "bakery.wsgi:application"


def test_a_flask_app_is_found_by_its_file(tmp_path):
    (tmp_path / "app.py").write_text("app = Flask(__name__)")

    assert (find(tmp_path).framework, find(tmp_path).module) == ("flask", "app:app")


@pytest.mark.parametrize("framework", ["django", "flask", "custom"])
def test_a_new_project_has_an_inventory_that_is_accepted(tmp_path, framework):
    request = InitRequest("init", name="bakery", host="192.0.2.7", framework=framework)

    assert init(place(tmp_path), request) == 0

    inventory = load(tmp_path / "inventories", "prod", {})
    assert (inventory.app.name, inventory.app.framework.kind) == ("bakery", framework)
    assert inventory.hosts["web1"].address == "192.0.2.7"
    assert inventory.protected
    assert "namespace" in (tmp_path / "tasks.py").read_text()


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "tasks.py").write_text("mine = 1\n")
    init(place(tmp_path), InitRequest("init", name="bakery"))
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}

    with pytest.raises(UsageError, match="is there already"):
        init(place(tmp_path), InitRequest("init", name="other"))

    assert {file: file.read_bytes() for file in before} == before
    assert (tmp_path / "tasks.py").read_text() == "mine = 1\n"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (InitRequest("init", name="Bakery Shop"), "found `Bakery Shop`"),
        (InitRequest("init", name="bakery", host="web1;reboot"), "web1;reboot"),
        (InitRequest("init", name='x", y: "z\nhosts: {}'), "inventories/base.yaml:4:9: app.name"),
        (InitRequest("init", name="bakery", repository="--upload-pack=x"), "url"),
    ],
)
def test_words_that_an_inventory_refuses_are_refused_before_anything_is_written(
    tmp_path, asked, said
):
    with pytest.raises(InventoryError, match="problem") as refused:
        init(place(tmp_path), asked)

    assert said in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_an_environment_is_never_a_path(tmp_path):
    with pytest.raises(UsageError, match="no name of an environment"):
        init(place(tmp_path), InitRequest("init", name="bakery", env="../prod"))
