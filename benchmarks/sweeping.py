"""What a sweep costs: two worker processes against one, and a run of a sweep against a run alone.

Both sweeps of a round run the same seeds, from the making of the workers on until the summary. Nothing is run again
elsewhere, as that is a process more. Wall time, as nothing else shows whether workers wait.
"""

from __future__ import annotations

import os
from functools import partial
from time import perf_counter

from scenarios.run import prepare
from scenarios.sweep import processes, read_job, sweep
from scenarios.sweep.engine import here
from scenarios.sweep.job import Job
from sim.world import run

from .measure import Effort, Row, against, in_turns, plainly

SCENARIO = "redex/nemesis"
EFFICIENCY = 0.9  # of the cores that are there
SEEDS_A_THOUSAND = 10  # seeds for each thousand messages of the effort: some 10 s of one core at full effort


def _sweeping(job: Job, seeds: range, workers: int) -> float:
    """Return the wall ms of a run in a sweep, workers and all."""
    began = perf_counter()
    summary = sweep(job, seeds, engine=processes(workers) if workers else here(), rerun=0)
    assert summary.complete
    return (perf_counter() - began) / len(seeds) * 1000


def _alone(seeds: range) -> float:
    """Return the wall ms of a bare run: not judged by what clients saw, not measured, not kept."""
    experiment = prepare(SCENARIO)
    began = perf_counter()
    for seed in seeds:
        run(experiment.plan(seed), seed)
    return (perf_counter() - began) / len(seeds) * 1000


def rows(effort: Effort) -> list[Row]:
    """Measure the efficiency of two workers, and what a sweep adds to a run."""
    job = read_job(SCENARIO)
    seeds = range(1, 1 + SEEDS_A_THOUSAND * effort.thousands)
    few = seeds[: max(1, len(seeds) // 10)]
    rounds = Effort(rounds=min(2, effort.rounds), thousands=effort.thousands)
    figures = in_turns(
        {
            "two": partial(_sweeping, job, seeds, 2),
            "one": partial(_sweeping, job, seeds, 1),
            "here": partial(_sweeping, job, few, 0),
            "alone": partial(_alone, few),
        },
        rounds,
    )
    halves = [one / 2 for one in figures["one"]]
    possible = (os.cpu_count() or 1) > 1
    return [
        against("sweep_2_workers", "ms/run", figures["two"], halves, EFFICIENCY)
        if possible
        else Row("sweep_2_workers", "ms/run", floor=EFFICIENCY),
        against("sweep_run", "ms/run", figures["here"], figures["alone"], None),
        plainly("sweep_1_worker", "ms/run", figures["one"]),
    ]
