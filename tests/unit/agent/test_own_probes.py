import json

import pytest

from deployer.agent.context import Context
from deployer.agent.health.own_probes import own_probes

FOLDER = "/srv/shop/releases/000042-1a2b3c4"
TODAY = ({"path": "/new", "host": "new.example.org", "expect_status": [200], "socket": "/s"},)
THROUGH_FRONT = ({"path": "/new", "host": "new.example.org", "front": "https://127.0.0.1:443"},)
RECORDED = {
    "host": "shop.example.org",
    "front": "http://127.0.0.1:80",
    "probes": [{"path": "/healthz", "expect_status": [204]}],
}


@pytest.fixture
def ctx(tmp_path):
    return Context("shop", "r1", root=tmp_path)


def record(ctx, text):
    file = ctx.path(f"{FOLDER}/config/probes.json")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_an_older_release_is_asked_what_it_was_deployed_to_answer(ctx):
    record(ctx, json.dumps(RECORDED))

    own = own_probes(ctx, FOLDER, TODAY)

    assert own == (
        {
            "path": "/healthz",
            "expect_status": [204],
            "host": "shop.example.org",
            "socket": "/s",
            "front": "",
        },
    )


def test_it_is_asked_through_the_front_that_it_had(ctx):
    record(ctx, json.dumps(RECORDED))

    (own,) = own_probes(ctx, FOLDER, THROUGH_FRONT)

    assert (own["socket"], own["front"]) == ("", "http://127.0.0.1:80")


def test_a_release_without_a_front_of_its_own_is_asked_through_the_one_of_today(ctx):
    record(ctx, json.dumps({**RECORDED, "front": ""}))

    (own,) = own_probes(ctx, FOLDER, THROUGH_FRONT)

    assert own["front"] == "https://127.0.0.1:443"


@pytest.mark.parametrize(
    "text", ["", "[]", '{"probes": 3}', json.dumps({**RECORDED, "probes": []})]
)
def test_a_file_that_is_not_ours_counts_as_none(ctx, text):
    record(ctx, text)

    assert own_probes(ctx, FOLDER, TODAY) == TODAY


def test_a_release_that_recorded_nothing_is_asked_what_was_given(ctx):
    assert own_probes(ctx, FOLDER, TODAY) == TODAY
