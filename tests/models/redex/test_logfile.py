from __future__ import annotations

from typing import Any

import pytest

from models.redex.logfile import AppendFailed, LogFile, SkipRefused
from models.redex.messages import event_bytes


def filled(count: int, **choices: Any) -> LogFile:
    log = LogFile(**choices)
    for i in range(count):
        log.append(f"e{i}")
    return log


def shape(log: LogFile) -> tuple[list[int], int, int]:
    return list(log.entries), log.first_retained, log.next_seq


def test_append_returns_consecutive_sequences() -> None:
    log = LogFile()
    assert [log.append("a"), log.append("b")] == [0, 1]
    assert log.entries == {0: "a", 1: "b"}


def test_retention_waits_for_the_sweep() -> None:
    """Row 26: five appended under a cap of one are still five until the sweep."""
    log = filled(5, retain=1)
    assert len(log.entries) == 5
    assert log.sweep() == [0, 1, 2, 3]
    assert shape(log) == ([4], 4, 5)


def test_a_log_without_a_cap_sweeps_nothing() -> None:
    assert filled(5).sweep() == []


def test_skipping_ahead_leaves_a_hole_and_keeps_what_is_below() -> None:
    log = filled(2)
    assert log.skip_to(5) == []
    log.append("x")
    assert shape(log) == ([0, 1, 5], 0, 6)


def test_skipping_ahead_may_drop_what_is_below() -> None:
    log = filled(2, skip_over="drop")
    assert log.skip_to(5) == [0, 1]
    assert shape(log) == ([], 5, 5)


@pytest.mark.parametrize("seq", [0, 1, 2])
def test_skipping_to_the_tail_or_back_is_refused(seq: int) -> None:
    log = filled(2)
    with pytest.raises(SkipRefused, match=f"found {seq}, allowed: above the tail 2"):
        log.skip_to(seq)
    assert shape(log) == ([0, 1], 0, 2)


def test_skipping_back_may_be_ignored() -> None:
    log = filled(2, skip_back="ignore")
    assert log.skip_to(1) == []
    assert shape(log) == ([0, 1], 0, 2)


def test_skipping_back_may_rewind() -> None:
    log = filled(4, skip_back="rewind")
    assert log.skip_to(1) == [1, 2, 3]
    assert shape(log) == ([0], 0, 1)


def test_a_rewind_below_the_floor_lowers_it() -> None:
    log = filled(4, skip_back="rewind", retain=1)
    log.sweep()
    assert log.skip_to(1) == [3]
    assert shape(log) == ([], 1, 1)


def test_a_sweep_steps_over_holes() -> None:
    log = filled(2, retain=1)
    log.skip_to(9)
    log.append("x")
    assert log.sweep() == [0, 1]
    assert log.first_retained == 9


def test_a_chunk_is_consecutive_and_begins_at_the_first_entry_asked_for() -> None:
    log = filled(2)
    log.skip_to(5)
    log.append("x")
    assert log.chunk(0, 10_000) == ((0, "e0"), (1, "e1"))
    assert log.chunk(2, 10_000) == ((5, "x"),)


def test_a_chunk_inside_a_hole_at_the_end_is_empty() -> None:
    log = filled(2)
    log.skip_to(5)
    assert log.chunk(3, 10_000) == ()


def test_a_chunk_fits_into_the_bytes_asked_for() -> None:
    log = filled(4)
    assert len(log.chunk(0, 2 * event_bytes("e0"))) == 2
    assert len(log.chunk(0, 2 * event_bytes("e0") - 1)) == 1


def test_an_event_larger_than_the_chunk_ships_alone_or_is_withheld() -> None:
    log = filled(3)
    assert log.chunk(0, 1) == ((0, "e0"),)
    assert log.chunk(0, 1, "withheld") == ()


def test_a_restored_log_ends_after_its_last_entry() -> None:
    log = LogFile()
    log.restore({4: "b", 3: "a"})
    assert shape(log) == ([3, 4], 3, 5)
    log.restore({})
    assert shape(log) == ([], 0, 0)


def test_an_append_beyond_the_capacity_fails_and_changes_nothing() -> None:
    log = filled(2, capacity=2)
    with pytest.raises(AppendFailed, match="2 events and 1 more, allowed: 2"):
        log.append("x")
    assert shape(log) == ([0, 1], 0, 2)


def test_room_is_reserved_for_all_events_or_none() -> None:
    log = filled(2, capacity=4)
    log.reserve(2)
    with pytest.raises(AppendFailed, match="2 events and 3 more, allowed: 4"):
        log.reserve(3)


def test_a_sweep_makes_room() -> None:
    log = filled(2, capacity=2, retain=1)
    log.sweep()
    assert log.append("x") == 2


def test_a_closed_file_takes_no_event_and_is_not_skipped() -> None:
    log = filled(1)
    log.closed = True
    log.reserve(0)
    with pytest.raises(AppendFailed, match="closed"):
        log.append("x")
    with pytest.raises(SkipRefused, match="found a closed file"):
        log.skip_to(9)


@pytest.mark.parametrize("skip_back", ["error", "ignore", "rewind"])
@pytest.mark.parametrize("seq", [0, 1, 9])
def test_a_persistent_log_is_never_skipped(skip_back: str, seq: int) -> None:
    log = filled(1, persistent=True, skip_back=skip_back)
    with pytest.raises(SkipRefused, match="found a persistent file, allowed: a heap"):
        log.skip_to(seq)
    assert shape(log) == ([0], 0, 1)
