"""Adding one of n ring members moves 1/(n+1) of the symbols, whatever the number of virtual nodes.

A trial draws the members and a symbol anew. Then all n + 1 members are alike, so the newcomer owns the symbol with
probability 1/(n+1), and trials are independent: moves are binomial. How much one single addition moves is another
matter: it spreads about that mean, the wider the fewer the virtual nodes.
"""

from __future__ import annotations

from math import sqrt
from statistics import fmean, pstdev

from models.ecs.ring import ConsistentHashRing
from reports.chart import Chart
from reports.table import Cell, Table
from sim.chance import Chance

from ..spread import Spread
from ..study import Result, Row, Study

MEMBERS = (3, 5, 10, 20, 50)
VNODES = (1, 10, 100, 500)
TIMES = (20, 10, 3, 1)  # as many trials, for each of these
SYMBOLS = 32  # of one trial, by which its share is measured; the first one alone counts as a move
Z95, Z999 = 1.959964, 3.290527


def moves(job: tuple[int, int, int]) -> tuple[bool, float]:
    """Return whether the symbol moved when a member was added, and which share of more symbols did."""
    members, vnodes, seed = job
    words = iter(Chance(seed).stream("ring", str(members), str(vnodes)))
    names: dict[int, None] = {}
    while len(names) <= members:
        names.setdefault(next(words) >> 32)
    *old, new = names
    before = ConsistentHashRing(old, vnodes)
    after = before.add_node(new)
    moved = []
    for _ in range(SYMBOLS):
        one = next(words).to_bytes(8, "little") + next(words).to_bytes(8, "little")
        was, now = before.route(one, 0), after.route(one, 0)
        assert now in (was, new), "a symbol moved between members that stayed"
        moved.append(was != now)
    return moved[0], sum(moved) / SYMBOLS


def binomial(share: float, trials: int, z: float) -> tuple[float, float]:
    """Return Wilson's interval around a share of so many trials."""
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)) / (1 + z * z / trials)
    return middle - half, middle + half


def run(trials: int, spread: Spread) -> Result:
    """Add a member to drawn rings of each size: so many with the most virtual nodes, more with fewer."""
    points = [(vnodes, members) for vnodes in VNODES for members in MEMBERS]
    counts = {vnodes: trials * times for vnodes, times in zip(VNODES, TIMES, strict=True)}
    jobs = [(members, vnodes, seed) for vnodes, members in points for seed in range(1, counts[vnodes] + 1)]
    answers = dict(zip(jobs, spread.map(moves, jobs), strict=True))
    cells: list[tuple[Cell, ...]] = []
    outside = 0
    pooled: dict[int, list[tuple[float, float, float]]] = {}
    for vnodes, members in points:
        count = counts[vnodes]
        found = [answers[members, vnodes, seed] for seed in range(1, count + 1)]
        share = sum(moved for moved, _ in found) / count
        low, high = binomial(share, count, Z999)
        outside += not low <= 1 / (members + 1) <= high
        parts = [part for _, part in found]
        mean = fmean(parts)
        deviation = pstdev(parts)
        pooled.setdefault(vnodes, []).append((mean, deviation / sqrt(count), 1 / (members + 1)))
        cells.append((vnodes, str(members), count, share, low, high, 1 / (members + 1), mean, deviation))
    rows = [Row(name="points outside of the binomial interval at 99.9 %", measured=outside, published=0)]
    for vnodes, mine in pooled.items():
        mean = fmean(mean for mean, _, _ in mine)
        half = Z95 * sqrt(sum(error * error for _, error, _ in mine)) / len(mine)
        # A twentieth of all intervals at 95 % miss what they are of; the tolerance is for the chance of four.
        rows.append(
            Row(name=f"share moved, {vnodes} virtual nodes, mean over n", measured=mean, low=mean - half,
                high=mean + half, published=fmean(share for _, _, share in mine), tolerance=0.03)
        )  # fmt: skip
    columns = ("vnodes", "members", "rings", "moved", "low", "high", "1/(n+1)", "share_mean", "share_deviation")
    moved = Chart(
        title="Adding a member to a ring of n: the share of symbols that moves", x="members", y="moved", by="vnodes",
        low="low", high="high", reference="1/(n+1)", reference_label="1/(n+1)", form="points",
        x_label="members before, n", by_label="virtual nodes",
        caption=f"One symbol each of {trials} to {trials * max(TIMES)} drawn rings; binomial intervals at 99.9 %.",
    )  # fmt: skip
    even = Chart(
        title="How unevenly one addition moves: the deviation of its share", x="members", y="share_deviation",
        by="vnodes", y_log=True, x_label="members before, n", y_label="standard deviation of the share that moves",
        by_label="virtual nodes", caption=f"Of {SYMBOLS} symbols of each ring, whose own scatter is part of it.",
    )  # fmt: skip
    return Result(
        rows=tuple(rows),
        tables={"ring": Table(columns, tuple(cells))},
        charts={"ring": (moved, "ring"), "ring_evenness": (even, "ring")},
    )


STUDY = Study(
    about="Adding one of n ring members moves 1/(n+1) of the symbols, for n from 3 to 50 and 1 to 500 virtual nodes.",
    trials=200,
    run=run,
)
