from deployer.agent.runs.compacting import compact, shortened
from deployer.agent.runs.journal import Journal, Writer, encode, load, read
from deployer.agent.runs.recovery import broken, plan


def journal_of(path, count, *, outcome="committed", command="deploy"):
    with path.open("ab") as file:
        for number in range(1, count + 1):
            by = {"run": f"r{number}", "fence": number, "schema": 1}
            file.write(encode({**by, "seq": 1, "event": "begin", "command": command}))
            file.write(encode({**by, "seq": 2, "event": "end", "outcome": outcome}))
    return path


def runs(path):
    return list(dict.fromkeys(record["run"] for record in load(path)))


def test_a_short_journal_stays_as_it_is(tmp_path):
    path = journal_of(tmp_path / "journal", 5)
    before = path.read_bytes()

    assert not compact(path)

    assert path.read_bytes() == before


def test_of_a_long_one_the_last_runs_stay_as_they_were(tmp_path):
    path = journal_of(tmp_path / "journal", 50)
    before = load(path)

    assert compact(path, limit=6_000, at_least=5)

    assert path.stat().st_size <= 3_000
    left = load(path)
    assert len(left) >= 10
    assert left == before[-len(left) :]


def test_so_many_runs_stay_whatever_their_size(tmp_path):
    path = journal_of(tmp_path / "journal", 50)

    compact(path, limit=10, at_least=5)

    assert runs(path) == ["r46", "r47", "r48", "r49", "r50"]


def test_an_open_run_stays(tmp_path):
    path = journal_of(tmp_path / "journal", 50)
    journal = Journal(path)
    journal.write(Writer("open", 51), "begin", command="deploy", settle=[])
    journal.close()

    compact(path, limit=10, at_least=1)

    found = plan(load(path))
    assert found is not None
    assert found.run == "open"


def test_a_run_that_was_given_up_stays_until_it_is_mended(tmp_path):
    path = tmp_path / "journal"
    journal = Journal(path)
    by = Writer("bad", 0)
    journal.write(by, "begin", command="deploy")
    journal.write(by, "end", outcome="rollback_failed", cause="no room")
    journal.close()
    journal_of(path, 50, command="backup")

    compact(path, limit=10, at_least=3)

    found = broken(load(path))
    assert found is not None
    assert (found.run, found.cause) == ("bad", "no room")
    assert runs(path) == ["bad", "r48", "r49", "r50"]


def test_a_journal_of_a_newer_deployer_is_left_alone(tmp_path):
    path = journal_of(tmp_path / "journal", 50)
    with path.open("ab") as file:
        file.write(encode({"run": "r99", "seq": 1, "event": "begin", "schema": 2}))
    before = path.read_bytes()

    assert not compact(path, limit=10, at_least=1)

    assert path.read_bytes() == before


def test_rubbish_is_dropped_with_the_old_runs():
    line = encode({"run": "r1", "seq": 1, "event": "begin", "schema": 1})

    assert shortened(b"\0" * 5000 + b"\n" + line + b"torn", 10, 1) == line
    assert read(line) != ()


def test_a_run_shortens_a_journal_that_has_grown_long(host):
    grown = journal_of(host.state / "journal", 50)
    with grown.open("ab") as file:
        file.write(b"x" * (2 << 20) + b"\n")

    host.worker(run="r9999").until("begun")

    assert grown.stat().st_size < 1 << 20
    assert runs(grown)[-1] == "r9999"
