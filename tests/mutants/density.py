"""How soon each way to search finds each planted bug of the baselines, in weather that nobody aimed at it.

`python tests/mutants/density.py`, with the repository on PYTHONPATH, measures and writes density.json and, from it,
DENSITY.md. Every search is repeated with seeds of its own and ends with the first run that fails unexpectedly while
the sound machine bears the same schedule, or unsuccessfully. The sound machine is searched as long: whatever fails
there is no planted bug.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from hashlib import blake2b
from importlib.metadata import version
from itertools import islice
from time import process_time
from typing import Any, NamedTuple
from warnings import catch_warnings, simplefilter

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis.errors import HypothesisWarning
from planted import HERE, NONE, PLANTED, SOUND, model, prepared

from reports.statistics import median, proportion
from scenarios.fingerprint import unexpected
from scenarios.hunt import FIRST, Hunt, tries
from scenarios.load import override
from scenarios.plan import Experiment
from scenarios.run import prepare
from scenarios.schedules import Schedule, quiet
from scenarios.strategies import plans
from sim.units import S

PAGE, STORED = HERE / "DENSITY.md", HERE / "density.json"
REPEATS = 6
RUNS = 25  # at most, in one search
# What is about leases, membership and handing over is looked for where reads go by leases and members change.
RECONFIGURED = (
    "lease-from-answered", "disregards-nobody", "boots-eager", "transfers-keep-leases", "reconfiguration-direct",
    "changes-overlapping", "changes-wait-nothing", "pre-vote-none", "catch-up-none",
)  # fmt: skip


class Target(NamedTuple):
    """A bug, or NONE, and the scenario in whose weather it is looked for."""

    scenario: str
    bug: str

    @property
    def file(self) -> str:
        return self.scenario if "/" in self.scenario else str(HERE / f"{self.scenario}.toml")

    @property
    def sets(self) -> tuple[str, ...]:
        """What is set in the scenario, as for --set: the expectations stay those of the sound machine."""
        if "/" not in self.scenario:
            return (f"cluster.params.bug={self.bug}",)
        sound = f"profile={SOUND[model(self.scenario)]}"
        if self.bug == NONE:
            return (sound,)
        words = prepared(self.scenario, NONE).model.profiles[self.bug]
        return (sound, *(f"cluster.params.{rule}={word}" for rule, word in words.items()))

    def experiment(self) -> Experiment:
        return prepare(self.file, tuple(map(override, self.sets)))


def targets() -> list[Target]:
    """Return the planted bugs of the baselines, behind the sound machine in each weather."""
    bugs = []
    for planted in PLANTED:
        name = model(planted.scenario)
        if planted.scenario == "rumours":
            bugs.append(Target(planted.scenario, planted.bug))
        elif name in SOUND:
            changing = name == "raft" and planted.bug in RECONFIGURED
            bugs.append(Target(f"{name}/nemesis_reconfigures" if changing else f"{name}/nemesis", planted.bug))
    return [*(Target(name, NONE) for name in dict.fromkeys(bug.scenario for bug in bugs)), *bugs]


# -- the ways to search: each makes runs, and gives of every one the schedule if it failed unexpectedly ---------


def by_seeds(target: Target, repeat: int) -> Iterator[Schedule | None]:
    """Run one seed after another, as a sweep does."""
    experiment = target.experiment()
    for seed in range(repeat * RUNS + 1, (repeat + 1) * RUNS + 1):
        yield failing(Schedule(experiment, seed, ()))


def by_hunting(target: Target, repeat: int, first: int) -> Iterator[Schedule | None]:
    """Run what `netsplit hunt` tries; with `first` 1 its swarm alone. A way to fail is told once."""
    hunting, known = Hunt(target.experiment(), repeat + 1), 0
    for _ in tries(hunting, lambda part: hunting.runs * part >= RUNS, first=first):
        bugs = list(hunting.bugs.values())
        yield bugs[-1].schedule if len(bugs) > known else None
        known = len(bugs)


def by_hypothesis(target: Target, repeat: int) -> Iterator[Schedule | None]:
    """Run what Hypothesis draws of `scenarios.strategies.plans`; nothing is shrunk."""
    made: list[Schedule | None] = []

    @seeded(repeat)
    @settings(
        max_examples=RUNS, phases=[Phase.generate], database=None, deadline=None, report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(plans(target.file, *target.sets))
    def search(schedule: Schedule) -> None:
        made.append(failing(schedule))
        assert made[-1] is None or not genuine(target, made[-1])

    with catch_warnings(), suppress(AssertionError):
        simplefilter("ignore", HypothesisWarning)  # that a schedule is long to print
        search()
    yield from islice(made, RUNS)


def failing(schedule: Schedule) -> Schedule | None:
    return schedule if unexpected(schedule.observe().failures) else None


def genuine(target: Target, schedule: Schedule) -> bool:
    """Return whether it is the target's bug that fails under a schedule: the sound machine bears it."""
    if target.bug == NONE:
        return True
    sound = target._replace(bug=NONE).experiment()
    drawn = "nemesis" in schedule.experiment.document.doc
    return failing(replace(schedule, experiment=sound if drawn else quiet(sound))) is None


STRATEGIES: dict[str, Callable[[Target, int], Iterator[Schedule | None]]] = {
    "seeds": by_seeds,
    "swarm": partial(by_hunting, first=1),
    "hunt": partial(by_hunting, first=FIRST),
    "hypothesis": by_hypothesis,
}


def first_of(target: Target, search: Iterator[Schedule | None]) -> int | None:
    """Return which run of a search was the first that the bug made fail, from 1; None if it made none."""
    return next((n for n, schedule in enumerate(search, 1) if schedule and genuine(target, schedule)), None)


def measure(some: Sequence[Target], repeats: int) -> list[dict[str, Any]]:
    """Return for each target the first failing run of every search, and the CPU seconds that each strategy took."""
    rows = []
    for target in some:
        first, cpu_s = {}, {}
        for name, strategy in STRATEGIES.items():
            began_s = process_time()
            first[name] = [first_of(target, strategy(target, repeat)) for repeat in range(repeats)]
            cpu_s[name] = round(process_time() - began_s, 2)
        simulated_s = target.experiment().scenario.stop // S
        rows.append({**target._asdict(), "simulated_s": simulated_s, "first": first, "cpu_s": cpu_s})
    return rows


# -- the page ----------------------------------------------------------------------------------------------


def digest(rows: Sequence[dict[str, Any]]) -> str:
    """Return the digest of what does not depend on the machine."""
    told = [{key: value for key, value in row.items() if key != "cpu_s"} for row in rows]
    return blake2b(json.dumps(told, sort_keys=True).encode(), digest_size=16).hexdigest()


def runs_of(first: Sequence[int | None]) -> int:
    """Return how many runs searches made in all."""
    return sum(RUNS if number is None else number for number in first)


def cell(first: Sequence[int | None]) -> str:
    """Return in how many searches a bug was found, and after how many runs in the median one, with its interval."""
    found = [number for number in first if number is not None]
    if not found:
        return "0"
    estimate = median(sorted(RUNS + 1 if number is None else number for number in first))
    assert estimate is not None
    ends = [f"{end:g}" if end is not None and end <= RUNS else f">{RUNS}" for end in estimate]
    return f"{len(found)}: {ends[0]} [{ends[1]}, {ends[2]}]"


def page(stored: dict[str, Any]) -> str:
    """Return the page."""
    rows = stored["rows"]
    bugs = [row for row in rows if row["bug"] != NONE]
    lines = [
        "# How soon planted bugs are found",
        "",
        f"Written by `python tests/mutants/density.py` with {stored['made_with']} on {stored['made_on']}.",
        f"The digest of all but the CPU seconds is `{digest(rows)}`.",
        "",
        "TABLE.md has a scenario that shows each bug. Here each bug of a baseline is looked for in drawn weather,",
        f"{REPEATS} times in each way, with seeds of its own. A search ends with the first run that fails as its",
        "scenario does not expect, while the machine without the bug bears the same schedule, and after",
        f"{RUNS} runs if none does. The ways are",
        "",
        "- `seeds`: one seed after another, as `netsplit sweep` runs them;",
        "- `swarm`: kinds of faults and their rates are drawn, too, for every run;",
        "- `hunt`: `netsplit hunt`, a third of it the same swarm, then changes of what went furthest astray;",
        "- `hypothesis`: schedules of up to six faults that `scenarios.strategies.plans` draws, without shrinking.",
        "",
        "| strategy | bugs found at all | searches that found theirs | runs for a find | simulated s | CPU s |",
        "|---|---|---|---|---|---|",
    ]
    for name in STRATEGIES:
        searches = [number for row in bugs for number in row["first"][name]]
        found = sum(number is not None for number in searches)
        share = proportion(found, len(searches))
        assert share is not None
        simulated = sum(runs_of(row["first"][name]) * row["simulated_s"] for row in bugs) / found
        cpu = sum(row["cpu_s"][name] for row in bugs) / found
        some = sum(any(number is not None for number in row["first"][name]) for row in bugs)
        told = f"{found} of {len(searches)}, {share[0]:.1%} [{share[1]:.1%}, {share[2]:.1%}]"
        lines.append(
            f"| {name} | {some} of {len(bugs)} | {told} "
            f"| {runs_of(searches) / found:.1f} | {simulated:.0f} | {cpu:.2f} |"
        )
    lines += [
        "",
        f"Below, `4: 12 [3, >{RUNS}]` says that 4 of {REPEATS} searches found the bug, the median one with its 12th",
        "run; in brackets is the median's interval at 95 %. The first rows are the machines without a bug: what fails",
        "there is theirs.",
        "",
        f"| weather | bug | {' | '.join(STRATEGIES)} |",
        f"|---|---|{'---|' * len(STRATEGIES)}",
    ]
    for row in rows:
        lines.append(
            f"| {row['scenario']} | {row['bug']} | {' | '.join(cell(row['first'][name]) for name in STRATEGIES)} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Search for every planted bug of the baselines in every way, and write the page."""
    parser = argparse.ArgumentParser(prog="python tests/mutants/density.py", description=main.__doc__)
    parser.add_argument("--slice", type=int, metavar="N", help="only the first N searches of each; writes nothing")
    chosen = parser.parse_args()
    rows = measure(targets(), REPEATS if chosen.slice is None else chosen.slice)
    print(f"digest {digest(rows)}, {sum(sum(row['cpu_s'].values()) for row in rows):.0f} CPU s")
    if chosen.slice is None:
        versions = " and ".join(f"{name} {version(name)}" for name in ("netsplit", "hypothesis"))
        made = {"made_with": versions, "made_on": datetime.now(UTC).date().isoformat(), "rows": rows}
        lines = ",\n".join(json.dumps(row) for row in rows)
        STORED.write_text(json.dumps(made | {"rows": []})[:-2] + f"\n{lines}\n]}}\n", encoding="utf-8")
        PAGE.write_text(page(made), encoding="utf-8")


if __name__ == "__main__":
    main()
