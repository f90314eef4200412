"""The commands of `inv`: all of deployer's, and `dev` for work on deployer itself."""

from invoke import Collection

from deployer.cli import dev_tasks
from deployer.cli.tasks import namespace

namespace.add_collection(Collection.from_module(dev_tasks), name="dev")

__all__ = ["namespace"]
