from typing import Any

from puppets import Puppet, Seen, booted, play, rang

from sim.faults import ClockFault, Crash, Planned
from sim.machine import Input, Now
from sim.units import HOUR, MS, S
from sim.world import ClockPlan


def reads(me: Puppet, input: Input, now: Now) -> None:
    """n2, whose clocks are right, asks n1 every 10 ms to note what its clocks show."""
    from puppets import Ping, got

    if booted(input) and me.node == "n2":
        me.alarm("tick", 10 * MS, 10 * MS)
    elif rang(input, "tick"):
        me.send("n1", Ping(1))
    elif got(input):
        me.note(Seen((now.monotonic // MS, now.wall // MS)))


def readings(*faults: Planned, **more: Any) -> dict[int, tuple[int, int]]:
    """Return (monotonic, wall) of n1 in ms by true ms."""
    from sim.network import Uniform

    show = play(reads, stop=200 * MS, latency=Uniform(0, 0), wall_start=0, faults=faults, **more)
    return {at // MS: what for at, what in show.seen("n1")}


def clock(at: int, lasting: int | None, **fields: Any) -> Planned:
    return Planned(ClockFault(nodes=("n1",), **fields), at=at * MS, lasting=None if lasting is None else lasting * MS)


def test_clocks_are_right_by_default_and_start_where_the_plan_says() -> None:
    assert readings()[50] == (50, 50)
    assert readings(clocks={"n1": ClockPlan(offset=-HOUR, drift=0)})[50] == (50, 50 - HOUR // MS)
    assert readings(clocks={"n1": ClockPlan(drift=1_000_000)})[50] == (100, 100)


def test_a_jump_steps_the_wall_clock_and_stays() -> None:
    found = readings(clock(45, 20, jump=S))
    assert (found[40], found[50], found[100]) == ((40, 40), (50, 1050), (100, 1100))


def test_jumps_of_two_faults_add() -> None:
    found = readings(clock(45, 20, jump=S), clock(50, 5, jump=-3 * S))
    assert found[100] == (100, 100 - 2000)


def test_a_drift_lasts_as_long_as_the_fault_and_what_it_gained_stays() -> None:
    found = readings(clock(40, 20, drift=500_000))
    assert (found[40], found[60], found[100]) == ((40, 40), (70, 70), (110, 110))


def test_a_drift_may_be_of_one_clock_only() -> None:
    assert readings(clock(40, 20, drift=500_000, which="wall"))[100] == (100, 110)
    assert readings(clock(40, 20, drift=500_000, which="monotonic"))[100] == (110, 100)


def test_a_stopped_clock_stands_still_until_it_is_mended() -> None:
    found = readings(clock(40, 30, drift=-1_000_000))
    assert (found[50], found[70], found[80]) == ((40, 40), (40, 40), (50, 50))


def test_a_drift_goes_on_through_a_crash() -> None:
    crash = Planned(Crash(nodes=("n1",)), at=45 * MS, lasting=10 * MS)
    assert readings(clock(40, 60, drift=1_000_000), crash)[80] == (120, 120)


def test_a_reboot_sets_the_monotonic_clock_to_0_at_its_present_rate() -> None:
    crash = Planned(Crash(nodes=("n1",), reboot=True), at=45 * MS, lasting=15 * MS)
    found = readings(clock(40, 60, drift=1_000_000), crash)
    assert (found[80][0], found[120][0]) == (40, 100)


def test_a_frozen_clock_stands_still_whatever_its_rate_errors_and_goes_on_from_there() -> None:
    found = readings(clock(40, 30, freeze=True), clock(20, None, drift=500_000), heal=190 * MS)
    assert (found[40], found[70], found[80]) == ((50, 50), (50, 50), (65, 65))


def test_a_freeze_may_be_of_one_clock_only() -> None:
    assert readings(clock(40, 30, freeze=True, which="wall"))[100] == (100, 70)
    assert readings(clock(40, 30, freeze=True, which="monotonic"))[100] == (70, 100)


def test_two_freezes_end_with_the_last() -> None:
    found = readings(clock(40, 30, freeze=True), clock(50, 50, freeze=True))
    assert (found[100], found[110]) == ((40, 40), (50, 50))


def test_a_frozen_monotonic_clock_rings_no_alarm_until_it_is_mended() -> None:
    def ticks(me: Puppet, input: Input, now: Now) -> None:
        if booted(input):
            me.alarm("tick", 10 * MS, 10 * MS)
        elif rang(input, "tick"):
            me.note(Seen(now.monotonic // MS))

    show = play(ticks, 1, stop=100 * MS, faults=(clock(45, 31, freeze=True, which="monotonic"),))
    assert [(at // MS, shown) for at, shown in show.seen()] == [
        (10, 10), (20, 20), (30, 30), (40, 40), (81, 50), (91, 60),
    ]  # fmt: skip


def test_a_slew_moves_the_wall_clock_at_its_rate_and_then_ends() -> None:
    found = readings(clock(40, None, slew=20 * MS, rate=500_000), heal=190 * MS)
    assert [found[t] for t in (40, 60, 80, 100)] == [(40, 40), (60, 70), (80, 100), (100, 120)]


def test_a_slew_back_is_as_slow_and_never_makes_the_clock_run_backwards() -> None:
    found = readings(clock(40, None, slew=-20 * MS, rate=1_000_000), heal=190 * MS)
    assert [found[t][1] for t in (40, 50, 60, 70)] == [40, 40, 40, 50]


def test_a_slew_that_is_mended_earlier_stops_where_it_is() -> None:
    found = readings(clock(40, 20, slew=20 * MS, rate=500_000))
    assert [found[t][1] for t in (60, 80)] == [70, 90]


def test_a_strobed_wall_clock_goes_back_and_forth_and_is_right_when_it_is_mended() -> None:
    found = readings(clock(35, 60, strobe=-7 * MS, period=20 * MS))
    assert [found[t][1] - t for t in range(30, 110, 10)] == [0, -7, -7, 0, 0, -7, -7, 0]
    assert all(monotonic == t for t, (monotonic, _) in found.items())


def test_two_strobes_add() -> None:
    found = readings(clock(35, 100, strobe=100 * MS, period=20 * MS), clock(35, 60, strobe=MS, period=40 * MS))
    assert [found[t][1] - t for t in range(30, 150, 10)] == [0, 101, 101, 1, 1, 100, 100, 0, 0, 0 + 100, 100, 0]


def jittered(seed: int, *faults: Planned, nodes: int = 2, stop: int = 5000) -> list[int]:
    """Return the errors of n1's wall clock in ns, read every 10 ms by an alarm of its own."""

    def reads_itself(me: Puppet, input: Input, now: Now) -> None:
        if booted(input) and me.node == "n1":
            me.alarm("tick", 10 * MS, 10 * MS)
        elif rang(input, "tick"):
            me.note(Seen(now.wall - now.monotonic))

    show = play(reads_itself, nodes, seed=seed, stop=stop * MS, wall_start=0, faults=faults)
    return [what for _, what in show.seen("n1")]


def test_jitter_is_drawn_anew_each_period_evenly_around_the_right_time() -> None:
    # 20 seeds with 499 draws each, uniform from -8 ms to 8 ms. By Hoeffding, their mean is off by more than 0.5 ms with
    # a probability below 2 exp(-2 * 9980 * 0.5^2 / 16^2) = 7e-9; few values of 16 million come up twice.
    found = [error for seed in range(20) for error in jittered(seed, clock(5, None, jitter=8 * MS, period=10 * MS))]
    assert max(map(abs, found)) <= 8 * MS
    assert abs(sum(found)) / len(found) < MS / 2
    assert len(set(found)) > 0.8 * len(found)
    # The share above half of the range is a quarter at each end: off by 0.03 with a probability below 4e-8.
    for sign in (1, -1):
        assert abs(sum(sign * error > 4 * MS for error in found) / len(found) - 0.25) < 0.03


def test_jitter_is_weather_that_another_cluster_and_other_faults_do_not_change() -> None:
    jitter = clock(5, None, jitter=8 * MS, period=10 * MS)
    crash = Planned(Crash(nodes=("n2",)), at=3 * MS, lasting=MS)
    assert jittered(1, jitter) == jittered(1, crash, jitter, nodes=3)
    assert jittered(1, jitter) != jittered(2, jitter)


def test_the_wall_clock_is_right_again_when_jitter_is_over() -> None:
    found = jittered(1, clock(5, 100, jitter=8 * MS, period=10 * MS), stop=200)
    assert any(found[:10])
    assert not any(found[11:])


def test_a_reset_sets_the_wall_clock_right_or_to_1970() -> None:
    found = readings(clock(35, 10, jump=S), clock(65, 10, reset="true-time"), clock(95, 10, reset="1970"))
    assert [found[t] for t in (50, 80, 100)] == [(50, 1050), (80, 80), (100, 5)]


def test_a_reset_with_a_jump_says_where_the_clock_ends_up() -> None:
    found = readings(clock(35, 10, jump=S), clock(65, 10, reset="true-time", jump=-7 * MS))
    assert found[80] == (80, 73)


def test_a_strobed_clock_swings_around_what_it_was_reset_to() -> None:
    strobe, reset = clock(35, 60, strobe=7 * MS, period=20 * MS, jump=S), clock(45, 1, reset="true-time")
    found = readings(strobe, reset)
    assert [found[t][1] - t for t in (40, 50, 60, 80, 100)] == [1007, 7, 0, 7, 0]


def test_mending_by_a_slew_corrects_the_error_gradually_and_all_of_it() -> None:
    found = readings(clock(25, 10, jump=10 * MS, mend="slew", rate=200_000), clock(10, 5, jump=6 * MS))
    assert [found[t][1] - t for t in (20, 30, 40, 60, 110, 120, 150)] == [6, 16, 15, 11, 1, 0, 0]


def test_a_later_slew_replaces_the_one_under_way() -> None:
    one, other = (clock(at, 10, jump=10 * MS, mend="slew", rate=500_000) for at in (25, 35))
    found = readings(one, other)
    # At 45 the error is 10 + 10 - 5 ms, which takes 30 ms.
    assert [found[t][1] - t for t in (40, 60, 80, 150)] == [17, 7, 0, 0]


def test_wall_and_monotonic_clocks_have_rate_errors_of_their_own() -> None:
    found = readings(clocks={"n1": ClockPlan(drift=500_000, wall_drift=-250_000)})
    assert found[100] == (150, 125)
