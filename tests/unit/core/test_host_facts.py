import pytest

from deployer.core.fact import Fact, Facts
from deployer.core.host_facts import (
    Disk,
    Interpreter,
    RepositoryState,
    disk,
    file_digests,
    is_complete,
    kept,
    python,
    release_files,
    repository,
)

SIZES = {"free": 1, "total": 2, "inodes_free": 3, "inodes_total": 4}


@pytest.mark.parametrize(
    ("fact", "question"),
    [
        (disk(["/srv"]), {"fact": "disk", "key": "disk", "paths": ["/srv"]}),
        (python("python3"), {"fact": "python", "key": "python:python3", "python": "python3"}),
        (file_digests(["/a"], "units"), {"fact": "files", "key": "units", "paths": ["/a"]}),
        (release_files("r"), {"fact": "config", "key": "config:r", "release": "r"}),
        (repository(["c"]), {"fact": "repository", "key": "repository", "revisions": ["c"]}),
        (
            is_complete("/w", ".done"),
            {"fact": "complete", "key": "complete:/w", "path": "/w", "marker": ".done"},
        ),
        (kept("check"), {"fact": "", "key": "check"}),
    ],
)
def test_each_fact_asks_its_question(fact: Fact[object], question):
    assert fact.question() == question


@pytest.mark.parametrize(
    ("fact", "answer", "value"),
    [
        (disk([]), {"/srv": SIZES}, {"/srv": Disk(1, 2, 3, 4)}),
        (disk([]), {"/srv": {}}, {"/srv": Disk(0, 0, 0, 0)}),
        (disk([]), None, {}),
        (
            python(""),
            {"version": "3.11.2", "path": "/usr/bin/python3.11", "venv": True},
            Interpreter("3.11.2", "/usr/bin/python3.11", has_venv=True),
        ),
        (python(""), None, Interpreter()),
        (python(""), {"version": None, "path": None}, Interpreter()),
        (file_digests([]), {"/a": {"sha256": "x"}, "/b": None}, {"/a": "x", "/b": ""}),
        (file_digests([]), {"/a": {"link": "/b"}}, {"/a": ""}),
        (release_files(""), {"/etc/x": "sum"}, {"/etc/x": "sum"}),
        (
            repository([]),
            {"exists": True, "tips": ["a"], "has": {"a": True, "b": False}},
            RepositoryState(exists=True, tips=("a",), has={"a": True, "b": False}),
        ),
        (repository([]), {}, RepositoryState(exists=False, tips=(), has={})),
        (is_complete("", ""), True, True),
        (is_complete("", ""), "yes", False),
        (kept(""), {"migrations": {}}, {"migrations": {}}),
        (kept(""), "text", {}),
    ],
)
def test_each_answer_becomes_a_typed_value(fact: Fact[object], answer, value):
    assert Facts({fact.key: answer})[fact] == value
