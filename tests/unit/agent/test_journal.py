import errno
import stat

from deployer.agent.disk.ballast import Ballast
from deployer.agent.runs.journal import Journal, Writer, encode, load, read


def journal_with(path, *events):
    journal = Journal(path)
    by = Writer("r1", 7)
    for event in events:
        journal.write(by, event)
    journal.close()
    return path


def events(path):
    return [record["event"] for record in load(path)]


def test_what_was_written_is_read_back(tmp_path):
    path = journal_with(tmp_path / "journal", "begin", "end")

    assert [(one["seq"], one["event"], one["fence"]) for one in load(path)] == [
        (1, "begin", 7),
        (2, "end", 7),
    ]


def test_a_journal_that_is_not_there_is_empty(tmp_path):
    assert load(tmp_path / "journal") == ()


def test_only_root_may_read_it(tmp_path):
    path = journal_with(tmp_path / "journal", "begin")

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_torn_tail_is_sealed_before_the_next_line(tmp_path):
    path = journal_with(tmp_path / "journal", "begin", "torn")
    path.write_bytes(path.read_bytes()[:-10])

    journal_with(path, "begin", "after", "end")

    assert events(path) == ["begin", "after", "end"]


def test_a_damaged_line_is_left_out():
    whole = encode({"run": "r1", "seq": 1, "event": "begin"})
    damaged = encode({"run": "r1", "seq": 2, "event": "step"}).replace(b"step", b"stop")
    last = encode({"run": "r1", "seq": 3, "event": "end"})

    assert [one["event"] for one in read(whole + damaged + last)] == ["begin", "end"]


def test_a_repeated_line_counts_once():
    line = encode({"run": "r1", "seq": 1, "event": "begin"})

    assert len(read(line * 3)) == 1


def test_a_full_disk_gives_its_ballast_for_the_next_line(tmp_path):
    class FullOnce(Journal):
        def _put(self, line):
            if ballast.folders[0].exists():
                raise OSError(errno.ENOSPC, "No space left on device")
            super()._put(line)

    ballast = Ballast((tmp_path / "ballast",))
    ballast.hold()
    journal = FullOnce(tmp_path / "journal")

    journal.write(Writer("r1", 1), "undo")

    assert not (tmp_path / "ballast").exists()
    assert events(tmp_path / "journal") == ["undo"]


def test_a_line_that_broke_off_does_not_spoil_the_next(tmp_path):
    path = tmp_path / "journal"
    journal = Journal(path)
    journal.write(Writer("r1", 1), "begin")
    journal._torn = True
    with path.open("ab") as file:
        file.write(b'{"half')

    journal.write(Writer("r1", 1, 1), "end")

    assert events(path) == ["begin", "end"]
