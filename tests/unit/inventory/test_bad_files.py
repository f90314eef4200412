import time

import pytest

from deployer.errors import InventoryError
from deployer.inventory.loader import load
from tests.unit.inventory.good import GOOD, HERE, split_mark, written

BOMB = "a: &a [x, x]\n" + "".join(
    f"{name}: &{name} [*{below}, *{below}, *{below}, *{below}, *{below}, *{below}, *{below}]\n"
    for below, name in zip("abcdefgh", "bcdefghi", strict=True)
)

BYTES = (
    ("02-empty", b"", "1:1", "0 bytes"),
    ("02-comments", b"# nothing\n\n", "1:1", "says nothing"),
    ("02-only-a-document-start", b"---\n", "1:1", "says nothing"),
    ("02-null", b"null\n", "1:1", "says nothing"),
    ("06-big", b"#" * 300_000, "1:1", "262144"),
    ("06-deep", b"a: " + b"[" * 1000, "1:23", "20 levels"),
    ("06-deep-blocks", b"? " * 1000, "1:41", "20 levels"),
    ("06-bomb", BOMB.encode(), "5:4", "too many values"),
    ("06-many-values", b"a: [" + b"1," * 30_000 + b"]", "1:39999", "too many values"),
    ("08-list", b"- a\n", "1:1", "found a list"),
    ("08-text", b"hello\n", "1:1", "found `hello`"),
    ("08-number", b"12\n", "1:1", "the number `12`"),
    ("09-utf8-bom", b"\xef\xbb\xbf" + GOOD.encode(), "1:1", "byte order mark"),
    ("09-utf16", GOOD.encode("utf-16"), "1:1", "UTF-16"),
    ("09-utf16-no-bom", GOOD.encode("utf-16-le"), "1:2", "UTF-16"),
    ("09-utf32", GOOD.encode("utf-32"), "1:1", "UTF-32"),
    ("09-latin-1", GOOD.replace("hello", "grüß").encode("latin-1"), "10:21", "0xFC"),
    ("09-nul", GOOD.replace("hello", "a\0b").encode(), "10:20", "NUL"),
    ("09-control", GOOD.replace("hello", "a\x07b").encode(), "10:20", "control character"),
    ("03-huge-escape", b'a: "\\UFFFFFFFF"\n', "1:1", "escape"),
)

SYNTAX = (
    ("03-tab", f"app:\n{HERE}\tname: shop\n", "not YAML"),
    ("03-tab-after-colon", f"app:{HERE}\t{{}}\n", "not YAML"),
    ("03-open-quote", f"app:\n  name: {HERE}'shop\nhosts: {{}}\n", "a quote that is never closed"),
    ("03-open-double-quote", f'app: {HERE}"shop\n', "a quote that is never closed"),
    ("03-open-list", f"app: [a\nhosts{HERE}: {{}}\n", "not YAML"),
    ("03-two-colons", f"app: b{HERE}: c\n", "not YAML"),
    ("03-percent", f"app: {HERE}%x\n", "not YAML"),
    ("03-at", f"app: {HERE}@x\n", "not YAML"),
    ("03-escape", f'app: "\\{HERE}q"\n', "not YAML"),
    ("03-list-then-key", f"- a\n{HERE}b: c\n", "not YAML"),
    ("04-two-documents", f"a: b\n{HERE}---\nc: d\n", "a second document"),
    ("06-undefined-alias", f"a: {HERE}*hunter2\n", "an alias"),
    ("06-alias-of-itself", f"a: &a [{HERE}*a]\n", "an alias"),
)


def told(folder, name="prod"):
    with pytest.raises(InventoryError) as caught:
        load(folder, name, {})
    return caught.value.problems


@pytest.mark.parametrize("case", BYTES, ids=[case[0] for case in BYTES])
def test_a_file_that_cannot_be_read_is_named_with_its_cause(case, tmp_path):
    _, data, where, words = case
    started = time.process_time()

    problems = told(written(tmp_path, data))

    assert len(problems) == 1
    assert problems[0].startswith(f"{tmp_path / 'prod.yaml'}:{where}: ")
    assert words in problems[0]
    assert time.process_time() - started < 5


@pytest.mark.parametrize("case", SYNTAX, ids=[case[0] for case in SYNTAX])
def test_a_slip_of_syntax_is_named_with_line_and_column(case, tmp_path):
    _, marked, words = case
    text, line, column = split_mark(marked)

    problems = told(written(tmp_path, text))

    assert len(problems) == 1
    assert problems[0].startswith(f"{tmp_path / 'prod.yaml'}:{line}:{column}: ")
    assert words in problems[0]
    assert "hunter2" not in problems[0]


def test_a_missing_file_is_named_and_how_to_make_one(tmp_path):
    problems = told(tmp_path)

    assert problems == (
        f"{tmp_path / 'prod.yaml'}:1:1: there is no such file; `inv init` writes one to start from",
    )


def test_a_folder_in_place_of_the_file_is_named(tmp_path):
    (tmp_path / "prod.yaml").mkdir()

    assert "this is a folder" in told(tmp_path)[0]


def test_mistakes_of_both_files_are_told_at_once(tmp_path):
    written(tmp_path, "ssh: {port: 0}\nrollout: {batches: [no]}\n", "base")
    written(tmp_path, GOOD.replace("rollout: {batches: [1]}\n", "").replace("shop\n", "Shop\n"))
    text = (tmp_path / "prod.yaml").read_text().replace("ssh: {user: deploy}", "ssh: {usr: a}")
    written(tmp_path, text)

    problems = told(tmp_path)

    assert [problem.split(": ")[0].rpartition("/")[2] for problem in problems] == [
        "base.yaml:1:13",
        "base.yaml:2:21",
        "prod.yaml:2:9",
        "prod.yaml:17:7",
    ]


def test_two_unreadable_files_are_told_at_once(tmp_path):
    written(tmp_path, "a: [", "base")
    written(tmp_path, "b: [")

    assert len(told(tmp_path)) == 2
