"""Many seeds of one scenario on several processes.

The digest covers every run's digest in seed order, so it depends on nothing but scenario, seeds and version: not on
the number of workers, nor on the order in which they finish.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice
from typing import Any

from sim.world import Outcome
from sim.world import run as run_world

from .build import experiment as build
from .complaints import UsageError, shown
from .load import parse
from .plan import Experiment
from .run import name_of, prepare, replay_file
from .verdict import UNDECIDED, judge

CHUNK = 8  # seeds handed to a worker at once


@dataclass(frozen=True)
class Row:
    """One run of a sweep."""

    seed: int
    digest: str
    verdict: str
    undecided: bool
    verdicts: tuple[tuple[str, str], ...]  # property, verdict
    model_error: str | None
    amiss: str = ""  # what netsplit itself got wrong, if the sweep looks into that


@dataclass
class Summary:
    """What a sweep came to; rows are added in any order."""

    scenario: str
    seeds: str
    rows: dict[int, Row] = field(default_factory=dict)
    replayed: bool = False

    def digest(self) -> str:
        """Return the digest over every run in seed order."""
        whole = blake2b(digest_size=16)
        for seed in sorted(self.rows):
            whole.update(f"{seed} {self.rows[seed].digest}\n".encode())
        return whole.hexdigest()

    def result(self) -> dict[str, Any]:
        """Return what `sweep --json` prints."""
        rows = [self.rows[seed] for seed in sorted(self.rows)]
        counts: dict[str, dict[str, int]] = {}
        for row in rows:
            for name, verdict in row.verdicts:
                counts.setdefault(name, {})
                counts[name][verdict] = counts[name].get(verdict, 0) + 1
        bad = [row for row in rows if row.verdict != "as-expected"]
        amiss = {"amiss": [{"seed": row.seed, "what": row.amiss} for row in rows if row.amiss]} if self.replayed else {}
        return {
            "scenario": self.scenario,
            "seeds": self.seeds,
            "runs": len(rows),
            "unexpected": len(bad),
            "unexpected_seeds": [row.seed for row in bad[:20]],
            "model_errors": [{"seed": row.seed, "error": row.model_error} for row in bad if row.model_error][:20],
            "properties": {name: dict(sorted(counts[name].items())) for name in sorted(counts)},
            "digest": self.digest(),
            **amiss,
        }


def seeds(text: str) -> range:
    """Read `A..B`, both included. Raises UsageError."""
    low, dots, high = text.partition("..")
    if not dots:
        high = low
    if not (low.isdigit() and high.isdigit()) or int(low) > int(high) or int(high) >= 2**63:
        raise UsageError(f"--seeds: found {shown(text)}, allowed: A..B with 0 <= A <= B, such as 1..1000")
    return range(int(low), int(high) + 1)


def run_chunk(
    scenario: str, overrides: tuple[tuple[str, Any], ...], chunk: tuple[int, ...], replay: bool = False
) -> list[Row]:
    """Run some seeds in this process; the unit of work of a sweep."""
    experiment = _prepared(scenario, overrides)
    rows = []
    for seed in chunk:
        outcome = run_world(experiment.plan(seed), seed)
        verdict = judge(experiment, outcome)
        rows.append(
            Row(
                seed=seed,
                digest=outcome.digest or "",
                verdict=verdict.word,
                undecided=verdict.code == UNDECIDED,
                verdicts=tuple((j.finding.name, j.finding.verdict) for j in verdict.judged),
                model_error=outcome.model_error,
                amiss=_amiss(experiment, seed, outcome) if replay else "",
            )
        )
    return rows


def _amiss(experiment: Experiment, seed: int, outcome: Outcome) -> str:
    """Return what netsplit got wrong: a fault outlives heal, or the file that the run would leave runs otherwise."""
    heal = experiment.scenario.heal
    for fault in outcome.faults:
        if fault.phase == "active" or (fault.phase == "mended" and heal is not None and (fault.end or 0) > heal):
            return f"fault {fault.index} ({fault.kind}) is not over by heal"
    written = build(parse(replay_file(experiment, seed, outcome), experiment.document.path))
    again = run_world(written.plan(written.scenario.seed), written.scenario.seed).digest
    return "" if again == outcome.digest else f"its scenario file replays to digest {again}"


_cache: dict[str, Any] = {}


def _prepared(scenario: str, overrides: tuple[tuple[str, Any], ...]) -> Any:
    """Return the experiment, read once a process: overrides may hold lists, so they are compared, not hashed."""
    if _cache.get("key") != (scenario, overrides):
        _cache.update(key=(scenario, overrides), experiment=prepare(scenario, overrides))
    return _cache["experiment"]


def sweep(
    scenario: str,
    span: range,
    overrides: tuple[tuple[str, Any], ...] = (),
    workers: int = 1,
    progress: Callable[[int, int], None] = lambda done, bad: None,
    replay: bool = False,
) -> Summary:
    """Run every seed. `progress` is told after each chunk how many runs are done and how many were unexpected.

    With `replay` each run must leave no fault behind at heal, and a scenario file that runs to the same digest.
    """
    experiment = prepare(scenario, overrides)  # complain here, not in a worker
    summary = Summary(name_of(experiment), f"{span.start}..{span.stop - 1}", replayed=replay)
    bad = 0
    for rows in _chunks(scenario, overrides, span, workers, replay):
        for row in rows:
            summary.rows[row.seed] = row
            bad += row.verdict != "as-expected"
        progress(len(summary.rows), bad)
    return summary


def _chunks(scenario: str, overrides: Any, span: range, workers: int, replay: bool) -> Iterator[list[Row]]:
    size = max(1, min(CHUNK, len(span) // workers))
    chunks = iter([tuple(span[i : i + size]) for i in range(0, len(span), size)])
    if workers == 1:
        for chunk in chunks:
            yield run_chunk(scenario, overrides, chunk, replay)
        return
    # spawn: the same everywhere, and nothing inherited that could make two workers differ.
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:

        def submit(some: Iterable[tuple[int, ...]]) -> set[Future[list[Row]]]:
            return {pool.submit(run_chunk, scenario, overrides, chunk, replay) for chunk in some}

        waiting = submit(islice(chunks, 2 * workers))
        try:
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                waiting |= submit(islice(chunks, len(done)))
                for future in done:
                    yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
