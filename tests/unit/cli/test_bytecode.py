import importlib
import sys

import pytest

import deployer.cli


def test_our_sources_are_compiled_once_although_invoke_forbids_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", not sys.flags.dont_write_bytecode)

    importlib.reload(deployer.cli)

    assert sys.dont_write_bytecode == bool(sys.flags.dont_write_bytecode)
