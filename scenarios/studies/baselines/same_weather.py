"""The same weather, many protocols: five regions, and for ten seconds the leader is cut off from the four others.

Every protocol meets the same seeds, latencies, losses and clients, and detects failures within about a second. Whom a
protocol without a leader loses is drawn. A client stands beside each node; each of its writes has a key of its own, and
a read asks for the key whose write was acknowledged last, by anybody. So an acknowledged write is lost if in the end no
majority holds it, and a read is stale if it finds nothing.

Nothing was published to compare with: the figures are for comparing protocols, seed by seed, with Raft. An interval of
no width says that all seeds agree, and not that there can be no other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from models import abd, chain, multipaxos, primary_backup, quorum_write, raft, redex
from reports import statistics
from reports.chart import Chart
from reports.table import Table
from sim.clients import Client, Desk, Workload
from sim.faults import Partition, Planned
from sim.history import Operation
from sim.latency import Regions
from sim.machine import Cluster, Machine, NodeId
from sim.units import MS, S
from sim.world import Plan, World

from ...latencies import MATRICES
from ..spread import Spread
from ..study import Result, Row, Study

NODES = tuple(f"n{i}" for i in range(1, 6))
MATRIX = MATRICES["ibm-cloud-2024-08"]
CUT = (5 * S, 6 * S)  # when it begins is drawn
LASTING = 10 * S
HEAL, UNTIL, STOP = 17 * S, 20 * S, 26 * S
BEATS: Mapping[str, Any] = {"beat": "300ms", "patience": "1s"}
TIMEOUTS: Mapping[str, Any] = {"heartbeat": "300ms", "election_timeout": ("1s", "2s")}


class Protocol(NamedTuple):
    """What makes its machines, its parameters, the keys that a machine holds, and whether somebody leads."""

    make: Callable[..., Any]
    params: Mapping[str, Any]
    holds: Callable[[Any], Collection[str]]
    led: bool = True


def _stored(machine: Any) -> Collection[str]:
    keys: Collection[str] = machine.store.values.keys()
    return keys


PROTOCOLS: Mapping[str, Protocol] = {
    "raft": Protocol(raft.machine, TIMEOUTS, _stored),
    "multipaxos": Protocol(multipaxos.machine, TIMEOUTS, _stored),
    "chain": Protocol(chain.machine, BEATS, _stored),
    "primary_backup, synchronous": Protocol(primary_backup.machine, BEATS, _stored),
    "primary_backup, semi-synchronous": Protocol(
        primary_backup.machine, {**BEATS, "replication": "semi-synchronous"}, _stored
    ),
    "primary_backup, asynchronous": Protocol(primary_backup.machine, {**BEATS, "replication": "asynchronous"}, _stored),
    "abd": Protocol(abd.machine, {"retry": "500ms"}, lambda machine: machine.registers.keys(), led=False),
    "quorum_write": Protocol(quorum_write.machine, {}, lambda machine: machine.rows.cells.keys(), led=False),
    "redex": Protocol(redex.machine, {"heartbeat": "300ms"}, lambda machine: machine.log.entries.values()),
}
BESIDE = "raft"  # with which the others are compared
FIGURES = {
    "available": "share of clients' seconds of the cut in which they were served",
    "failover": "ms from the cut to the first later write on the other side",
    "lost": "acknowledged writes of a run that no majority holds in the end",
    "stale": "reads of a run that missed a write acknowledged before",
    "messages": "messages for each acknowledged operation",
}


class Job(NamedTuple):
    """One run."""

    protocol: str
    seed: int


class Visitors(Desk):
    """Clients that write keys of their own, or read the one that was written last of those that are acknowledged."""

    wanted: dict[int, str]  # what a read must find, by operation

    def _draw(self, client: Client, workload: Workload) -> tuple[str, tuple[Any, ...]]:
        done = (o for o in reversed(self.history.operations) if o.outcome == "ok" and o.action != "read")
        last = next(done, None)
        client.made += 1
        action, value = "write" if "write" in self.history.actions else "append", f"{client.name}.{client.made}"
        if last is not None and client.word() & 1:
            action, value = "read", last.args[-1]
            self.wanted[self._ops + 1] = value
        return action, tuple(value for _ in self.history.actions[action])


def figures(job: Job) -> dict[str, float]:
    """Return what became of one run, by the names of FIGURES."""
    world = World(_plan(PROTOCOLS[job.protocol], job.seed), job.seed, None)
    desk = world.desk = Visitors(
        world.kernel, world.recorder, world.network, world.chance, world.hosts, world.history, world.plan.workload
    )
    desk.wanted = {}
    outcome = world.run()
    assert outcome.model_error is None, outcome.model_error
    (cut,) = outcome.faults
    assert cut.begin is not None, f"nobody led {job}"
    begin, off = cut.begin, set(cut.fields["groups"][0])
    beside = {f"c{i}": node for i, node in enumerate(NODES, 1)}
    acknowledged = [o for o in outcome.history.operations if o.outcome == "ok"]
    writes = [o for o in acknowledged if o.action != "read"]
    seconds = {(o.client, _since(begin, o) // S) for o in acknowledged if 0 <= _since(begin, o) < LASTING}
    resumed = [_since(begin, o) for o in writes if o.invoked >= begin and beside[o.client] not in off]
    holds = PROTOCOLS[job.protocol].holds
    held = [set(holds(host.machine)) for host in world.hosts.values() if host.machine is not None]
    reads = [o for o in acknowledged if o.action == "read"]
    return {
        "available": len(seconds) * S / (len(NODES) * LASTING),
        "failover": min(*resumed, LASTING, LASTING) / MS,
        "lost": sum(2 * sum(o.args[-1] in keys for keys in held) <= len(NODES) for o in writes),
        "stale": sum(not _found(desk.wanted[o.op], o.value) for o in reads),
        "messages": outcome.stats["messages_sent"] / len(acknowledged),
    }


def _since(begin: int, operation: Operation) -> int:
    assert operation.ended is not None
    return operation.ended - begin


def _found(wanted: str, value: Any) -> bool:
    return wanted in value if isinstance(value, tuple) else wanted == value


def _plan(protocol: Protocol, seed: int) -> Plan:
    def make(node: NodeId, cluster: Cluster) -> Machine:
        machine: Machine = protocol.make(node, cluster, **protocol.params)
        return machine

    off = "leader" if protocol.led else NODES[seed % len(NODES)]
    return Plan(
        make, NODES, STOP, HEAL,
        latency=Regions(MATRIX.one_way(), dict(zip(NODES, MATRIX.regions, strict=False)), Fraction(1, 20)),
        loss=Fraction(1, 1000),
        workload=Workload("register", NODES, every=(50 * MS, 150 * MS), start=2 * S, until=UNTIL),
        faults=(Planned(Partition(groups=(off, "rest")), at=CUT, lasting=LASTING),),
    )  # fmt: skip


def run(trials: int, spread: Spread) -> Result:
    """Run every protocol under so many seeds."""
    jobs = [Job(protocol, seed) for protocol in PROTOCOLS for seed in range(1, trials + 1)]
    answers = dict(zip(jobs, spread.map(figures, jobs), strict=True))
    rows, cells = [], []
    for protocol in PROTOCOLS:
        for figure in FIGURES:
            values = [answers[Job(protocol, seed)][figure] for seed in range(1, trials + 1)]
            others = [answers[Job(BESIDE, seed)][figure] for seed in range(1, trials + 1)]
            measured = statistics.mean(values)
            apart = statistics.mean([value - other for value, other in zip(values, others, strict=True)])
            cells.append((protocol, figure, *measured, *apart))
            rows.append(Row(name=f"{protocol}: {figure}", measured=measured[0], low=measured[1], high=measured[2]))
            if protocol != BESIDE:
                name = f"{protocol}: {figure}, more than {BESIDE} under the same seed"
                rows.append(Row(name=name, measured=apart[0], low=apart[1], high=apart[2]))
    head = ("protocol", "figure", "mean", "low", "high", "difference", "difference_low", "difference_high")
    tables = {"same_weather": Table(head, tuple(cells))}
    charts = {}
    for figure, label in FIGURES.items():
        tables[figure] = Table(head, tuple(row for row in cells if row[1] == figure))
        charts[figure] = (
            Chart(
                title=f"A leader cut off across five regions: {figure}", x="figure", y="mean", by="protocol", low="low",
                high="high", form="points", y_label=label, x_label=" ",
                caption=f"Means of {trials} runs, the same seeds for each protocol, with intervals at 95 %.",
            ),
            figure,
        )  # fmt: skip
    return Result(rows=tuple(rows), tables=tables, charts=charts)


STUDY = Study(
    about="The leader is cut off across regions: availability, failover, lost and stale operations of nine protocols.",
    trials=100,
    run=run,
)
