"""Adding one of n ring members moves 1/(n+1) of the symbols, whatever the number of virtual nodes.

A trial draws members and symbols, and adds one member after another. After each addition all n + 1 members are alike,
so the newcomer owns a symbol with probability 1/(n+1), and trials are independent: of each n, moves are binomial. How
much one single addition moves is another matter: it spreads about that mean, the wider the fewer the virtual nodes.
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

MEMBERS = range(3, 51)
VNODES = (1, 10, 100, 500)
TIMES = (6, 4, 2, 1)  # as many trials, for each of these
SYMBOLS = 16  # of one trial, by which its share is measured; the first one alone counts as a move
Z95, Z999 = 1.959964, 3.290527


def moves(job: tuple[int, int]) -> list[tuple[bool, float]]:
    """Return for each n whether the symbol moved when a member was added, and which share of more symbols did."""
    vnodes, seed = job
    words = iter(Chance(seed).stream("ring", str(vnodes)))
    names: dict[int, None] = {}
    while len(names) <= max(MEMBERS):
        names.setdefault(next(words) >> 32)
    members = list(names)
    symbols = [next(words).to_bytes(8, "little") + next(words).to_bytes(8, "little") for _ in range(SYMBOLS)]
    ring = ConsistentHashRing(members[: MEMBERS[0]], vnodes)
    owners = [ring.route(symbol, 0) for symbol in symbols]
    found = []
    for new in members[MEMBERS[0] : max(MEMBERS) + 1]:
        ring = ring.add_node(new)
        before, owners = owners, [ring.route(symbol, 0) for symbol in symbols]
        moved = [was != now for was, now in zip(before, owners, strict=True)]
        for was, now in zip(before, owners, strict=True):
            assert now in (was, new), "a symbol moved between members that stayed"
        found.append((moved[0], sum(moved) / SYMBOLS))
    return found


def binomial(share: float, trials: int, z: float) -> tuple[float, float]:
    """Return Wilson's interval around a share of so many trials."""
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)) / (1 + z * z / trials)
    return middle - half, middle + half


def run(trials: int, spread: Spread) -> Result:
    """Let drawn rings grow: so many with the most virtual nodes, more with fewer."""
    counts = {vnodes: trials * times for vnodes, times in zip(VNODES, TIMES, strict=True)}
    jobs = [(vnodes, seed) for vnodes in VNODES for seed in range(1, counts[vnodes] + 1)]
    answers = dict(zip(jobs, spread.map(moves, jobs), strict=True))
    rows: list[Row] = []
    tables: dict[str, Table] = {}
    charts: dict[str, tuple[Chart, str]] = {}
    evenness: list[tuple[Cell, ...]] = []
    for vnodes, count in counts.items():
        cells: list[tuple[Cell, ...]] = []
        means, errors, away = [], [], []
        outside = 0
        for i, members in enumerate(MEMBERS):
            found = [answers[vnodes, seed][i] for seed in range(1, count + 1)]
            expected = 1 / (members + 1)
            share = sum(moved for moved, _ in found) / count
            low, high = binomial(share, count, Z999)
            cells.append((members, count, share, low, high, expected))
            outside += not low <= expected <= high
            away.append(abs(share - expected) / sqrt(expected * (1 - expected) / count))
            means.append(fmean(part for _, part in found))
            deviation = pstdev(part for _, part in found)
            errors.append(deviation / sqrt(count))
            evenness.append((vnodes, members, means[-1], deviation))
        name, of_all = f"{vnodes} virtual node{'s' * (vnodes > 1)}", f"of {len(MEMBERS)} n"
        half = Z95 * sqrt(sum(error * error for error in errors)) / len(errors)
        mean = fmean(means)
        published = fmean(1 / (members + 1) for members in MEMBERS)
        rows += [
            Row(name=f"{name}, {of_all}: outside of the interval at 99.9 %", measured=outside, published=0),
            Row(name=f"{name}, {of_all}: the worst, in standard errors", measured=max(away)),
            # A twentieth of all intervals at 95 % miss what they are of; the tolerance is for the chance of four.
            Row(name=f"{name}: share moved, mean over n", measured=mean, low=mean - half, high=mean + half,
                published=published, tolerance=0.03),
        ]  # fmt: skip
        columns = ("members", "rings", "moved", "low", "high", "1/(n+1)")
        tables[f"ring_{vnodes}"] = Table(columns, tuple(cells))
        chart = Chart(
            title=f"Adding a member to a ring of n with {name} each: the share of symbols that moves", x="members",
            y="moved", low="low", high="high", reference="1/(n+1)", reference_label="1/(n+1)", form="points",
            x_label="members before, n",
            caption=f"One symbol each of {count} drawn rings; binomial intervals at 99.9 %.",
        )  # fmt: skip
        charts[f"ring_{vnodes}"] = chart, f"ring_{vnodes}"
    tables["ring_evenness"] = Table(("vnodes", "members", "share_mean", "share_deviation"), tuple(evenness))
    even = Chart(
        title="How unevenly one addition moves: the deviation of its share", x="members", y="share_deviation",
        by="vnodes", y_log=True, x_label="members before, n", y_label="standard deviation of the share that moves",
        by_label="virtual nodes", caption=f"Of {SYMBOLS} symbols of each ring, whose own scatter is part of it.",
    )  # fmt: skip
    charts["ring_evenness"] = even, "ring_evenness"
    return Result(rows=tuple(rows), tables=tables, charts=charts)


STUDY = Study(
    about="Adding one of n ring members moves 1/(n+1) of the symbols: every n from 3 to 50, 1 to 500 virtual nodes.",
    trials=200,
    run=run,
)
