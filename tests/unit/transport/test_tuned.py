import socket
import time

import paramiko

from deployer.transport.tuned import (
    CERTIFICATE,
    PromptSocket,
    TunedTransport,
    acknowledged,
    connect,
    tune,
)


def test_small_packets_go_at_once_and_a_dead_peer_is_noticed():
    with socket.socket() as sock:
        tune(sock)

        def option(name):
            return sock.getsockopt(socket.IPPROTO_TCP, getattr(socket, name))

        assert option("TCP_NODELAY")
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert option("TCP_KEEPIDLE") == 5
        assert option("TCP_KEEPINTVL") == 3
        assert option("TCP_KEEPCNT") == 2
        assert option("TCP_USER_TIMEOUT") == 10_000


def test_the_first_answers_are_acknowledged_at_once():
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        connect("127.0.0.1", listener.getsockname()[1], 5) as sock,
        listener.accept()[0] as peer,
    ):
        peer.sendall(b"hello")

        assert isinstance(sock, PromptSocket)
        assert sock.recv(10) == b"hello"
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK)
        assert sock.prompt_reads == PromptSocket.prompt_reads - 1


def test_a_peer_that_acknowledged_just_now_is_known_to_live(monkeypatch):
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        connect("127.0.0.1", listener.getsockname()[1], 5) as sock,
        listener.accept()[0],
    ):
        sock.sendall(b"hello")
        time.sleep(0.05)  # noqa: TID251  the kernel counts
        assert acknowledged(sock)

        monkeypatch.setattr("deployer.transport.tuned.FRESH", 0.01)
        assert not acknowledged(sock)


def test_nobody_can_tell_whether_a_host_behind_a_jump_host_acknowledges():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert not acknowledged(ours)
    assert not acknowledged(paramiko.Channel(0))


def test_the_kinds_that_we_hold_come_first_and_certificates_before_them():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        transport = TunedTransport(ours)

        transport.prefer(("rsa-sha2-512", "unheard-of"), certificates=False)
        assert transport.preferred_keys[:2] == ("rsa-sha2-512", "ssh-ed25519")
        assert not transport.preferred_keys[0].endswith(CERTIFICATE)

        transport.prefer((), certificates=True)
        assert transport.preferred_keys[0] == f"rsa-sha2-512{CERTIFICATE}"
        assert transport.channel_timeout == 30
        transport.close()


def test_the_fast_cipher_is_asked_for_first():
    assert TunedTransport._preferred_ciphers[0] == "aes128-gcm@openssh.com"
