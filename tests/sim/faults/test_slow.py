"""Slow nodes. Times in the tests are ms."""

from typing import Any

from puppets import Ping, Puppet, Show, booted, got, play, rang

from sim.faults import Crash, Pause, Planned, Slow
from sim.faults.base import Fault
from sim.machine import Input, Now
from sim.network import Uniform
from sim.units import MS


def floods(me: Puppet, input: Input, now: Now) -> None:
    """n1 sends n2 a message every 10 ms."""
    if booted(input) and me.node == "n1":
        me.alarm("tick", 10 * MS, 10 * MS)
    elif rang(input, "tick"):
        me.send("n2", Ping(1))
    elif got(input):
        me.count += 1


def at(begin: int, end: int, fault: Fault) -> Planned:
    return Planned(fault, at=begin * MS, lasting=(end - begin) * MS)


def slow(begin: int, end: int, service: int) -> Planned:
    return at(begin, end, Slow(nodes=("n2",), service=service * MS))


def run(*faults: Planned, **more: Any) -> Show:
    return play(floods, stop=100 * MS, latency=Uniform(0, 0), faults=faults, **more)


def steps(show: Show) -> list[int]:
    return [r["at"] // MS for r in show.got("n2")]


def test_a_node_that_had_no_service_time_gets_one_in_mid_life_and_loses_it_again() -> None:
    assert steps(run(slow(25, 45, 3))) == [10, 20, 33, 43, 50, 60, 70, 80, 90]


def test_it_adds_to_the_service_time_that_is_there_already() -> None:
    assert steps(run(slow(25, 45, 3), service={"n2": 2 * MS})) == [12, 22, 35, 45, 52, 62, 72, 82, 92]


def test_two_faults_add_and_end_in_any_order() -> None:
    for one, other in (((15, 35), (25, 55)), ((25, 55), (15, 35))):
        assert steps(run(slow(*one, 4), slow(*other, 4)))[:6] == [10, 24, 38, 44, 54, 60]


def test_the_queue_of_a_node_that_is_too_slow_grows_and_is_worked_off_at_once_when_the_fault_is_over() -> None:
    found = steps(run(slow(5, 65, 25)))
    assert found == [35, 60, 85, 85, 85, 85, 85, 85, 90]


def test_an_input_that_is_being_served_keeps_the_time_that_it_began_with() -> None:
    assert steps(run(slow(5, 15, 30)))[0] == 40


def test_it_outlasts_a_crash_and_a_pause() -> None:
    assert steps(run(slow(5, 95, 3), at(22, 26, Crash(nodes=("n2",)))))[:3] == [13, 33, 43]
    assert steps(run(slow(5, 95, 3), at(21, 26, Pause(nodes=("n2",)))))[:3] == [13, 28, 33]
