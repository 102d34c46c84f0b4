"""One server is heard and hears nothing: what becomes of Raft with and without the rules made for it.

A deaf follower stands for ever and deposes whoever leads, unless it must ask first whether anybody would vote for it
(PreVote, dissertation 9.6). A deaf leader is believed in for ever and commits nothing, unless it steps down when nobody
answers (CheckQuorum, 6.2); then it is a deaf follower. So it takes both. A server that disregards candidates while it
hears a leader (4.2.3) is measured alone, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from reports import statistics
from reports.chart import Chart
from reports.table import Table
from sim.units import MS, S
from sim.world import World

from ... import catalog
from ...build import experiment
from ...load import read
from ..spread import Spread
from ..study import Result, Row, Study

DEAF = {"follower": "raft/receive_only_disrupts", "leader": "raft/leader_hears_nobody"}
RULES: Mapping[str, Mapping[str, str]] = {  # words of the parameters; what is not named here is off
    "none": {},
    "PreVote": {"pre_vote": "asked"},
    "CheckQuorum": {"check_quorum": "steps-down"},
    "both": {"pre_vote": "asked", "check_quorum": "steps-down"},
    "disregard": {"disregards": "candidates"},
}
OFF = {"pre_vote": "none", "check_quorum": "none", "disregards": "nobody"}
FROM, UNTIL = 2 * S, 12 * S  # what is counted: in both scenarios the server is deaf by then


class Job(NamedTuple):
    """One run: who is deaf, by which rules, and the seed."""

    deaf: str
    rules: str
    seed: int


class Counted(NamedTuple):
    """What a run came to: leaders deposed and operations acknowledged per second, and whether any was at its end."""

    deposed: float
    acknowledged: float
    still_deposed: bool
    still_acknowledged: bool


def count(job: Job) -> Counted:
    """Run one case and count."""
    words = OFF | dict(RULES[job.rules])
    sets = (("stop", f"{UNTIL // MS}ms"), *((f"cluster.params.{name}", word) for name, word in words.items()))
    world = World(experiment(read(catalog.resolve(DEAF[job.deaf]), sets)).plan(job.seed), job.seed, None)
    deposed: list[int] = []
    acknowledged: list[int] = []

    def turned(record: Any) -> None:
        if record.was is not None and record.was.role == "leader" and getattr(record.data, "role", "") != "leader":
            deposed.append(record.at)

    def answered(record: Any) -> None:
        if record.data.outcome == "ok":
            acknowledged.append(record.at)

    world.recorder.listen("state", turned)
    world.recorder.listen("answer", answered)
    outcome = world.run()
    assert outcome.model_error is None, outcome.model_error
    (deposals, disturbed), (answers, served) = (_told(times) for times in (deposed, acknowledged))
    return Counted(deposals, answers, disturbed, served)


def _told(times: Sequence[int]) -> tuple[float, bool]:
    """Return how often per second, and whether still at the end: in three seconds, which are ten election timeouts."""
    often = sum(at >= FROM for at in times) * S / (UNTIL - FROM)
    return often, any(at >= UNTIL - 3 * S for at in times)


# Who is deaf, by which rules, and of what is said: leaders are deposed at the end, operations acknowledged at the end.
SAID: Mapping[tuple[str, str], tuple[float | None, float | None]] = {
    ("follower", "none"): (1.0, None),
    ("follower", "PreVote"): (0.0, 1.0),
    ("follower", "both"): (0.0, 1.0),
    ("leader", "none"): (None, 0.0),
    ("leader", "PreVote"): (None, 0.0),
    ("leader", "both"): (0.0, 1.0),
}


def run(trials: int, spread: Spread) -> Result:
    """Run each case so many times."""
    cases = [(deaf, rules) for deaf in DEAF for rules in RULES]
    jobs = [Job(*case, seed) for case in cases for seed in range(1, trials + 1)]
    answers = dict(zip(jobs, spread.map(count, jobs), strict=True))
    rows: list[Row] = []
    cells = []
    for case in cases:
        mine = [answers[Job(*case, seed)] for seed in range(1, trials + 1)]
        disturbed, served = SAID.get(case, (None, None))
        name = f"deaf {case[0]}, {case[1]}"
        shares = (sum(c.still_deposed for c in mine) / trials, sum(c.still_acknowledged for c in mine) / trials)
        deposed, acknowledged = (
            statistics.mean([getattr(c, what) for c in mine]) for what in ("deposed", "acknowledged")
        )
        rate, low, high = deposed
        rows += [
            Row(name=f"{name}: runs with leaders deposed to the end", measured=shares[0], published=disturbed),
            Row(name=f"{name}: runs with clients served to the end", measured=shares[1], published=served),
            Row(name=f"{name}: leaders deposed per second", measured=rate, low=low, high=high),
        ]
        cells.append((f"deaf {case[0]}", case[1], *deposed, *acknowledged))
    table = Table(("who", "rules", "deposed", "d_low", "d_high", "acknowledged", "a_low", "a_high"), tuple(cells))
    caption = f"Means of {trials} runs with intervals at 95 %, from {FROM // S} s to {UNTIL // S} s."
    charts = {
        figure: (
            Chart(
                title=f"A server hears nothing: {label} per second", x="rules", y=figure, by="who",
                low=f"{figure[0]}_low", high=f"{figure[0]}_high", form="points",
                x_label="rules in force", y_label=f"{label} per second", caption=caption,
            ),
            "livelock",
        )
        for figure, label in (("deposed", "leaders deposed"), ("acknowledged", "operations acknowledged"))
    }  # fmt: skip
    return Result(rows=tuple(rows), tables={"livelock": table}, charts=charts)


STUDY = Study(
    about="A server that is heard and hears nothing disturbs Raft for ever, with PreVote and CheckQuorum not at all.",
    trials=20,
    run=run,
)
