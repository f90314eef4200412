"""Maintenance on a real host: users are kept out at nginx, and everything else goes on."""

import http.client
from collections.abc import Iterator
from contextlib import closing

import pytest

from deployer.lab.lab import Lab
from tests.apps import shop
from tests.lab.outside import ask, live
from tests.lab.project import Project

MESSAGE = 'Back at 9 <b>"sûr"</b> & soon'


@pytest.fixture(scope="module")
def project(spare_lab: Lab, tmp_path_factory) -> Iterator[Project]:
    (host,) = spare_lab.add(1)
    folder = tmp_path_factory.mktemp("maintenance")
    made = Project(folder / "project", (host,), shop(folder / "shop"))
    made.must("setup")
    made.must("deploy", "--revision", "v1")
    made.must("maintenance", "--on", "--message", MESSAGE)
    yield made
    spare_lab.remove(host)


def status_of(project: Project, method: str, **headers: str) -> int:
    """Ask for the front page in another way than a browser does."""
    with closing(http.client.HTTPConnection(project.hosts[0].address, timeout=20)) as connection:
        connection.request(method, "/", headers={"Host": project.server_name, **headers})
        with connection.getresponse() as answer:
            return answer.status


def test_everybody_gets_the_page_whatever_they_ask(project):
    (host,) = project.hosts
    asked = [ask(project, host, path) for path in ("/", "/static/shop.css", "/media/x", "/none")]

    assert [one.status for one in asked] == [503] * 4
    assert "Back at 9 &lt;b&gt;&quot;sûr&quot;&lt;/b&gt; &amp; soon" in asked[0].text
    assert {one.headers["Retry-After"] for one in asked} == {"300"}
    assert {one.headers["Cache-Control"] for one in asked} == {"no-store"}
    assert status_of(project, "POST") == 503


def test_the_page_itself_is_no_address(project):
    assert ask(project, project.hosts[0], "/deployer-maintenance.html").status == 404


def test_health_stays_reachable_and_status_says_it(project):
    done = project.inv("status")

    assert project.healthz()["revision"] == "v1"
    assert done.returncode == 0
    assert "MAINTENANCE since" in done.stdout
    assert "`inv maintenance --off --env lab`" in done.stdout


def test_a_deploy_goes_on_and_users_stay_outside(project):
    (host,) = project.hosts

    project.must("deploy", "--revision", "v2")

    assert live(host, "shop").startswith("000002-")
    assert ask(project, host, "/").status == 503


def test_a_stranger_cannot_pretend_to_be_a_probe(project):
    assert status_of(project, "GET", **{"X-Deployer-Probe": "1"}) == 503


def test_a_hold_does_not_keep_from_it(project):
    project.must("hold", "--reason", "moving the database")

    again = project.must("maintenance", "--on")

    assert "done on" in again
    held = project.inv("status").stdout
    project.must("unhold", "--id", held.partition("(id `")[2].partition("`")[0])


def test_a_site_that_lets_users_in_is_not_called_closed(project):
    (host,) = project.hosts
    project.must("maintenance", "--off")
    site = "/etc/nginx/sites-available/shop.conf"
    host.run(f"sed -i.kept 's/return 503;//' {site} && nginx -s reload && sleep 1")

    done = project.inv("maintenance", "--on")

    host.run(f"mv {site}.kept {site} && nginx -s reload && sleep 1")
    assert done.returncode == 6, done.stdout + done.stderr
    assert "still lets users in" in done.stdout
    assert ask(project, host, "/").status == 200
    assert host.run("test -e /srv/shop/run/maintenance.html").returncode == 1


def test_off_lets_everybody_in_again(project):
    (host,) = project.hosts
    project.must("maintenance", "--on")

    project.must("maintenance", "--off")

    assert ask(project, host, "/").status == 200
    assert "MAINTENANCE" not in project.inv("status").stdout
