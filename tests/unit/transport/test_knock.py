import socket
import threading
from collections.abc import Iterator

import pytest

from deployer.core.outside import Door, Seen
from deployer.transport.knock import knock

HEARD: list[bytes] = []


@pytest.fixture
def web_server() -> Iterator[int]:
    """Answers 204 to whoever asks; gives its port."""
    HEARD.clear()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    asker, _ = listener.accept()
                except OSError:
                    return
                with asker:
                    HEARD.append(asker.recv(4096))
                    asker.sendall(b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def test_a_host_is_asked_at_its_address_for_its_site(web_server: int) -> None:
    door = Door(f"http://127.0.0.1:{web_server}", "shop.example.org", "/healthz")

    assert knock("127.0.0.1", door) == Seen(204)
    assert HEARD[0].startswith(b"GET /healthz HTTP/1.1\r\nHost: shop.example.org\r\n")
    assert b"X-Deployer-Probe" not in HEARD[0], "that is for the host itself"


def test_trouble_is_an_answer_too(web_server: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    seen = knock("127.0.0.1", Door(f"http://127.0.0.1:{port}", "shop", "/"))
    tls = knock("127.0.0.1", Door(f"https://127.0.0.1:{web_server}", "shop", "/"))

    assert seen == Seen(problem=f"port {port}: it refuses connections")
    assert tls.problem


def test_an_address_of_ipv6_is_understood() -> None:
    assert knock("::1", Door("http://127.0.0.1:1", "shop", "/")).problem.startswith("port 1: ")
