"""The store of a sweep: one SQLite file, a row for each finished run, nothing ever changed or removed.

Every write is one transaction, so a process that is killed at any moment leaves what it had committed. The tables are
described in store.md beside this file. Without a path the store is a temporary one.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..complaints import UsageError, shown
from .grid import Point
from .job import Job, differing
from .row import Result, Row, Trace, Unfinished, Violation

FORMAT = "netsplit.store/1"
_APPLICATION = 0x6E747370  # what `file` and SQLite know the format by: "ntsp"
_TABLES = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE point (number INTEGER PRIMARY KEY, settings TEXT NOT NULL UNIQUE);
CREATE TABLE run (
  point INTEGER NOT NULL REFERENCES point, seed INTEGER NOT NULL, digest TEXT NOT NULL, verdict TEXT NOT NULL,
  undecided INTEGER NOT NULL, verdicts TEXT NOT NULL, unexpected TEXT NOT NULL, violated TEXT, sentence TEXT,
  seq INTEGER, at_ns INTEGER, model_error TEXT, stats TEXT NOT NULL, metrics TEXT NOT NULL, amiss TEXT NOT NULL,
  wall_ns INTEGER NOT NULL, PRIMARY KEY (point, seed)
) WITHOUT ROWID;
CREATE TABLE unfinished (point INTEGER NOT NULL, seed INTEGER NOT NULL, why TEXT NOT NULL);
CREATE INDEX unfinished_of ON unfinished (point, seed);
CREATE TABLE rerun (point INTEGER NOT NULL, seed INTEGER NOT NULL, difference TEXT NOT NULL);
CREATE INDEX rerun_of ON rerun (point, seed);
CREATE TABLE trace (
  point INTEGER NOT NULL, seed INTEGER NOT NULL, gzip BLOB NOT NULL, PRIMARY KEY (point, seed)
) WITHOUT ROWID;
CREATE TABLE sweep (
  begun TEXT NOT NULL, points TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, shard TEXT NOT NULL
);
"""
_COLUMNS = (
    "point, seed, digest, verdict, undecided, verdicts, unexpected, violated, sentence, seq, at_ns, model_error, "
    "stats, metrics, amiss, wall_ns"
)
_MARKS = ", ".join("?" * len(_COLUMNS.split(",")))
_dumps = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, default=str).encode


class Store:
    """An open store. Its points have numbers of their own: two sweeps of one store may have different grids."""

    def __init__(self, path: Path | None, connection: sqlite3.Connection) -> None:
        self.path = path
        self._db = connection
        self._numbers: dict[str, int] = {}
        for number, label in connection.execute("SELECT number, settings FROM point"):
            self._numbers[label] = number

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    # -- what it is about ----------------------------------------------------------------------------------

    def about(self) -> dict[str, str]:
        """Return the scenario's text and where it stood, what rows depend on, and the format."""
        return dict(self._db.execute("SELECT name, value FROM about"))

    def job(self) -> Job:
        """Return the job whose rows these are."""
        about = self.about()
        labels = [json.loads(label) for label in self.labels()]
        grid = tuple(Point(number, tuple(settings.items())) for number, settings in enumerate(labels))
        return Job(
            about["scenario"], about["text"], about["path"], tuple(map(tuple, json.loads(about["overrides"]))), grid,
            about["replay"] == "yes", {name: about[name] for name in IDENTITY},
        )  # fmt: skip

    def labels(self) -> list[str]:
        """Return the settings of every point in the order in which they were added."""
        return [label for (label,) in self._db.execute("SELECT settings FROM point ORDER BY number")]

    def begin(self, job: Job, span: range, part: tuple[int, int]) -> None:
        """Note that a sweep begins, and its points."""
        with self._db:
            for point in job.points:
                self._number(point.label)
            labels = _dumps([point.label for point in job.points])
            row = (
                datetime.now(UTC).isoformat("T", "seconds"),
                labels,
                span.start,
                span.stop - 1,
                "{}/{}".format(*part),
            )
            self._db.execute("INSERT INTO sweep VALUES (?, ?, ?, ?, ?)", row)

    def _number(self, label: str) -> int:
        """Return the number of a point, a new one if need be: another sweep may be adding points too."""
        if label not in self._numbers:
            self._db.execute("INSERT OR IGNORE INTO point SELECT count(*), ? FROM point", (label,))
            query = "SELECT number FROM point WHERE settings = ?"
            self._numbers[label] = self._db.execute(query, (label,)).fetchone()[0]
        return self._numbers[label]

    # -- rows ----------------------------------------------------------------------------------------------

    def add(self, points: Sequence[Point], results: Sequence[Result]) -> None:
        """Write what became of some runs, all of it or nothing.

        A run that is here already must have come to the same digest; if not, the first row stays and that is noted.
        """
        insert = f"INSERT OR IGNORE INTO run ({_COLUMNS}) VALUES ({_MARKS})"
        with self._db:
            for result in results:
                number = self._numbers[points[result.point].label]
                if isinstance(result, Unfinished):
                    self._db.execute("INSERT INTO unfinished VALUES (?, ?, ?)", (number, result.seed, result.why))
                elif isinstance(result, Trace):
                    row = (number, result.seed, result.gzip)
                    self._db.execute("INSERT OR IGNORE INTO trace VALUES (?, ?, ?)", row)
                elif not self._db.execute(insert, _encoded(result, number)).rowcount:
                    self._compare(number, result.seed, result.digest)

    def _compare(self, number: int, seed: int, digest: str) -> None:
        """Note that a run came to another digest than it has here."""
        query = "SELECT digest FROM run WHERE point = ? AND seed = ?"
        kept = self._db.execute(query, (number, seed)).fetchone()[0]
        if kept != digest:
            self._db.execute("INSERT INTO rerun VALUES (?, ?, ?)", (number, seed, f"digest: {kept} and then {digest}"))

    def done(self, point: Point, span: range) -> set[int]:
        """Return the seeds of a span that have a row at a point."""
        number = self._numbers.get(point.label, -1)
        query = "SELECT seed FROM run WHERE point = ? AND seed BETWEEN ? AND ?"
        return {seed for (seed,) in self._db.execute(query, (number, span.start, span.stop - 1))}

    def how_many(self, point: Point, points: int, span: range, part: tuple[int, int]) -> int:
        """Return how many rows a point, one of so many, has among the runs of a shard."""
        k, n = part
        query = "SELECT count(*) FROM run WHERE point = ? AND seed BETWEEN ? AND ? AND ((seed - ?) * ? + ?) % ? = ?"
        number = self._numbers.get(point.label, -1)
        asked = (number, span.start, span.stop - 1, span.start, points, point.number, n, k - 1)
        return int(self._db.execute(query, asked).fetchone()[0])

    def rows(self, point: Point, span: range | None = None) -> Iterator[Row]:
        """Yield a point's rows in the order of their seeds."""
        low, high = (0, 2**63 - 1) if span is None else (span.start, span.stop - 1)
        query = f"SELECT {_COLUMNS} FROM run WHERE point = ? AND seed BETWEEN ? AND ? ORDER BY seed"
        number = self._numbers.get(point.label, -1)
        for values in self._db.execute(query, (number, low, high)):
            yield _decoded(values, point.number)

    def row(self, point: Point, seed: int) -> Row | None:
        """Return one row, or None if that run has not finished."""
        found = self._row_at(self._numbers.get(point.label, -1), seed)
        return None if found is None else replace(found, point=point.number)

    def _row_at(self, number: int, seed: int) -> Row | None:
        query = f"SELECT {_COLUMNS} FROM run WHERE point = ? AND seed = ?"
        values = self._db.execute(query, (number, seed)).fetchone()
        return None if values is None else _decoded(values, number)

    def span(self) -> range:
        """Return the seeds from the first to the last that any sweep of this store was asked for."""
        low, high = self._db.execute("SELECT min(first), max(last) FROM sweep").fetchone()
        return range(0) if low is None else range(low, high + 1)

    def unfinished(self, points: Sequence[Point], span: range) -> list[Unfinished]:
        """Return the runs of a span that came to no end so far, each with what happened last."""
        query = (
            "SELECT seed, why FROM unfinished WHERE point = ? AND seed BETWEEN ? AND ? AND NOT EXISTS (SELECT 1 FROM "
            "run WHERE run.point = unfinished.point AND run.seed = unfinished.seed) ORDER BY rowid"
        )
        found = {}
        for point in points:
            number = self._numbers.get(point.label, -1)
            for seed, why in self._db.execute(query, (number, span.start, span.stop - 1)):
                found[seed, point.number] = Unfinished(point.number, seed, why)
        return [found[key] for key in sorted(found)]

    # -- reruns and traces ---------------------------------------------------------------------------------

    def add_rerun(self, point: Point, seed: int, difference: str) -> None:
        """Note that a run was run again, and in what it differed; an empty text says that it did not."""
        with self._db:
            self._db.execute("INSERT INTO rerun VALUES (?, ?, ?)", (self._numbers[point.label], seed, difference))

    def reruns(self, points: Sequence[Point], span: range) -> dict[tuple[int, int], str]:
        """Return the differences, empty where there was none, of the runs that were run again, by (seed, point)."""
        query = "SELECT seed, max(difference) FROM rerun WHERE point = ? AND seed BETWEEN ? AND ? GROUP BY seed"
        found = {}
        for point in points:
            number = self._numbers.get(point.label, -1)
            for seed, difference in self._db.execute(query, (number, span.start, span.stop - 1)):
                found[seed, point.number] = difference
        return dict(sorted(found.items()))

    def traces(self) -> int:
        """Return how many traces are kept."""
        return int(self._db.execute("SELECT count(*) FROM trace").fetchone()[0])

    def trace(self, point: Point, seed: int) -> bytes | None:
        """Return a trace as gzip, or None if it was not kept."""
        query = "SELECT gzip FROM trace WHERE point = ? AND seed = ?"
        found = self._db.execute(query, (self._numbers.get(point.label, -1), seed)).fetchone()
        return None if found is None else bytes(found[0])

    # -- another store -------------------------------------------------------------------------------------

    def take(self, other: Store) -> None:
        """Add everything of another store of the same job, all of it or nothing."""
        insert = f"INSERT OR IGNORE INTO run ({_COLUMNS}) VALUES ({_MARKS})"
        with self._db:
            for label in other.labels():
                mine, its = self._number(label), other._numbers[label]
                for values in other._db.execute(f"SELECT {_COLUMNS} FROM run WHERE point = ?", (its,)):
                    if not self._db.execute(insert, (mine, *values[1:])).rowcount:
                        self._compare(mine, values[1], values[2])
                for table in ("rerun", "trace", "unfinished"):
                    for values in other._db.execute(f"SELECT * FROM {table} WHERE point = ?", (its,)):
                        self._db.execute(f"INSERT OR IGNORE INTO {table} VALUES (?, ?, ?)", (mine, *values[1:]))
            for values in other._db.execute("SELECT * FROM sweep"):
                self._db.execute("INSERT INTO sweep VALUES (?, ?, ?, ?, ?)", values)


def _encoded(row: Row, number: int) -> tuple[Any, ...]:
    v = row.violation
    violation = (None, None, None, None) if v is None else (v.name, v.sentence, v.seq, v.at)
    return (
        number, row.seed, row.digest, row.verdict, int(row.undecided), _dumps(dict(row.verdicts)),
        _dumps(list(row.unexpected)), *violation, row.model_error, _dumps(dict(row.stats)), _dumps(dict(row.metrics)),
        row.amiss, row.wall_ns,
    )  # fmt: skip


def _decoded(values: Sequence[Any], point: int) -> Row:
    (
        _, seed, digest, verdict, undecided, verdicts, unexpected, violated, sentence, seq, at, model_error, stats,
        metrics, amiss, wall_ns,
    ) = values  # fmt: skip
    violation = None if violated is None else Violation(violated, sentence, seq, at)
    return Row(
        point, seed, digest, verdict, bool(undecided), json.loads(verdicts), tuple(json.loads(unexpected)), violation,
        model_error, json.loads(stats), json.loads(metrics), amiss, wall_ns,
    )  # fmt: skip


# -- opening -----------------------------------------------------------------------------------------------

IDENTITY = ("scenario", "document", "files", "model", "model_source", "netsplit", "code", "replay")


@contextmanager
def opened(path: Path | None, job: Job) -> Iterator[Store]:
    """Open the store at a path for a job, a new one if there is none. Raises UsageError if it is of another job."""
    with _connected(path) as connection:
        if _is_new(connection):
            _make(connection, job)
        elif path is not None:
            _check_format(path, connection)
        store = Store(path, connection)
        if found := differing(store.about(), job.identity):
            raise UsageError(f"--store {path}: found rows of {found}; name another file")
        yield store


@contextmanager
def existing(path: Path) -> Iterator[Store]:
    """Open a store that must be there. Raises UsageError."""
    if not path.is_file():
        raise UsageError(f"{path}: there is no such store; netsplit sweep ... --store {path} makes one")
    with _connected(path) as connection:
        if _is_new(connection):
            raise UsageError(f"{path}: found an empty store: no sweep has begun here")
        _check_format(path, connection)
        yield Store(path, connection)


@contextmanager
def _connected(path: Path | None) -> Iterator[sqlite3.Connection]:
    """Open a file as a database. Raises UsageError, also if it turns out later that it cannot be read or written."""
    if path is not None and path.exists() and not path.is_file():
        raise UsageError(f"--store {path}: found something that is no file; name another")
    try:
        with closing(sqlite3.connect("" if path is None else path, timeout=60)) as connection:
            connection.execute("PRAGMA user_version")
            yield connection
    except sqlite3.DatabaseError as error:
        raise UsageError(f"--store {path}: {error}; allowed: a store of a sweep, or no file") from None


def _is_new(connection: sqlite3.Connection) -> bool:
    return not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]


def _make(connection: sqlite3.Connection, job: Job) -> None:
    about: Mapping[str, str] = {
        "format": FORMAT, "text": job.text, "path": job.path, "overrides": _dumps(job.overrides), **job.identity
    }  # fmt: skip
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        if not _is_new(connection):
            return  # another sweep was quicker
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        for statement in _TABLES.split(";\n"):
            connection.execute(statement)
        connection.executemany("INSERT INTO about VALUES (?, ?)", about.items())


def _check_format(path: Path, connection: sqlite3.Connection) -> None:
    found = None
    if connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'about'").fetchone()[0]:
        found = connection.execute("SELECT value FROM about WHERE name = 'format'").fetchone()
    if found is None or found[0] != FORMAT:
        raise UsageError(
            f"{path}: found a database of format {shown(None if found is None else found[0])}, allowed: {FORMAT}"
        )
