import dataclasses
import json
from io import StringIO

import pytest

from deployer.api.plan import Previewer, preview_deploy, preview_of, preview_rollback
from deployer.api.request import Request
from deployer.api.sessions import address, opened
from deployer.api.upkeep import plan_backup, plan_prune
from deployer.core.preview import Preview
from deployer.output.choose import Output
from deployer.output.preview import lines, show_preview
from tests.flow.fake_agent import FakeFleet
from tests.flow.fake_host import steps_done
from tests.flow.stage import SECOND, Stage, serving_first, stage
from tests.shop_values import inventory

READS = {"facts", "bye"}


def shown(on: Stage, previewer: Previewer, request: Request | None = None) -> Preview:
    for host in on.hosts:
        host.heard.clear()
        host.commits = {"main": SECOND}
    at = on._environment(request or Request("plan"))
    addresses = tuple(address(on.inventory, host) for host in at.hosts)
    with opened(FakeFleet(on.hosts), "shop", addresses, at.emit, at.redact) as sessions:
        return previewer(at, sessions)


def steps(preview: Preview, host: int = 0) -> tuple[str, ...]:
    return tuple(
        one.step for phase in preview.hosts[host].phases for one in phase.steps if one.actions
    )


def test_a_plan_names_just_the_steps_that_the_deploy_then_does():
    on = serving_first()
    planned = shown(on, preview_deploy)

    assert on.deploy(SECOND) == 0

    # `check` finds nothing pending here, so the first two are skipped.
    waiting = {
        one.step for phase in planned.hosts[0].phases for one in phase.steps if one.provisional
    }
    skipped = {"backup_database", "migrate"}
    assert waiting == {*skipped, "collect_static"}
    assert [one for one in steps(planned) if one not in skipped] == list(steps_done(on.hosts[0]))


@pytest.mark.parametrize(
    "previewer",
    [preview_deploy, preview_of(plan_backup), preview_of(plan_prune)],
)
def test_a_plan_only_reads(previewer):
    on = serving_first(3)
    before = [dataclasses.asdict(host) for host in on.hosts]

    shown(on, previewer)

    for host, old in zip(on.hosts, before, strict=True):
        assert set(host.spoken) <= READS
        left_out = {"heard", "commits", "round_trips", "opened", "runs"}
        new = dataclasses.asdict(host)
        assert {k: v for k, v in new.items() if k not in left_out} == {
            k: v for k, v in old.items() if k not in left_out
        }


def test_a_rollback_is_shown_towards_the_good_release():
    on = serving_first()
    assert on.deploy(SECOND) == 0

    planned = shown(on, preview_rollback, Request("rollback"))

    assert planned.release == "000001-aaaaaaa"
    assert "untouched" in planned.migrations
    assert "activate" in steps(planned)
    assert set(on.hosts[0].spoken) <= READS


def test_what_is_live_already_is_nothing_to_do():
    on = serving_first()
    assert on.deploy(SECOND) == 0

    planned = shown(on, preview_deploy)

    assert planned.hosts == ()
    assert list(lines(planned)) == ["already live: 000002-bbbbbbb is healthy on web1"]


def test_a_host_that_would_refuse_says_so():
    on = stage()
    on.hosts[0].set_up = False

    (host,) = shown(on, preview_deploy).hosts

    (refusal,) = host.refusals
    assert refusal.step == "preflight"
    assert "never set up" in refusal.refused
    assert [phase.phase for phase in host.phases] == ["PREPARE"]


def test_a_changed_site_is_shown_as_a_diff_and_a_secret_file_is_not():
    on = serving_first()
    web_server = {"kind": "nginx", "server_names": ["new.example.org"]}
    changed = inventory({"web_server": web_server, "env": {"TOKEN": "very-secret-9"}})
    on.inventory = changed

    planned = shown(on, preview_deploy)

    files = {one.path: one.diff for one in planned.hosts[0].files}
    site = files["/etc/nginx/sites-available/shop.conf"]
    assert '-    server_name "shop.example.org";' in site
    assert '+    server_name "new.example.org";' in site
    assert files["app.env"] == ""
    assert "very-secret-9" not in "\n".join(lines(planned))


def test_as_json_a_plan_is_one_document():
    out = StringIO()

    show_preview(shown(serving_first(), preview_deploy), output=Output.JSON, stdout=out)

    document = json.loads(out.getvalue())
    assert (document["command"], document["release"]) == ("deploy", "000002-bbbbbbb")
    assert document["hosts"][0]["phases"][0]["phase"] == "PREPARE"


def test_how_a_release_goes_about_a_fleet_is_said():
    rest = {"settle": "30s", "pause": "2m", "max_failed": 1, "on_failure": "batch"}
    on = serving_first(3, batches=(1, "100%"), rollout=rest)

    assert shown(on, preview_deploy).rollout == (
        "between batches all that have switched must stay healthy for 30 s",
        "then 120 s pass until the next batch begins",
        "up to 1 may fail and go back alone; if more do, the batches of those that failed go back",
    )
    assert shown(serving_first(), preview_deploy).rollout == ()
    plain = shown(serving_first(2), preview_deploy)
    assert plain.rollout == ("if one fails, all hosts go back",)


def test_batches_and_hosts_are_named_in_order():
    on = serving_first(3, batches=(1, "100%"))

    told = list(lines(shown(on, preview_deploy)))

    assert told[0] == "deploy 000002-bbbbbbb of shop on prod: web1 then web2, web3"
    assert told[-1] == "nothing was changed"
