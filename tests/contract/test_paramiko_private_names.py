"""Paramiko and Fabric promise nothing about these names; each is watched by one test."""

import inspect

import fabric
import paramiko
from fabric.runners import Remote
from paramiko.agent import AgentSSH
from paramiko.common import MSG_CHANNEL_DATA, MSG_CHANNEL_REQUEST
from paramiko.pkey import PublicBlob

from deployer.core.transport import HostAddress
from deployer.transport.connection import HostConnection
from deployer.transport.tuned import TunedTransport

TRANSPORT = vars(paramiko.Transport)
CHANNEL = vars(paramiko.Channel)
AGENT = vars(AgentSSH)


def source(thing):
    return inspect.getsource(thing)


def test_the_idle_wake_up_of_a_transport_has_its_name():
    assert TRANSPORT["_active_check_timeout"] == 0.1
    assert "self._active_check_timeout" in source(paramiko.Transport.__init__)


def test_ciphers_are_chosen_from_their_name():
    ours = TunedTransport._preferred_ciphers

    assert set(ours) < set(TRANSPORT["_preferred_ciphers"])
    assert not [name for name in ours if "cbc" in name]


def test_macs_are_chosen_from_their_name():
    ours = TunedTransport._preferred_macs

    assert set(ours) < set(TRANSPORT["_preferred_macs"])
    assert not [name for name in ours if "sha1" in name or "md5" in name]


def test_channel_messages_are_dispatched_by_their_table():
    assert TRANSPORT["_channel_handler_table"][MSG_CHANNEL_REQUEST] is (CHANNEL["_handle_request"])
    assert TRANSPORT["_channel_handler_table"][MSG_CHANNEL_DATA] is CHANNEL["_feed"]
    assert "self._channel_handler_table[ptype](chan, m)" in source(paramiko.Transport.run)


def test_an_exit_status_arrives_in_its_place():
    assert 'key == "exit-status"' in source(CHANNEL["_handle_request"])
    assert "self.status_event.set()" in source(CHANNEL["_handle_request"])
    assert "exit-signal" not in source(CHANNEL["_handle_request"])


def test_a_request_is_sent_without_waiting_by_its_name():
    parameters = inspect.signature(TRANSPORT["_send_user_message"]).parameters

    assert list(parameters) == ["self", "data"]
    assert "self._send_user_message" not in source(CHANNEL["_request_success"])


def test_a_refused_request_closes_its_channel():
    assert "_close_internal" in source(CHANNEL["_request_failed"])


def test_host_key_algorithms_are_read_from_their_property():
    assert isinstance(TRANSPORT["preferred_keys"], property)
    assert "self.preferred_keys" in source(paramiko.Transport)
    assert "-cert-v01@openssh.com" in source(TRANSPORT["preferred_keys"].fget)


def test_the_agreed_host_key_algorithm_has_its_name():
    assert "self.host_key_type = agreed_keys[0]" in source(paramiko.Transport)


def test_what_the_other_side_speaks_is_unknown_until_it_has_said_so():
    text = source(paramiko.Transport)

    assert 'self.remote_version = ""' in text
    assert text.index("def _check_banner") < text.index("self.remote_version = buf")


def test_a_host_certificate_is_kept_beside_its_key():
    assert "self.public_blob = blob" in source(paramiko.PKey.load_certificate)
    assert {"key_type", "key_blob"} <= set(vars(PublicBlob("ssh-ed25519", b"")))


def test_an_auth_strategy_is_only_asked_to_authenticate():
    text = source(paramiko.SSHClient.connect)

    assert text.count("auth_strategy.") == 1
    assert "auth_strategy.authenticate(transport=t)" in text


def test_the_policy_is_asked_when_no_key_is_stored():
    text = source(paramiko.SSHClient.connect)

    assert "self._policy.missing_host_key(" in text
    assert "transport_factory(" in text


def test_an_agent_is_reached_through_a_socket_of_our_own():
    assert list(inspect.signature(AGENT["_connect"]).parameters) == ["self", "conn"]
    assert "self._keys" in source(AgentSSH.get_keys)


def test_a_channel_keeps_its_timeout_and_status_where_we_look():
    channel = paramiko.Channel(1)

    assert channel.exit_status == -1
    assert not channel.status_event.is_set()
    assert channel.chanid == 1
    assert channel.remote_chanid == 0


def test_a_fabric_connection_opens_by_its_own_methods():
    for name in ("run", "sudo", "create_session"):
        assert getattr(fabric.Connection, name).__wrapped__ is not None
    assert "self.get_gateway()" in source(fabric.Connection.__init__)
    assert "self.transport.active" in source(fabric.Connection.is_connected.fget)


def test_a_fabric_connection_takes_names_of_ours_beside_its_settings():
    address = HostAddress("web1", "192.0.2.1", port=2222)
    connection = HostConnection(address, lambda _: None)

    assert connection.host_address is address
    assert (connection.host, connection.port, connection.user) == ("192.0.2.1", 2222, "deploy")
    assert connection.gateway is None


def test_a_fabric_connection_keeps_names_of_ours_by_its_setter():
    setter = getattr(fabric.Connection, "_set")  # noqa: B009  the name is what is watched

    setter(connection := HostConnection(HostAddress("web1", "192.0.2.1"), print), _opened=True)

    assert connection._opened is True
    assert "_opened" not in connection.config


def test_a_fabric_runner_reads_in_pieces_of_its_size():
    assert isinstance(Remote.read_chunk_size, int)
    assert isinstance(Remote.input_sleep, float)
