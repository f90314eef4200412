"""The Fabric connection that hooks and user tasks get: strict host keys, opened once."""

import threading
from collections.abc import Callable

import fabric
import paramiko

from deployer.core.transport import HostAddress
from deployer.transport.hook_runner import HookRunner
from deployer.transport.line import Dial, lost

SETTINGS = {
    "runners": {"remote": HookRunner},
    "load_ssh_configs": False,
    "connect_kwargs": {},
    "forward_agent": False,
    "gateway": None,
    "user": "",
    "run": {"in_stream": False, "encoding": "utf-8", "pty": False, "warn": False, "echo": False},
}
"""Set here, so that no fabric.yaml and no FABRIC_* or INVOKE_* variable can change them."""


class NoSshConfig(paramiko.SSHConfig):
    """Knows nothing: `ssh -G` is asked instead, and Paramiko's lookup fails without a user name."""

    def lookup(self, hostname: str) -> paramiko.SSHConfigDict:
        return paramiko.SSHConfigDict({"hostname": hostname})


class HostConnection(fabric.Connection):  # type: ignore[misc]  # Fabric has no types
    """A connection to one host. It is never opened again after it was lost."""

    def __init__(self, address: HostAddress, dial: Dial) -> None:
        config = fabric.Config(overrides=SETTINGS, lazy=True, ssh_config=NoSshConfig())
        super().__init__(address.address, user=address.user, port=address.port, config=config)
        # Fabric keeps other names than its own in the configuration, hence `_set`.
        self._set(
            host_address=address,
            _dial=dial,
            _opening=threading.Lock(),
            _opened=False,
            _on_close=None,
        )

    def get_gateway(self) -> None:
        """Leave jump hosts to `dial`: Fabric's own are not verified."""

    def open(self) -> None:
        with self._opening:
            if self.is_connected:
                return
            if self._opened:
                raise lost(self.host_address.name)
            self._dial(self)
            self._set(_opened=True)

    @property
    def is_lost(self) -> bool:
        """Whether it was open and is no more."""
        return bool(self._opened) and not self.is_connected

    def attach(self, client: paramiko.SSHClient, on_close: Callable[[], None]) -> None:
        """Take the client that was connected, and what to do when it is closed."""
        self._set(client=client, transport=client.get_transport(), _on_close=on_close)

    def close(self) -> None:
        with self._opening:
            super().close()
            self.client.close()
            finish, _ = self._on_close, self._set(_on_close=None)
        if finish is not None:
            finish()
