from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from sim.clock import MILLION, Clock, Dial
from sim.units import HOUR, S

PPM = st.integers(-MILLION, 3 * MILLION)
TIMES = st.integers(0, 10**15)


@dataclass
class TrueTime:
    now: int = 0


def test_200_ppm_are_200_ppm() -> None:
    dial = Dial(0, 0, 200)
    assert dial.read(HOUR) == HOUR + HOUR * 200 // MILLION
    assert dial.when(HOUR + 720_000_000) == HOUR


def test_a_clock_without_error_shows_true_time() -> None:
    assert [Dial(0, 0).read(t) for t in (0, 1, 10**18)] == [0, 1, 10**18]


@given(PPM, TIMES, TIMES)
def test_a_clock_never_runs_backwards(ppm: int, a: int, b: int) -> None:
    dial = Dial(0, 0, ppm)
    assert dial.read(min(a, b)) <= dial.read(max(a, b))


@given(st.integers(-MILLION + 1, 3 * MILLION), TIMES, TIMES)
def test_when_is_the_first_true_time_at_which_a_reading_is_reached(ppm: int, base: int, wait: int) -> None:
    dial = Dial(base, 7, ppm)
    local = 7 + wait
    at = dial.when(local)
    assert at is not None
    assert dial.read(at) >= local
    assert at == base or dial.read(at - 1) < local


def test_a_stopped_clock_never_reaches_anything() -> None:
    dial = Dial(0, 5, -MILLION)
    assert dial.read(10 * S) == 5
    assert dial.when(6) is None


@given(st.lists(st.tuples(TIMES, PPM), max_size=6), TIMES)
def test_turning_a_clock_never_makes_it_step(turns: list[tuple[int, int]], later: int) -> None:
    dial = Dial(0, 0)
    for at, ppm in sorted(turns):
        before = dial.read(at)
        dial.turn(at, ppm)
        assert dial.read(at) == before
        assert dial.read(at + later) >= before


def test_rate_errors_add_and_mend_in_any_order() -> None:
    dial = Dial(0, 0)
    dial.turn(S, 300)
    dial.turn(2 * S, -100)
    dial.turn(3 * S, -300)
    dial.turn(4 * S, 100)
    assert dial.rate == MILLION
    assert dial.read(4 * S) == 4 * S + 300_000 + 200_000 - 100_000


def test_two_faults_that_stop_a_clock_do_not_turn_it_back() -> None:
    dial = Dial(0, 0)
    dial.turn(S, -MILLION)
    dial.turn(2 * S, -MILLION)
    assert dial.read(3 * S) == S
    dial.turn(3 * S, MILLION)
    assert dial.read(4 * S) == S
    dial.turn(4 * S, MILLION)
    assert dial.read(5 * S) == 2 * S


def test_a_jump_steps_the_wall_clock_only() -> None:
    time = TrueTime()
    clock = Clock(time, 1000, 0)
    clock.jump(-300)
    assert (clock.wall.read(5), clock.monotonic.read(5)) == (705, 5)


def test_drift_is_of_the_clocks_that_it_names() -> None:
    for which, wall, monotonic in (("wall", 2 * S, S), ("monotonic", S, 2 * S), ("both", 2 * S, 2 * S)):
        time = TrueTime()
        clock = Clock(time, 0, 0)
        clock.drift(MILLION, which)
        assert (clock.wall.read(S), clock.monotonic.read(S)) == (wall, monotonic)


def test_who_must_arm_alarms_again_is_told_of_monotonic_rates_only() -> None:
    told: list[int] = []
    clock = Clock(TrueTime(), 0, 0)
    clock.on_rate = lambda: told.append(1)
    clock.drift(5, "wall")
    assert told == []
    clock.drift(5, "monotonic")
    clock.drift(5)
    assert told == [1, 1]


def test_the_monotonic_clock_shows_0_at_the_first_boot_and_keeps_its_rate() -> None:
    time = TrueTime(5 * S)
    clock = Clock(TrueTime(0), 0, MILLION)
    clock._kernel = time
    clock.first_boot()
    assert (clock.monotonic.read(5 * S), clock.monotonic.read(6 * S)) == (0, 2 * S)
    assert clock.wall.read(6 * S) == 12 * S


def test_every_change_of_the_wall_clock_is_told_with_its_error_and_rate() -> None:
    time = TrueTime()
    clock = Clock(time, 1000, drift=100, offset=5)
    time.now = S
    clock.jump(-300)
    time.now = 2 * S
    clock.drift(-100, "wall")
    assert clock.errors == [(0, 5, 100), (S, 100_000 - 295, 100), (2 * S, 200_000 - 295, 0)]


def test_of_two_changes_at_one_instant_the_last_is_told() -> None:
    clock = Clock(TrueTime(), 0)
    clock.jump(7)
    clock.jump(5)
    assert clock.errors == [(0, 12, 0)]
