"""The commands of `inv`: all of deployer's, and `dev` for work on deployer itself."""

from invoke import Collection

from deployer.cli import dev_tasks
from deployer.cli.tasks import namespace as shipped

# A copy, so that whoever imports this file does not add `dev` to what is shipped.
namespace = Collection(*shipped.tasks.values(), lab=shipped.collections["lab"])
namespace.add_collection(Collection.from_module(dev_tasks), name="dev")

__all__ = ["namespace"]
