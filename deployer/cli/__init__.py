"""Words in, exit code out."""

import sys

# Invoke lets nothing write bytecode (see its `--write-pyc`), so a tool that was installed without,
# as uv does it, would compile all its sources on every run: a quarter of a second (measured).
sys.dont_write_bytecode = bool(sys.flags.dont_write_bytecode)
