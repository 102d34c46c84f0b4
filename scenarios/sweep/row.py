"""What one run of a sweep leaves behind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Violation:
    """Where a property was first seen violated: the sentence, the record's number and its time in ns, if it has one."""

    name: str
    sentence: str
    seq: int | None
    at: int | None


@dataclass(frozen=True)
class Row:
    """A finished run. All but `wall_ns` is a function of scenario, settings, seed and version.

    `violation` is the earliest of those that make the run unexpected, if there is one, else of all. `amiss` is what
    netsplit itself got wrong, if the sweep looks into that.
    """

    point: int
    seed: int
    digest: str
    verdict: str
    undecided: bool
    verdicts: Mapping[str, str]  # by property
    unexpected: tuple[str, ...]  # the properties that were not as expected
    violation: Violation | None
    model_error: str | None
    stats: Mapping[str, int]
    metrics: Mapping[str, int | None]
    amiss: str = ""
    wall_ns: int = 0

    @property
    def failed(self) -> bool:
        return self.verdict != "as-expected"


@dataclass(frozen=True)
class Unfinished:
    """A run that came to no end, and why; it is in no digest, and a resumed sweep tries it again."""

    point: int
    seed: int
    why: str


@dataclass(frozen=True)
class Trace:
    """The trace of a failing run, compressed with gzip; of a very long one the beginning."""

    point: int
    seed: int
    gzip: bytes


Result = Row | Unfinished | Trace


def plain(row: Row) -> dict[str, Any]:
    """Return a row as JSON holds it, without the time that it took."""
    found: dict[str, Any] = json.loads(json.dumps(asdict(row)))
    del found["wall_ns"]
    return found


def difference(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """Return in which field two plain rows differ and how, or an empty text if they are the same."""
    for name in ("digest", "verdict", *one):
        if one[name] != other[name]:
            return f"{name}: {_shown(one[name], other[name])}"
    return ""


def _shown(one: Any, other: Any) -> str:
    if isinstance(one, dict) and isinstance(other, dict):
        keys = [key for key in sorted({*one, *other}) if one.get(key) != other.get(key)]
        return ", ".join(f"{key} {one.get(key)} and then {other.get(key)}" for key in keys[:3])
    return f"{one} and then {other}"
