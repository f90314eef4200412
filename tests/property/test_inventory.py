import time
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deployer.core.inventory import Inventory
from deployer.errors import InventoryError
from deployer.inventory.layers import merge
from deployer.inventory.loader import load
from deployer.inventory.parser import parse
from deployer.inventory.tree import Entry, Listing, Mark, Scalar, Table, plain
from tests.unit.inventory.good import GOOD

SECRET = "hunter2hunter2"
PIECES = sorted(
    {*GOOD.replace(":", " : ").split(), ":", "- ", "\n", "\n  ", "{", "}", "[", "]", "'", '"'}
    | {"&a ", "*a", "!!str ", "---\n", "? ", "|\n", ">\n", "<<", "~", "022", "no", "\t", "#"}
    | {
        "null",
        ".nan",
        "1e999",
        "9" * 5000,
        "0x" + "f" * 5000,
        "\\x",
        "\ud800",
        "\u2028",
        "%YAML 1.1\n",
    }
)
FAST = settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)


def loaded(data: bytes):
    with TemporaryDirectory() as folder:
        (Path(folder) / "prod.yaml").write_bytes(data)
        started = time.process_time()
        try:
            return load(Path(folder), "prod", {"HOME": "/root"})
        except InventoryError as error:
            return checked(error, f"{folder}/prod.yaml:")
        finally:
            assert time.process_time() - started < 5


def checked(error, start):
    assert error.problems
    assert all(problem.startswith(start) for problem in error.problems)
    assert all("\n" not in problem for problem in error.problems)
    return error


def data(tree):
    read = plain(tree)
    assert isinstance(read, dict)
    return read


@FAST
@given(st.binary(max_size=400))
def test_any_bytes_are_refused_in_time(data):
    assert isinstance(loaded(data), InventoryError)


@FAST
@given(st.text(max_size=200))
def test_any_text_is_refused_in_time(text):
    assert isinstance(loaded(text.encode("utf-8", "surrogatepass")), InventoryError)


@FAST
@given(st.lists(st.sampled_from(PIECES), max_size=60).map(" ".join))
def test_any_heap_of_yaml_is_taken_or_refused(text):
    assert isinstance(loaded(text.encode("utf-8", "surrogatepass")), Inventory | InventoryError)


@FAST
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(GOOD)), st.integers(0, 12), st.sampled_from([*PIECES, "", "\0"])
        ),
        min_size=1,
        max_size=4,
    )
)
def test_a_broken_inventory_is_taken_or_refused(changes):
    text = GOOD
    for where, length, piece in changes:
        text = text[:where] + piece + text[where + length :]

    assert isinstance(loaded(text.encode("utf-8", "surrogatepass")), Inventory | InventoryError)


@FAST
@given(
    st.integers(0, len(GOOD.splitlines()) - 1),
    st.sampled_from(["  x: ", "  env: ", "  y: {", "prot: ", "- ", "", "  name: [", "\t"]),
    st.sampled_from(
        [
            f"{{PASSWORD: {SECRET}, A-B: 1}}",
            f"{{A: 1, B: {SECRET}}}",
            f'{{A: "{SECRET}\\0"}}',
            f"{{A: *{SECRET}}}",
            f"{{A: !{SECRET} x}}",
            f"{{A: '{SECRET}",
            f'{{A: "{SECRET}',
            f"{{A: {{secret: {SECRET}!}}}}",
            f"{{kind: postgres, url: 'postgres://u:{SECRET}@h/x'}}",
            f"{{kind: git, url: 'https://u:{SECRET}@h/x'}}",
            f"https://u:{SECRET}@h/x",
            f'"-----BEGIN PRIVATE KEY-----{SECRET}"',
        ]
    ),
)
def test_no_error_shows_a_secret(line, before, value):
    lines = GOOD.splitlines()
    lines[line] = f"{before}{value}"

    result = loaded("\n".join(lines).encode())

    assert isinstance(result, Inventory) or SECRET not in str(result)


def scalars():
    values = st.none() | st.booleans() | st.integers() | st.text(max_size=4)
    return values.map(lambda value: Scalar(Mark("f", 1, 1), value, str(value)))


def tables(values):
    keys = st.sampled_from(["a", "b", "c"])
    entries = st.dictionaries(keys, values.map(lambda v: Entry(Mark("f", 1, 1), v)), max_size=3)
    return entries.map(lambda e: Table(Mark("f", 1, 1), e))


TREES = st.recursive(
    scalars(),
    lambda inner: (
        tables(inner)
        | st.lists(inner, max_size=3).map(lambda items: Listing(Mark("f", 1, 1), tuple(items)))
    ),
    max_leaves=8,
)
EMPTY = Table(Mark("f", 1, 1), {})


@FAST
@given(tables(TREES))
def test_nothing_above_or_below_changes_nothing(tree):
    assert plain(merge(tree, EMPTY)) == plain(tree)
    assert plain(merge(EMPTY, tree)) == plain(tree)


@FAST
@given(tables(TREES), tables(TREES))
def test_merging_twice_is_merging_once(lower, upper):
    once = merge(lower, upper)

    assert plain(merge(once, upper)) == plain(once)


@FAST
@given(tables(TREES), tables(TREES))
def test_what_the_upper_layer_says_holds(lower, upper):
    merged = data(merge(lower, upper))

    for key, entry in upper.entries.items():
        if isinstance(entry.value, Scalar) and entry.value.value is None:
            assert merged.get(key) is None
        elif not isinstance(entry.value, Table):
            assert merged[key] == plain(entry.value)
        else:
            assert key in merged
    for key in lower.entries.keys() - upper.entries.keys():
        assert merged[key] == plain(lower.entries[key].value)


@FAST
@given(st.text(alphabet=st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"])))
def test_any_line_in_quotes_is_read_as_it_is(text):
    quoted = text.replace("'", "''")

    tree, problems = parse(f"a: '{quoted}'\n", "f")

    assert problems == ()
    assert data(tree) == {"a": text}
