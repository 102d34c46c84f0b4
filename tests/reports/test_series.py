from typing import Any, NamedTuple

from reports.series import (
    Span,
    coarse,
    combine,
    differing,
    field_steps,
    kinds,
    leaders_at_once,
    role_spans,
    spread,
    thin,
)
from sim.trace import Crashed, Record


class View(NamedTuple):
    role: str
    tail: int


class Stored(NamedTuple):
    seq: int
    payload: Any


def state(at: int, node: str, role: str | None, tail: int = 0) -> Record:
    return Record(at + 1, at, "state", node, None, None, None if role is None else View(role, tail))


def stored(at: int, node: str, seq: int, payload: Any) -> Record:
    return Record(at + 1, at, "note", node, None, "stored", Stored(seq, payload))


def crashed(at: int, node: str, how: str) -> Record:
    return Record(at + 1, at, "crash", node, None, None, Crashed(1, how, None))


def test_roles_are_spans_without_gaps_from_the_start_to_the_end() -> None:
    records = [
        state(10, "n1", "follower"),
        state(20, "n1", "candidate"),
        state(25, "n1", "leader"),
        state(70, "n1", None),
    ]
    assert role_spans(records, ["n1"], 100) == {
        "n1": [Span(0, 10, "down"), Span(10, 20, "follower"), Span(20, 25, "candidate"), Span(25, 70, "leader"),
               Span(70, 100, "down")]
    }  # fmt: skip


def test_a_node_that_never_boots_is_down_all_the_time() -> None:
    assert role_spans([], ["n1"], 100) == {"n1": [Span(0, 100, "down")]}


def test_a_role_that_lasts_no_time_leaves_no_span_and_does_not_split_its_neighbour() -> None:
    records = [state(0, "n1", "idle"), state(0, "n1", "follower"), state(5, "n1", "leader"), state(5, "n1", "follower")]
    assert role_spans(records, ["n1"], 9) == {"n1": [Span(0, 9, "follower")]}


def test_a_change_of_another_field_does_not_end_a_role() -> None:
    records = [state(0, "n1", "leader", 1), state(5, "n1", "leader", 2)]
    assert role_spans(records, ["n1"], 9) == {"n1": [Span(0, 9, "leader")]}


def test_leaders_are_counted_at_every_change_even_within_one_instant() -> None:
    records = [
        state(1, "n1", "leader"), state(4, "n2", "leader"), state(4, "n1", "follower"), state(6, "n2", None),
    ]  # fmt: skip
    assert leaders_at_once(records) == [(0, 0), (1, 1), (4, 2), (4, 1), (6, 0)]


def test_field_steps_hold_the_last_value_of_an_instant_and_none_while_down() -> None:
    records = [state(0, "n1", "idle", 3), state(0, "n1", "idle", 4), state(7, "n1", None), state(9, "n1", "idle", 4)]
    assert field_steps(records, ["n1", "n2"], "tail") == {"n1": [(0, 4), (7, None), (9, 4)], "n2": [(0, None)]}


def test_divergence_counts_live_nodes_only() -> None:
    steps = {"n1": [(0, 5), (20, None)], "n2": [(0, 2), (10, 4)], "n3": [(0, None), (30, 9)]}
    assert combine(steps, spread) == [(0, 3), (10, 1), (20, 0), (30, 5)]


def test_kinds_counts_different_values() -> None:
    assert combine({"n1": [(0, "a")], "n2": [(0, "b"), (5, "a")]}, kinds) == [(0, 2), (5, 1)]


def test_differing_counts_sequence_numbers_until_they_agree_again() -> None:
    records = [
        stored(1, "n1", 1, "a"), stored(2, "n2", 1, "b"), stored(3, "n1", 2, "c"), stored(4, "n2", 2, "d"),
        stored(5, "n2", 1, "a"),
    ]  # fmt: skip
    assert differing(records) == [(0, 0), (2, 1), (4, 2), (5, 1)]


def test_equal_tails_can_hold_different_contents() -> None:
    records = [stored(1, "n1", 1, "a"), stored(1, "n2", 1, "b")]
    tails = {"n1": [(0, 0), (1, 1)], "n2": [(0, 0), (1, 1)]}
    assert combine(tails, spread) == [(0, 0)]
    assert differing(records)[-1] == (1, 1)


def test_a_wiped_disk_holds_nothing_that_could_differ_but_a_kept_one_does() -> None:
    both = [stored(1, "n1", 1, "a"), stored(2, "n2", 1, "b")]
    assert differing([*both, crashed(3, "n2", "wiped")]) == [(0, 0), (2, 1), (3, 0)]
    assert differing([*both, crashed(3, "n2", "keep")]) == [(0, 0), (2, 1)]


def test_thinning_keeps_first_least_greatest_and_last_of_each_column() -> None:
    steps = [(at, value) for at, value in enumerate([5, 1, 9, 4, 6, 7, 8, 3] * 50)]
    kept = thin(steps, len(steps), columns=2)
    assert kept == [(0, 5), (1, 1), (2, 9), (199, 3), (200, 5), (201, 1), (202, 9), (399, 3)]


def test_thinning_keeps_every_time_a_node_was_down() -> None:
    steps: list[tuple[int, Any]] = [(at, 1 + at % 3) for at in range(100)]
    steps[40] = (40, None)
    assert (40, None) in thin(steps, 100, columns=2)


def test_short_series_are_not_thinned() -> None:
    steps = [(0, 1), (1, 2), (2, 3)]
    assert thin(steps, 3) == steps


def test_coarse_spans_never_hide_a_leader() -> None:
    spans = [Span(at, at + 1, "leader" if at == 777 else "follower" if at % 2 else "idle") for at in range(1000)]
    made = coarse(spans, 1000, columns=10)
    assert made == [Span(0, 700, "follower"), Span(700, 800, "leader"), Span(800, 1000, "follower")]
