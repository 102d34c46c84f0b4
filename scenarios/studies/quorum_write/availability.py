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
from .shares import ack_quantile, at_least, interval, quantile, together
from .worlds import WRITES, watch

NODES = 5
MEAN_MS = 10
LOSSES = (Fraction(0), Fraction(1, 100), Fraction(1, 10), Fraction(3, 10))
SIDES = (1, 2)  # how many nodes are on the smaller side of a partition
PARTS = {"median": 0.5, "p99": 0.99}  # of the time to the acknowledgement
BEYOND = 10  # acknowledged writes that must lie beyond a quantile for it to be told
MISS = together(NODES * (len(LOSSES) * (1 + len(PARTS)) + len(SIDES)))


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


Line = tuple[str, str, float, float, float, float]  # of a table: series, W, measured, low, high, expected


def run(trials: int, spread: Spread) -> Result:
    """Return the share of acknowledged writes and how long they took, for every W."""
    seeds = range(1, -(-trials // WRITES) + 1)
    writes = min(trials, WRITES)
    every = range(1, NODES + 1)
    points = [(w, loss, 0) for loss in LOSSES for w in every]
    points += [(w, Fraction(0), side) for side in SIDES for w in every]
    told = spread.map(simulated, [Job(*point, seed, writes) for point in points for seed in seeds])
    rows: list[Row] = []
    lines: dict[str, list[Line]] = {name: [] for name in CHARTS}
    for i, (w, loss, side) in enumerate(points):
        took = sorted(ms for answer in told[i * len(seeds) : (i + 1) * len(seeds)] for ms in answer)
        share, low, high = interval(len(took), len(seeds) * writes, MISS)
        if side:
            chart, series, form = "partition", f"{side}|{NODES - side}", _reachable(w, side)
        else:
            chart, series, form = "loss", f"{float(loss):g}", at_least(w - 1, NODES - 1, float(1 - loss) ** 2)
            rows += _waits(took, w, loss, lines)
        lines[chart].append((series, str(w), share, low, high, form))
        rows.append(
            Row(name=f"{chart} {series}, W={w}: acknowledged", measured=share, low=low, high=high, published=form)
        )
    tables = {name: Table(("of", "w", "measured", "low", "high", "expected"), tuple(lines[name])) for name in CHARTS}
    return Result(rows=tuple(rows), tables=tables, charts={name: (chart, name) for name, chart in CHARTS.items()})


def _waits(took: list[float], w: int, loss: Fraction, lines: dict[str, list[Line]]) -> list[Row]:
    """Return the quantiles of how long acknowledged writes took, and put them into their charts' lines."""
    rows = []
    for chart, part in PARTS.items() if w > 1 else ():
        if len(took) * (1 - part) < BEYOND:
            continue
        value, low, high = quantile(took, part, MISS)
        form = ack_quantile(part, NODES, w, MEAN_MS, float(loss))
        lines[chart].append((f"{float(loss):g}", str(w), value, low, high, form))
        name = f"loss {float(loss):g}, W={w}: {chart} (ms)"
        # The grid from which delays are drawn may cost a hundredth.
        rows.append(Row(name=name, measured=value, low=low, high=high, published=form, tolerance=0.01))
    return rows


def _reachable(w: int, side: int) -> float:
    """Return the share of nodes whose side of the partition has W nodes."""
    return sum(size for size in (side, NODES - side) if size >= w) / NODES


def _chart(title: str, of: str, y_label: str, reference: str, caption: str = "") -> Chart:
    return Chart(
        title=title, x="w", y="measured", low="low", high="high", by="of", by_label=of, reference="expected",
        x_label="W", y_label=y_label, reference_label=reference, caption=caption,
    )  # fmt: skip


ERLANG = "order statistics of Erlang delays"
DELAYS = f"One-way delays are exponential with a mean of {MEAN_MS} ms."
CHARTS = {
    "loss": _chart(
        f"Writes that are acknowledged, of {NODES} nodes under loss",
        "loss",
        "share of writes",
        "binomial",
        "Nothing is sent twice: a real transport hides most of this behind latency.",
    ),
    "median": _chart("The median time to an acknowledgement, under loss", "loss", "ms", ERLANG, DELAYS),
    "p99": _chart("The 99th percentile of the time to an acknowledgement", "loss", "ms", ERLANG, DELAYS),
    "partition": _chart(
        f"Writes that are acknowledged, of {NODES} nodes in a partition",
        "cut",
        "share of writes",
        "share of nodes whose side has W",
    ),
}

STUDY = Study(
    about="How often, and how soon, a write is acknowledged, by W, under loss and in a partition.", trials=2000, run=run
)
