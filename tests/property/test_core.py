import json
import shlex

from hypothesis import given
from hypothesis import strategies as st

from deployer.api.deployment import next_release
from deployer.core.action import Action
from deployer.core.actions.backups import Backup, DumpSqlite
from deployer.core.actions.files import Put
from deployer.core.actions.programs import Run
from deployer.core.actions.releases import EnsureVenv, Unpack
from deployer.core.actions.units import StopUnit
from deployer.core.command import Command, command
from deployer.core.host_state import AppState
from deployer.core.order import Order, OrderedStep, Wire
from deployer.core.plan import batches
from deployer.core.release import Release, is_release_id
from deployer.core.report import EXIT_CODES, HostReport, Outcome, fleet_outcome

WORDS = st.lists(st.text(st.characters(codec="utf-8")), min_size=1).map(tuple)
SIZES = st.lists(
    st.integers(1, 50) | st.integers(1, 100).map(lambda share: f"{share}%"), min_size=1, max_size=5
).map(tuple)
HOSTS = st.integers(0, 60).map(lambda count: tuple(f"web{n}" for n in range(count)))
BLOBS = st.binary(max_size=20)
ACTIONS: st.SearchStrategy[Action] = st.one_of(
    st.builds(Put, path=st.just("/etc/x"), content=BLOBS),
    st.builds(Unpack, path=st.just("/srv/x"), content=BLOBS),
    st.builds(Run, command=WORDS.map(Command), stdin=BLOBS),
    st.just(StopUnit("x.service")),
    st.just(EnsureVenv("/r", "/v", "python3", ("lock",), (command("a", "b c"),), "shop")),
    st.just(Backup("/b", "shop", "r", "/r", dumps=(DumpSqlite("/db"),))),
)
WORST_FIRST = (
    Outcome.ROLLBACK_FAILED,
    Outcome.UNKNOWN,
    Outcome.MIXED,
    Outcome.ROLLED_BACK,
)


@given(WORDS)
def test_a_shown_command_is_split_into_its_words_again(words):
    assert tuple(shlex.split(str(Command(words)))) == words


@given(HOSTS, SIZES)
def test_batches_are_all_hosts_in_their_order(hosts, sizes):
    cut = batches(hosts, sizes)

    assert tuple(host for batch in cut for host in batch) == hosts
    assert all(cut)


@given(HOSTS, SIZES)
def test_no_batch_is_larger_than_it_may_be(hosts, sizes):
    for position, batch in enumerate(batches(hosts, sizes)):
        size = sizes[min(position, len(sizes) - 1)]
        if isinstance(size, int):
            assert len(batch) <= size
        else:
            assert len(batch) == 1 or len(batch) * 100 <= int(size.rstrip("%")) * len(hosts)


@given(st.lists(st.sampled_from(Outcome)), st.booleans())
def test_every_fleet_has_an_exit_code(outcomes, interrupted):
    hosts = [HostReport(f"web{n}", one) for n, one in enumerate(outcomes)]

    assert fleet_outcome(hosts, interrupted=interrupted) in EXIT_CODES


@given(st.lists(st.sampled_from(Outcome), min_size=1), st.randoms(use_true_random=False))
def test_the_worst_host_wins_whatever_the_order(outcomes, random):
    hosts = [HostReport(f"web{n}", one) for n, one in enumerate(outcomes)]
    found = fleet_outcome(hosts)
    random.shuffle(hosts)

    assert fleet_outcome(hosts) is found
    present = [one for one in WORST_FIRST if one in outcomes]
    if present:
        assert WORST_FIRST.index(found) <= WORST_FIRST.index(present[0])


@given(st.lists(st.sampled_from(Outcome), min_size=1), st.booleans())
def test_only_success_on_every_host_is_success(outcomes, interrupted):
    hosts = [HostReport(f"web{n}", one) for n, one in enumerate(outcomes)]
    code = EXIT_CODES[fleet_outcome(hosts, interrupted=interrupted)]

    assert (code == 0) == all(EXIT_CODES[one] == 0 for one in outcomes)


@given(st.lists(ACTIONS), st.lists(ACTIONS))
def test_an_order_survives_json_and_its_blobs_find_their_places(do, undo):
    wire = Wire()
    order = Order("BUILD", (OrderedStep("one", tuple(do), tuple(undo)),))

    message = json.loads(json.dumps(wire.order(order)))

    (step,) = message["steps"]
    assert [one["action"] for one in step["do"]] == [type(one).__name__ for one in do]
    for sent, action in zip([*step["do"], *step["undo"]], [*do, *undo], strict=True):
        match action:
            case Put() | Unpack():
                assert wire.blobs[sent["content"]["blob"]] == action.content
            case Run():
                assert wire.blobs[sent["stdin"]["blob"]] == action.stdin
                assert tuple(sent["command"]) == action.command.words
            case _:
                assert sent["action"]


@given(st.lists(st.integers(0, 900_000), min_size=1, max_size=5), st.integers(1, 20))
def test_release_ids_only_go_up(counters, deploys):
    found = {f"web{n}": AppState(set_up=True, counter=one) for n, one in enumerate(counters)}
    made: list[Release] = []
    for _ in range(deploys):
        release = next_release(found, "1a2b3c4" + "0" * 33)
        made.append(release)
        found = {host: AppState(set_up=True, counter=release.number) for host in found}

    ids = [release.id for release in made]
    assert ids == sorted(set(ids))
    assert made[0].number > max(counters)
    assert all(map(is_release_id, ids))
