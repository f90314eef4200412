"""What a release was deployed to answer, from its own `config/probes.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping

from deployer.agent.context import Context
from deployer.agent.text import fields

Probes = tuple[Mapping[str, object], ...]


def own_probes(ctx: Context, folder: str, given: Probes) -> Probes:
    """Give the probes that a release brought along, asked the same way as those given.

    The inventory of today may name another path or host name than the one that an older release
    knows. A release without the file (or with one that is not ours) is asked what was given.
    """
    if not folder or not given:
        return given
    try:
        found = json.loads(ctx.path(f"{folder}/config/probes.json").read_text("utf-8"))
        return _like(given[0], found)
    except (OSError, ValueError):
        return given


def _like(first: Mapping[str, object], found: object) -> Probes:
    if not isinstance(found, dict):
        raise fields.WrongField("probes.json", "a mapping")
    way = {key: fields.text(first, key) for key in ("socket", "front")}
    if way["front"]:
        way["front"] = fields.text(found, "front") or way["front"]
    own = fields.objects(found, "probes")
    if not own:
        raise fields.WrongField("probes", "a list with at least one probe")
    return tuple({**probe, "host": fields.text(found, "host"), **way} for probe in own)
