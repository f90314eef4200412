import re

import pytest

from deployer.cli.program import program


def typed(*words: str) -> int:
    with pytest.raises(SystemExit) as left:
        program().run(["deployer", *words])
    return left.value.code if isinstance(left.value.code, int) else 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--list-format", "nosuch"), "is none of flat, nested, json"),
        (("--list", "nosuch"), "Sub-collection 'nosuch' not found!\nhint: "),
        (("deploy", "--output", "\x1b]0;owned\x07\x9b31m\n::error::x"), ": :error::x` is no kind"),
        (("deploy", "--e\x1b[31mnv"), "no flag `--e"),
        (("--config", "nosuch.txt", "status", "--env", "prod"), "Settings cannot be read"),
        (("--config", "bad.json", "status", "--env", "prod"), "Settings cannot be read"),
        (("--config", "bad.py", "status", "--env", "prod"), "Settings cannot be read"),
        (("--config", "list.yaml", "status", "--env", "prod"), "Settings cannot be read"),
    ],
)  # fmt: skip
def test_what_invoke_itself_refuses_is_told_in_words_too(words, said, project, monkeypatch, capsys):
    (project / "bad.json").write_text("{")
    (project / "bad.py").write_text("not (")
    (project / "list.yaml").write_text("[1]")
    monkeypatch.chdir(project)

    code = typed(*words)

    shown = capsys.readouterr().err
    assert code == 2, shown
    assert said in shown
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]|^::", shown, re.MULTILINE), shown
