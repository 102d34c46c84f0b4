"""How long one event takes to be in every log of crdt_state, against fan-out, size, loss, and the length of a cut.

One node appends; what is measured is the time until the last one holds the event, in seconds and in rounds of 500 ms:
as specified, with the rotation over peers in an order of each node's own, and hardened, with peers drawn each round.
Beside it, for gossip of opaque state, in how many runs one client's write survives among nodes that were never written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from models.crdt_state import PROFILES, CrdtState
from reports import statistics
from reports.chart import Chart
from reports.table import Table
from sim.clients import Errand
from sim.faults import Partition, Planned
from sim.latency import Uniform
from sim.machine import Cluster, Machine, NodeId
from sim.units import MS, S
from sim.world import Plan, World

from ..quorum_write import shares
from ..spread import Spread
from ..study import Result, Row, Study

INTERVAL = 500 * MS
WRITTEN = 1 * S  # when the event is appended: every node has gossiped by then
LIMIT = 120 * S
SETTLED = 20 * S  # when it is judged whether a write of opaque state survives
SHOWN = ("as-specified", "hardened")
FANOUTS = (1, 2, 3, 4, 5)
SIZES = (3, 5, 10, 20, 50, 100, 200)
LOSSES = (0, 10, 20, 30, 40, 50)  # per cent
CUTS = (0, 1, 2, 5, 10)  # seconds
TITLES = {
    "fanout": "Fan-out, of 50 nodes",
    "nodes": "Nodes, with a fan-out of 3",
    "loss": "Packets lost in per cent, 50 nodes with a fan-out of 3",
    "cut": "Seconds that two halves of 20 nodes are cut apart",
}


class Job(NamedTuple):
    """One run: how large, how lossy, how long in two halves."""

    profile: str
    seed: int
    nodes: int = 50
    fanout: int = 3
    loss: int = 0
    cut: int = 0
    planes: str = "log"


class Everywhere(Exception):
    """Every node holds the event: the rest of the run would show nothing."""


def world_of(job: Job, stop: int, action: str) -> World:
    """Return a run's world: each node begins its rounds at a time of its own, one writes."""
    wide = len(str(job.nodes))
    nodes = tuple(f"n{i:0{wide}}" for i in range(1, job.nodes + 1))
    params: dict[str, Any] = {"planes": job.planes, "phase": "random", "peer_order": "shuffled", "fanout": job.fanout}
    params |= PROFILES[job.profile]

    def make(node: NodeId, cluster: Cluster) -> Machine:
        return CrdtState(node, cluster, **params)

    halves = Partition(groups=(nodes[: job.nodes // 2], nodes[job.nodes // 2 :]), in_flight="drop")
    faults = (Planned(halves, at=WRITTEN, lasting=job.cut * S),) if job.cut else ()
    args = ("state", "x") if action == "write" else ("x",)
    plan = Plan(
        make, nodes, stop, latency=Uniform(5 * MS, 25 * MS), loss=Fraction(job.loss, 100), faults=faults,
        errands=(Errand("c1", nodes[0], action, args, (WRITTEN,)),),
    )  # fmt: skip
    return World(plan, job.seed, None)


def time_to_all(job: Job) -> float | None:
    """Return the seconds from the append until the last node held it, None if some did not in two minutes."""
    world = world_of(job, LIMIT, "append")
    held: set[NodeId] = set()
    last = 0

    def seen(record: Any) -> None:
        nonlocal last
        if record.data is not None and record.data.tail and record.node not in held:
            held.add(record.node)
            last = record.at
            if len(held) == job.nodes:
                raise Everywhere

    world.recorder.listen("state", seen)
    try:
        outcome = world.run()
    except Everywhere:
        return (last - WRITTEN) / S
    if outcome.model_error is not None:
        raise AssertionError(outcome.model_error)
    return None


def survives(job: Job) -> bool:
    """Return whether all nodes hold the one write at the end; a node that never was written holds nothing."""
    world = world_of(job, SETTLED, "write")
    states: dict[NodeId, str] = {}
    world.recorder.listen("state", lambda record: states.update({str(record.node): record.data.state}))
    outcome = world.run()
    if outcome.model_error is not None:
        raise AssertionError(outcome.model_error)
    return set(states.values()) == {"x"}


def points() -> list[tuple[str, int, Callable[[str, int], Job]]]:
    """Return the charts' points: the chart, the place on its axis, and what a job there is."""
    made: list[tuple[str, int, Callable[[str, int], Job]]] = []
    made += [("fanout", k, lambda profile, seed, k=k: Job(profile, seed, fanout=k)) for k in FANOUTS]  # type: ignore[misc]
    made += [("nodes", n, lambda profile, seed, n=n: Job(profile, seed, nodes=n)) for n in SIZES]  # type: ignore[misc]
    made += [("loss", p, lambda profile, seed, p=p: Job(profile, seed, loss=p)) for p in LOSSES]  # type: ignore[misc]
    made += [("cut", c, lambda profile, seed, c=c: Job(profile, seed, nodes=20, cut=c)) for c in CUTS]  # type: ignore[misc]
    return made


def run(trials: int, spread: Spread) -> Result:
    """Run every point so many times under each profile."""
    places = [(chart, x, make, profile) for chart, x, make in points() for profile in SHOWN]
    jobs = [make(profile, seed) for _, _, make, profile in places for seed in range(1, trials + 1)]
    answers = spread.map(time_to_all, jobs)
    tables, charts, rows = {}, {}, []
    for chart in TITLES:
        cells = []
        for i, (of, x, _, profile) in enumerate(places):
            if of == chart:
                mine = answers[i * trials : (i + 1) * trials]
                cells.append((x, profile, *figures(mine)))
                mean, low, high = cells[-1][2:5]
                if mean is not None:
                    rows.append(Row(name=f"{chart}={x} {profile}, rounds", measured=mean, low=low, high=high))
        columns = (chart, "profile", "rounds", "low", "high", "seconds", "worst_seconds", "runs", "never")
        tables[chart] = Table(columns, tuple(cells))
        charts[chart] = (
            Chart(
                title="Rounds until one event is in every log", x=chart, y="rounds", by="profile", low="low",
                high="high", x_label=TITLES[chart], x_log=chart == "nodes", y_label="rounds of 500 ms",
                caption=f"Means of {trials} runs a point, with intervals at 95 %."
                + (" From the beginning of the cut on." if chart == "cut" else ""),
            ),
            chart,
        )  # fmt: skip
    tables["survival"], charts["survival"], survived = survival(trials, spread)
    rows += survived
    return Result(rows=tuple(rows), tables=tables, charts=charts)


def figures(times: Sequence[float | None]) -> tuple[Any, ...]:
    """Return the mean in rounds with its interval, in seconds, the worst, how many runs, and how many never."""
    known = [time for time in times if time is not None]
    if not known:
        return (None, None, None, None, None, len(times), len(times))
    mean, low, high = (figure * S / INTERVAL for figure in statistics.mean(known))
    return (mean, low, high, mean * INTERVAL / S, max(known), len(times), len(times) - len(known))


def survival(trials: int, spread: Spread) -> tuple[Table, tuple[Chart, str], list[Row]]:
    """Return in how many runs one write of opaque state survives, as a table, a chart and rows."""
    sizes = SIZES[:5]
    places = [(n, profile) for n in sizes for profile in SHOWN]
    jobs = [Job(profile, seed, nodes=n, planes="state") for n, profile in places for seed in range(1, trials + 1)]
    answers = spread.map(survives, jobs)
    cells, rows = [], []
    for i, (n, profile) in enumerate(places):
        share, low, high = shares.interval(sum(answers[i * trials : (i + 1) * trials]), trials, 0.05)
        cells.append((n, profile, share, low, high))
        rows.append(Row(name=f"survival nodes={n} {profile}", measured=share, low=low, high=high))
    chart = Chart(
        title="One write of opaque state among nodes that hold nothing", x="nodes", y="share", by="profile", low="low",
        high="high", form="points", x_log=True, y_label="share of runs in which every node holds it after 20 s",
        caption=f"{trials} runs a point, with intervals at 95 %.",
    )  # fmt: skip
    return Table(("nodes", "profile", "share", "low", "high"), tuple(cells)), (chart, "survival"), rows


STUDY = Study(
    about="How long one event takes to be in every log, and how often one write of opaque state survives.",
    trials=40,
    run=run,
)
