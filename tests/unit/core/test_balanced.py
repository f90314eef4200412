import pytest
from pydantic import ValidationError

from tests.shop_values import Section, inventory

WEB: Section = {"address": "192.0.2.1"}
WEB2: Section = {"address": "192.0.2.2", "balance": {"weight": 3, "backup": True}}
LB: Section = {"address": "192.0.2.9", "roles": ["balancer"]}
NGINX: Section = {"balancer": {"kind": "nginx"}}


def refusal(
    hosts: dict[str, Section], balancer: object = "nginx", app: Section | None = None
) -> tuple[str, str]:
    with pytest.raises(ValidationError) as caught:
        inventory(app, hosts=hosts, rest={"balancer": balancer} if balancer else None)
    (problem,) = caught.value.errors()
    return ".".join(map(str, problem["loc"])), problem["msg"]


def test_a_balancer_is_no_host_of_the_app():
    found = inventory(hosts={"lb1": LB, "web1": WEB, "web2": WEB2}, rest=NGINX)

    assert [host.name for host in found.app_hosts] == ["web1", "web2"]
    assert [host.name for host in found.balancer_hosts] == ["lb1"]
    assert found.balancer is not None
    assert found.balancer.drain == 30.0


def test_only_hosts_with_the_role_web_get_requests():
    hosts = {"web1": WEB, "job1": {"address": "192.0.2.3", "roles": ["migrate"]}, "lb1": LB}

    assert [host.name for host in inventory(hosts=hosts, rest=NGINX).web_hosts] == ["web1"]


def test_a_host_may_be_reached_at_another_address_than_by_ssh():
    other = {"address": "192.0.2.1", "balance": {"address": "10.0.0.1"}}
    found = inventory(hosts={"web1": other, "web2": WEB2, "lb1": LB}, rest=NGINX)

    assert [host.traffic_address for host in found.web_hosts] == ["10.0.0.1", "192.0.2.2"]


@pytest.mark.parametrize(
    ("hosts", "balancer", "place", "said"),
    [
        ({"web1": WEB, "lb1": {**LB, "roles": ["balancer", "web"]}}, "nginx", "lb1.roles", "alone"),
        ({"web1": WEB, "lb1": LB}, None, "lb1.roles", "needs `balancer:"),
        ({"lb1": LB}, "nginx", "hosts", "runs the app"),
        ({"web1": WEB}, "nginx", "balancer", "needs a host with `roles: [balancer]`"),
        ({"web1": {**WEB, "roles": ["migrate"]}, "lb1": LB}, "nginx", "balancer", "role `web`"),
        ({"web2": WEB2, "lb1": LB}, "nginx", "web2.balance.backup", "at least one"),
        (
            {"web1": WEB, "web2": WEB2, "lb1": LB},
            {"kind": "nginx", "method": "ip_hash"},
            "web2.balance.backup",
            "no backups",
        ),
    ],
)
def test_what_does_not_fit_together_is_refused(hosts, balancer, place, said):
    where, text = refusal(hosts, balancer)

    assert where.endswith(place)
    assert said in text


def test_https_ends_at_the_balancer():
    tls = {"certificate": "/etc/ssl/shop.pem", "key": "/etc/ssl/shop.key"}
    site = {"kind": "nginx", "server_names": ["shop.example.org"], "tls": tls}

    where, text = refusal({"web1": WEB, "lb1": LB}, app={"web_server": site})

    assert where == "app.web_server.tls"
    assert "move `tls` to `balancer`" in text


def test_an_app_without_a_site_cannot_be_balanced():
    where, _ = refusal({"web1": WEB, "lb1": LB}, app={"web_server": {"kind": "none"}})

    assert where == "app.web_server"


def test_with_a_balancer_batches_are_small_unless_they_are_given():
    hosts = {"web1": WEB, "web2": WEB2, "lb1": LB}
    given: Section = {"rollout": {"batches": ["50%"]}}

    assert inventory(hosts=hosts, rest=NGINX).batch_sizes == (1, "25%")
    assert inventory(hosts=hosts, rest={**NGINX, **given}).batch_sizes == ("50%",)
    assert inventory().batch_sizes == ("100%",)
