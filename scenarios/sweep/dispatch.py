"""Hands runs to workers: few chunks at a time, each as long as half a second of work, and none is lost.

If a worker dies, nobody knows which of the runs under way did it. Each of these is then run by itself, and the one
that ends its worker again is named; all others finish.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import suppress
from itertools import islice
from time import monotonic

from ..complaints import UsageError
from .engine import Engine
from .grid import Run
from .job import Job
from .row import Result, Row, Unfinished
from .work import run_chunk

CHUNK_S = 0.5  # short enough for a progress bar and a kill to cost little, long enough that handing over costs nothing
CHUNK_MAX = 256
AHEAD = 2  # chunks handed out for each worker: it never waits for its next one
PATIENCE_S = 2.0  # what is under way when the time box is over may still end


class _TimeUp(Exception):
    """The time box is over, and so is patience."""


Work = Callable[[Job, tuple[Run, ...], float | None, int], list[Result]]

Submit = Callable[[Executor, tuple[Run, ...]], Future[list[Result]]]


class Pace:
    """How many runs make a chunk, by how long the last ones took."""

    def __init__(self, count: int, workers: int) -> None:
        self._left = count
        self._workers = workers
        self._mean: float | None = None  # of one run, in s

    def saw(self, results: list[Result]) -> None:
        """Learn from finished runs; later ones count more."""
        for result in results:
            if isinstance(result, Row):
                took = result.wall_ns / 1e9
                self._mean = took if self._mean is None else self._mean + (took - self._mean) / 8

    def size(self) -> int:
        """Return the size of the next chunk; the last ones are smaller, so that all workers end together."""
        fair = self._left // (2 * AHEAD * self._workers)
        fitting = 1 if self._mean is None else int(CHUNK_S / max(self._mean, 1e-4))
        size = max(1, min(CHUNK_MAX, fitting, fair))
        self._left -= size
        return size


def dispatch(
    engine: Engine,
    job: Job,
    runs: Iterator[Run],
    count: int,
    seconds: float | None = None,
    until: float | None = None,
    traces: Callable[[], int] = lambda: 0,
    work: Work = run_chunk,
) -> Generator[list[Result], None, None]:
    """Yield what becomes of runs, chunk by chunk in any order; `count` is about how many there are.

    `seconds` is each run's deadline; at `until`, on the monotonic clock, no more are begun; `traces` says how many
    failing runs' traces are still wanted. Raises UsageError if a worker cannot do this job.
    """

    def submit(executor: Executor, chunk: tuple[Run, ...]) -> Future[list[Result]]:
        return executor.submit(work, job, chunk, seconds, traces())

    pace = Pace(count, engine.workers)
    lost: list[Run] | None = None
    while lost is None or lost:
        lost = yield from _flow(engine, runs, pace, until, submit)
        yield from _one_by_one(engine, lost, until, submit)


def _late(until: float | None, patience: float = 0.0) -> bool:
    return until is not None and monotonic() >= until + patience


def _flow(
    engine: Engine, runs: Iterator[Run], pace: Pace, until: float | None, submit: Submit
) -> Generator[list[Result], None, list[Run]]:
    """Yield results until all runs are done or a worker dies; return the runs that were lost with it."""
    lost: list[Run] = []
    waiting: dict[Future[list[Result]], tuple[Run, ...]] = {}
    with suppress(_TimeUp), engine.open(engine.workers) as executor:
        while True:
            while not lost and len(waiting) < AHEAD * engine.workers and not _late(until):
                chunk = tuple(islice(runs, pace.size()))
                if not chunk:
                    break
                try:
                    waiting[submit(executor, chunk)] = chunk
                except BrokenExecutor:
                    lost += chunk
            if not waiting:
                break
            if _late(until, PATIENCE_S):
                raise _TimeUp
            timeout = None if until is None else max(0.0, until + PATIENCE_S - monotonic())
            done, _ = wait(waiting, timeout, return_when=FIRST_COMPLETED)
            for future in sorted(done, key=lambda f: waiting[f]):
                chunk = waiting.pop(future)
                try:
                    results = future.result()
                except UsageError:
                    raise
                except Exception:  # the worker died, or what it sent could not be read
                    lost += chunk
                else:
                    pace.saw(results)
                    yield results
    return lost


def _one_by_one(engine: Engine, lost: list[Run], until: float | None, submit: Submit) -> Iterator[list[Result]]:
    """Run each by itself: what ends its worker again did so before."""
    queue = deque(sorted(lost))
    while queue and not _late(until):
        with engine.open(1) as executor:
            broken = False
            while queue and not broken and not _late(until):
                point, seed = queue.popleft()
                try:
                    yield submit(executor, ((point, seed),)).result()
                except UsageError:
                    raise
                except Exception as error:
                    broken = True
                    yield [Unfinished(point, seed, f"its worker died ({type(error).__name__}: {error})"[:300])]
