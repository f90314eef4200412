from io import StringIO
from pathlib import Path

import pytest

from deployer.api.environment import Environment
from deployer.api.perform import executor, report_file, unreachable
from deployer.api.place import Place
from deployer.api.request import Request
from deployer.api.sessions import Unreached
from deployer.core.report import EXIT_CODES
from deployer.errors import (
    AgentMissing,
    ConnectionLost,
    HostError,
    HostUnreachable,
    SudoRefused,
    UsageError,
)
from tests.shop_values import hosts_of, inventory

GONE = HostUnreachable("No route.", host="web1", hint="look")
LOST = ConnectionLost("Lost.", host="web1", hint="look")
MISSING = AgentMissing("No agent.", host="web2", hint="set it up")
REFUSED = SudoRefused("No sudo.", host="web1", hint="set it up")


@pytest.mark.parametrize(
    ("errors", "code"),
    [
        ({"web1": GONE}, 4),
        ({"web1": LOST}, 4),
        ({"web2": MISSING}, 9),
        ({"web1": REFUSED, "web2": MISSING}, 9),
        ({"web1": GONE, "web2": MISSING}, 4),
    ],
)
def test_hosts_that_could_not_be_opened_were_not_changed(errors: dict[str, HostError], code):
    whole = inventory(hosts=hosts_of(3))
    place = Place(Path("/nowhere"), {}, StringIO(), StringIO(), None)
    hosts = tuple(whole.hosts.values())
    at = Environment(place, Request("deploy"), whole, hosts, {}, lambda _: None, "r")

    ending = unreachable(at, Unreached(errors))

    assert EXIT_CODES[ending.outcome] == code
    assert ending.summary == f"{', '.join(errors)} could not be used; nothing was changed"
    causes = {report.host: report.cause for report in ending.hosts}
    assert causes == dict.fromkeys(whole.hosts, "not touched") | {
        name: error.message for name, error in errors.items()
    }


@pytest.mark.parametrize("report", ["a" * 5000, "no/such/folder/a.html", "."])
def test_a_report_that_cannot_be_written_is_refused_before_any_host(tmp_path, report):
    place = Place(tmp_path, {}, StringIO(), StringIO(), None)

    with pytest.raises(UsageError, match="cannot be written"):
        report_file(place, Request("deploy", report=report))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"executor": "ray"}, "`--executor ray` is not known"),
        ({"executor": "dask"}, "needs the address of a scheduler"),
        ({"scheduler": "tls://10.0.0.5:8786"}, "says nothing without `--executor dask`"),
    ],
)
def test_words_about_who_talks_with_the_hosts_that_cannot_be_are_refused(words, said):
    whole = inventory(hosts=hosts_of(1))
    place = Place(Path("/nowhere"), {}, StringIO(), StringIO(), None)
    hosts = tuple(whole.hosts.values())
    at = Environment(place, Request("deploy", **words), whole, hosts, {}, lambda _: None, "r")

    with pytest.raises(UsageError, match=said), executor(at):
        pass
