"""L6 of redex: who leads in each component of a divided cluster. A machine that breaks it is caught."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from models.redex import Redex
from models.redex.components import Believers, Components, led_by_believers, settled_in_components
from models.redex.roles import CANDIDATE, ELECTION_WON, LEADER, MISSED_HEARTBEATS, TRANSITION
from sim.faults import Crash, Partition, Pause, Planned
from sim.machine import Alarm, Now, on
from sim.property import Property
from sim.trace import Faulted, Record
from sim.units import MS, S

ALONE = Planned(Partition(groups=("n3", "rest")), at=1000 * MS, lasting=2000 * MS)
RESTART = Planned(Crash(nodes=("n3",)), at=1100 * MS, lasting=10 * MS)


def sentence(run: Any, prop: Property, machine: Any, faults: Sequence[Planned] = (), nodes: int = 3) -> str | None:
    """Return what a property says of nodes that are placed at every boot, None if it holds."""
    seen = run(nodes, 4000, faults, machine=machine, properties=(prop,), params={"placed": "every-boot"})
    (finding,) = seen.outcome.findings
    assert finding.verdict in ("holds", "violated"), "nothing was judged"
    return finding.sentence or None


class Unled(Redex):
    """Stands when it has believed in nobody for a while."""

    @on(Alarm, "tick")
    def tick(self, about: Any, now: Now) -> None:
        super().tick(about, now)
        if self.leader is None and self.role != LEADER and now.monotonic > 500 * MS:
            self._turn(CANDIDATE, MISSED_HEARTBEATS, now.monotonic)
            self._turn(LEADER, ELECTION_WON, now.monotonic)


class Hasty(Redex):
    """Takes a leader for dead after 40 ms."""

    def __init__(self, *args: Any, **params: Any) -> None:
        super().__init__(*args, **params)
        self.tracker.window = 40 * MS


class Stubborn(Redex):
    """Never concedes."""

    def _turn(self, to: str, signal: str, at: int) -> str | None:
        return TRANSITION if signal == "PeerLeaderObserved" else super()._turn(to, signal, at)


@pytest.mark.parametrize(
    ("machine", "said"),
    [
        (Redex, None),
        (Unled, "n3 leads, and believed in nobody"),
        (Hasty, "n1 and n3 lead, and n1 led or believed in a leader at 0.000000s"),
    ],
)
def test_more_leaders_than_believers_are_caught(run: Any, machine: Any, said: str | None) -> None:
    assert sentence(run, led_by_believers, machine, [ALONE, RESTART]) == said


def test_a_component_in_which_nobody_believes_in_anybody_has_no_leader(run: Any) -> None:
    seen = run(3, 2999, [ALONE, RESTART], params={"placed": "every-boot"})
    assert [turn for turn in seen.turns if turn[0] > 1110] == []
    assert (seen.views["n3"].role, seen.views["n3"].leader) == ("follower", None)


@pytest.mark.parametrize(
    ("machine", "said"),
    [(Redex, None), (Stubborn, "n2 and n3 lead long after 1.313000s, since when nothing is wrong")],
)
def test_two_leaders_on_one_side_of_a_cut_are_caught(run: Any, machine: Any, said: str | None) -> None:
    cut = Planned(Partition(groups=("n1", "rest")), at=1003 * MS, lasting=2000 * MS)
    assert sentence(run, settled_in_components, machine, [cut]) == said


def test_a_leader_may_give_way_to_a_heartbeat_that_was_under_way_when_its_component_was_cut_off(run: Any) -> None:
    """n1's of 2000 arrives at 2005, and n2 is alone from 2003 on."""
    cuts = [Planned(Partition(groups=("n1", "n2")), at=at * MS, lasting=999 * MS) for at in (1000, 2003)]
    assert sentence(run, settled_in_components, Redex, cuts, nodes=2) is None
    assert run(2, 3000, cuts).leaders_at(2300) == ("n1",)


def test_a_cluster_that_is_not_divided_is_not_judged(run: Any) -> None:
    pause = Planned(Pause(nodes=("n1",)), at=1003 * MS, lasting=2000 * MS)
    seen = run(3, 4000, [pause], machine=Stubborn, properties=(settled_in_components,))
    assert seen.outcome.findings[0].verdict == "vacuous"


def fault(number: int, phase: str, groups: Any, oneway: bool = False) -> Record:
    fields = {"groups": groups, "oneway": oneway}
    nodes = tuple(node for group in groups for node in group)
    return Record(number, S, "fault", None, None, None, Faulted(number, "partition", phase, fields, nodes))


def count(*faults: Record) -> int:
    components = Components(("n1", "n2", "n3"), Believers)
    for record in faults:
        components.judge(record)
    return len(components.parts)


FIRST, LAST = (("n1",), ("n2", "n3")), (("n1", "n2"), ("n3",))


def test_two_partitions_make_three_components_and_each_mend_joins_some() -> None:
    assert [count(), count(fault(1, "begin", FIRST)), count(fault(1, "begin", FIRST), fault(2, "begin", LAST))] == [
        1,
        2,
        3,
    ]
    assert count(fault(1, "begin", FIRST), fault(2, "begin", LAST), fault(1, "mend", FIRST)) == 2


@pytest.mark.parametrize("cut", [fault(1, "begin", FIRST, oneway=True), fault(1, "begin", (("n1",), ("n2",)))])
def test_a_cut_one_way_or_of_some_nodes_divides_nothing(cut: Record) -> None:
    assert count(cut) == 1
