import ast
from collections.abc import Iterator
from pathlib import Path

import fabric
import paramiko
from fabric.runners import Remote
from paramiko.agent import AgentSSH

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = ROOT / "tests/contract/test_paramiko_private_names.py"
STRANGERS = (paramiko.Transport, paramiko.Channel, paramiko.SSHClient, AgentSSH, paramiko.PKey)
THEIRS = {
    name
    for one in (*STRANGERS, fabric.Connection, Remote)
    for name in dir(one)
    if name.startswith("_") and not name.startswith("__")
}


def names_used(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(attr=name):
                yield name
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.FunctionDef(name=name):
                yield name
            case _:
                pass


def leaned_on(source: str) -> set[str]:
    return THEIRS & set(names_used(source))


def test_every_way_to_lean_on_a_private_name_is_seen():
    source = "class A(B):\n    _log = 1\n    def _run(self): x._send_user_message(y._unknown)"

    assert leaned_on(source) >= {"_log", "_send_user_message"}
    assert "_unknown" not in leaned_on(source)


def test_a_contract_watches_every_private_name_that_the_transport_leans_on():
    sources = [path.read_text() for path in (ROOT / "deployer/transport").glob("*.py")]
    names = set().union(*map(leaned_on, sources))
    watched = CONTRACTS.read_text()

    assert names >= {"_channel_handler_table", "_send_user_message", "_connect", "_set"}
    assert sorted(name for name in names if f'"{name}"' not in watched) == []
