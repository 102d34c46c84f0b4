from __future__ import annotations

from typing import Any

import pytest

from models.redex.logfile import LogFile, SkipRefused
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


def test_a_restored_log_has_the_holes_and_the_tail_of_the_life_before() -> None:
    log = LogFile()
    log.restore({7: "b", 3: "a"}, 9)
    assert shape(log) == ([3, 7], 3, 9)
    log.restore({7: "b", 3: "a"}, 0)
    assert log.next_seq == 8
