"""How long a crashed leader is missed, beside figure 16 of the Raft paper (USENIX ATC 2014, section 9.3).

As there: five servers whose logs have different lengths, so that some candidates cannot win; the leader sends all of
them a heartbeat and crashes at a uniformly random moment of the heartbeat interval, half the least election timeout.
Neither PreVote nor CheckQuorum. The paper gives the broadcast time, roughly 15 ms, and not what it is made of: how long
a request travels decides how many stand before they hear of another candidate, so it decides the figure for 5 ms of
randomness, and is fitted to that one. The other figures follow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean, median
from typing import Any, NamedTuple

from models.raft import PROFILES, Raft
from models.raft.log import NOOP, Entry
from models.raft.messages import AppendEntries
from models.raft.node import LEADER
from reports import statistics
from reports.chart import Chart
from reports.table import Table
from sim.faults import Crash, LinkFault, Planned
from sim.latency import Uniform
from sim.machine import Boot, Cluster, Machine, NodeId, Now, on
from sim.units import MS, US, S, show_duration
from sim.world import Plan, World

from ..spread import Spread
from ..study import Result, Row, Study

SERVERS = tuple(f"n{i}" for i in range(1, 6))
BROADCAST = 15 * MS
ONE_WAY = 2500 * US  # of a request; the rest of the broadcast time is the reply's, with the voter's disk
PLAIN: dict[str, Any] = PROFILES["paper"]
JITTER = 200 * US  # between the quickest and the slowest packet
ENOUGH = 20 * S  # what takes longer counts as so long
BATCHES = 5  # of trials, each with a worst one
TOP = ((150, 150), (150, 151), (150, 155), (150, 175), (150, 200), (150, 300))  # ms, the panels of the figure
BOTTOM = ((12, 24), (25, 50), (50, 100), (100, 200), (150, 300))
WORST = {(150, 200): 513.0, (12, 24): 152.0}
SPLITS = (250 * US, MS, ONE_WAY, 5 * MS, 7500 * US)
ONE_CRASH = "the paper's own is one draw of what varies from thousand to thousand"


class Job(NamedTuple):
    """One crash: the range of election timeouts in ms, how long a request travels in ns, and the seed."""

    low: int
    high: int
    seed: int
    one_way: int = ONE_WAY


class Bereaved(Raft):
    """A server of a cluster in term 1: the first leads, and sends one heartbeat; the others' logs are ever shorter."""

    @on(Boot)
    def booted(self, durable: Mapping[Any, Any], life: int, now: Now) -> None:
        number = self.cluster.number(self.node)
        self.term = 1
        self.log.entries = [Entry(1, NOOP, None)] * (len(SERVERS) - number)
        if number:
            self.wait()
        else:
            self.role = LEADER
            self.broadcast(AppendEntries(1, 0, 0, (), 0, 1))  # what fits any log, so that they stay as they are


class Elected(Exception):
    """Somebody leads: the rest of the run would show nothing."""


def down_time(job: Job) -> float:
    """Return how many ms passed from the crash to the next leader, at most ENOUGH."""
    return failover(job)[0]


def failover(job: Job) -> tuple[float, NodeId | None]:
    """Return the down time in ms, and who leads then."""
    least, most = show_duration(job.low * MS), show_duration(job.high * MS)
    beat = job.low * MS // 2

    def make(node: NodeId, cluster: Cluster) -> Machine:
        return Bereaved(node, cluster, election_timeout=(least, most), heartbeat=show_duration(beat), **PLAIN)

    reply = LinkFault(delay=BROADCAST - 2 * job.one_way, messages=("VoteReply",))
    faults = (
        Planned(Crash(nodes=(SERVERS[0],), strike="now"), at=(0, beat), lasting="for-ever"),
        Planned(reply, at=0, lasting="for-ever"),
    )
    latency = Uniform(job.one_way - JITTER // 2, job.one_way + JITTER // 2)
    world = World(Plan(make, SERVERS, ENOUGH, latency=latency, faults=faults), job.seed, None)
    crashed: list[int] = []
    elected: list[tuple[int, NodeId]] = []

    def turned(record: Any) -> None:
        if record.node != SERVERS[0] and record.data is not None and record.data.role == LEADER:
            elected.append((record.at, record.node))
            raise Elected

    world.recorder.listen("crash", lambda record: crashed.append(record.at))
    world.recorder.listen("state", turned)
    try:
        outcome = world.run()
        assert outcome.model_error is None, outcome.model_error
    except Elected:
        pass
    at, leader = elected[0] if elected else (ENOUGH, None)
    return (at - crashed[0]) / MS, leader


def median_interval(values: Sequence[float]) -> tuple[float, float | None, float | None]:
    """Return the median and its interval at 95 %."""
    found = statistics.median(sorted(values))
    assert found is not None, "of each range some leaders were crashed"
    return found


def worst_interval(values: Sequence[float], batches: int) -> tuple[float, float, float]:
    """Return the median of the batches' worst values, and the least and the greatest of these: of five, 94 %."""
    size = len(values) // batches
    worst = sorted(max(values[i * size : (i + 1) * size]) for i in range(batches))
    return median(worst), worst[0], worst[-1]


def run(trials: int, spread: Spread) -> Result:
    """Crash leaders: so many times for each range, without randomness a tenth of it, more where the worst counts."""
    ranges = tuple(dict.fromkeys((*TOP, *BOTTOM)))
    counts = {
        r: trials * BATCHES if r in WORST else max(2, trials // 10) if r == (150, 150) else trials for r in ranges
    }
    few = max(2, trials // 4)
    jobs = [Job(*r, seed) for r in ranges for seed in range(1, counts[r] + 1)]
    jobs += [Job(150, 155, seed, one_way) for one_way in SPLITS for seed in range(1, few + 1)]
    answers = dict(zip(jobs, spread.map(down_time, jobs), strict=True))
    times = {r: [answers[Job(*r, seed)] for seed in range(1, counts[r] + 1)] for r in ranges}
    rows = list(_rows(times))
    for one_way in SPLITS:
        mid, low, high = median_interval([answers[Job(150, 155, seed, one_way)] for seed in range(1, few + 1)])
        name = f"150-155 ms, of 15 ms {one_way / MS:g} for the request: median"
        rows.append(Row(name=name, measured=mid, low=low, high=high))
    return Result(rows=tuple(rows), tables=_tables(times, trials), charts=_charts(trials))


def _rows(times: Mapping[tuple[int, int], Sequence[float]]) -> Sequence[Row]:
    """Return a row for each figure that the paper states, and the median of each range."""
    still = times[150, 150]
    rows = [
        Row(
            name="150-150 ms: share of elections that take over 10 s",
            measured=sum(t > 10_000 for t in still) / len(still), published=1.0,
        )
    ]  # fmt: skip
    for (least, most), values in times.items():
        mid, low, high = median_interval(values)
        # The published median is of 1,000 trials, too, so it is as uncertain as this one.
        published = 287.0 if (least, most) == (150, 155) else None
        rows.append(
            Row(
                name=f"{least}-{most} ms: median", measured=mid, low=low, high=high, published=published, tolerance=0.04
            )
        )
        if (least, most) in WORST:
            mid, low, high = worst_interval(values, BATCHES)
            rows.append(
                Row(
                    name=f"{least}-{most} ms: worst of each batch", measured=mid, low=low, high=high,
                    published=WORST[least, most], known=ONE_CRASH,
                )
            )  # fmt: skip
    mid, low, high = statistics.mean(times[12, 24])
    rows.append(
        Row(
            name="12-24 ms: mean", measured=mid, low=low, high=high, published=35.0,
            known="the broadcast time is longer than the least timeout here, so what it is made of counts for more",
        )
    )  # fmt: skip
    return rows


def _tables(times: Mapping[tuple[int, int], Sequence[float]], trials: int) -> dict[str, Table]:
    tables = {}
    for name, panel in (("randomness", TOP), ("timeouts", BOTTOM)):
        rows = []
        for least, most in panel:
            ranked = sorted(times[least, most][:trials])
            rows += [(f"{least}-{most}", t, (i + 1) / len(ranked)) for i, t in enumerate(ranked)]
        tables[name] = Table(("timeouts_ms", "down_time_ms", "share"), tuple(rows))
    summary = tuple(
        (f"{least}-{most}", len(values), fmean(values), *median_interval(values), max(values))
        for (least, most), values in times.items()
    )
    tables["summary"] = Table(("timeouts_ms", "trials", "mean", "median", "low", "high", "worst"), summary)
    return tables


def _charts(trials: int) -> dict[str, tuple[Chart, str]]:
    titles = {"randomness": "how random timeouts are", "timeouts": "how long timeouts are"}
    return {
        name: (
            Chart(
                title=f"Until a crashed leader is replaced, by {title}", x="down_time_ms", y="share", by="timeouts_ms",
                form="step", x_log=True, x_label="ms without a leader", y_label="share of crashes",
                by_label="timeouts, ms:",
                caption=f"{trials} crashes each, of 150-150 a tenth; cut off at {ENOUGH // S} s.",
            ),
            name,
        )
        for name, title in titles.items()
    }  # fmt: skip


STUDY = Study(
    about="How long a crashed Raft leader is missed, by election timeouts: figure 16 of the paper.",
    trials=1000,
    run=run,
)
