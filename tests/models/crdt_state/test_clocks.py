from __future__ import annotations

from models.crdt_state.clocks import HybridClock, WallClock, wall_us
from sim.units import MS, S


def test_times_before_1970_are_zero() -> None:
    assert [wall_us(-5 * S), wall_us(1_999)] == [0, 1]


def test_a_wall_clock_repeats_itself_and_goes_back() -> None:
    clock = WallClock()
    clock.saw([10**9])
    assert [clock.stamp(wall) for wall in (5 * MS, 5 * MS, 4 * MS)] == [5_000, 5_000, 4_000]


def test_a_hybrid_clock_grows_with_every_stamp() -> None:
    clock = HybridClock(ahead=S)
    assert [clock.stamp(wall) for wall in (5 * MS, 5 * MS, 4 * MS, 9 * MS)] == [5_000, 5_001, 5_002, 9_000]


def test_a_hybrid_clock_passes_every_stamp_that_it_saw() -> None:
    clock = HybridClock(ahead=S)
    clock.saw([7_000, 6_000])
    assert clock.stamp(5 * MS) == 7_001


def test_a_stamp_too_far_ahead_is_not_credible_to_a_hybrid_clock_alone() -> None:
    late = 5_000 + 1_000_001
    assert [clock.credible(late, 5 * MS) for clock in (HybridClock(S), WallClock())] == [False, True]
    assert HybridClock(S).credible(late - 1, 5 * MS)
