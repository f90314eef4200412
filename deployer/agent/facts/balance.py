"""Which web hosts a balancer sends requests to."""

from __future__ import annotations

import hashlib
from dataclasses import asdict

from deployer.agent.context import Context, Fields
from deployer.agent.disk.files import read_plain
from deployer.agent.system.upstream_file import servers, with_down
from deployer.agent.text import fields


def balance(ctx: Context, question: Fields) -> object:
    """Give the hosts of the file, and its digest as if none of them were left out."""
    try:
        text = read_plain(ctx.path(fields.text(question, "path"))).decode("utf-8", "replace")
    except FileNotFoundError:
        return {"sha256": "", "servers": []}
    plain = hashlib.sha256(with_down(text, {}).encode()).hexdigest()
    return {"sha256": plain, "servers": [asdict(server) for server in servers(text)]}
