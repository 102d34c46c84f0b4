"""What must not matter to redex: pairs of runs that differ in it alone (I13 and I14 of section 10.1)."""

from __future__ import annotations

from copy import copy
from random import Random
from typing import Any

import pytest

from models.redex import Redex
from models.redex.messages import SyncHeartbeat
from sim.clients import Workload
from sim.faults import FOREVER, Crash, Partition, Planned
from sim.latency import Uniform
from sim.machine import Cluster, NodeId
from sim.units import MS, S
from sim.world import ClockPlan

SEEDS = range(10)
NODES = 4


def drawn(run: Any, seed: int, **plan: Any) -> Any:
    """Cut a node off, crash another, and write at every leader, all at times that the seed draws."""
    random = Random(f"pair {seed}")
    nodes = random.sample(["n1", "n2", "n3", "n4"], 2)
    faults = [
        Planned(Partition(groups=(nodes[0], "rest")), at=random.randint(300, 1200) * MS, lasting=700 * MS),
        Planned(Crash(nodes=(nodes[1],)), at=random.randint(300, 1800) * MS, lasting=FOREVER),
    ]
    writes = Workload("append", ("n1", "n2", "n3", "n4"), "every-leader", (20 * MS, 60 * MS), until=2 * S)
    return run(
        NODES, 3000, faults, seed=seed, latency=Uniform(0, 50 * MS), workload=writes, round_ms=False,
        phases=random.sample(range(100), NODES), properties=(), **plan,
    )  # fmt: skip


def story(seen: Any) -> Any:
    """Return a run without the wall clock, which no node reads."""
    sends = [
        (at, a, b, m._replace(wall_clock_ms=0) if isinstance(m, SyncHeartbeat) else m) for at, a, b, m in seen.sends
    ]
    return seen.turns, seen.notes, sends


@pytest.mark.parametrize("seed", SEEDS)
def test_i13_wall_clocks_change_nothing(run: Any, seed: int) -> None:
    random = Random(f"clocks {seed}")
    clocks = {
        f"n{i + 1}": ClockPlan(offset=random.randint(-(10**15), 10**15), wall_drift=random.randint(-(10**5), 10**5))
        for i in range(NODES)
    }
    one, other = drawn(run, seed), drawn(run, seed, clocks=clocks)
    assert one.sends != other.sends  # the clocks that are sent differ
    assert story(one) == story(other)


@pytest.mark.parametrize("seed", SEEDS)
def test_i14_round_trips_above_zero_elect_nobody_else(run: Any, seed: int) -> None:
    one, other = drawn(run, seed), drawn(run, seed, rtt=Random(f"rtt {seed}").randint(1, 10**9))
    assert len(one.turns) > 2 * NODES
    assert one.turns == other.turns


class Shuffled(Redex):
    """Has its members in another order."""

    def __init__(self, node: NodeId, cluster: Cluster, **params: Any) -> None:
        shuffled = copy(cluster)
        shuffled.nodes = tuple(Random(f"order of {node}").sample(cluster.nodes, NODES))
        super().__init__(node, shuffled, **params)


@pytest.mark.parametrize("seed", SEEDS)
def test_i14_the_order_of_members_elects_nobody_else(run: Any, seed: int) -> None:
    assert drawn(run, seed, machine=Shuffled, params={"first_leader": "n1"}).turns == drawn(run, seed).turns
