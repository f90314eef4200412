"""Let systemd check candidate units before they are live."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from deployer.agent.context import ActionFailed, Context
from deployer.agent.text import fields

_INSTANCE = "blue"
_HINT = "Mend the template or the values of `runtime`; `inv render` shows the unit."


def test_units(ctx: Context, action: Mapping[str, object]) -> bool:
    """Verify candidates under their unit names; any word about them is a failure."""
    sources = fields.texts(action, "sources")
    ctx.action("systemd-analyze verify")
    with tempfile.TemporaryDirectory(prefix="deployer-units-") as made:
        folder = Path(made)
        names = {_candidate(ctx, source, folder): source for source in sources}
        units = tuple(str(folder / name) for name in names if "/" not in name)
        if not units:
            return False
        words = ("systemd-analyze", "verify", "--man=no", *units)
        env = {"SYSTEMD_UNIT_PATH": f"{folder}:", "SYSTEMD_LOG_LEVEL": "notice"}
        verified = ctx.execute(words, env=env, quiet=True, timeout=60)
    said = tuple(line.replace(f"{folder}/", "") for line in verified.lines)
    ours = tuple(line for line in said if any(name in line for name in names))
    if verified.ok and not ours:
        return False
    log = ours or said
    first = log[0] if log else verified.problem
    raise ActionFailed(f"systemd refuses the new unit: {first}", _HINT, log)


def _candidate(ctx: Context, source: str, folder: Path) -> str:
    """Copy a candidate to the name that systemd would load it by; a template gets an instance."""
    path = ctx.path(source)
    name = path.name.replace("@.", f"@{_INSTANCE}.")
    if path.parent.name.endswith(".d"):
        below = path.parent.name.replace("@.", f"@{_INSTANCE}.")
        (folder / below).mkdir(exist_ok=True)
        name = f"{below}/{path.name}"
    shutil.copyfile(path, folder / name)
    return name
