from deployer.core.actions.backups import Backup, DumpSqlite
from deployer.core.actions.files import Put
from deployer.core.actions.health import CheckHealth, Probe
from deployer.core.actions.programs import Run
from deployer.core.actions.releases import EnsureVenv
from deployer.core.actions.units import StopUnit
from deployer.core.command import command
from deployer.core.order import Order, OrderedStep, Wire, parameters


def test_an_action_is_its_name_and_its_fields():
    assert Wire().action(StopUnit("x.service", kill=True)) == {
        "action": "StopUnit",
        "unit": "x.service",
        "timeout": 60.0,
        "kill": True,
        "after": 0.0,
    }


def test_bytes_leave_their_place_to_the_index_of_a_blob():
    wire = Wire()

    put = wire.action(Put("/etc/x", b"one"))
    run = wire.action(Run(command("cat"), stdin=b"two"))

    assert put["content"] == {"blob": 0}
    assert run["stdin"] == {"blob": 1}
    assert wire.blobs == [b"one", b"two"]


def test_a_command_is_a_list_of_words_wherever_it_is():
    venv = EnsureVenv("/r", "/v", "python3", ("lock",), (command("a", "b c"),), "shop")

    assert Wire().action(venv)["build"] == [["a", "b c"]]
    assert Wire().action(Run(command("a", "b c"), env=(("A", "1"),)))["env"] == [["A", "1"]]


def test_what_is_one_of_several_kinds_says_which():
    backup = Wire().action(Backup("/b", "shop", "r", "/r", dumps=(DumpSqlite("/db"),)))
    check = Wire().action(CheckHealth("u", "r", "/r", (Probe("/", "h"),)))

    assert backup["dumps"] == [{"kind": "DumpSqlite", "path": "/db"}]
    assert check["probes"] == [
        {
            "kind": "Probe",
            "path": "/",
            "host": "h",
            "expect_status": [200],
            "socket": "",
            "front": "",
        }
    ]


def test_an_order_is_its_steps_with_what_undoes_them():
    order = Order("BUILD", (OrderedStep("pull", (), (StopUnit("u"),)),))

    assert Wire().order(order) == {
        "verb": "order",
        "phase": "BUILD",
        "steps": [{"name": "pull", "do": [], "undo": [Wire().action(StopUnit("u"))]}],
    }


def test_the_parameters_of_an_action_are_its_fields_alone():
    assert parameters(StopUnit("u")) == {"unit": "u", "timeout": 60.0, "kill": False, "after": 0.0}
