"""Reads the rows of sweeps: what each run of a grid was set to, how it was judged, and what was measured.

A store is an SQLite file, `netsplit.store/1`; `scenarios/sweep/store.md` describes its tables.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.units import S, ppm, signed_duration

from .table import Cell

FORMAT = "netsplit.store/1"


class BadStore(ValueError):
    """A file is no store of a sweep, or holds no rows."""


@dataclass(frozen=True)
class Sample:
    """One finished run: the values of the axes, the seed, a verdict for each property, metrics by name."""

    axes: Mapping[str, Cell]
    seed: int
    verdicts: Mapping[str, str]
    metrics: Mapping[str, int | None]


@dataclass(frozen=True)
class Samples:
    """All runs of a sweep, and its axes in the order of the grid, each with its unit."""

    scenario: str
    units: Mapping[str, str]
    runs: tuple[Sample, ...]

    @property
    def axes(self) -> tuple[str, ...]:
        return tuple(self.units)

    def values(self, axis: str) -> list[Cell]:
        """Return the values of an axis in the order in which they first come."""
        return list(dict.fromkeys(run.axes[axis] for run in self.runs))


def read(path: Path) -> Samples:
    """Read every row of a store, in the order of points and seeds. Raises BadStore."""
    if not path.is_file():
        raise BadStore(f"{path}: there is no such store; netsplit sweep ... --store {path} makes one")
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            about = dict(db.execute("SELECT name, value FROM about"))
            if about.get("format") != FORMAT:
                raise BadStore(f"{path}: found a database of format {about.get('format')!r}, allowed: {FORMAT}")
            settings = [json.loads(text) for (text,) in db.execute("SELECT settings FROM point ORDER BY number")]
            rows = list(db.execute("SELECT point, seed, verdicts, metrics FROM run ORDER BY point, seed"))
    except sqlite3.DatabaseError as error:
        raise BadStore(f"{path}: {error}; allowed: a store of netsplit sweep") from None
    if not rows:
        raise BadStore(f"{path}: found no finished run; the sweep that made it goes on with the same command")
    names = tuple(dict.fromkeys(name for one in settings for name in one))
    columns = {name: plotted([one.get(name) for one in settings]) for name in names}
    units = {name: unit([one.get(name) for one in settings]) for name in names}
    points = [{name: columns[name][number] for name in names} for number in range(len(settings))]
    runs = tuple(Sample(points[point], seed, json.loads(v), json.loads(m)) for point, seed, v, m in rows)
    return Samples(about["scenario"], units, runs)


# -- values of an axis -------------------------------------------------------------------------------------

_TIME = re.compile(r"-?[\d.]+\s*(ns|us|ms|s|m|min|h)")


def plotted(values: Sequence[Any]) -> list[Cell]:
    """Return settings as they stand on an axis: numbers if all are numbers, times (in s) or rates (in %), else words.

    None, a setting that a point does not have, stays None.
    """
    for read_one in (_plain, _seconds, _rate):
        try:
            return [None if value is None else read_one(value) for value in values]
        except ValueError:
            continue
    return [None if value is None else value if isinstance(value, str) else json.dumps(value) for value in values]


def unit(values: Sequence[Any]) -> str:
    """Return the unit of what `plotted` makes of some settings: s, % or nothing."""
    words = [value for value in values if isinstance(value, str)]
    if not words or any(isinstance(value, str) for value in plotted(values)):
        return ""
    return "s" if all(_TIME.fullmatch(word.strip()) for word in words) else "%"


def _plain(value: Any) -> Cell:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(value)
    return value


def _seconds(value: Any) -> Cell:
    return signed_duration(value) / S


def _rate(value: Any) -> Cell:
    return ppm(value) / 10_000
