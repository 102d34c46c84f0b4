"""Work on several processes: answers come in the order of the questions, however many processes there are."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from sim.tracefile import Show, quiet

Job = TypeVar("Job")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Spread:
    """Maps a module's function over jobs; `progress` is told how many of how many are done."""

    workers: int = 1
    progress: Show = quiet

    def map(self, function: Callable[[Job], Answer], jobs: Sequence[Job]) -> list[Answer]:
        """Return the function's answer to each job, in the order of the jobs."""
        answers: list[Answer] = []
        for answer in self._answers(function, jobs):
            answers.append(answer)
            self.progress(len(answers), len(jobs))
        return answers

    def _answers(self, function: Callable[[Any], Any], jobs: Sequence[Any]) -> Iterator[Any]:
        if self.workers == 1 or len(jobs) == 1:
            yield from map(function, jobs)
            return
        # spawn: the same everywhere, and nothing inherited that could make two workers differ.
        with ProcessPoolExecutor(self.workers, multiprocessing.get_context("spawn")) as pool:
            try:
                yield from pool.map(function, jobs, chunksize=max(1, len(jobs) // (self.workers * 16)))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
