"""The commands for work on deployer itself; only this repository's tasks.py offers them."""

from invoke import Context, task


@task(auto_shortflags=False)
def check(context: Context) -> None:
    """Lint, formats, types and floors: what must hold before a commit."""
    from deployer.cli.programs import CHECKS, programs

    programs(*CHECKS)


@task(
    name="test",
    auto_shortflags=False,
    help={
        "lab": "also the tests on lab hosts, which need root; default off",
        "select": "only tests whose names match, as `pytest -k` has it; default all",
    },
)
def suite(context: Context, lab: bool = False, select: str = "") -> None:
    """Run the tests."""
    from deployer.cli.programs import programs, pytest

    programs(pytest(lab=lab, select=select))


@task(auto_shortflags=False, help={"serve": "show them as they change; default off"})
def docs(context: Context, serve: bool = False) -> None:
    """Build the documentation; every warning is an error."""
    from deployer.cli.programs import mkdocs, programs

    programs(mkdocs(serve=serve))


@task(
    auto_shortflags=False,
    help={
        "count": "how many cases, half inventories and half command lines; default 100000",
        "seed": "a number that makes the same cases again; default from the clock, and printed",
        "only": "the number of the one case to make again, with --seed; default all",
    },
)
def fuzz(context: Context, count: str = "100000", seed: str = "", only: str = "") -> None:
    """Feed generated inventories and command lines to deployer; nothing leaves this machine."""
    from deployer.cli.programs import fuzzers, programs

    programs(fuzzers(count=count, seed=seed, only=only))


@task(
    auto_shortflags=False,
    help={
        "select": "only cases and controls whose names contain this text; default all",
        "hosts": "how many lab hosts work side by side; default 2",
        "seed": "decides the order and the random moments; default 1",
    },
)
def faults(context: Context, select: str = "", hosts: int = 2, seed: int = 1) -> None:
    """Inject every fault of the matrix on lab hosts, which needs root; keep the results."""
    from deployer.cli.programs import fault_matrix, programs

    programs(*fault_matrix(select=select, hosts=hosts, seed=seed))
