from __future__ import annotations

from typing import Any

import pytest

from models.redex.logfile import AppendFailed
from models.redex.matching import MarkedLog

HEAP: tuple[Any, ...] = ("error", "keep", None, None, False)


def log(*entries: tuple[str, int], retain: int | None = None, capacity: int | None = None) -> MarkedLog:
    made = MarkedLog("error", "keep", retain, capacity, False)
    for payload, term in entries:
        made.write(payload, term)
    return made


def test_equal_entries_make_equal_marks_whatever_happened_meanwhile() -> None:
    one, two = log(("a", 1), ("b", 1)), log(("a", 1), ("x", 1))
    two.cut(1)
    two.write("b", 1)
    assert one.tail_mark == two.tail_mark


@pytest.mark.parametrize("other", [("x", 1), ("a", 2)])
def test_another_payload_or_term_below_makes_another_mark(other: tuple[str, int]) -> None:
    assert log(("a", 1), ("b", 1)).mark(2) != log(other, ("b", 1)).mark(2)


def test_the_last_term_is_that_of_the_last_entry_or_of_the_last_one_swept() -> None:
    made = log(("a", 1), ("b", 3))
    assert made.last_term == 3
    made.reset(9, "m", 2)
    assert made.last_term == 2


def test_points_are_dense_at_the_tail_and_reach_the_floor() -> None:
    made = log(*(("a", 1) for _ in range(20)))
    assert [seq for seq, _ in made.points(also=11)] == [20, 19, 17, 13, 11, 5, 0]


def test_the_highest_common_point_is_where_two_logs_were_the_same() -> None:
    leader = log(*(("a", 1) for _ in range(12)), *(("b", 2) for _ in range(4)))
    follower = log(*(("a", 1) for _ in range(12)), *(("c", 1) for _ in range(9)))
    common = leader.common(follower.points())
    assert common is not None
    assert 0 < common <= 12


def test_logs_with_nothing_in_common_have_no_point_in_common_but_the_beginning() -> None:
    assert log(("a", 1)).common(log(("b", 1)).points()) == 0
    swept = log(("a", 1), ("a", 1), retain=1)
    swept.sweep()
    assert swept.common(log().points()) is None


def test_the_parting_of_a_run_is_where_it_differs() -> None:
    made = log(("a", 1), ("b", 1), ("c", 1))
    assert made.parting(((1, "b", 1), (2, "c", 1))) == 2
    assert made.parting(((1, "b", 1), (2, "x", 2))) == 1
    assert made.parting(((1, "b", 1), (2, "c", 1), (3, "d", 2))) == 2


def test_a_cut_returns_the_last_entry_first_so_that_a_crash_amid_it_leaves_no_hole() -> None:
    made = log(("a", 1), ("b", 1), ("c", 1))
    assert made.cut(1) == [2, 1]
    assert (made.next_seq, made.entries, made.mark(2)) == (1, {0: "a"}, None)


def test_a_reset_begins_above_what_nobody_has_any_more() -> None:
    made = log(("a", 1))
    assert made.reset(5, "m", 2) == [0]
    assert (made.next_seq, made.first_retained, made.tail_mark, made.base) == (5, 5, (5, "m"), (5, "m", 2))


def test_a_sweep_stops_where_it_is_told_to() -> None:
    made = log(*(("a", 1) for _ in range(6)), retain=2)
    assert made.sweep(below=3) == [0, 1, 2]
    assert made.sweep() == [3]
    assert made.base[0] == 4


def test_what_was_skipped_has_a_mark_that_no_other_log_has() -> None:
    one, two = log(("a", 1)), log(("b", 1))
    one.skip_to(5)
    two.skip_to(5)
    assert one.mark(5) != two.mark(5)


def test_after_a_skip_a_leaders_mark_is_taken_over() -> None:
    made = log()
    made.skip_to(5)
    made.trust("m")
    assert made.tail_mark == (5, "m")


def test_a_revived_log_is_what_is_contiguous_from_its_floor() -> None:
    made = MarkedLog(*HEAP)
    assert made.revive((2, "m", 1), {0: (1, "a"), 2: (1, "c"), 3: (2, "d"), 5: (1, "f")}) == [5, 0]
    assert (made.entries, made.next_seq, made.last_term) == ({2: "c", 3: "d"}, 4, 2)


def test_a_revived_log_has_the_marks_that_it_had() -> None:
    before = log(("a", 1), ("b", 2))
    made = MarkedLog(*HEAP)
    made.revive((0, "", 0), {0: (1, "a"), 1: (2, "b")})
    assert made.tail_mark == before.tail_mark


def test_a_chunk_tells_the_terms_of_its_entries() -> None:
    assert log(("a", 1), ("b", 2)).chunk(0, 1000) == ((0, "a", 1), (1, "b", 2))


def test_a_full_log_takes_nothing() -> None:
    made = log(("a", 1), capacity=1)
    with pytest.raises(AppendFailed):
        made.write("b", 1)
    assert made.next_seq == 1
