"""What a study is, and what it comes to."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reports.chart import Chart
from reports.table import Table

from ..complaints import UsageError, unknown
from .spread import Spread

AGREES, DIFFERS, MEASURED = "agrees", "differs", "measured"  # the verdicts of a row


@dataclass(frozen=True, kw_only=True)
class Row:
    """A figure of a study: measured, the interval at 95 % if it has one, and what was published, if anything was.

    It agrees if what was published, a number or a range (low, high), meets the interval widened by `tolerance`, a share
    of the published number which accounts for how it was rounded or read off a chart.
    """

    name: str
    measured: float
    low: float | None = None
    high: float | None = None
    published: float | tuple[float, float] | None = None
    tolerance: float = 0.0
    known: str = ""  # why it is known to differ

    @property
    def ends(self) -> tuple[float, float] | None:
        """Return the range that was published; of a number it is no wider than that."""
        return self.published if isinstance(self.published, tuple | None) else (self.published, self.published)

    @property
    def verdict(self) -> str:
        """Return `agrees` or `differs`, or `measured` where nothing was published."""
        if self.ends is None:
            return MEASURED
        low, high = self.ends
        least = self.measured if self.low is None else self.low
        most = self.measured if self.high is None else self.high
        return AGREES if low * (1 - self.tolerance) <= most and least <= high * (1 + self.tolerance) else DIFFERS

    @property
    def difference(self) -> float | None:
        """Return how much more was measured than was published: than the nearer end, if that is a range."""
        return None if self.ends is None else self.measured - min(max(self.measured, self.ends[0]), self.ends[1])

    def plain(self) -> dict[str, Any]:
        """Return the row as `study --json` prints it."""
        published = list(self.published) if isinstance(self.published, tuple) else self.published
        return {
            "name": self.name,
            "published": published,
            "measured": self.measured,
            "low": self.low,
            "high": self.high,
            "difference": self.difference,
            "verdict": self.verdict,
            "known": self.known,
        }


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a study came to: rows, tables by name, and charts, each by its name with the table that it shows.

    `sweeps` says of each sweep that it ran what that depended on, and its digest.
    """

    rows: tuple[Row, ...] = ()
    tables: Mapping[str, Table] = field(default_factory=dict)
    charts: Mapping[str, tuple[Chart, str]] = field(default_factory=dict)
    sweeps: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Study:
    """An experiment. `run` gets how many trials each of its points has, and what spreads work over processes."""

    about: str
    trials: int
    run: Callable[[int, Spread], Result]


MACHINERY = ("study", "spread", "keep", "manifest", "experiment")  # the modules here that are no studies
HERE = Path(__file__).parent


def names() -> tuple[str, ...]:
    """Return the names of the studies that ship: modules and manifests."""
    found = [path.relative_to(HERE).with_suffix("").as_posix() for path in HERE.rglob("*.toml")]
    for path in HERE.rglob("*.py"):
        name = path.relative_to(HERE).with_suffix("").as_posix()
        if name not in MACHINERY and not path.name.startswith("_") and "STUDY" in path.read_text():
            found.append(name)
    return tuple(sorted(found))


def chosen(wanted: Sequence[str]) -> dict[str, Study]:
    """Return the studies that are meant by name, of a folder all, each once and in this order. Raises UsageError."""
    found: dict[str, None] = {}
    for name in wanted:
        inside = [each for each in names() if each.startswith(f"{name.rstrip('/')}/")]
        found |= dict.fromkeys(inside or [name])
    return {name: find(name) for name in found}


def find(name: str) -> Study:
    """Return a study by its name or its manifest. Raises UsageError."""
    from .experiment import study_of

    if name.endswith(".toml"):
        return study_of(Path(name))
    if name not in names():
        raise UsageError(f"study: {unknown(name, names(), 'a .toml file, or one of ')}")
    manifest = HERE / f"{name}.toml"
    if manifest.is_file():
        return study_of(manifest)
    found: Study = importlib.import_module(f"{__package__}.{name.replace('/', '.')}").STUDY
    return found
