"""The last writer wins by wall clocks: a later write is lost if its clock is behind by more than the time between."""

import pytest

from models.lww import Lww, Written, last_write_wins
from sim.clients import Errand
from sim.faults import ClockFault, Planned
from sim.jury import Finding
from sim.machine import Answer, Ask, Cluster, Now, Receive, Send
from sim.network import Uniform
from sim.ntp import Ntp
from sim.units import MS, S
from sim.world import ClockPlan, Plan, run

NODES = ("n1", "n2", "n3")


def write(node: str, value: str, at: int) -> Errand:
    return Errand(value, node, "write", (value,), (at * MS,))


def finding(*writes: Errand, **more: object) -> Finding:
    plan = Plan(
        Lww, NODES, 3 * S, properties=(last_write_wins,), latency=Uniform(5 * MS, 5 * MS), errands=writes, **more
    )
    outcome = run(plan, 1)
    assert outcome.model_error is None
    return outcome.findings[0]


ONE_AFTER_ANOTHER = (write("n1", "earlier", 1000), write("n2", "later", 1200))


def test_a_write_is_stamped_with_the_wall_clock_and_told_to_all() -> None:
    node = Lww("n2", Cluster("n2", NODES))
    told = Written(7, 1, "x")
    assert node.step(Ask("c", 1, "write", ("x",)), Now(wall=7)) == [
        Send("n1", told),
        Send("n3", told),
        Answer("c", 1, "ok"),
    ]


@pytest.mark.parametrize("first", [0, 1])
def test_the_greater_stamp_wins_in_whatever_order_they_come(first: int) -> None:
    node = Lww("n3", Cluster("n3", NODES))
    both = [Written(7, 1, "x"), Written(8, 0, "y")]
    for written in (both[first], both[1 - first]):
        node.step(Receive("n1", written), Now())
    assert node.value == "y"


@pytest.mark.parametrize(("behind", "verdict"), [(0, "holds"), (200 * MS, "holds"), (200 * MS + 1, "violated")])
def test_a_later_write_is_lost_exactly_if_its_clock_is_behind_by_more_than_the_time_between(
    behind: int, verdict: str
) -> None:
    assert finding(*ONE_AFTER_ANOTHER, clocks={"n2": ClockPlan(offset=-behind)}).verdict == verdict


def test_a_clock_that_is_ahead_makes_an_earlier_write_win_as_well() -> None:
    found = finding(*ONE_AFTER_ANOTHER, clocks={"n1": ClockPlan(offset=S)})
    assert found.sentence == "n1 holds earlier, and later was acknowledged last"


def test_a_drift_loses_an_update_as_soon_as_it_has_gathered_the_time_between() -> None:
    # 1000 ppm for 1 s are 1 ms: writes that are 1 ms apart are safe up to there, and 2 ms apart beyond.
    for apart, verdict in ((2, "holds"), (1, "holds")):
        writes = (write("n1", "earlier", 1000 - apart), write("n2", "later", 1000))
        assert finding(*writes, clocks={"n2": ClockPlan(drift=-1000)}).verdict == verdict
    writes = (write("n1", "earlier", 1999), write("n2", "later", 2000))
    assert finding(*writes, clocks={"n2": ClockPlan(drift=-1000)}).verdict == "violated"


def test_time_discipline_saves_the_update() -> None:
    clocks = {"n2": ClockPlan(offset=-300 * MS)}
    assert finding(*ONE_AFTER_ANOTHER, clocks=clocks).verdict == "violated"
    assert finding(*ONE_AFTER_ANOTHER, clocks=clocks, ntp=Ntp(every=100 * MS, slew=500_000)).verdict == "holds"


def test_a_jump_back_between_two_writes_at_one_node_loses_the_second() -> None:
    jump = Planned(ClockFault(nodes=("n1",), jump=-S), at=1100 * MS, lasting=MS)
    writes = (write("n1", "earlier", 1000), write("n1", "later", 1200))
    assert finding(*writes, heal=2 * S, faults=(jump,)).verdict == "violated"


def test_of_writes_that_overlap_either_may_win() -> None:
    writes = (write("n1", "one", 1000), write("n2", "other", 1000))
    for offset in (S, -S):
        assert finding(*writes, clocks={"n2": ClockPlan(offset=offset)}).verdict == "holds"
