"""Rumour mongering on 1,000 sites, beside the tables of Demers et al. (PODC 1987, section 1.4).

One site learns an update; the residue is the share of sites that never hear of it, the traffic how many copies of it
were sent per site, t_ave and t_last the cycles until a site, and until the last one, has it. The residue of feedback
with a coin is also what s = exp(-(k + 1)(1 - s)) says.
"""

from __future__ import annotations

from math import exp
from statistics import fmean
from typing import Any, NamedTuple

from models.epidemic import Epidemic
from reports import statistics
from reports.chart import Chart
from reports.table import Table
from sim.clients import Errand
from sim.latency import Uniform
from sim.machine import Cluster, Machine, NodeId
from sim.units import MS, S
from sim.world import Plan, World

from ..spread import Spread
from ..study import Result, Row, Study

SITES = 1000
CYCLES = 200  # long after any rumour is hot
# Variant, k: residue, traffic, t_ave, t_last. Of push with a coin the paper's own figures for t are not used here.
PUBLISHED: dict[tuple[str, int], tuple[float, ...]] = {
    ("push feedback counter", 1): (0.18, 1.7, 11.0, 16.8),
    ("push feedback counter", 2): (0.037, 3.3, 12.1, 16.9),
    ("push feedback counter", 3): (0.011, 4.5, 12.5, 17.4),
    ("push feedback counter", 4): (0.0036, 5.6, 12.7, 17.5),
    ("push feedback counter", 5): (0.0012, 6.7, 12.8, 17.7),
    ("push blind coin", 1): (0.96, 0.04),
    ("push blind coin", 2): (0.20, 1.6),
    ("push blind coin", 3): (0.060, 2.8),
    ("push blind coin", 4): (0.021, 3.9),
    ("push blind coin", 5): (0.008, 4.9),
    ("pull feedback counter", 1): (0.031, 2.7, 9.97, 17.6),
    ("pull feedback counter", 2): (0.00058, 4.5, 10.07, 15.4),
    ("pull feedback counter", 3): (0.000004, 6.1, 10.08, 14.0),
}
COIN = ("push feedback coin", (1, 2, 3, 4))  # of which the closed form gives the residue
FIGURES = ("residue", "traffic", "t_ave", "t_last")
# How far a printed figure may be off: half of its last digit, and the chance of runs of which the paper tells nothing.
ROUNDED = {"residue": 0.12, "traffic": 0.04, "t_ave": 0.04, "t_last": 0.06}
T_AVE = "the mean of when each site learned it: of push the paper's is one to three cycles later, of pull the same"


class Job(NamedTuple):
    """One epidemic: how it spreads, and the seed."""

    variant: str
    k: int
    seed: int
    sites: int = SITES


def spread_once(job: Job) -> tuple[float, ...]:
    """Return residue, traffic, t_ave and t_last of one epidemic."""
    spread, interest, removal = job.variant.split()
    wide = len(str(job.sites))
    nodes = tuple(f"n{i:0{wide}}" for i in range(1, job.sites + 1))

    def make(node: NodeId, cluster: Cluster) -> Machine:
        return Epidemic(node, cluster, spread=spread, interest=interest, removal=removal, k=job.k)

    plan = Plan(
        make, nodes, CYCLES * S, latency=Uniform(MS, MS),
        errands=(Errand("c1", nodes[0], "add", ("update",), (S // 2,)),),
    )  # fmt: skip
    world = World(plan, job.seed, None)
    learned: list[int] = []
    hot = 0
    quiet = CYCLES * S  # when the last site lost interest, if none has any

    def noted(record: Any) -> None:
        nonlocal hot, quiet
        if record.name == "learned":
            learned.append(record.at)
            hot += 1
        else:
            hot -= 1
        quiet = CYCLES * S if hot else record.at

    def stepped(record: Any) -> None:
        if record.at > quiet + S // 2:  # what a blind site sent last has arrived by then, and was news to nobody
            raise Cold

    world.recorder.listen("note", noted)
    world.recorder.listen("step", stepped)
    try:
        outcome = world.run()
        raise AssertionError(outcome.model_error or f"the rumour is still hot after {CYCLES} cycles")
    except Cold:
        pass
    shipped = sum(host.machine.shipped for host in world.hosts.values() if isinstance(host.machine, Epidemic))
    times = [at // S for at in learned]
    return 1 - len(times) / job.sites, shipped / job.sites, fmean(times), float(max(times))


class Cold(Exception):
    """Nobody spreads the rumour any more: the rest of the run would show nothing."""


def closed_form(k: int) -> float:
    """Return the residue that solves s = exp(-(k + 1)(1 - s)), other than s = 1."""
    s = 0.0
    for _ in range(200):
        s = exp(-(k + 1) * (1 - s))
    return s


def run(trials: int, spread: Spread) -> Result:
    """Run every variant so many times."""
    points = [*PUBLISHED, *((COIN[0], k) for k in COIN[1])]
    jobs = [Job(variant, k, seed) for variant, k in points for seed in range(1, trials + 1)]
    answers = spread.map(spread_once, jobs)
    rows: list[Row] = []
    cells: list[tuple[Any, ...]] = []
    for at, (variant, k) in enumerate(points):
        mine = answers[at * trials : (at + 1) * trials]
        published = PUBLISHED.get((variant, k), (closed_form(k),))
        for place, figure in enumerate(FIGURES):
            mean, low, high = statistics.mean([one[place] for one in mine])
            if figure == "residue":  # that none of so many sites was left out bounds the share of those that are
                high = max(high, 3 / (trials * SITES))
            paper = published[place] if place < len(published) else None
            rows.append(
                Row(
                    name=f"{variant} k={k} {figure}", measured=mean, low=low, high=high, published=paper,
                    tolerance=ROUNDED[figure], known=T_AVE if figure == "t_ave" else "",
                )
            )  # fmt: skip
            cells.append((variant, k, figure, mean, low, high, paper))
    table = Table(("variant", "k", "figure", "measured", "low", "high", "published"), tuple(cells))
    charts = {}
    tables = {"rumours": table}
    for figure in FIGURES[:2]:
        tables[figure] = Table(table.columns, tuple(row for row in table.rows if row[2] == figure))
        charts[figure] = (
            Chart(
                title=f"Rumour mongering on {SITES} sites: {figure}", x="k", y="measured", by="variant", low="low",
                high="high", reference="published", form="points", y_log=figure == "residue", y_label=figure,
                reference_label="published", caption=f"Means of {trials} epidemics with intervals at 95 %.",
            ),
            figure,
        )  # fmt: skip
    return Result(rows=tuple(rows), tables=tables, charts=charts)


STUDY = Study(
    about="Rumour mongering on 1,000 sites beside the tables of Demers et al. 1987 and the closed form of its residue.",
    trials=20,
    run=run,
)
