from reports.clocks import corners
from reports.load import ClockError


def test_a_clock_that_drifts_draws_a_slope_and_one_that_jumps_a_step() -> None:
    errors = (ClockError(0, 0, 1000), ClockError(1_000_000, -500, 0))
    assert corners(errors, 2_000_000) == [(0, 0), (1_000_000, 1000.0), (1_000_000, -500), (2_000_000, -500.0)]


def test_a_clock_of_which_nothing_is_known_draws_nothing() -> None:
    assert corners((), 10) == []
