"""Runs the commands of hooks and user tasks: Fabric's runner without its known traps."""

import codecs
from collections.abc import Callable, Iterator

import paramiko
from fabric.runners import Remote

from deployer.errors import ConnectionLost


class HookRunner(Remote):  # type: ignore[misc]  # Fabric has no types
    """Reads big output fast and whole, and never reports a lost link as an exit code."""

    read_chunk_size = 65536  # Fabric reads 1000 bytes at a time
    input_sleep = 0.001  # and looks every 10 ms whether the program has ended

    def read_proc_output(self, reader: Callable[[int], bytes]) -> Iterator[str]:
        # Invoke decodes each piece alone, which breaks characters that lie across two.
        decoder = codecs.getincrementaldecoder(self.encoding)("replace")
        while data := reader(self.read_chunk_size):
            yield decoder.decode(data)
        yield decoder.decode(b"", final=True)

    def respond(self, buffer_: list[str]) -> None:
        # Invoke joins all output so far for each piece, also when nobody watches (invoke #1079).
        if self.watchers:
            super().respond(buffer_)

    def returncode(self) -> int:
        code: int = super().returncode()
        transport: paramiko.Transport = self.context.transport
        if code < 0 and not transport.is_active():
            name = self.context.host_address.name
            raise ConnectionLost(
                f"The connection to host `{name}` was lost while a command ran; "
                "how it ended is unknown.",
                host=name,
                hint="Run `inv status` to see what the host did.",
            )
        return code
