from deployer.agent.system.upstream_file import Server, is_reason, servers, with_down
from deployer.rendering.files import render_balancer
from tests.golden.rendering_cases import BALANCER

TEXT = render_balancer(BALANCER)[0].content.decode()


def test_hosts_are_found_by_their_names():
    assert servers(TEXT) == (
        Server("web1", "10.0.0.11:80", ""),
        Server("web2", "web2.example.org:80", ""),
        Server("web3", "[2001:db8::3]:80", ""),
    )


def test_leaving_out_changes_that_line_only_and_can_be_taken_back():
    out = with_down(TEXT, {"web2": "by hand"})

    changed = [line for line in out.splitlines() if line not in TEXT.splitlines()]
    server = '    server "web2.example.org:80" weight=1 max_fails=3 fail_timeout=10s'
    assert changed == [f"{server} down; # web2 (by hand)"]
    assert [server.down for server in servers(out)] == ["", "by hand", ""]
    assert with_down(out, {"web2": "by hand"}) == out
    assert with_down(out, {}) == TEXT


def test_a_backup_can_be_left_out_too():
    assert " backup down; # web3 (new)" in with_down(TEXT, {"web3": "new"})


def test_a_line_that_a_person_has_marked_counts_as_by_hand():
    (server,) = servers("  server 10.0.0.1:80 down; # web1\n")

    assert server == Server("web1", "10.0.0.1:80", "by hand")


def test_other_lines_are_no_hosts():
    assert servers("server 10.0.0.1:80;\n# server x; # web1\nserver_name a; # web1\n") == ()


def test_a_reason_cannot_end_the_line():
    assert is_reason("in a run")
    assert not is_reason("x)\n}")
