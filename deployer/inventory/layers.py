"""One file over another: mappings merge, the rest replaces, null removes."""

from deployer.inventory.tree import Entry, Listing, Scalar, Table, Tree


def merge(lower: Tree, upper: Tree) -> Tree:
    """Lay `upper` over `lower`; each key keeps the place where it was last written.

    A mapping that chooses another `kind` replaces the whole: options of one kind mean nothing
    to another.
    """
    match lower, upper:
        case Scalar(value=None), Scalar(value=None):
            return Scalar(upper.mark, None, upper.text, removes=lower.removes)
        case _, Scalar(value=None):
            return Scalar(upper.mark, None, upper.text, removes=True)
        case Table(), Table() if _same_kind(lower, upper):
            return Table(upper.mark, {**lower.entries, **_laid_over(lower, upper)})
        case _:
            return upper


def _laid_over(lower: Table, upper: Table) -> dict[str, Entry]:
    return {
        key: Entry(entry.mark, merge(lower.entries[key].value, entry.value))
        if key in lower.entries
        else entry
        for key, entry in upper.entries.items()
    }


def _same_kind(lower: Table, upper: Table) -> bool:
    return _kind(upper) in {None, _kind(lower)}


def _kind(table: Table) -> str | None:
    match table.entries.get("kind"):
        case Entry(value=Scalar(value=str(kind))):
            return kind
        case Entry(value=Listing() | Table()):
            return ""
        case _:
            return None
