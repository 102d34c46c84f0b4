"""Runs of a sweep once more, in a process of its own under another hash seed: whatever differs depends on more than
scenario, seed and version.

Which runs are chosen depends on settings and seed alone. The process reads runs as JSON lines and writes rows; it ends
when its input does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from fractions import Fraction
from hashlib import blake2b
from pathlib import Path
from typing import Any

from .grid import Point
from .job import Job
from .row import Row, difference, plain

HASH_SEED, OTHER = "4242", "1"
SHARE = Fraction(1, 20)


def chosen(point: Point, seed: int, share: Fraction | int = SHARE) -> bool:
    """Return whether a run is among those that are run again."""
    key = blake2b(f"rerun {point.label} {seed}".encode(), digest_size=8).digest()
    return int.from_bytes(key, "big") < share * 2**64


class Again:
    """A process that runs again what it is asked to; it begins with the first run that it is asked for."""

    def __init__(self, job: Job, seconds: float | None) -> None:
        self._job = job
        self._seconds = seconds
        self._process: subprocess.Popen[str] | None = None
        self._thread = ThreadPoolExecutor(1)
        self._asked: list[tuple[Row, Future[str | None]]] = []

    def ask(self, row: Row) -> None:
        """Run again in the background what came to this row."""
        self._asked.append((row, self._thread.submit(self._compare, row)))

    def answers(self, rest: bool = False) -> Iterator[tuple[Row, str | None]]:
        """Yield each row with the difference that a rerun made, None if that came to no end; `rest` waits for all."""
        left = []
        for row, future in self._asked:
            if rest or future.done():
                yield row, future.result()
            else:
                left.append((row, future))
        self._asked = left

    def _compare(self, row: Row) -> str | None:
        if self._process is None:
            self._process = self._started()
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(f"{json.dumps([row.point, row.seed])}\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except OSError:
            answer = ""
        if not answer:
            self._end(process)
            self._process = None
            return "its rerun ended the process"
        found = json.loads(answer)
        if "digest" not in found:
            return None
        return difference(plain(row), found)

    def _started(self) -> subprocess.Popen[str]:
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(path or str(Path.cwd()) for path in sys.path)}
        environment["PYTHONHASHSEED"] = OTHER if os.environ.get("PYTHONHASHSEED") == HASH_SEED else HASH_SEED
        process = subprocess.Popen(
            [sys.executable, "-m", "scenarios.sweep.again"], env=environment, text=True, encoding="utf-8",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        assert process.stdin is not None
        head = {"text": self._job.text, "path": self._job.path, "name": self._job.name, "replay": self._job.replay}
        head |= {"overrides": self._job.overrides, "points": [p.settings for p in self._job.points]}
        head |= {"identity": dict(self._job.identity), "seconds": self._seconds}
        process.stdin.write(json.dumps(head, default=str) + "\n")
        return process

    def close(self) -> None:
        """End the process, whatever it does."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        if self._process is not None:
            self._end(self._process)
        self._thread.shutdown()

    def _end(self, process: subprocess.Popen[str]) -> None:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            assert stream is not None
            with suppress(OSError):  # it had not read all that was written
                stream.close()


@contextmanager
def again(job: Job, seconds: float | None) -> Iterator[Again]:
    """Give a process that runs again, and end it on leaving."""
    process = Again(job, seconds)
    try:
        yield process
    finally:
        process.close()


def main() -> None:
    """Serve one sweep: its job first, then runs, until there are no more."""
    from .work import run_chunk

    def told(value: Any) -> None:
        print(json.dumps(value), file=out, flush=True)

    out, sys.stdout = sys.stdout, sys.stderr  # a model that prints disturbs nobody
    head = json.loads(sys.stdin.readline())
    points = tuple(
        Point(number, tuple((key, value) for key, value in settings)) for number, settings in enumerate(head["points"])
    )
    overrides = tuple((key, value) for key, value in head["overrides"])
    job = Job(head["name"], head["text"], head["path"], overrides, points, head["replay"], head["identity"])
    for line in sys.stdin:
        point, seed = json.loads(line)
        (result,) = run_chunk(job, ((point, seed),), head["seconds"])
        told(plain(result) if isinstance(result, Row) else {})


if __name__ == "__main__":
    main()
