"""Bursts and flaps as functions of a stream and the time."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.chance import HALF, Chance
from sim.units import MS, S
from sim.weather import Burst, Flapping, Flaps, Reorder, Storm, held_back, late


def storm(loss: Fraction, lasting: int, since: int = 0, link: str = "n2") -> Storm:
    return Storm(iter(Chance(5).stream("weather", "n1", link)), Burst(loss=loss, lasting=lasting), since, (), None)


def spells(loss: Fraction, lasting: int, until: int) -> list[tuple[bool, int]]:
    """Return (raging, ns) of each whole spell, by asking exactly when something may change."""
    found = []
    one = storm(loss, lasting)
    raging, began = one.rages(0), 0
    at = 0
    while at < until:
        at = one._turn
        now = one.rages(at)
        if now != raging:
            found.append((raging, at - began))
            raging, began = now, at
    return found[1:]


@pytest.mark.parametrize(("loss", "lasting"), [(Fraction(1, 20), 200 * MS), (Fraction(1, 2), 10 * MS)])
def test_bursts_and_the_times_between_have_their_means_and_are_exponential(loss: Fraction, lasting: int) -> None:
    # 20,000 bursts: the standard error of a mean is 0.7 % of it, that of the share above 3 means 0.15 %; four allowed.
    between = lasting * (1 - loss) / loss
    found = spells(loss, lasting, int(20_000 * (lasting + between)))
    for state, mean in ((True, lasting), (False, between)):
        lengths = [length for raging, length in found if raging == state]
        n = len(lengths)
        assert n > 19_000
        assert abs(sum(lengths) / n / float(mean) - 1) < 4 / sqrt(n)
        tail = sum(length > 3 * mean for length in lengths) / n
        assert abs(tail - 0.049787) < 4 * sqrt(0.049787 * 0.950213 / n)


@pytest.mark.parametrize("loss", [Fraction(1, 100), Fraction(1, 5), Fraction(4, 5)])
def test_the_stationary_loss_is_the_stated_one_from_the_first_moment_on(loss: Fraction) -> None:
    # 4,000 links at one moment each, soon after the beginning: independent, so binomial; four standard errors.
    for moment in (0, 30 * MS, 500 * MS):
        raging = sum(storm(loss, 100 * MS, link=f"n{i}").rages(moment) for i in range(4000))
        assert abs(raging - 4000 * loss) < 4 * sqrt(4000 * loss * (1 - loss))


@given(st.lists(st.integers(0, 10 * S), max_size=40).map(sorted))
def test_a_burst_depends_on_the_moment_and_not_on_who_asked_before(moments: list[int]) -> None:
    once = storm(Fraction(1, 3), 50 * MS)
    assert [once.rages(at) for at in moments] == [storm(Fraction(1, 3), 50 * MS).rages(at) for at in moments]


@given(st.lists(st.integers(0, 10 * S), max_size=40).map(sorted))
def test_before_its_next_turn_a_storm_never_rages(moments: list[int]) -> None:
    one = storm(Fraction(1, 3), 50 * MS)
    for at in moments:
        quiet = at < one.until
        assert not (quiet and storm(Fraction(1, 3), 50 * MS).rages(at))
        one.rages(at)


def test_certain_bursts_never_end_and_impossible_ones_never_begin() -> None:
    assert all(storm(Fraction(1), MS).rages(at) for at in (0, S, 1000 * S))
    assert not any(storm(Fraction(0), MS).rages(at) for at in (0, S, 1000 * S))


def test_weather_begins_when_its_fault_does() -> None:
    early, late_ = storm(Fraction(1, 2), 50 * MS), storm(Fraction(1, 2), 50 * MS, since=7 * S)
    assert [early.rages(at * MS) for at in range(1000)] == [late_.rages(7 * S + at * MS) for at in range(1000)]


# -- flaps -------------------------------------------------------------------------------------------------


def flaps(flapping: Flapping, link: str = "n2", since: int = 0) -> Flaps:
    return Flaps(iter(Chance(5).stream("weather", "n1", link)), flapping, since)


def turns(flapping: Flapping, until: int) -> list[tuple[int, bool]]:
    """Return when the link turned and to what."""
    one, found, state, at = flaps(flapping), [], False, 0
    while at < until:
        down = one.down(at)
        if down != state:
            found.append((at, down))
            state = down
        at = one.until
    return found


def test_a_flapping_link_keeps_to_its_ranges() -> None:
    found = turns(Flapping((200 * MS, 300 * MS), (10 * MS, 20 * MS), 0, 0), 500 * S)
    assert found[0][0] <= 300 * MS
    for (a, down), (b, _) in pairwise(found):
        low, high = (10, 20) if down else (200, 300)
        assert low * MS <= b - a <= high * MS
    assert len({b - a for (a, _), (b, _) in pairwise(found)}) > 1000


def test_in_a_stability_window_all_links_are_up_and_outside_they_flap() -> None:
    flapping = Flapping(50 * MS, 50 * MS, 2 * S, S)
    down = {at for i in range(20) for at in range(0, 9000, 10) if flaps(flapping, f"n{i}").down(at * MS)}
    assert {at // 1000 for at in down} == {0, 1, 3, 4, 6, 7}


def test_a_flap_says_when_to_ask_again() -> None:
    flapping = Flapping((30 * MS, 90 * MS), (10 * MS, 40 * MS), 700 * MS, 300 * MS)
    found = turns(flapping, 5 * S)
    state = {}
    for at in range(5000):
        state[at] = flaps(flapping).down(at * MS)
    for at in range(5000):
        latest = [down for turn, down in found if turn <= at * MS]
        assert state[at] == (latest[-1] if latest else False), at


def test_a_link_flaps_alike_whenever_it_is_asked() -> None:
    flapping = Flapping((30 * MS, 90 * MS), (10 * MS, 40 * MS), 0, 0)
    often = flaps(flapping)
    assert [often.down(at * MS) for at in range(2000)] == [flaps(flapping).down(at * MS) for at in range(2000)]


# -- reordering --------------------------------------------------------------------------------------------


def test_what_is_held_back_is_evenly_spread_over_its_range() -> None:
    # 32-bit numbers evenly spaced: exact but for rounding.
    bounds = late([Reorder(share=Fraction(1, 4), by=(10, 20))])
    found = [held_back((2 * i + 1) * (HALF // 2000), bounds) for i in range(1000)]
    assert sum(by > 0 for by in found) == 250
    assert [found.count(by) for by in range(10, 20)] == [25] * 10


def test_causes_of_reordering_add_as_independent_ones_and_the_first_counts() -> None:
    bounds = late([Reorder(share=Fraction(1, 2), by=7), Reorder(share=Fraction(1, 2), by=9)])
    found = [held_back((2 * i + 1) * (HALF // 2000), bounds) for i in range(1000)]
    assert (found.count(7), found.count(9), found.count(0)) == (500, 250, 250)
