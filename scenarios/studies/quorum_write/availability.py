"""How often, and how soon, a write is acknowledged, by W, under loss and in a partition.

Nothing is sent twice. So a peer's acknowledgement arrives with probability (1 - loss)^2, the coordinator needs W - 1 of
N - 1, and its wait is the order statistic of sums of two exponential delays; in a partition it needs W on its side.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from reports.chart import Chart
from reports.table import Table
from sim.faults import Partition, Planned
from sim.units import MS

from ..spread import Spread
from ..study import Result, Row, Study
from .shares import ack_quantile, at_least, quantile, together, wilson
from .worlds import WRITES, watch

NODES = 5
MEAN_MS = 10
LOSSES = (Fraction(0), Fraction(1, 100), Fraction(1, 10), Fraction(3, 10))
SIDES = (1, 2)  # how many nodes are on the smaller side of a partition
PARTS = (0.5, 0.99)  # quantiles of the time to the acknowledgement
BEYOND = 10  # acknowledged writes that must lie beyond a quantile for it to be told
Z = together(NODES * (len(LOSSES) * (1 + len(PARTS)) + len(SIDES)))


class Job(NamedTuple):
    """One world: its W, the loss or the smaller side of its partition, its seed and how many writes it has."""

    w: int
    loss: Fraction
    side: int
    seed: int
    writes: int


def simulated(job: Job) -> list[float]:
    """Return how many ms each acknowledged write took."""
    cut = ("n1", "n2", "n3", "n4")[: job.side]
    faults = [Planned(Partition(groups=(cut, "rest")), at=0)] if job.side else []
    params = {"w": job.w, "ack_timeout": "1s"}
    seen = watch(NODES, params, job.seed, mean=MEAN_MS * MS, loss=job.loss, faults=faults, writes=job.writes)
    return [took / MS for took in seen.acked.values()]


def run(trials: int, spread: Spread) -> Result:
    """Return the share of acknowledged writes and how long they took, for every W."""
    seeds = range(1, -(-trials // WRITES) + 1)
    writes = min(trials, WRITES)
    points = [(w, loss, 0) for loss in LOSSES for w in range(1, NODES + 1)]
    points += [(w, Fraction(0), side) for side in SIDES for w in range(1, NODES + 1)]
    jobs = [Job(*point, seed, writes) for point in points for seed in seeds]
    told = spread.map(simulated, jobs)
    rows, lost, slow, cut = [], [], [], []
    for i, (w, loss, side) in enumerate(points):
        mine = sorted(ms for answer in told[i * len(seeds) : (i + 1) * len(seeds)] for ms in answer)
        share, low, high = wilson(len(mine), len(seeds) * writes, Z)
        if side:
            name, form = f"cut {side}|{NODES - side}, W={w}", _reachable(w, side)
            cut.append((f"{side}|{NODES - side}", w, share, low, high, form))
        else:
            name, form = f"loss {float(loss):g}, W={w}", at_least(w - 1, NODES - 1, float(1 - loss) ** 2)
            lost.append((float(loss), w, share, low, high, form))
        rows.append(Row(name=f"{name}: acknowledged", measured=share, low=low, high=high, published=form))
        for part in PARTS if not side and w > 1 else ():
            if len(mine) * (1 - part) >= BEYOND:
                value, least, most = quantile(mine, part, Z)
                wait = ack_quantile(part, NODES, w, MEAN_MS, float(loss))
                slow.append((f"loss {float(loss):g}, p{part * 100:.0f}", w, value, least, most, wait))
                # The grid from which delays are drawn may cost a hundredth.
                rows.append(
                    Row(
                        name=f"{name}: p{part * 100:.0f} (ms)", measured=value, low=least, high=most, published=wait,
                        tolerance=0.01,
                    )
                )  # fmt: skip
    tables = {
        "loss": Table(("loss", "w", "acknowledged", "low", "high", "expected"), tuple(lost)),
        "latency": Table(("quantile", "w", "ms", "low", "high", "expected"), tuple(slow)),
        "partition": Table(("cut", "w", "acknowledged", "low", "high", "expected"), tuple(cut)),
    }
    return Result(rows=tuple(rows), tables=tables, charts=CHARTS)


def _reachable(w: int, side: int) -> float:
    """Return the share of nodes whose side of the partition has W nodes."""
    return sum(size for size in (side, NODES - side) if size >= w) / NODES


CHARTS = {
    "loss": (
        Chart(
            title=f"Writes that are acknowledged, of {NODES} nodes under loss",
            x="w", y="acknowledged", low="low", high="high", by="loss", by_label="loss", reference="expected",
            x_label="W", y_label="share of writes", reference_label="binomial",
            caption="Nothing is sent twice: a real transport hides most of this behind latency.",
        ),
        "loss",
    ),
    "latency": (
        Chart(
            title="How long an acknowledged write takes",
            x="w", y="ms", low="low", high="high", by="quantile", reference="expected",
            x_label="W", y_label="ms to the acknowledgement, median and 99th percentile",
            reference_label="order statistics of Erlang delays",
            caption=f"One-way delays are exponential with a mean of {MEAN_MS} ms.",
        ),
        "latency",
    ),
    "partition": (
        Chart(
            title=f"Writes that are acknowledged, of {NODES} nodes in a partition",
            x="w", y="acknowledged", low="low", high="high", by="cut", by_label="cut", reference="expected",
            x_label="W", y_label="share of writes", reference_label="share of nodes whose side has W",
        ),
        "partition",
    ),
}  # fmt: skip

STUDY = Study(
    about="How often, and how soon, a write is acknowledged, by W, under loss and in a partition.", trials=2000, run=run
)
