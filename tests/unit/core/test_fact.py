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


def test_an_answer_is_parsed_once_until_there_is_a_newer_one():
    parsed = []

    def parse(answer: object) -> object:
        parsed.append(answer)
        return answer

    size, other = Fact("size", "size", parse), Fact("other", "other", parse)
    facts = Facts({"size": 1, "other": 2})

    assert [facts[size], facts[size], facts[other]] == [1, 1, 2]
    newer = facts.merged({"size": 3})
    assert [newer[size], newer[other], facts[size]] == [3, 2, 1]
    assert parsed == [1, 2, 3]


def test_two_ways_to_read_one_answer_do_not_mix():
    facts = Facts({"size": 7})

    assert facts[Fact("size", "", lambda answer: ("one", answer))] == ("one", 7)
    assert facts[Fact("size", "", lambda answer: ("two", answer))] == ("two", 7)
