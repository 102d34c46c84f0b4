"""What a worker does: some runs of a job, and the trace of one."""

from __future__ import annotations

import gzip
import io
import traceback
from collections.abc import Callable, Sequence
from time import perf_counter_ns
from typing import Any

from sim.host import ModelError
from sim.jury import BrokenProperty
from sim.metrics import Meter
from sim.world import Outcome
from sim.world import run as run_world

from ..build import experiment as build
from ..load import parse
from ..plan import Experiment
from ..run import replay_file
from ..verdict import UNDECIDED, Verdict, judge
from .deadline import Overdue, deadline
from .grid import Run
from .job import Job
from .row import Result, Row, Trace, Unfinished, Violation

TRACE_MAX = 64_000_000  # bytes of a trace before it is compressed: of a longer one only the beginning is kept


def run_chunk(job: Job, runs: Sequence[Run], seconds: float | None = None, traces: int = 0) -> list[Result]:
    """Run some runs in this process; the unit of work of a sweep.

    `seconds` is each run's deadline; of so many failing runs, at most, the trace follows. Raises UsageError if the
    code here is not the job's.
    """
    experiments = _prepared(job)
    results: list[Result] = []
    for point, seed in runs:
        try:
            with deadline(seconds):
                row = run_one(experiments(point), point, seed, job.replay)
            results.append(row)
            if row.failed and row.digest and traces:
                traces -= 1
                with deadline(seconds):
                    results.append(trace_of(experiments(point), row))
        except Overdue:
            results.append(Unfinished(point, seed, f"it was not over after {seconds:g}s of real time (--run-deadline)"))
        except Exception:
            results.append(Unfinished(point, seed, "netsplit failed: " + traceback.format_exc().strip()))
    return results


def run_one(experiment: Experiment, point: int, seed: int, replay: bool = False) -> Row:
    """Run once, judge and measure; what a model or a property does wrong is in the row."""
    began = perf_counter_ns()
    meter = Meter()
    try:
        outcome = run_world(experiment.plan(seed), seed, (), (meter.attend,))
        verdict = judge(experiment, outcome)
    except (ModelError, BrokenProperty) as error:
        return Row(point, seed, "", "model-error", False, {}, (), None, str(error), {}, {})
    return Row(
        point=point,
        seed=seed,
        digest=outcome.digest or "",
        verdict=verdict.word,
        undecided=verdict.code == UNDECIDED,
        verdicts={j.finding.name: j.finding.verdict for j in verdict.judged},
        unexpected=tuple(j.finding.name for j in verdict.judged if not j.met),
        violation=_first(verdict),
        model_error=outcome.model_error,
        stats=outcome.stats,
        metrics=meter.of(outcome.history, outcome.stats),
        amiss=_amiss(experiment, seed, outcome) if replay else "",
        wall_ns=perf_counter_ns() - began,
    )


def _first(verdict: Verdict) -> Violation | None:
    """Return the earliest violation of those that are unexpected, or else of all; those without a moment come last."""
    violated = [j for j in verdict.judged if j.finding.verdict == "violated"]
    some = [j.finding for j in violated if not j.met] or [j.finding for j in violated]
    if not some:
        return None
    first = min(some, key=lambda f: (f.at is None, f.at or 0, f.seq is None, f.seq or 0))
    return Violation(first.name, first.sentence, first.seq, first.at)


def _amiss(experiment: Experiment, seed: int, outcome: Outcome) -> str:
    """Return what netsplit got wrong: a fault outlives heal, or the file that the run would leave runs otherwise."""
    heal = experiment.scenario.heal
    for fault in outcome.faults:
        if fault.phase == "active" or (fault.phase == "mended" and heal is not None and (fault.end or 0) > heal):
            return f"fault {fault.index} ({fault.kind}) is not over by heal"
    written = build(parse(replay_file(experiment, seed, outcome), experiment.document.path))
    again = run_world(written.plan(written.scenario.seed), written.scenario.seed).digest
    return "" if again == outcome.digest else f"its scenario file replays to digest {again}"


def trace_of(experiment: Experiment, row: Row) -> Trace:
    """Return the trace of a run, run once more."""
    sink = _Beginning(TRACE_MAX)
    run_world(experiment.plan(row.seed), row.seed, (sink,))
    return Trace(row.point, row.seed, gzip.compress(sink.kept.getvalue(), 6, mtime=0))


class _Beginning:
    """Keeps the first bytes that are written, and of them whole lines."""

    def __init__(self, most: int) -> None:
        self.kept = io.BytesIO()
        self._left = most

    def write(self, lines: bytes, /) -> None:
        if self._left:
            part = lines if len(lines) <= self._left else lines[: lines.rfind(b"\n", 0, self._left) + 1]
            self._left = self._left - len(part) if part is lines else 0
            self.kept.write(part)


_cache: dict[str, Any] = {}


def _prepared(job: Job) -> Callable[[int], Experiment]:
    """Return the experiment of each point, built once a process; only the last job's are kept."""
    if _cache.get("job") != job:
        job.check()
        _cache.update(job=job, experiments={})
    built: dict[int, Experiment] = _cache["experiments"]

    def experiment(point: int) -> Experiment:
        if point not in built:
            built[point] = job.experiment(point)
        return built[point]

    return experiment
