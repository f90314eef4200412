"""The commands for lab hosts: disposable real hosts on this machine."""

from invoke import Context, task

from deployer.api.request import LabRequest
from deployer.cli.leave import leave
from deployer.cli.options import TABLE

_NAME = {"name": "which lab; labs of other names are not touched; default lab"}


@task(
    auto_shortflags=False,
    help={
        **_NAME,
        "hosts": "how many hosts; default 1",
        "postgres": "with a PostgreSQL server on each; default off",
        "mariadb": "with a MariaDB server on each; default off",
    },
)
def up(
    context: Context,
    name: str = "lab",
    hosts: str = "",
    postgres: bool = False,
    mariadb: bool = False,
) -> None:
    """Boot bare Debian hosts and write inventories/lab.yaml with their keys pinned."""
    from deployer.api import lab as api

    leave(api.up, LabRequest("lab.up", name=name, hosts=hosts, postgres=postgres, mariadb=mariadb))


@task(auto_shortflags=False, help=_NAME)
def down(context: Context, name: str = "lab") -> None:
    """Throw the hosts of a lab away; safe to repeat."""
    from deployer.api import lab as api

    leave(api.down, LabRequest("lab.down", name=name))


@task(auto_shortflags=False, help={**_NAME, "output": TABLE})
def status(context: Context, name: str = "lab", output: str = "auto") -> None:
    """Show what each host of a lab is doing."""
    from deployer.api import lab as api

    leave(api.status, LabRequest("lab.status", name=name, output=output))
