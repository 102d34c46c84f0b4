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
