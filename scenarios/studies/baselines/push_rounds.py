"""How many rounds push gossip takes to reach everybody on a complete graph: log2 n + ln n, says Pittel (1987)."""

from __future__ import annotations

from math import log, log2
from typing import Any

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

SITES = (10, 100, 1000, 10_000)


def rounds(job: tuple[int, int]) -> int:
    """Return after how many rounds the last of so many sites has learned the item, under a seed."""
    sites, seed = job
    wide = len(str(sites))
    nodes = tuple(f"n{i:0{wide}}" for i in range(1, sites + 1))

    def make(node: NodeId, cluster: Cluster) -> Machine:
        return Epidemic(node, cluster, interest="blind", removal="never")

    bound = int(log2(sites) + log(sites)) + 12
    plan = Plan(
        make, nodes, bound * S, latency=Uniform(MS, MS),
        errands=(Errand("c1", nodes[0], "add", ("item",), (S // 2,)),),
    )  # fmt: skip
    world = World(plan, seed, None)
    learned: list[int] = []

    def noted(record: Any) -> None:
        if record.name == "learned":
            learned.append(record.at)
            if len(learned) == sites:
                raise Everybody

    world.recorder.listen("note", noted)
    try:
        outcome = world.run()
        assert outcome.model_error is None, outcome.model_error
    except Everybody:
        pass
    assert len(learned) == sites, f"{len(learned)} of {sites} sites heard of it in {bound} rounds"
    return learned[-1] // S


class Everybody(Exception):
    """The last site has learned the item: the rest of the run would show nothing."""


def run(trials: int, spread: Spread) -> Result:
    """Measure each size so many times; of 10,000 sites a tenth of that, at least three."""
    sizes = [(sites, trials if sites < 10_000 else max(3, trials // 10)) for sites in SITES]
    jobs = [(sites, seed) for sites, count in sizes for seed in range(1, count + 1)]
    answers = dict(zip(jobs, spread.map(rounds, jobs), strict=True))
    rows, cells = [], []
    for sites, count in sizes:
        mean, low, high = statistics.mean([answers[sites, seed] for seed in range(1, count + 1)])
        expected = log2(sites) + log(sites)
        # The theorem leaves a constant open: log2 n + ln n + O(1) with high probability.
        published = expected - 1.5, expected + 1.5
        rows.append(Row(name=f"rounds on {sites} sites", measured=mean, low=low, high=high, published=published))
        cells.append((sites, mean, low, high, expected))
    table = Table(("sites", "rounds", "low", "high", "log2 n + ln n"), tuple(cells))
    chart = Chart(
        title="Push gossip on a complete graph: rounds until everybody knows", x="sites", y="rounds", low="low",
        high="high", reference="log2 n + ln n", reference_label="log2 n + ln n", x_log=True, x_label="sites",
        caption=f"Means of {trials} runs, of {max(3, trials // 10)} at 10,000 sites, with intervals at 95 %.",
    )  # fmt: skip
    return Result(rows=tuple(rows), tables={"push_rounds": table}, charts={"push_rounds": (chart, "push_rounds")})


STUDY = Study(
    about="Push gossip on a complete graph of up to 10,000 sites reaches all in about log2 n + ln n rounds.",
    trials=50,
    run=run,
)
