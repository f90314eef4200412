# mypy: ignore-errors
"""Writes one static file that names the revision."""

import os
from pathlib import Path

from app import first

folder = Path(os.environ["STATIC_ROOT"])
folder.mkdir(parents=True, exist_ok=True)
(folder / "revision.txt").write_text(f"{first.REVISION}\n")
