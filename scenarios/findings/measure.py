"""From the entry of a weakness to what was measured: as specified, under each switch alone, and hardened."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sim.tracefile import Show, quiet
from sim.tracefile import read as read_trace
from sim.world import run as run_world

from ..complaints import UsageError, unknown
from ..model import Model, find
from ..run import prepare
from ..studies.spread import Spread
from ..verdict import judge
from .weakness import Evidence, Figures, Weakness

HARDENED = "hardened"
SHOWS, HOLDS = "violated", "holds"  # the verdicts of a weakness: it shows, or it does not


@dataclass(frozen=True)
class Shown:
    """What a weakness came to under one profile."""

    figures: Figures
    shows: bool
    mended: bool
    as_expected: bool  # whether the scenario's [expect] for this profile was met


def models() -> tuple[str, ...]:
    """Return the models whose weaknesses are documented."""
    here = pkgutil.iter_modules([str(Path(__file__).parent)])
    return tuple(sorted(module.name for module in here if _is_model(module.name)))


def _is_model(model: str) -> bool:
    """Return whether a name is that of a shipped model."""
    return (
        not model.startswith("_") and model.isidentifier() and importlib.util.find_spec(f"models.{model}") is not None
    )


def weaknesses(model: str) -> tuple[Weakness, ...]:
    """Return the entries of a model, in the specification's order. Raises UsageError if there are none."""
    if model not in models():
        raise UsageError(f"--model: {unknown(model, models())}")
    found: tuple[Weakness, ...] = importlib.import_module(f"{__package__}.{model}").WEAKNESSES
    return found


def play(weakness: Weakness, model: Model, profile: str) -> Shown:
    """Show a weakness under a profile: one of the model's, a switch, or several joined by `+`."""
    if weakness.step is not None:
        figures = weakness.step(model.settings(profile) or {})
        shows = weakness.weak is not None and weakness.weak(figures)
        return Shown(figures, shows, not shows, True)
    experiment = prepare(weakness.scenario, (*weakness.settings.items(), ("profile", profile)))
    seed = experiment.scenario.seed
    with TemporaryDirectory(prefix="netsplit-findings-") as scratch:
        trace = Path(scratch) / "trace.jsonl"
        with trace.open("wb") as file:
            outcome = run_world(experiment.plan(seed), seed, (file,))
        records = tuple(read_trace(trace)[1])
    verdict = judge(experiment, outcome)
    verdicts = {j.finding.name: j.finding.verdict for j in verdict.judged}
    for name in (*weakness.breaks, *weakness.mends):
        if name not in verdicts and name not in experiment.not_judged:
            raise ValueError(f"{weakness.id}: {weakness.scenario} judges no {name} under {profile}")
    figures = weakness.figures(Evidence(outcome, records, verdicts)) if weakness.figures is not None else {}
    weak = weakness.weak is None or weakness.weak(figures)
    shows = weak and all(verdicts.get(name) == SHOWS for name in weakness.breaks)
    holds = all(verdicts.get(name) == HOLDS for name in weakness.mends or weakness.breaks)
    mended = holds and not (weakness.weak is not None and weak) and outcome.model_error is None
    return Shown(figures, shows, mended, verdict.word == "as-expected")


def measure(weakness: Weakness, model: Model, switches: Sequence[str] | None = None) -> dict[str, Any]:
    """Return the row of a weakness; with `switches` only those are tried, each one or several joined by `+`.

    Without, every switch is tried alone, and where none suffices a smallest set that does is sought, starting from all
    of them.
    """
    base = play(weakness, model, next(iter(model.profiles)))
    hardened = play(weakness, model, HARDENED) if HARDENED in model.profiles else None
    mending = [
        name for name in (model.switches if switches is None else switches) if play(weakness, model, name).mended
    ]
    whole = hardened is not None and hardened.mended
    if switches is None and base.shows and whole and not mending:
        mending = ["+".join(smallest(weakness, model))]
    return {
        "id": weakness.id,
        "model": model.name,
        "summary": weakness.summary,
        "scenario": weakness.shown_by,
        "outcome": SHOWS if base.shows else HOLDS,
        "judgement": weakness.judgement,
        "figures": {
            name: {"measured": value, "expected": _plain(weakness.expected.get(name))}
            for name, value in base.figures.items()
        },
        "mended_by": mending if base.shows else [],
        "hardened": "not measured" if hardened is None else HOLDS if whole and hardened.as_expected else SHOWS,
        "hardened_figures": dict(hardened.figures) if hardened is not None else {},
        "unmended": weakness.unmended,
        "note": weakness.note,
    }


def smallest(weakness: Weakness, model: Model) -> tuple[str, ...]:
    """Return switches that mend a weakness together, and would not if any one of them were off."""
    kept = tuple(model.switches)
    for switch in model.switches:
        fewer = tuple(name for name in kept if name != switch)
        if fewer and play(weakness, model, "+".join(fewer)).mended:
            kept = fewer
    return kept


def _plain(expected: Any) -> Any:
    return list(expected) if isinstance(expected, tuple) else expected


def measure_all(chosen: Mapping[str, Sequence[str]], workers: int = 1, show: Show = quiet) -> list[dict[str, Any]]:
    """Return the rows of weaknesses, given as model and ids, in that order; each is measured in one process."""
    jobs = [(model, one) for model, ids in chosen.items() for one in ids]
    return Spread(workers, show).map(_measured, jobs)


def _measured(job: tuple[str, str]) -> dict[str, Any]:
    model, wanted = job
    entry = next(w for w in weaknesses(model) if w.id == wanted)
    return measure(entry, find(model, None))


def whole_id(part: str) -> str:
    """Return the id of the weakness that a part belongs to; one without parts is its own."""
    return re.sub(r"(?<=\d)[a-z]$", "", part)


def select(model: str | None, ids: Sequence[str]) -> dict[str, list[str]]:
    """Return the weaknesses that are meant: all of a model, or those with these ids. Raises UsageError."""
    every = {name: [w.id for w in weaknesses(name)] for name in ([model] if model else models())}
    known = dict.fromkeys(name for found in every.values() for one in found for name in (whole_id(one), one))
    for one in ids:
        if one not in known:
            raise UsageError(f"ID: {unknown(one, tuple(known))}")
    chosen = {
        name: [one for one in found if not ids or one in ids or whole_id(one) in ids] for name, found in every.items()
    }
    return {name: found for name, found in chosen.items() if found}
