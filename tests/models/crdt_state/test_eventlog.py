"""CI-4, and the order, restarts and doubles that the seed does not test."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.crdt_state.eventlog import CrdtEventLog, concatenated

steps = st.lists(
    st.tuples(st.sampled_from(["append", "remove", "merge"]), st.integers(0, 2), st.integers(0, 2)), max_size=16
)


def played(done: list[tuple[str, int, int]], **how: str) -> list[CrdtEventLog]:
    logs = [CrdtEventLog(f"n{i}", **how) for i in range(3)]  # type: ignore[arg-type]
    for stamp, (what, at, other) in enumerate(done):
        if what == "append":
            logs[at].append(b"%d" % stamp, stamp)
        elif what == "remove":
            logs[at].record_removal()
        else:
            logs[at].merge_remote(logs[other].export_state())
    return logs


def names(log: CrdtEventLog) -> str:
    return " ".join(f"{entry.origin_node}#{entry.sequence}" for entry in log.entries)


@given(steps)
def test_sequences_count_from_zero_and_entries_stay(done: list[tuple[str, int, int]]) -> None:
    logs = played(done)
    for log in logs:
        own = [entry.sequence for entry in log.entries if entry.origin_node == log.node_id]
        assert sorted(own) == list(range(log.next_sequence))
        before = set(log.entries)
        log.merge_remote(logs[0].export_state())
        assert before <= set(log.entries)


@given(steps)
def test_after_a_merge_all_of_the_other_is_there_and_sequences_do_not_fall(done: list[tuple[str, int, int]]) -> None:
    one, other, _ = played(done)
    one.merge_remote(other.export_state())
    assert {entry.key for entry in other.entries} <= {entry.key for entry in one.entries}
    sequences = [entry.sequence for entry in one.entries]
    assert sequences == sorted(sequences)


@given(steps)
def test_logs_that_merged_with_all_others_hold_the_same(done: list[tuple[str, int, int]]) -> None:
    logs = played(done)
    for _ in range(2):
        for one in logs:
            for other in logs:
                one.merge_remote(other.export_state())
    assert len({(log.event_counter.pairs(), tuple(sorted(log.entries))) for log in logs}) == 1
    appends = sum(what == "append" for what, _, _ in done)
    removals = sum(what == "remove" for what, _, _ in done)
    assert {log.stats()[0::2] for log in logs} == {(appends, appends)}
    assert {log.stats().activity_counter for log in logs} == {appends - removals}


def test_an_append_goes_to_the_end_and_only_a_merge_sorts() -> None:
    a, b = CrdtEventLog("A"), CrdtEventLog("B")
    for i in range(3):
        b.append(b"%d" % i, i)
    a.merge_remote(b.export_state())
    a.append(b"late", 9)
    assert names(a) == "B#0 B#1 B#2 A#0"
    a.merge_remote(b.export_state())
    assert names(a) == "B#0 A#0 B#1 B#2"


def test_each_replica_lists_its_own_first() -> None:
    a, b = CrdtEventLog("A"), CrdtEventLog("B")
    a.append(b"a", 1)
    b.append(b"b", 2)
    of_a = a.export_state()
    a.merge_remote(b.export_state())
    b.merge_remote(of_a)
    assert (names(a), names(b)) == ("A#0 B#0", "B#0 A#0")


@given(steps)
def test_in_canonical_order_equal_sets_are_equal_lists(done: list[tuple[str, int, int]]) -> None:
    logs = played(done, order="canonical")
    for _ in range(2):
        for one in logs:
            for other in logs:
                one.merge_remote(other.export_state())
    assert len({names(log) for log in logs}) == 1


def test_a_merge_creates_registers_and_does_not_advance_the_sequence() -> None:
    a, b = CrdtEventLog("A"), CrdtEventLog("B")
    b.append(b"b", 1)
    b.set_register("k", b"v", 1)
    a.merge_remote(b.export_state())
    assert (a.get_register("k"), a.next_sequence) == (b"v", 0)


def test_doubles_inside_one_batch_are_seen_only_one_by_one() -> None:
    source = CrdtEventLog("A")
    source.append(b"a", 1)
    twice = source.export_state()._replace(entries=concatenated([source.export_state()] * 2))
    found = []
    for dedup in ("batch", "entry"):
        log = CrdtEventLog("C", dedup=dedup)
        log.merge_remote(twice)
        log.merge_remote(twice)
        found.append(names(log))
    assert found == ["A#0 A#0", "A#0"]


def test_a_delta_holds_what_is_beyond_a_prefix() -> None:
    log = CrdtEventLog("A")
    for i in range(4):
        log.append(b"%d" % i, i)
    assert [entry.sequence for entry in log.export_state({"A": 2}).entries] == [2, 3]


@given(steps, st.permutations(range(6)), st.lists(st.integers(0, 4), min_size=3, max_size=3))
def test_deltas_in_any_order_and_more_than_once_make_what_whole_exports_make(
    done: list[tuple[str, int, int]], order: list[int], since: list[int]
) -> None:
    """Two deltas of each log, one of which goes on where the other may have ended: a prefix and what is beyond it."""
    logs = played(done)
    deltas = []
    for log in logs:
        whole = log.export_state({})
        beyond = dict(zip(("n0", "n1", "n2"), since, strict=True))
        early = tuple(entry for entry in whole.entries if entry.sequence < beyond[entry.origin_node])
        deltas += [whole._replace(entries=early), log.export_state(beyond)]
    by_delta, by_whole = CrdtEventLog("m"), CrdtEventLog("m")
    for i in (*order, *order):
        by_delta.merge_remote(deltas[i])
    for log in logs:
        by_whole.merge_remote(log.export_state())
    assert sorted(by_delta.entries) == sorted(by_whole.entries)
    assert by_delta.stats() == by_whole.stats()
    assert by_delta.have() == by_whole.have()


def test_a_prefix_ends_at_the_first_gap() -> None:
    source, log = CrdtEventLog("A"), CrdtEventLog("B")
    for i in range(3):
        source.append(b"%d" % i, i)
    log.merge_remote(source.export_state({"A": 1}))
    assert log.have() == ()
    log.merge_remote(source.export_state())
    assert log.have() == (("A", 3),)


def test_a_cursor_by_origin_reads_every_entry_once() -> None:
    a, b = CrdtEventLog("A"), CrdtEventLog("B")
    for i in range(3):
        b.append(b"%d" % i, i)
    a.merge_remote(b.export_state())
    first = a.after({})
    a.append(b"late", 9)
    a.merge_remote(b.export_state())
    assert [entry.key for entry in a.after({"B": len(first)})] == [("A", 0)]


def test_registers_of_several_values_read_as_all_of_them() -> None:
    a, b = (CrdtEventLog(name, multi=True) for name in "AB")
    a.set_register("k", b"x", 1)
    b.set_register("k", b"y", 1)
    a.merge_remote(b.export_state())
    assert (a.get_register("k"), b.get_register("k"), a.get_register("other")) == (b"x|y", b"y", None)
