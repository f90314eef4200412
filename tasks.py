"""The commands of `inv`: all of deployer's."""

from deployer.cli.tasks import namespace

__all__ = ["namespace"]
