"""Counts what goes over the wire to the sshd of each host, the same for every tool.

A round trip is that we speak after the host has spoken; so handshakes and logins count too.
"""

import socket
import struct
import threading
from dataclasses import asdict, dataclass
from typing import Self

_ALL = 3  # ETH_P_ALL
_ETHERNET, _TCP, _SSH, _SYN = 14, 6, 22, 2


@dataclass(frozen=True, slots=True)
class Wire:
    """Counts for each host, as means."""

    connections: float
    round_trips: float
    kib_out: float
    kib_in: float

    def data(self) -> dict[str, float]:
        """Give it as JSON values."""
        return asdict(self)


@dataclass(slots=True)
class _Flow:
    trips: int = 0
    ours_last: bool = False
    out: int = 0
    back: int = 0


class Tap:
    """`with Tap(bridge, hosts) as tap: …`, then `tap.wire`."""

    def __init__(self, bridge: str, hosts: int) -> None:
        self._hosts = hosts
        self._flows: dict[tuple[bytes, int], _Flow] = {}
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 25)
        self._socket.bind((bridge, _ALL))
        self._socket.settimeout(0.2)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._socket.close()

    @property
    def wire(self) -> Wire:
        """Give the counts."""
        flows = self._flows.values()
        return Wire(
            len(flows) / self._hosts,
            sum(one.trips for one in flows) / self._hosts,
            sum(one.out for one in flows) / self._hosts / 1024,
            sum(one.back for one in flows) / self._hosts / 1024,
        )

    def _listen(self) -> None:
        while True:
            try:
                frame = self._socket.recv(256)
            except TimeoutError:
                if self._ended.is_set():
                    return
                continue
            self._take(frame)

    def _take(self, frame: bytes) -> None:
        ip = frame[_ETHERNET:]
        if frame[12:14] != b"\x08\0" or ip[9] != _TCP:
            return
        header = (ip[0] & 15) * 4
        tcp = ip[header:]
        source, target = struct.unpack_from("!HH", tcp)
        if _SSH not in (source, target):
            return
        ours = target == _SSH
        flow = (ip[16:20], source) if ours else (ip[12:16], target)
        length = struct.unpack_from("!H", ip, 2)[0] - header - (tcp[12] >> 4) * 4
        self._count(flow, length, ours=ours, opens=bool(tcp[13] & _SYN))

    def _count(self, key: tuple[bytes, int], length: int, *, ours: bool, opens: bool) -> None:
        flow = self._flows.setdefault(key, _Flow())
        if not (length or opens):
            return
        if ours:
            flow.trips += not flow.ours_last
            flow.out += length
        else:
            flow.back += length
        flow.ours_last = ours
