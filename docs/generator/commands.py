"""The reference of commands, from the collection that `inv` and `deployer` run."""

from copy import deepcopy

from invoke.parser import Argument, ParserContext

from deployer.cli.tasks import namespace
from docs.generator.markdown import first_sentence, page, table

_INTRO = """\
`inv` and `deployer` have the same commands. `inv` needs a `tasks.py` (two lines, `deployer init`
writes it); `deployer` works in any folder of a project. `inv --list` shows all, `inv deploy --help`
one. Values follow a flag: `--env prod` or `--env=prod`.

Left out, `--env` is the variable `DEPLOYER_ENV`, or the only environment there is.
`inv --dry deploy` is the same as `inv deploy --dry-run`.

With `deployer`, words that no command knows end with exit code 2; with plain `inv` with 1, which
is Invoke's own. The [exit codes](exit-codes.md) of the commands themselves are the same."""
_GROUPS = (
    (
        "Change hosts",
        ("setup", "deploy", "rollback", "recover", "backup", "restore", "prune", "run"),
    ),
    ("Keep others away", ("hold", "unhold", "maintenance", "drain", "undrain")),
    ("Look before", ("check", "plan", "render")),
    ("Look after", ("status", "health", "logs", "history", "releases", "backups")),
    ("Start a project", ("init", "trust", "schema")),
    ("A lab on this machine", ("lab.up", "lab.status", "lab.down")),
)


def commands_page() -> str:
    """Give the page; every command stands in a group, or this raises LookupError."""
    # A copy, because Invoke takes the help of a flag out of the task when it is asked for it.
    contexts = {str(one.name): one for one in deepcopy(namespace).to_contexts()}
    # This repository's tasks.py adds commands for work on deployer itself to the same collection.
    contexts = {name: one for name, one in contexts.items() if not name.startswith("dev.")}
    grouped = [name for _, names in _GROUPS for name in names]
    if sorted(grouped) != sorted(contexts):
        raise LookupError(f"docs/generator/commands.py: {set(grouped) ^ set(contexts)} in no group")
    parts = []
    for title, names in _GROUPS:
        parts += [f"## {title}", *(_command(contexts[name]) for name in names)]
    return page("Commands", _INTRO, *parts)


def _command(context: ParserContext) -> str:
    name = context.name
    about = first_sentence(namespace[name].__doc__)
    flags = sorted(set(context.flags.values()), key=lambda one: list(one.names))
    rows = [(f"`{_flag(one)}`", one.help or "") for one in flags]
    return f"### `inv {name}`\n\n{about}\n\n{table(('flag', 'meaning'), rows)}"


def _flag(argument: Argument) -> str:
    long = max(argument.names, key=len).replace("_", "-")
    return f"--{long}" if argument.kind is bool else f"--{long} {long.upper().replace('-', '_')}"
