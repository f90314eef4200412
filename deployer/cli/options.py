"""The help of options that several commands share; each says its default."""

ENV = "which inventory, such as prod; default DEPLOYER_ENV, or the only one there is"
LIMIT = (
    "only these hosts or roles, comma-separated, !name leaves one out; @failed names those that "
    "failed in the last run from here; default all"
)
OUTPUT = "auto, console (live view), plain (lines) or json (one event a line); default auto"
TABLE = "auto, console or plain (a table), or json (one document); default auto"
YES = "do not ask, for protected environments and CI; default off"
WAIT = "how long to wait for another run to end, such as 15m; default 0: not at all"
VERBOSE = "show every line that programs on the hosts print; default off"

READING = {"env": ENV, "limit": LIMIT, "output": TABLE}
COMMON = {"env": ENV, "limit": LIMIT, "output": OUTPUT, "verbose": VERBOSE}
CHANGING = {**COMMON, "yes": YES}
