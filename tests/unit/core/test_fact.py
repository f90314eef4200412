import pytest

from deployer.core.fact import Fact, Facts
from deployer.errors import InternalError

SIZE = Fact("size", "disk", lambda answer: f"{answer} MB", {"paths": ["/"]})


def test_a_question_holds_its_parameters_its_name_and_its_key():
    assert SIZE.question() == {"paths": ["/"], "fact": "disk", "key": "size"}


def test_an_answer_is_read_with_its_type():
    assert Facts({"size": 7})[SIZE] == "7 MB"


def test_an_answer_that_nobody_asked_for_is_a_bug():
    with pytest.raises(InternalError, match="`size` was read before it was asked for"):
        Facts({})[SIZE]


def test_newer_answers_win():
    older = Facts({"size": 1, "other": 2})

    newer = older.merged({"size": 3})

    assert newer == Facts({"size": 3, "other": 2})
    assert older == Facts({"size": 1, "other": 2})


def test_a_fact_is_found_by_its_key():
    assert SIZE in Facts({"size": 1})
    assert SIZE not in Facts({})
