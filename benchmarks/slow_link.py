"""Makes the way to hosts longer: frames wait in a queue between the bridge and the host's cable.

    python -m benchmarks.slow_link BRIDGE MILLISECONDS LINK…

This kernel has no netem. It ends, and plugs the cables in again, when its stdin is closed.
"""

import contextlib
import selectors
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence

_ALL = 3  # ETH_P_ALL
_PACKET, _VNET_HEADER, _MEMBERSHIP = 263, 15, 1
_OUTGOING = 4
_LARGEST = 1 << 17


@contextlib.contextmanager
def slow(bridge: str, links: Sequence[str], milliseconds: float) -> Iterator[None]:
    """Lengthen each round trip to the hosts at these links."""
    words = (sys.executable, "-m", "benchmarks.slow_link", bridge, f"{milliseconds:g}", *links)
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as relay:
        assert relay.stdin is not None
        assert relay.stdout is not None
        try:
            if not relay.stdout.readline():
                raise RuntimeError("the links cannot be made longer")
            yield
        finally:
            relay.stdin.close()
            relay.wait(timeout=10)


def main(bridge: str, milliseconds: str, *links: str) -> None:
    """Pass frames on, half of the delay later, until stdin ends."""
    half = float(milliseconds) / 2000
    pairs = [(link, f"slow{number}a", f"slow{number}b") for number, link in enumerate(links)]
    try:
        for link, near, far in pairs:
            _ip("link", "add", near, "type", "veth", "peer", "name", far)
            _ip("link", "set", link, "nomaster")
            _ip("link", "set", far, "master", bridge, "up")
            _ip("link", "set", near, "up")
        _relay([(_open(link), _open(near)) for link, near, _ in pairs], half)
    finally:
        for link, near, _ in pairs:
            subprocess.run(("ip", "link", "delete", near), check=False)
            subprocess.run(("ip", "link", "set", link, "master", bridge), check=False)


def _relay(cables: Sequence[tuple[socket.socket, socket.socket]], delay: float) -> None:
    waiting: deque[tuple[float, socket.socket, bytes]] = deque()
    with selectors.DefaultSelector() as selector:
        selector.register(sys.stdin, selectors.EVENT_READ)
        for one, other in cables:
            selector.register(one, selectors.EVENT_READ, other)
            selector.register(other, selectors.EVENT_READ, one)
        print("slow", flush=True)
        while True:
            pause = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
            for key, _ in selector.select(pause):
                if key.fileobj is sys.stdin:
                    return
                _take(key.fileobj, key.data, waiting, delay)
            while waiting and waiting[0][0] <= time.monotonic():
                _, to, frame = waiting.popleft()
                with contextlib.suppress(OSError):  # a full queue: lost, as on a real way
                    to.send(frame)


def _take(link, to, waiting, delay) -> None:
    with contextlib.suppress(BlockingIOError):
        while True:
            frame, sender = link.recvfrom(_LARGEST)
            if sender[2] != _OUTGOING:
                waiting.append((time.monotonic() + delay, to, frame))


def _open(link: str) -> socket.socket:
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL))
    made.setsockopt(_PACKET, _VNET_HEADER, 1)  # else checksums that a card would add are missing
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
    made.bind((link, _ALL))
    index = socket.if_nametoindex(link).to_bytes(4, sys.byteorder)
    made.setsockopt(_PACKET, _MEMBERSHIP, index + b"\1\0\0\0" + bytes(8))
    made.settimeout(0)
    return made


def _ip(*words: str) -> None:
    subprocess.run(("ip", *words), check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
