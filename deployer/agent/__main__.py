"""Start the agent; works from its own folder alone: `python3 -I -S …/__main__.py serve`."""

from __future__ import annotations

import sys

if __name__ == "__main__":
    sys.path.insert(0, __file__.rsplit("/", 3)[0])

from deployer.agent.program import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
