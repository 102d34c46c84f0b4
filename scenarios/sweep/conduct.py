"""A whole sweep: what is left to do, done by an engine, kept in a store, some of it done again, and summed up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from time import monotonic

from ..complaints import UsageError
from .again import SHARE, Again, again, chosen
from .dispatch import dispatch
from .engine import Engine, here
from .grid import Point, Run, how_many, runs
from .job import Job, Overrides, differing, read_job
from .row import Result, Row, Trace, Unfinished, difference, plain
from .store import IDENTITY, Store, existing, opened
from .summary import Summary, summarise
from .work import run_one

TRACES = 20  # failing runs whose trace a store keeps: the first that come
BLOCK = 4096  # runs looked up in the store at once


@dataclass(frozen=True)
class Limits:
    """What may end a run or a sweep early, by the wall clock in s; neither changes any finished row."""

    run: float | None = None
    sweep: float | None = None


@dataclass(frozen=True)
class Progress:
    """How far a sweep is: runs that have a row, those asked for, those that failed or came to no end."""

    done: int
    asked: int
    bad: int
    unfinished: int


Tell = Callable[[Progress], None]


def sweep(
    scenario: str | Job,
    span: range,
    overrides: Overrides = (),
    engine: Engine | None = None,
    tell: Tell = lambda progress: None,
    replay: bool = False,
    part: tuple[int, int] = (1, 1),
    store: Path | None = None,
    limits: Limits = Limits(),
    rerun: Fraction | int = SHARE,
) -> Summary:
    """Run a scenario under every seed, at every point of its job's grid, and say what came of it.

    With a store, runs that have a row there are not run again, and rows are kept as they come. With `replay` each run
    must leave no fault behind at heal, and a scenario file that runs to the same digest. `rerun` is the share of runs
    that are run again in another process. Raises UsageError.
    """
    job = scenario if isinstance(scenario, Job) else read_job(scenario, overrides, replay=replay)
    with ExitStack() as stack:
        rows = stack.enter_context(opened(store, job))
        rows.begin(job, span, part)
        other = stack.enter_context(again(job, limits.run))
        traces = 0 if store is None else max(0, TRACES - rows.traces())
        _Conduct(job, rows, span, part, other, rerun, traces, tell).run(engine or here(), limits)
        return summarise(rows, job, span, part)


@dataclass
class _Conduct:
    """One sweep under way; `traces` is how many more failing runs keep theirs."""

    job: Job
    rows: Store
    span: range
    part: tuple[int, int]
    other: Again
    rerun: Fraction | int
    traces: int
    tell: Tell

    def __post_init__(self) -> None:
        self._checked = self.rows.reruns(self.job.points, self.span)
        self._first = next(runs(len(self.job.points), self.span, self.part), None)

    def run(self, engine: Engine, limits: Limits) -> None:
        """Run what is left; what has come is in the store whatever ends this."""
        asked = how_many(len(self.job.points), self.span, self.part)
        done = sum(self.rows.how_many(point, len(self.job.points), self.span, self.part) for point in self.job.points)
        bad = unfinished = 0
        until = None if limits.sweep is None else monotonic() + limits.sweep
        self.tell(Progress(done, asked, bad, unfinished))
        chunks = dispatch(engine, self.job, self._left(), asked - done, limits.run, until, lambda: self.traces)
        with closing(chunks):
            for chunk in chunks:
                self._keep(chunk)
                done += sum(isinstance(result, Row) for result in chunk)
                bad += sum(isinstance(result, Row) and result.failed for result in chunk)
                unfinished += sum(isinstance(result, Unfinished) for result in chunk)
                self.tell(Progress(done, asked, bad, unfinished))
        self._hear(rest=True)

    def _left(self) -> Iterator[Run]:
        """Yield the runs that have no row yet; those that have one, but should have been run again, are now."""
        points = self.job.points
        ahead = runs(len(points), self.span, self.part)
        while block := list(islice(ahead, BLOCK)):
            seeds = range(block[0][1], block[-1][1] + 1)
            done = [self.rows.done(point, seeds) for point in points]
            for point, seed in block:
                if seed not in done[point]:
                    yield point, seed
                elif self._chosen((point, seed)) and (row := self.rows.row(points[point], seed)) is not None:
                    self.other.ask(row)

    def _chosen(self, run: Run) -> bool:
        point, seed = run
        wanted = bool(self.rerun) and (run == self._first or chosen(self.job.points[point], seed, self.rerun))
        return wanted and (seed, point) not in self._checked

    def _keep(self, chunk: Sequence[Result]) -> None:
        rows = [result for result in chunk if not isinstance(result, Trace)]
        traces = [result for result in chunk if isinstance(result, Trace)][: self.traces]
        self.traces -= len(traces)
        self.rows.add(self.job.points, [*rows, *traces])
        for row in rows:
            if isinstance(row, Row) and self._chosen((row.point, row.seed)):
                self.other.ask(row)
        self._hear()

    def _hear(self, rest: bool = False) -> None:
        for row, what in self.other.answers(rest):
            if what is not None:
                self.rows.add_rerun(self.job.points[row.point], row.seed, what)


def run_again(store: Store, seed: int, point: Point) -> tuple[Row, str]:
    """Run what a row of a store came from, here and now; return the row and in what the new one differs.

    Raises UsageError if there is no such row, or if the code here is not that of the store.
    """
    job = store.job()
    row = store.row(point, seed)
    if row is None:
        raise UsageError(f"--seed {seed}: there is no such row in {store.path}")
    job.check()
    new = run_one(job.experiment(point.number), point.number, seed, job.replay)
    return row, difference(plain(row), plain(new))


def merge(out: Path, stores: Sequence[Path]) -> Summary:
    """Put the rows of stores of one job into one, a new one or one that is there, and sum up all that it holds.

    Raises UsageError, before anything is written, if one of them is no store or of another job.
    """
    first: dict[str, str] = {}
    for path in stores:
        if path.resolve() == out.resolve():
            raise UsageError(f"{path}: found among the stores to read, allowed: another file than OUT")
        with existing(path) as store:
            about = {name: value for name, value in store.about().items() if name in IDENTITY}
            first = first or about
            if found := differing(about, first):
                raise UsageError(f"{path}: found rows of {found.replace('here', f'in {stores[0]}')}; nothing is merged")
    with existing(stores[0]) as one:
        job = one.job()
    with opened(out, job) as whole:
        for path in stores:
            with existing(path) as store:
                whole.take(store)
        return summed_up(whole)


def summed_up(store: Store) -> Summary:
    """Return what all rows of a store say, over every seed and point that it was ever asked for."""
    return summarise(store, store.job(), store.span())
