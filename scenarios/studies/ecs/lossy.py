"""How many sessions a follower needs to pull 100 objects over a link that loses symbols (EI-15).

Each object is one symbol, and a session asks once for each that is missing, so the number of sessions is the greatest
of 100 geometric numbers: its mean is the sum over r from 0 of 1 - (1 - loss^r)^100.
"""

from __future__ import annotations

from typing import Any

from reports import statistics
from reports.chart import Chart
from reports.table import Table
from sim.units import S
from sim.world import World

from ...run import prepare
from ..spread import Spread
from ..study import Result, Row, Study

OBJECTS = 100
LOSSES = (0, 5, 10, 20, 30, 40, 50, 60)  # per cent
WAYS = {
    "fresh sessions, as specified": "ecs/lossy_pull",
    "sessions that time out, hardened": "ecs/lossy_pull_unaided",
}
LONGEST = 400  # s


class Everything(Exception):
    """The follower holds all: the rest of the run would show nothing."""


def pull(job: tuple[str, int, int]) -> tuple[int, float]:
    """Return how many sessions and seconds it took until the follower held all: of a scenario, loss and seed."""
    scenario, loss, seed = job
    settings: tuple[tuple[str, Any], ...] = (("stop", f"{LONGEST}s"), ("network.link.0.loss", f"{loss}%"))
    world = World(prepare(scenario, settings).plan(seed), seed, None)
    sessions: list[int] = []
    ended: list[int] = []

    def opened(record: Any) -> None:
        sessions.append(record.at)

    def looked(record: Any) -> None:
        if record.node == "n2" and record.data is not None and record.data.objects == OBJECTS:
            ended.append(record.at)
            raise Everything

    world.recorder.listen("session_opened", opened)
    world.recorder.listen("state", looked)
    try:
        outcome = world.run()
        assert outcome.model_error is None, outcome.model_error
    except Everything:
        pass
    assert ended, f"{scenario} at {loss} % loss, seed {seed}: not everything was pulled in {LONGEST} s"
    return len(sessions), ended[0] / S


def expected(loss: int) -> float:
    """Return the mean of the greatest of 100 geometric numbers."""
    share, total, power = loss / 100, 0.0, 1.0
    while power > 1e-15:
        total += 1 - (1 - power) ** OBJECTS
        power *= share
    return total


def run(trials: int, spread: Spread) -> Result:
    """Measure each loss rate so many times, with sessions that a node discards each round and with hardened ones."""
    points = [(way, loss) for way in WAYS for loss in LOSSES]
    jobs = [(WAYS[way], loss, seed) for way, loss in points for seed in range(1, trials + 1)]
    answers = dict(zip(jobs, spread.map(pull, jobs), strict=True))
    rows, cells = [], []
    for way, loss in points:
        found = [answers[WAYS[way], loss, seed] for seed in range(1, trials + 1)]
        mean, low, high = statistics.mean([rounds for rounds, _ in found])
        rows.append(
            Row(name=f"{way}: sessions at {loss} % loss", measured=mean, low=low, high=high, published=expected(loss))
        )
        most = max(rounds for rounds, _ in found)
        cells.append((way, loss, mean, low, high, expected(loss), most, max(seconds for _, seconds in found)))
    columns = ("sessions are", "loss_percent", "sessions", "low", "high", "expected", "most", "seconds_max")
    chart = Chart(
        title="A follower pulls 100 objects over a lossy link: sessions until it holds them all", x="loss_percent",
        y="sessions", by="sessions are", low="low", high="high", reference="expected",
        reference_label="the greatest of 100 geometric numbers", x_label="symbols lost, %",
        caption=f"Means of {trials} runs with intervals at 95 %; every run converged.",
    )  # fmt: skip
    return Result(rows=tuple(rows), tables={"lossy": Table(columns, tuple(cells))}, charts={"lossy": (chart, "lossy")})


STUDY = Study(
    about="Anti-entropy pulls 100 objects at 0 to 60 % loss in as many sessions as independent losses explain.",
    trials=200,
    run=run,
)
