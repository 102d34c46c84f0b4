"""How often a read misses an acknowledged write, by W, R and the time between.

The reference is a Monte-Carlo of the same delays that knows nothing of machines or messages: a write reaches each
replica after one delay and is acknowledged after another, a read asks after one and is answered after another
(Bailis et al., Probabilistically Bounded Staleness, VLDB 2012, there called W, A, R and S). Where replicas are drawn
and rows never spread there is a closed form as well.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from reports.chart import Chart
from reports.table import Table
from sim.units import MS

from ..spread import Spread
from ..study import Result, Row, Study
from .shares import interval, missed, together
from .worlds import WRITES, watch

MEAN_MS = 10
DELAYS_MS = (0, 2, 5, 10, 20, 40, 80)
QUORUMS = ((3, 1, 1), (3, 1, 2), (3, 2, 1), (3, 2, 2), (5, 1, 1), (5, 2, 2), (5, 3, 2), (5, 3, 3))  # N, W, R
DRAWN = ((3, 1, 1), (5, 1, 3), (5, 2, 2), (5, 3, 2), (10, 3, 3), (10, 2, 5))  # with sets that may miss each other
MISS = together(2 * len(QUORUMS) * len(DELAYS_MS) + len(DRAWN))  # for those of the reference, too
LATER = 1000  # ms: when drawn sets are read, with nothing under way any more


class Job(NamedTuple):
    """One world: its quorums, its seed, whether replicas are drawn, and how many writes it has."""

    n: int
    w: int
    r: int
    seed: int
    drawn: bool
    writes: int


def simulated(job: Job) -> dict[int, tuple[int, int]]:
    """Return by delay in ms how many reads were stale, and how many were answered."""
    params = {"w": job.w, "r": job.r, "reads": "quorum", "contacts": "as-needed" if job.drawn else "all"}
    delays = [LATER] if job.drawn else DELAYS_MS
    seen = watch(job.n, params, job.seed, mean=MEAN_MS * MS, reads=[ms * MS for ms in delays], writes=job.writes)
    return {ms: (seen.stale[ms * MS], seen.stale[ms * MS] + seen.fresh[ms * MS]) for ms in delays}


def expected(job: Job) -> dict[int, tuple[int, int]]:
    """Return the same from delays alone."""
    random = Random(f"{job.n} {job.w} {job.r} {job.seed}")

    def delay() -> float:
        return random.expovariate(1 / MEAN_MS)

    stale = dict.fromkeys(DELAYS_MS, 0)
    for _ in range(job.writes):
        writer = random.randrange(job.n)
        arrives = [0.0 if node == writer else delay() for node in range(job.n)]
        acks = sorted(0.0 if node == writer else arrives[node] + delay() for node in range(job.n))
        committed = acks[job.w - 1]
        for ms in DELAYS_MS:
            reader = random.randrange(job.n)
            asked = [0.0 if node == reader else delay() for node in range(job.n)]
            back = sorted((0.0 if node == reader else asked[node] + delay(), node) for node in range(job.n))
            nodes = [node for _, node in back[: job.r]]
            stale[ms] += all(arrives[node] > committed + ms + asked[node] for node in nodes)
    return {ms: (stale[ms], job.writes) for ms in DELAYS_MS}


def run(trials: int, spread: Spread) -> Result:
    """Return the shares of stale reads, simulated and expected."""
    seeds = range(1, -(-trials // WRITES) + 1)
    writes = min(trials, WRITES)
    open_jobs = [Job(*quorum, seed, False, writes) for quorum in QUORUMS for seed in seeds]
    drawn_jobs = [Job(*quorum, seed, True, writes) for quorum in DRAWN for seed in seeds]
    told = spread.map(simulated, [*open_jobs, *drawn_jobs])
    reference = [expected(job) for job in open_jobs]
    rows, lines = [], []
    for n, w, r in QUORUMS:
        mine = [i for i, job in enumerate(open_jobs) if (job.n, job.w, job.r) == (n, w, r)]
        for ms in DELAYS_MS:
            share, low, high = _pooled([told[i][ms] for i in mine])
            other, least, most = _pooled([reference[i][ms] for i in mine])
            name = f"N={n} W={w} R={r}"
            # With W + R > N none may be stale, which is a certainty and not an estimate.
            published = (0.0, 0.0) if w + r > n else (least, most)
            rows.append(Row(name=f"{name}, after {ms} ms", measured=share, low=low, high=high, published=published))
            lines.append((name, ms, share, low, high, other, least, most))
    closed = []
    for n, w, r in DRAWN:
        mine = [i for i, job in enumerate(drawn_jobs) if (job.n, job.w, job.r) == (n, w, r)]
        share, low, high = _pooled([told[len(open_jobs) + i][LATER] for i in mine])
        name = f"N={n} W={w} R={r}"
        form = missed(n, w, r)
        rows.append(Row(name=f"{name}, drawn", measured=share, low=low, high=high, published=form))
        closed.append((f"{n}, {w}, {r}", share, low, high, form))
    head = ("quorums", "after_ms", "stale", "low", "high", "expected", "expected_low", "expected_high")
    tables = {
        "staleness": Table(head, tuple(line for line in lines if line[2] or line[5])),
        "drawn": Table(("quorums", "stale", "low", "high", "expected"), tuple(closed)),
    }
    return Result(rows=tuple(rows), tables=tables, charts=CHARTS)


def _pooled(counts: list[tuple[int, int]]) -> tuple[float, float, float]:
    return interval(sum(hits for hits, _ in counts), sum(trials for _, trials in counts), MISS)


CHARTS = {
    "staleness": (
        Chart(
            title="Reads that miss an acknowledged write",
            x="after_ms", y="stale", low="low", high="high", by="quorums", reference="expected",
            x_label="ms from the acknowledgement to the read", y_label="share of stale reads",
            reference_label="Monte-Carlo of the delays alone",
            caption=f"Delays are exponential with a mean of {MEAN_MS} ms. Where W + R > N no read was stale.",
        ),
        "staleness",
    ),
    "drawn": (
        Chart(
            title="Reads that miss an acknowledged write, quorums drawn at random",
            x="quorums", y="stale", low="low", high="high", reference="expected", form="points",
            x_label="N, W, R", y_label="share of stale reads", reference_label="C(N - W, R) / C(N, R)",
        ),
        "drawn",
    ),
}  # fmt: skip

STUDY = Study(
    about="How often a read misses an acknowledged write, by W, R, N and the time between.", trials=5000, run=run
)
