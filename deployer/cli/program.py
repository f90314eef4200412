"""The console script `deployer`: the same commands as `inv`, from any project's folder."""

from invoke import Program

from deployer import __version__
from deployer.cli.tasks import namespace


def main() -> None:
    """Run the command line; never returns."""
    program = Program(name="deployer", binary="deployer", namespace=namespace, version=__version__)
    program.run()
