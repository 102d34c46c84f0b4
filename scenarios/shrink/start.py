"""From a scenario and a seed to the search for its smallest form."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from ..complaints import UsageError, unknown
from ..fingerprint import MODEL_ERROR, Failure, observe, unexpected
from ..plan import Experiment
from ..run import name_of
from .case import Case
from .materialise import materialised
from .passes import shrink
from .search import Overrides, Search, Spent


@dataclass(frozen=True)
class Shrunk:
    """What a search came to; `finished` says that nothing more could be left out, `before` how it began."""

    scenario: str
    seed: int
    before: Case
    search: Search
    finished: bool
    interrupted: bool = False


def begin(
    experiment: Experiment,
    seed: int,
    wanted: str | None = None,
    sound: Overrides = (),
    time_box_s: float | None = None,
    progress: Callable[[Search], None] = lambda search: None,
) -> tuple[Search, Case]:
    """Return the search for the smallest form of a failing run, and the case that it begins with.

    Raises UsageError if the run does not fail, or if its sound form fails too.
    """
    observed = observe(experiment, experiment.plan(seed), seed, ())
    failure = _chosen(experiment, seed, observed.failures, wanted)
    deadline = None if time_box_s is None else monotonic() + time_box_s
    for drawn in materialised(experiment, seed, observed.outcome):
        case = _alone(drawn, experiment, failure, sound)
        search = Search(failure.fingerprint, case, sound, deadline, progress)
        if (found := search.failing(case)) is not None:
            search.failure = found
            return search, case
    if sound:
        texts = " ".join(f"{key}={value}" for key, value in sound)
        raise UsageError(f"--sound {texts}: {failure.fingerprint.property} is violated there too, so it tells nothing")
    raise AssertionError(f"what seed {seed} drew, written out, does not fail as it did: {failure.fingerprint.told()}")


def run(search: Search, before: Case, scenario: str, seed: int) -> Shrunk:
    """Search until nothing more can be left out, the time box is spent or somebody interrupts."""
    try:
        shrink(search)
    except Spent:
        return Shrunk(scenario, seed, before, search, False)
    except KeyboardInterrupt:
        return Shrunk(scenario, seed, before, search, False, True)
    return Shrunk(scenario, seed, before, search, True)


def _chosen(experiment: Experiment, seed: int, failures: tuple[Failure, ...], wanted: str | None) -> Failure:
    """Return the failure to be shrunk: the one of that name, or else the first that the scenario does not expect."""
    names = [failure.fingerprint.property for failure in failures]
    if wanted is not None:
        known = [p.name for p in experiment.properties] + [oracle.name for oracle in experiment.oracles]
        if wanted not in (*known, MODEL_ERROR):
            raise UsageError(f"--property: {unknown(wanted, [*known, MODEL_ERROR])}")
        if wanted not in names:
            raise UsageError(f"nothing to shrink: {wanted} is not violated under seed {seed} of {name_of(experiment)}")
        return failures[names.index(wanted)]
    amiss = unexpected(failures)
    if not amiss:
        expected = f"; as expected violated: {', '.join(names)}, to be chosen with --property" if names else ""
        raise UsageError(f"nothing to shrink: seed {seed} of {name_of(experiment)} runs as expected{expected}")
    return amiss[0]


def _alone(case: Case, experiment: Experiment, failure: Failure, sound: Overrides) -> Case:
    """Return a case in which nothing but the failing property is judged, with what was said of it in `[expect]`.

    A profile that is the sound form is judged by the same: otherwise it would be given other bounds.
    """
    name = failure.fingerprint.property
    if name == MODEL_ERROR:
        return case.changed(expect=None)
    given = case.doc.get("expect", {})
    table = given.get(experiment.profile, given if experiment.listed else {})
    said: Any = deepcopy(table.get(name))
    profiles = {value: {name: said} for key, value in sound if key == "profile"}
    return replace(case.changed(judge=[name], expect=None if said is None else {name: said, **profiles}))
