import grp
import os
import pwd
import threading
import time
from pathlib import Path

import pytest

from deployer.agent.context import ActionFailed, Context
from deployer.agent.system.programs import Completed, Program, run
from deployer.agent.text.clean_text import clean


def shell(line, **more):
    return run(Program(["sh", "-c", line], **more))


def test_output_and_exit_code_come_back():
    done = shell("echo one; echo two >&2; exit 3")

    assert done.exit_code == 3
    assert done.stdout == b"one\n"
    assert sorted(done.lines) == ["one", "two"]
    assert done.problem == "ended with exit code 3"


def test_words_are_not_read_by_a_shell():
    done = run(Program(["printf", "%s", "$HOME; `id` > x"]))

    assert done.stdout == b"$HOME; `id` > x"


def test_stdin_arrives_whole_and_is_empty_otherwise():
    assert shell("cat", stdin=b"x" * 500_000).stdout == b"x" * 500_000
    assert shell("cat").stdout == b""


def test_a_program_that_does_not_read_its_stdin_is_no_trouble():
    assert shell("exit 0", stdin=b"x" * 500_000).ok


def test_stdout_that_is_too_long_is_cut_and_says_so():
    done = shell("head -c 3000000 /dev/zero")

    assert len(done.stdout) == 1024 * 1024
    assert done.cut


def test_only_the_last_lines_are_kept():
    done = shell("seq 1 1000")

    assert done.lines == tuple(str(number) for number in range(801, 1001))


def test_a_program_that_takes_too_long_is_stopped_with_its_children():
    started = time.monotonic()

    done = shell("sleep 30 & sleep 30", timeout=0.2)

    assert done.ended == "timeout"
    assert not done.ok
    assert time.monotonic() - started < 5


def test_a_child_left_behind_does_not_hold_the_step_up_and_is_killed(tmp_path):
    done = shell(f"sleep 30 & echo $! > {tmp_path}/pid")

    assert done.ok
    assert done.seconds < 5
    pid = int((tmp_path / "pid").read_text())
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text():
            break
        threading.Event().wait(0.02)
    else:
        pytest.fail("the child lives on")


def test_a_cancelled_program_ends_at_once():
    cancelled = threading.Event()
    threading.Timer(0.1, cancelled.set).start()

    done = run(Program(["sleep", "30"]), cancelled)

    assert done.ended == "cancelled"
    assert done.seconds < 5


def test_the_environment_is_clean(monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_AGENT", "x")

    printed = run(Program(["env"], env={"MINE": "1"})).stdout.decode()

    names = {line.split("=")[0] for line in printed.splitlines()}
    assert names == {"PATH", "LANG", "HOME", "USER", "LOGNAME", "MINE"}


def test_files_it_makes_are_not_for_everybody(tmp_path):
    shell("touch file", folder=str(tmp_path))

    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o640


def test_a_missing_program_or_folder_is_an_answer():
    assert run(Program(["no-such-program"])).lines == ("there is no program `no-such-program`",)
    assert run(Program(["true"], folder="/no/such")).lines == ("there is no folder `/no/such`",)


def test_it_runs_as_the_user_with_its_groups_and_home():
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())

    done = shell("id -un; id -gn; echo $HOME", user=user.pw_name)

    group = grp.getgrgid(user.pw_gid).gr_name
    assert done.lines == (user.pw_name, group, user.pw_dir)


def test_how_it_was_killed_is_said_in_words():
    assert shell("kill -9 $$").problem == "was killed by SIGKILL"
    assert Completed(-63).problem == "was killed by signal 63"


def test_an_unknown_user_fails_the_action():
    with pytest.raises(ActionFailed, match="no user `nobody-here`"):
        Context("shop", "r1").execute(["true"], user="nobody-here")


def test_a_cancelled_run_fails_the_action():
    ctx = Context("shop", "r1")
    ctx.cancelled.set()

    with pytest.raises(ActionFailed, match="cancelled"):
        ctx.execute(["sleep", "30"])


def test_lines_are_shown_without_terminal_tricks():
    seen: list[dict[str, object]] = []
    ctx = Context("shop", "r1", emit=seen.append)
    ctx.step = "pull"

    ctx.execute(["printf", r"\033[31mred\033[0m\a\r50%%\r100%%\n"])

    assert [(one["step"], one["line"]) for one in seen] == [
        ("pull", "red"),
        ("pull", "50%"),
        ("pull", "100%"),
    ]


def test_a_title_sequence_and_direction_marks_are_removed():
    assert clean("\x1b]0;title\x07a\u202eb\tc\x00") == "ab\tc"


@pytest.mark.parametrize("path", ["relative", "/srv/../etc/passwd", ""])
def test_a_path_that_is_not_plain_is_refused(path):
    with pytest.raises(ActionFailed, match="plain absolute path"):
        Context("shop", "r1").path(path)


def test_paths_hang_on_the_root_once(tmp_path):
    ctx = Context("shop", "r1", root=tmp_path)

    assert ctx.path("/etc/x") == tmp_path / "etc/x"
    assert ctx.path(str(ctx.path("/etc/x"))) == tmp_path / "etc/x"


def test_half_of_a_secret_in_an_endless_line_is_never_shown():
    def redact(text: str) -> str:
        return text.replace("hush-hush", "***")

    def shown(before: int) -> list[str]:
        words = [
            "python3",
            "-c",
            f"print('x' * {before} + 'hush-hush' + 'y' * 200000); print('end')",
        ]
        lines: list[str] = []
        run(Program(words), None, lines.append, redact)
        return lines

    told = [line for before in (131068, 131066, 65532, 196604) for line in shown(before)]

    assert not [line for line in told if "hush" in line or "sh-h" in line]
    assert told.count("end") == 4
