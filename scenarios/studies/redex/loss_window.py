"""For how long after it was accepted does a write go with the leader if that crashes? About 2H + 3D, says R4.

A write waits for the leader's next heartbeat (up to H), that for the follower's next tick (up to H), and heartbeat and
request take D each: then it is under way, and it arrives D later. The specification calls that an expected magnitude,
and no bound; what was under way when the leader crashed still arrives.
"""

from __future__ import annotations

from statistics import fmean
from typing import Any

from models.redex import Redex
from reports.chart import Chart
from reports.table import Table
from sim.clients import Workload
from sim.latency import Uniform
from sim.machine import Cluster, Machine, NodeId
from sim.units import MS, S
from sim.world import Plan, World

from ..spread import Spread
from ..study import Result, Row, Study

NODES = (2, 5)
WRITES = {"alone": (700 * MS, 1300 * MS), "one after another": (5 * MS, 5 * MS)}
DELAYS = (1, 10, 25, 49)  # ms; the specification's premise is half a heartbeat at most
HEARTBEAT = 100  # ms
STOP = 5 * S


def waits(job: tuple[str, int, int, int]) -> tuple[list[int], list[int]]:
    """Return after how many ns each write was under way to a follower, and stored by one: writes, nodes, D, seed."""
    writes, count, delay, seed = job
    nodes = tuple(f"n{i + 1}" for i in range(count))

    def make(node: NodeId, cluster: Cluster) -> Machine:
        return Redex(node, cluster, heartbeat=f"{HEARTBEAT}ms", phase="random")

    workload = Workload("append", (nodes[0],), "fixed", WRITES[writes], start=300 * MS, until=STOP - S)
    plan = Plan(make, nodes, STOP, latency=Uniform(delay * MS, delay * MS), workload=workload)
    world = World(plan, seed, None)
    accepted: dict[int, int] = {}
    shipped: dict[int, int] = {}
    stored: dict[int, int] = {}

    def noted(record: Any) -> None:
        if record.name == "accepted":
            accepted[record.data.seq] = record.at
        elif record.name == "stored" and record.node != nodes[0]:
            stored.setdefault(record.data.seq, record.at)

    def sent(record: Any) -> None:
        if record.data.type == "SyncResponse":
            for seq, _ in record.data.data.events:
                shipped.setdefault(seq, record.at)

    world.recorder.listen("note", noted)
    world.recorder.listen("send", sent)
    outcome = world.run()
    assert outcome.model_error is None, outcome.model_error
    return [shipped[seq] - at for seq, at in accepted.items()], [stored[seq] - at for seq, at in accepted.items()]


def run(trials: int, spread: Spread) -> Result:
    """Follow the writes of so many runs at each delay."""
    points = [(writes, count, delay) for writes in WRITES for count in NODES for delay in DELAYS]
    jobs = [(*point, seed) for point in points for seed in range(1, trials + 1)]
    answers = dict(zip(jobs, spread.map(waits, jobs), strict=True))
    rows, cells = [], []
    for writes, count, delay in points:
        both = [answers[writes, count, delay, seed] for seed in range(1, trials + 1)]
        shipped, stored = ([wait / MS for waits in side for wait in waits] for side in zip(*both, strict=True))
        expected = 2 * HEARTBEAT + 3 * delay
        series = f"{writes}, {count} nodes"
        cells.append((series, delay, fmean(shipped), max(shipped), fmean(stored), max(stored), expected))
        alone = writes == "alone" and count == 2  # the case for which the specification's sum is made
        rows.append(
            Row(name=f"{series}, D = {delay} ms: longest until stored, ms", measured=max(stored),
                published=expected if alone else None, tolerance=0.1)
        )  # fmt: skip
    columns = ("writes", "delay_ms", "shipped_mean_ms", "shipped_ms", "stored_mean_ms", "stored_ms", "expected_ms")
    chart = Chart(
        title="A leader crashes: how old is the oldest write that may go with it?", x="delay_ms", y="shipped_ms",
        by="writes", reference="expected_ms", reference_label="2H + 3D", x_label="one-way delay D, ms",
        by_label="writes", y_label="longest time from accepted to shipped, ms",
        caption=f"The longest in {trials} runs of {STOP // S} s, H = {HEARTBEAT} ms. What has been shipped arrives D "
        "later, whatever becomes of the leader. Of several followers the one that is served first counts.",
    )  # fmt: skip
    table = Table(columns, tuple(cells))
    return Result(rows=tuple(rows), tables={"loss_window": table}, charts={"loss_window": (chart, "loss_window")})


STUDY = Study(
    about="A crash of redex' leader takes the writes of at most about 2H + 3D with it, the fewer the more followers.",
    trials=50,
    run=run,
)
