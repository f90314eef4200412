"""The help of options that several commands share, and how words become a Request."""

ENV = "which inventory, such as prod; without it DEPLOYER_ENV, or the only one there is"
LIMIT = "only these hosts or roles, comma-separated; !name leaves one out"
OUTPUT = "auto, console (live view), plain (lines) or json (one event a line); default auto"
YES = "do not ask, for protected environments and CI"
VERBOSE = "show every line that programs on the hosts print"

COMMON = {"env": ENV, "limit": LIMIT, "output": OUTPUT, "verbose": VERBOSE}
CHANGING = {**COMMON, "yes": YES}
