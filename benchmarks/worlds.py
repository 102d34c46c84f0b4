"""The plans that are measured, with everything on that a real scenario has, and one timed run of each.

Time is this process's own processor time: a neighbour on the machine makes a run wait, not work.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from time import process_time
from typing import Any, NamedTuple

from sim.checks.leaders import one_leader_per_term, single_leader
from sim.checks.logs import commit_monotone, same_payload
from sim.faults import ClockFault, Partition, Planned
from sim.machine import Cluster, Machine, NodeId
from sim.network import Uniform
from sim.property import Property
from sim.recorder import Sink
from sim.units import MS, S
from sim.world import ClockPlan, Plan, World

from . import beat, quorum
from .naive import Naive

LOW, HIGH = 1 * MS, 5 * MS  # one-way delays
SEED = 7


class Timed(NamedTuple):
    """One run: processor time, messages that were handled, and messages that were sent."""

    seconds: float
    delivered: int
    sent: int

    @property
    def us(self) -> float:
        """Return microseconds per message sent, as the floors were set."""
        return self.seconds / self.sent * 1e6


@dataclass(frozen=True)
class Workload:
    """A machine, what judges it, and the simulated time in which five nodes exchange about a thousand messages."""

    name: str
    machine: Callable[[NodeId, Cluster], Machine]
    properties: tuple[Property, ...]
    thousand: int  # ns


QUORUM = Workload("quorum", quorum.machine, (same_payload, commit_monotone, quorum.backed), 38 * MS)
BEAT = Workload("beat", beat.machine, (single_leader, one_leader_per_term, commit_monotone), 250 * MS)


def names(count: int) -> tuple[NodeId, ...]:
    """Return node names padded to the width of the count."""
    return tuple(f"n{i:0{len(str(count))}}" for i in range(1, count + 1))


def plan(load: Workload, thousands: int) -> Plan:
    """Return five nodes in bad weather: loss, duplication, jitter, bad clocks, a partition, a clock jump."""
    nodes, stop = names(5), load.thousand * thousands
    return Plan(
        machine=load.machine,
        nodes=nodes,
        stop=stop,
        heal=stop * 9 // 10,
        latency=Uniform(LOW, HIGH),
        loss=Fraction(1, 200),
        duplicate=Fraction(1, 200),
        clocks={node: ClockPlan(offset=i * 3 * MS, drift=40 * i - 80) for i, node in enumerate(nodes)},
        faults=(
            Planned(Partition(groups=(nodes[:2], "rest")), at=stop // 2, lasting=stop // 20),
            Planned(ClockFault(nodes=(nodes[2],), jump=S), at=stop // 4, lasting=stop // 20),
        ),
        properties=load.properties,
        model=load.name,
    )


def calm(
    machine: Callable[[NodeId, Cluster], Machine], nodes: Sequence[NodeId], stop: int, low: int = LOW, high: int = HIGH
) -> Plan:
    """Return nodes on a perfect network with perfect clocks: what the naive host is able to simulate."""
    return Plan(machine=machine, nodes=tuple(nodes), stop=stop, latency=Uniform(low, high))


@contextmanager
def _collector_off() -> Iterator[None]:
    """Keep the cyclic collector out, as `sim.world.run` does, so that the baseline has the same advantage."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def naive_run(load: Workload, thousands: int) -> Timed:
    """Time the baseline."""
    with _collector_off():
        began = process_time()
        naive = Naive(load.machine, names(5), LOW, HIGH, SEED)
        naive.run(load.thousand * thousands)
        return Timed(process_time() - began, naive.delivered, naive.sent)


def world_run(plan: Plan, sinks: Sequence[Sink] | None) -> Timed:
    """Time a world from its making to its verdict."""
    with _collector_off():
        began = process_time()
        outcome = World(plan, SEED, sinks).run()
        seconds = process_time() - began
    if outcome.model_error is not None or any(f.verdict != "holds" for f in outcome.findings):
        raise RuntimeError(f"the benchmark's own run went wrong: {outcome.model_error or outcome.findings}")
    stats: dict[str, Any] = outcome.stats
    return Timed(seconds, stats["messages_delivered"], stats["messages_sent"])
