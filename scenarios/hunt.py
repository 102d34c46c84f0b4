"""Looks for schedules of faults under which a scenario fails in ways that it does not expect.

Swarm first: every run enables some kinds and takes a part of every range of its own, wider than `[nemesis]` says, so
that some runs have what others lack (Groce et al., "Swarm testing", 2012). Then guided: schedules that went furthest
astray by some score are changed a little and run again. What is tried depends on the hunt's seed and on what was found
so far; a budget in runs finds the same again, while a time box gives the strategies as many runs as the time allows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import count
from pathlib import Path
from time import monotonic, process_time
from typing import Any

from sim.chance import Chance, within
from sim.units import MS, duration, show_duration

from .fingerprint import Failure, Fingerprint, observe, unexpected
from .nemesis import DRAWN, Fields, Keyed, schedule
from .plan import Experiment
from .run import name_of
from .schedules import Room, Schedule, quiet, span, usable
from .schema import Nemesis
from .scores import TARGETS, Scores

SWARM, GUIDED = "swarm", "guided"
FIRST = (
    3  # a third of the budget is for the swarm, and of what follows every so many-th run, lest the guide lead astray
)
SEEDS = 2**31
MUTATIONS = ("add", "add", "remove", "move", "stretch", "replace", "again", "reseed", "splice")


@dataclass(frozen=True)
class Bug:
    """A way to fail that nobody expected, the first run that showed it, and the other properties that failed later."""

    failure: Failure
    also: tuple[str, ...]
    strategy: str
    run: int
    schedule: Schedule


@dataclass
class Tally:
    """What a strategy has done so far."""

    runs: int = 0
    failing: int = 0
    bugs: int = 0  # ways to fail that it was the first to show
    cpu_s: float = 0.0


@dataclass
class Hunt:
    """A hunt and what it has found."""

    experiment: Experiment
    seed: int
    bugs: dict[Fingerprint, Bug] = field(default_factory=dict)
    tallies: dict[str, Tally] = field(default_factory=lambda: {SWARM: Tally(), GUIDED: Tally()})
    champions: dict[str, tuple[int, Schedule]] = field(default_factory=dict)  # the highest score by target
    interrupted: bool = False

    @property
    def runs(self) -> int:
        """How many runs were made."""
        return sum(tally.runs for tally in self.tallies.values())


def hunt(
    experiment: Experiment,
    seed: int,
    runs: int | None = None,
    time_box_s: float | None = None,
    found: Callable[[Bug, int], None] = lambda bug, number: None,
    progress: Callable[[Hunt], None] = lambda hunt: None,
) -> Hunt:
    """Hunt for so many runs, or for so long; one of both. `found` is told of each bug and its number, from 1."""
    hunting, began = Hunt(experiment, seed), monotonic()

    def spent(part: int) -> bool:
        if runs is not None:
            return hunting.runs * part >= runs
        return (monotonic() - began) * part >= (time_box_s or 0)

    try:
        for _ in tries(hunting, spent, found):
            progress(hunting)
    except KeyboardInterrupt:
        hunting.interrupted = True
    return hunting


def tries(
    hunting: Hunt,
    spent: Callable[[int], bool],
    found: Callable[[Bug, int], None] = lambda bug, number: None,
    first: int = FIRST,
) -> Iterator[None]:
    """Make run after run until the budget is spent, and yield after each.

    `spent(n)` says whether an n-th part of the budget is. `first` is the part that is the swarm's: with 1 all of it.
    """
    calm = quiet(hunting.experiment)
    for number in count():
        if spent(1):
            return
        swarm = not spent(first) or number % first == 0 or not hunting.champions
        began_s = process_time()
        made = _swarmed(hunting.experiment, calm, hunting.seed, number) if swarm else _mutated(hunting, calm, number)
        strategy = SWARM if swarm else GUIDED
        tally = hunting.tallies[strategy]
        _run(hunting, made, strategy, number, tally, found)
        tally.runs += 1
        tally.cpu_s += process_time() - began_s
        yield


def _run(
    hunting: Hunt, made: Schedule, strategy: str, number: int, tally: Tally, found: Callable[[Bug, int], None]
) -> None:
    scores = Scores(made.plan.nodes)
    observed = observe(made.experiment, made.plan, made.seed, None, (scores.property,))
    failures = unexpected(observed.failures)
    tally.failing += bool(failures)
    if failures:
        # What fails later in a run mostly follows from what failed first.
        failure = min(failures, key=lambda failure: (failure.at is not None, failure.at or 0))
        if failure.fingerprint not in hunting.bugs:
            also = tuple(other.fingerprint.property for other in failures if other is not failure)
            bug = hunting.bugs[failure.fingerprint] = Bug(failure, also, strategy, number, made)
            tally.bugs += 1
            found(bug, len(hunting.bugs))
    for target, score in scores.of(observed.outcome).items():
        best = hunting.champions.get(target)
        if score and (best is None or (score, -len(made.faults)) > (best[0], -len(best[1].faults))):
            hunting.champions[target] = (score, made)


# -- swarm -------------------------------------------------------------------------------------------------


def _swarmed(experiment: Experiment, calm: Experiment, seed: int, number: int) -> Schedule:
    """Return what a nemesis draws whose kinds and ranges are drawn themselves."""
    chance = Chance(seed)
    own = within(chance.word("nemesis", "hunt", number, "seed"), 0, SEEDS - 1)
    scenario, nodes = experiment.scenario, experiment.nodes(own)
    options = scenario.nemesis or Nemesis()
    source = Keyed(chance, "hunt", number)
    kinds = source.some("kinds", usable(experiment), len(DRAWN))
    until = (scenario.heal or 0) if options.until is None else options.until
    every, lasting = (_scaled(source, name, getattr(options, name), until) for name in ("every", "lasting"))
    low = source.number("storm", 1, 30)
    drawn = replace(
        options, kinds=tuple(kinds), share=Fraction(1), every=every, lasting=lasting, storm=(low, 2 * low),
        calm=_scaled(source, "calm", options.calm, until),
    )  # fmt: skip
    return Schedule(calm, own, tuple(schedule(own, nodes, scenario.heal or 0, drawn, experiment.ground(nodes))))


def _scaled(source: Keyed, name: str, given: int | tuple[int, int], until: int) -> tuple[int, int]:
    """Return a range up to sixteen times as short or four times as long as the one that is given."""
    low, high = given if isinstance(given, tuple) else (given, given)
    shift = source.number(name, -4, 2)
    low, high = (value << shift if shift > 0 else value >> -shift for value in (low, high))
    least = 0 if name == "calm" else MS  # as many faults as fit into a run are more than a run shows anything of
    return max(min(low, until), least), max(min(high, until), least)


# -- guided ------------------------------------------------------------------------------------------------


def _mutated(hunting: Hunt, calm: Experiment, number: int) -> Schedule:
    """Return one of the schedules that went furthest astray, changed once or a few times."""
    source = Keyed(Chance(hunting.seed), "hunt", number)
    targets = [target for target in TARGETS if target in hunting.champions]
    _, parent = hunting.champions[targets[number % len(targets)]]
    made = parent
    for turn in range(source.number("turns", 1, 4)):
        change = source.number(f"change {turn}", 0, len(MUTATIONS) - 1)
        other = hunting.champions[targets[source.number(f"other {turn}", 0, len(targets) - 1)]][1]
        changed = _changed(made, other, MUTATIONS[change], Keyed(Chance(hunting.seed), "hunt", number, turn), hunting)
        if changed is not None and Room(hunting.experiment, changed.seed).fits(changed.faults):
            made = changed
    if made is parent:  # nothing fitted: at least the rest of the world is another
        made = replace(parent, seed=source.number("seed", 0, SEEDS - 1))
        made = made if made.plan.nodes == parent.plan.nodes else parent
    return made


def _changed(made: Schedule, other: Schedule, change: str, source: Keyed, hunting: Hunt) -> Schedule | None:
    """Return a schedule with one change, None if there is nothing to change; it need not be within the budget."""
    faults, room = list(made.faults), Room(hunting.experiment, made.seed)
    at = source.number("at", room.begin, room.end - 1)
    lasting = source.number("lasting", 1, source.number("at most", 1, room.end - at))
    if change == "reseed":
        again = replace(made, seed=source.number("seed", 0, SEEDS - 1))
        return again if again.plan.nodes == made.plan.nodes else None
    if change == "splice":
        # The first part of one and the rest of another; their nodes are the same if their number is not drawn.
        if other.plan.nodes != made.plan.nodes:
            return None
        early = [fault for fault in faults if span(fault)[0] < at]
        return _with(made, [*early, *(fault for fault in other.faults if span(fault)[0] >= at)])
    if change == "add" or not faults:
        kinds = usable(hunting.experiment)
        new = room.fault(source, kinds[source.number("kind", 0, len(kinds) - 1)], at, lasting, faults)
        return None if new is None else _with(made, [*faults, new])
    i = source.number("which", 0, len(faults) - 1)
    fault = faults.pop(i)
    first, last = span(fault)
    match change:
        case "replace":
            kinds = usable(hunting.experiment)
            kind = kinds[source.number("kind", 0, len(kinds) - 1)]
            new = room.fault(source, kind, first, last - first, faults)
            return None if new is None else _with(made, [*faults, new])
        case "move":
            return _with(made, [*faults, _placed(fault, at, min(last - first, room.end - at))])
        case "stretch":
            return _with(made, [*faults, _placed(fault, first, source.number("span", 1, room.end - first))])
        case "again":
            return _with(made, [*faults, fault, _placed(fault, at, min(last - first, room.end - at))])
        case _:
            return _with(made, faults)


def _placed(fault: Fields, at: int, lasting: int) -> Fields:
    return {**fault, "at": show_duration(at), "lasting": show_duration(lasting)}


def _with(made: Schedule, faults: list[Fields]) -> Schedule:
    return replace(made, faults=tuple(sorted(faults, key=lambda fault: duration(fault["at"]))))


# -- telling -----------------------------------------------------------------------------------------------


def file_of(bug: Bug, number: int, out: Path) -> Path:
    """Return where the scenario of a bug is put."""
    return out / f"{number:02}_{bug.failure.fingerprint.property.replace('-', '_')}.toml"


def result(hunting: Hunt, out: Path) -> dict[str, Any]:
    """Return what `hunt --json` prints; nothing but `cpu_s` and what is divided by it depends on the machine."""
    strategies = {
        name: {
            "runs": tally.runs,
            "failing_runs": tally.failing,
            "bugs": tally.bugs,
            "cpu_s": round(tally.cpu_s, 3),
            "bugs_per_cpu_s": round(tally.bugs / tally.cpu_s, 4) if tally.cpu_s else 0,
        }
        for name, tally in hunting.tallies.items()
    }
    return {
        "scenario": name_of(hunting.experiment),
        "seed": hunting.seed,
        "runs": hunting.runs,
        "interrupted": hunting.interrupted,
        "strategies": strategies,
        "bugs": [_row(bug, number, out) for number, bug in enumerate(hunting.bugs.values(), 1)],
    }


def _row(bug: Bug, number: int, out: Path) -> dict[str, Any]:
    file, fingerprint = file_of(bug, number, out), bug.failure.fingerprint
    return {
        "property": fingerprint.property,
        "clause": fingerprint.clause,
        "roles": list(fingerprint.roles),
        "sentence": bug.failure.sentence,
        "also": list(bug.also),
        "strategy": bug.strategy,
        "run": bug.run,
        "seed": bug.schedule.seed,
        "faults": len(bug.schedule.faults),
        "file": str(file),
        "replay": f"netsplit run {file}",
    }


def rows(result: dict[str, Any]) -> Iterator[str]:
    """Yield a result as text."""
    for bug in result["bugs"]:
        roles = f" ({', '.join(bug['roles'])})" if bug["roles"] else ""
        also = f" (and {len(bug['also'])} more properties)" if bug["also"] else ""
        yield f"{bug['property']}{roles}  {bug['sentence']}{also}"
        yield f"  {bug['strategy']} run {bug['run']}, seed {bug['seed']}, {bug['faults']} faults: {bug['replay']}"
    for name, tally in result["strategies"].items():
        yield (
            f"{name}  {tally['runs']} runs, {tally['failing_runs']} failing, {tally['bugs']} bugs first, "
            f"{tally['cpu_s']} CPU s, {tally['bugs_per_cpu_s']} bugs per CPU s"
        )
