"""CI-1 and CI-2: the laws of counters, zeros normalised."""

from __future__ import annotations

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.crdt_state.counters import GCounter, PnCounter

slots = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 9), max_size=4)
g_counters = slots.map(GCounter)


def pn(ups: dict[str, int], downs: dict[str, int]) -> PnCounter:
    counter = PnCounter()
    counter.positive, counter.negative = GCounter(ups), GCounter(downs)
    return counter


pn_counters = st.builds(pn, slots, slots)


def joined(left: GCounter, right: GCounter) -> GCounter:
    left = deepcopy(left)
    left.merge(right)
    return left


@given(g_counters)
def test_merging_a_counter_with_itself_changes_nothing(a: GCounter) -> None:
    assert joined(a, a).pairs() == a.pairs()


@given(g_counters, g_counters)
def test_merging_counters_is_commutative(a: GCounter, b: GCounter) -> None:
    assert joined(a, b).pairs() == joined(b, a).pairs()


@given(g_counters, g_counters, g_counters)
def test_merging_counters_is_associative(a: GCounter, b: GCounter, c: GCounter) -> None:
    assert joined(joined(a, b), c).pairs() == joined(a, joined(b, c)).pairs()


@given(g_counters, g_counters)
def test_a_merged_slot_is_the_larger_and_the_value_does_not_fall(a: GCounter, b: GCounter) -> None:
    merged = joined(a, b)
    assert all(merged.counts[n] == max(a.counts.get(n, 0), b.counts.get(n, 0)) for n in (*a.counts, *b.counts))
    assert merged.value() >= a.value()


@given(pn_counters, pn_counters)
def test_a_counter_both_ways_merges_by_halves(a: PnCounter, b: PnCounter) -> None:
    merged = deepcopy(a)
    merged.merge(b)
    halves = joined(a.positive, b.positive), joined(a.negative, b.negative)
    assert (merged.positive.pairs(), merged.negative.pairs()) == tuple(half.pairs() for half in halves)
    assert merged.value() == halves[0].value() - halves[1].value()


def test_a_merged_slot_of_zero_is_there_and_does_not_tell_counters_apart() -> None:
    counter = GCounter()
    counter.merge(GCounter({"n": 0}))
    assert (counter.counts, counter.pairs()) == ({"n": 0}, ())


def test_activity_may_be_negative() -> None:
    counter = PnCounter()
    counter.decrement("n")
    assert counter.value() == -1


def test_a_slot_of_more_than_64_bits_is_refused() -> None:
    counter = GCounter({"n": 2**64 - 1})
    with pytest.raises(OverflowError, match="slot n: found 18446744073709551616 after adding 1, allowed: 0 to"):
        counter.increment("n")
