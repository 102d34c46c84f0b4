"""How many acknowledged writes of a register are lost to older ones, against how wrong clocks are.

Five nodes read and write one register, each about once a second; each wall clock is off by a constant, drawn between so
much behind and so much ahead. A write is lost if its own node ignores it, or turns from it to a write that was made
earlier in true time: what the last writer wrote does not win. Measured as specified, with a hybrid clock alone, and
hardened, where registers keep what is concurrent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from models.crdt_state import PROFILES, SWITCHES, CrdtState
from reports import statistics
from reports.chart import Chart
from reports.table import Table
from sim.chance import Chance, within
from sim.clients import Workload
from sim.latency import Uniform
from sim.machine import Cluster, Machine, NodeId
from sim.units import MS, S
from sim.world import ClockPlan, Plan, World

from ..spread import Spread
from ..study import Result, Row, Study

NODES = ("n1", "n2", "n3", "n4", "n5")
ERRORS = (0, 10, 30, 100, 300, 1000, 3000, 10_000)  # ms either way
UNTIL, STOP = 20 * S, 26 * S
SHOWN: Mapping[str, Mapping[str, object]] = {
    "as-specified": {},
    "hybrid clock": SWITCHES["clock"],
    "hardened": PROFILES["hardened"],
}


class Job(NamedTuple):
    """One run: how wrong its clocks may be, in ms."""

    profile: str
    error: int
    seed: int


class Losses(NamedTuple):
    """What one run came to; the last write is the one that was made last in true time."""

    writes: int
    lost: int
    ignored: int
    last_wins: bool


def losses(job: Job) -> Losses:
    """Run once and count."""
    chance = Chance(job.seed)
    off = job.error * MS
    clocks = {node: ClockPlan(within(chance.word("weather", "offset", node), -off, off)) for node in NODES}
    params: dict[str, Any] = {"planes": "log", "phase": "random", "peer_order": "shuffled", **SHOWN[job.profile]}

    def make(node: NodeId, cluster: Cluster) -> Machine:
        return CrdtState(node, cluster, **params)

    work = Workload("register", NODES, "fixed", (400 * MS, 1600 * MS), S, UNTIL)
    world = World(
        Plan(make, NODES, STOP, latency=Uniform(5 * MS, 25 * MS), clocks=clocks, workload=work), job.seed, None
    )
    made: dict[str, tuple[int, NodeId]] = {}  # by value, when and where it was written
    lost: set[str] = set()
    held: dict[NodeId, frozenset[str]] = {}
    ignored = 0

    def wrote(record: Any) -> None:
        nonlocal ignored
        made[record.data.value] = (record.at, record.node)
        if not record.data.applied:
            ignored += 1
            lost.add(record.data.value)

    def seen(record: Any) -> None:
        values = (
            frozenset(record.data.registers[0][1].split("|")) if record.data and record.data.registers else frozenset()
        )
        newest = max((made[value][0] for value in values if value in made), default=record.at)
        for value in held.get(record.node, frozenset()) - values:
            if made[value][1] == record.node and newest < made[value][0]:
                lost.add(value)
        held[record.node] = values

    world.recorder.listen("wrote", wrote)
    world.recorder.listen("state", seen)
    outcome = world.run()
    if outcome.model_error is not None:
        raise AssertionError(outcome.model_error)
    last = max(made, key=lambda value: made[value][0])
    return Losses(len(made), len(lost), ignored, all(last in values for values in held.values()))


def run(trials: int, spread: Spread) -> Result:
    """Run every clock error so many times under each profile."""
    places = [(error, profile) for error in ERRORS for profile in SHOWN]
    answers = spread.map(
        losses, [Job(profile, error, seed) for error, profile in places for seed in range(1, trials + 1)]
    )
    rows, cells = [], []
    for i, (error, profile) in enumerate(places):
        mine = answers[i * trials : (i + 1) * trials]
        share, low, high = statistics.mean([one.lost / one.writes for one in mine])
        ignored = sum(one.ignored for one in mine) / sum(one.writes for one in mine)
        wins = sum(one.last_wins for one in mine) / trials
        cells.append((error / 1000, profile, 100 * share, 100 * max(0.0, low), 100 * high, 100 * ignored, 100 * wins))
        rows.append(Row(name=f"{error} ms {profile}, share lost", measured=share, low=max(0.0, low), high=high))
    columns = ("error_s", "profile", "lost_percent", "low", "high", "ignored_percent", "last_wins_percent")
    table = Table(columns, tuple(cells))
    chart = Chart(
        title="Acknowledged writes that are lost to older ones", x="error_s", y="lost_percent", by="profile", low="low",
        high="high", x_log=True, x_label="clocks are wrong by up to so many seconds either way",
        y_label="writes lost, per cent",
        caption=f"Five nodes that read and write one register; means of {trials} runs a point, with intervals at 95 %.",
    )  # fmt: skip
    wrong = Table(columns, tuple(row for row in cells if row[0]))  # 0 has no place on a logarithmic axis
    tables = {"lost_updates": table, "by_error": wrong}
    return Result(rows=tuple(rows), tables=tables, charts={"lost_updates": (chart, "by_error")})


STUDY = Study(
    about="How many acknowledged writes of a register are lost to older ones, against how wrong clocks are.",
    trials=60,
    run=run,
)
