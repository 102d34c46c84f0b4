"""A lease is as good as its clocks: the bound that the model's docstring states is met to the ppm."""

import pytest

from models.lease import Grant, Lease, Want
from sim.checks import SHIPPED
from sim.faults import ClockFault, Planned
from sim.machine import Alarm, Boot, Cluster, Now, Receive, Send, SetAlarm
from sim.network import Uniform
from sim.units import MS, S
from sim.world import ClockPlan, Plan, run

NODES = ("n1", "n2", "n3")
SINGLE = next(prop for prop in SHIPPED if prop.name == "single_leader")


def verdict(guard: str = "10ms", latency: Uniform | None = None, stop: int = 30, **more: object) -> str:
    plan = Plan(
        lambda node, cluster: Lease(node, cluster, guard=guard), NODES, stop * S, properties=(SINGLE,),
        latency=latency or Uniform(5 * MS, 5 * MS), **more,
    )  # fmt: skip
    outcome = run(plan, 1)
    assert outcome.model_error is None
    return outcome.findings[0].verdict


def test_the_granting_node_waits_for_term_and_guard_before_it_grants_again() -> None:
    node = Lease("n1", Cluster("n1", NODES))
    assert node.step(Receive("n2", Want()), Now()) == [Send("n2", Grant(S)), SetAlarm("free", S + 10 * MS)]
    assert node.step(Receive("n3", Want()), Now()) == []
    assert node.step(Alarm("free"), Now()) == [Send("n3", Grant(S)), SetAlarm("free", S + 10 * MS)]


def test_a_holder_believes_for_the_term_and_then_asks_again() -> None:
    node = Lease("n2", Cluster("n2", NODES))
    assert node.step(Boot({}, 1), Now()) == [Send("n1", Want())]
    assert node.step(Receive("n1", Grant(S)), Now()) == [SetAlarm("over", S)]
    assert node.role == "leader"
    assert node.step(Alarm("over"), Now()) == [Send("n1", Want())]
    assert node.role == "follower"


# A clock slow by d takes term / (1 - d) for the term, which is more than term + guard if d > guard / (term + guard).
@pytest.mark.parametrize(("guard", "ms"), [("10ms", 10), ("1ms", 1), ("100ms", 100)])
def test_two_hold_it_at_once_exactly_beyond_the_drift_that_the_guard_allows(guard: str, ms: int) -> None:
    allowed = ms * 1_000_000 // (1000 + ms)
    for drift, found in ((0, "holds"), (-allowed, "holds"), (-allowed - 1, "violated"), (20_000, "holds")):
        assert verdict(guard, clocks={"n2": ClockPlan(drift=drift)}) == found, drift


def test_a_granting_node_that_is_fast_is_as_bad_as_a_holder_that_is_slow() -> None:
    # Its term + guard of 1.01 s pass in 1.01 s / (1 + d), 1 s at 1 %; at one instant a grant comes before an alarm.
    for drift, found in ((9_999, "holds"), (10_000, "violated")):
        assert verdict(clocks={"n1": ClockPlan(drift=drift)}) == found


def test_the_wall_clock_does_not_matter() -> None:
    assert verdict(clocks={"n2": ClockPlan(offset=-3600 * S, wall_drift=-500_000)}) == "holds"


def test_a_frozen_holder_believes_on() -> None:
    fault = ClockFault(nodes=("n2",), freeze=True, which="monotonic")
    assert verdict(heal=20 * S, faults=(Planned(fault, at=100 * MS, lasting=3 * S),)) == "violated"


def test_latency_that_varies_by_more_than_the_guard_is_enough() -> None:
    assert verdict(latency=Uniform(0, 9 * MS)) == "holds"
    assert verdict(latency=Uniform(0, 40 * MS)) == "violated"
