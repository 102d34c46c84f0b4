"""Hands runs to workers: few chunks at a time, each as long as half a second of work, and none is lost.

If a worker dies, nobody knows which of the runs under way did it. Each of these is then run by itself, and the one
that ends its worker again is named; all others finish.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Collection, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import suppress
from functools import partial
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

Submit = Callable[[tuple[Run, ...]], Future[list[Result]]]


class Pace:
    """How many runs make a chunk, by how long the last ones took."""

    def __init__(self, count: int, workers: int) -> None:
        self._left = count
        self._workers = workers
        self._mean: float | None = None  # of one run, in s

    @property
    def begun(self) -> bool:
        """Whether a run has come to its end."""
        return self._mean is not None

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
    failing runs' traces are still wanted. Raises UsageError if workers cannot start, or cannot do this job.
    """

    def submit(executor: Executor, chunk: tuple[Run, ...]) -> Future[list[Result]]:
        return executor.submit(work, job, chunk, seconds, traces())

    pace = Pace(count, engine.workers)
    suspects: deque[Run] = deque()  # what was under way when a worker died
    tries: Counter[Run] = Counter()  # how often a run alone ended its worker
    ended = False
    while not ended:
        in_time = False
        with suppress(_TimeUp), engine.open(engine.workers) as executor:
            hand_over = partial(submit, executor)
            if suspects and not pace.begun:
                _check(hand_over, until)
            if (yield from _one_by_one(hand_over, suspects, tries, until)):
                yield from _flow(hand_over, runs, suspects, pace, engine.workers, until)
                ended = not suspects
            in_time = True
        ended = ended or not in_time


def _late(until: float | None, patience: float = 0.0) -> bool:
    return until is not None and monotonic() >= until + patience


def _done(futures: Collection[Future[list[Result]]], until: float | None) -> set[Future[list[Result]]]:
    """Wait for one of them at least. Raises _TimeUp when patience is over."""
    timeout = None if until is None else max(0.0, until + PATIENCE_S - monotonic())
    done, _ = wait(futures, timeout, return_when=FIRST_COMPLETED)
    if not done:
        raise _TimeUp
    return done


def _check(submit: Submit, until: float | None) -> None:
    """Raise UsageError if a worker dies with nothing to do: then it is no run's fault."""
    (future,) = _done([submit(())], until)
    try:
        future.result()
    except BrokenExecutor as error:
        guard = "a script of your own that sweeps needs `if __name__ == '__main__':`"
        raise UsageError(f"--engine: found workers that die before they run anything ({error}); {guard}") from None


def _one_by_one(
    submit: Submit, suspects: deque[Run], tries: Counter[Run], until: float | None
) -> Generator[list[Result], None, bool]:
    """Run each suspect by itself: what ends its worker again did so before. Return whether the executor is whole."""
    while suspects:
        if _late(until):
            raise _TimeUp
        point, seed = suspects.popleft()
        try:
            (future,) = _done([submit(((point, seed),))], until)
            results = future.result()
        except (UsageError, _TimeUp):
            raise
        except Exception as error:
            tries[point, seed] += 1
            # A cluster may give a run to a worker that is about to be found dead, so there it takes two to tell.
            if isinstance(error, BrokenExecutor) or tries[point, seed] > 1:
                yield [Unfinished(point, seed, f"its worker died ({type(error).__name__})")]
            else:
                suspects.appendleft((point, seed))
            return False
        yield results
    return True


def _flow(
    submit: Submit, runs: Iterator[Run], suspects: deque[Run], pace: Pace, workers: int, until: float | None
) -> Iterator[list[Result]]:
    """Run chunk after chunk until all are done or a worker dies; what was under way then are suspects."""
    waiting: dict[Future[list[Result]], tuple[Run, ...]] = {}
    while True:
        while not suspects and len(waiting) < AHEAD * workers and not _late(until):
            chunk = tuple(islice(runs, pace.size()))
            if not chunk:
                break
            try:
                waiting[submit(chunk)] = chunk
            except BrokenExecutor:
                suspects.extend(chunk)
        if not waiting:
            return
        for future in sorted(_done(waiting, until), key=lambda f: waiting[f]):
            chunk = waiting.pop(future)
            try:
                results = future.result()
            except UsageError:
                raise
            except Exception:  # the worker died, or what it sent could not be read
                suspects.extend(chunk)
            else:
                pace.saw(results)
                yield results
