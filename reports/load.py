"""Reads a run directory: the only file of this package that does.

What pictures need is in `result.json` and `trace.jsonl`; a trace tells every client operation that the history tells.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from sim.history import FORMAT as HISTORY
from sim.trace import Header, Record, Sent, loads
from sim.tracefile import BadTrace, Show, quiet, read, watched

FORMAT = "netsplit.result/1"
VERDICTS = ("as-expected", "unexpected", "model-error")
AGAIN = "`netsplit run` writes whole run directories"


class BadRun(Exception):
    """A run directory cannot be read: says which file, what was found and what is allowed."""


class Evidence(NamedTuple):
    """Why a property has its verdict, and the record where that was seen; `at` in ns."""

    sentence: str
    seq: int | None
    at: int | None


class Judged(NamedTuple):
    """A property and what became of it."""

    name: str
    sentence: str
    verdict: str
    evidence: Evidence | None


class Fault(NamedTuple):
    """A fault and its interval in ns: `begin` None if it never fired, `end` None if it was never mended."""

    number: int
    kind: str
    colour: str
    phase: str
    begin: int | None
    end: int | None
    nodes: tuple[str, ...]
    fields: Mapping[str, Any]


class ClockError(NamedTuple):
    """From `at` on, in ns, a node's wall clock was so far ahead of true time, and gained so many ppm."""

    at: int
    error_ns: int
    rate_ppm: int


class Violation(NamedTuple):
    """A property's violation and its moment in ns."""

    at: int
    seq: int | None
    name: str
    sentence: str


@dataclass(frozen=True)
class Result:
    """What `result.json` says, but for the figures that differ from run to run."""

    scenario: str
    seed: int
    verdict: str
    properties: tuple[Judged, ...]
    faults: tuple[Fault, ...]
    model: str = ""
    profile: str = ""
    digest: str = ""
    clocks: Mapping[str, tuple[ClockError, ...]] = field(default_factory=dict)
    drops: Mapping[str, int | float] = field(default_factory=dict)
    stats: Mapping[str, int | float] = field(default_factory=dict)


@dataclass(frozen=True)
class RunData:
    """One run: its header, its result, and the records that pictures show.

    Unless it was loaded whole, contents, notes other than `stored`, and what was in a message are left out.
    """

    path: Path
    header: Header
    result: Result
    records: tuple[Record, ...]

    def end(self) -> int:
        """Return when the run ended in ns: at its stop, or at its last record if the model broke."""
        if self.result.verdict == "model-error" and self.records:
            return max(self.records[-1].at, 1)
        return max(self.header.stop, 1)

    def violations(self) -> list[Violation]:
        """Return the violations that have a moment, the first one first."""
        found = []
        for judged in self.result.properties:
            if judged.verdict == "violated" and judged.evidence is not None:
                sentence, seq, at = judged.evidence
                record = None if seq is None else self.record(seq)
                if at is None and record is not None:
                    at = record.at
                if at is not None:
                    found.append(Violation(at, seq, judged.name, sentence))
        return sorted(found, key=lambda v: (v.at, v.seq is None, v.seq or 0))

    def record(self, seq: int) -> Record | None:
        """Return the record with this number, or None if it was left out."""
        place = bisect_left(self.records, seq, key=lambda r: r.seq)
        if place < len(self.records) and self.records[place].seq == seq:
            return self.records[place]
        return None


def load(directory: Path, whole: bool = False, show: Show = quiet) -> RunData:
    """Read a run directory, with `whole` also the records and messages that pictures do not show.

    `show` is told how far it has come. Raises BadRun if a file is missing, broken, or of another run than the other.
    """
    if not directory.is_dir():
        raise BadRun(f"{directory}: found no directory, allowed: a run directory with result.json and trace.jsonl")
    result = _result(directory / "result.json")
    path = directory / "trace.jsonl"
    if not path.is_file():
        raise BadRun(f"{path}: found no such file; {AGAIN}")
    try:
        header, found = read(path)
        records = watched(found, header.stop, show)
        shown = tuple(records) if whole else tuple(_slim(record) for record in records if _shown(record))
    except BadTrace as error:
        raise BadRun(f"{error}; {AGAIN}") from None
    if header.seed != result.seed:
        raise BadRun(f"{path}:1: seed: found {header.seed}, allowed: {result.seed} as in result.json; {AGAIN}")
    return RunData(directory, header, result, shown)


def _shown(record: Record) -> bool:
    return record.kind != "content" and (record.kind != "note" or record.name == "stored")


def _slim(record: Record) -> Record:
    if record.kind == "send":
        record.data = Sent(record.data.dst, record.data.type, None)
    return record


# -- history.jsonl ---------------------------------------------------------------------------------------


def operations(directory: Path) -> list[dict[str, Any]]:
    """Return the events of a run's history in order, as objects. Raises BadRun."""
    path = directory / "history.jsonl"
    try:
        lines = path.read_text("utf-8").splitlines()
        events = [loads(line) for line in lines]
    except OSError as error:
        raise BadRun(f"{path}: {error.strerror or error}; {AGAIN}") from None
    except (ValueError, RecursionError) as error:
        raise BadRun(f"{path}: not JSON lines ({error}); {AGAIN}") from None
    head = events[0] if events and isinstance(events[0], dict) else {}
    if head.get("format") != HISTORY:
        raise BadRun(f'{path}:1: format: found {head.get("format")!r}, allowed: "{HISTORY}"; {AGAIN}')
    for number, event in enumerate(events[1:], 2):
        reader = _Reader(path, "", event, number)
        for name in ("index", "at", "process", "op"):
            reader.number(name)
        for name in ("type", "client", "action", "node"):
            reader.text(name)
        if not isinstance(event.get("args"), list):
            raise reader.wrong("args", event.get("args"), "a list")
    return events[1:]


# -- result.json -------------------------------------------------------------------------------------------

_COLOUR = re.compile("#[0-9a-fA-F]{6}")


class _Reader:
    """One JSON object, and where it stands in its file: a path of keys in result.json, a line of history.jsonl."""

    def __init__(self, path: Path, where: str, found: Any, line: int | None = None) -> None:
        self.path = path
        self.line = "" if line is None else f"{line}:"
        self.where = where
        self.found = found
        if not isinstance(found, dict):
            raise self.wrong(where.rstrip(".") or ("the line" if line else "the file"), found, "an object")

    def wrong(self, what: str, found: Any, allowed: str) -> BadRun:
        shown = repr(found)
        shown = shown if len(shown) <= 80 else shown[:77] + "..."
        return BadRun(f"{self.path}:{self.line} {what}: found {shown}, allowed: {allowed}; {AGAIN}")

    def text(self, key: str) -> str:
        value = self.found.get(key)
        if not isinstance(value, str):
            raise self.wrong(self.where + key, value, "text")
        return value

    def number(self, key: str) -> int:
        value = self.number_or_none(key)
        if value is None:
            raise self.wrong(self.where + key, value, "an integer")
        return value

    def number_or_none(self, key: str) -> int | None:
        value = self.found.get(key)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise self.wrong(self.where + key, value, "an integer or null")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.found.get(key)
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self.wrong(self.where + key, value, "a list of texts")
        return tuple(value)

    def counts(self, key: str) -> dict[str, int | float]:
        value = self.found.get(key)
        if not isinstance(value, dict) or not all(type(one) in (int, float) for one in value.values()):
            raise self.wrong(self.where + key, value, "an object of numbers")
        return value

    def objects(self, key: str) -> list[_Reader]:
        value = self.found.get(key)
        if not isinstance(value, list):
            raise self.wrong(self.where + key, value, "a list of objects")
        return [_Reader(self.path, f"{self.where}{key}[{i}].", one) for i, one in enumerate(value)]


def _result(path: Path) -> Result:
    try:
        found = loads(path.read_text("utf-8"))
    except OSError as error:
        raise BadRun(f"{path}: {error.strerror or error}; {AGAIN}") from None
    except (ValueError, RecursionError) as error:
        raise BadRun(f"{path}: not JSON ({error}); {AGAIN}") from None
    top = _Reader(path, "", found)
    if top.found.get("format") != FORMAT:
        raise top.wrong("format", top.found.get("format"), f'"{FORMAT}"')
    verdict = top.text("verdict")
    if verdict not in VERDICTS:
        raise top.wrong("verdict", verdict, ", ".join(VERDICTS))
    return Result(
        scenario=top.text("scenario"),
        seed=top.number("seed"),
        verdict=verdict,
        properties=tuple(_judged(one) for one in top.objects("properties")),
        faults=tuple(_fault(one) for one in top.objects("faults")),
        model=top.text("model"),
        profile=top.text("profile"),
        digest=top.text("digest"),
        clocks=_clocks(top),
        drops=top.counts("drops"),
        stats=top.counts("stats"),
    )


def _judged(one: _Reader) -> Judged:
    evidence = None
    if one.found.get("evidence") is not None:
        inner = _Reader(one.path, one.where + "evidence.", one.found["evidence"])
        evidence = Evidence(inner.text("sentence"), inner.number_or_none("seq"), inner.number_or_none("at"))
    return Judged(one.text("name"), one.text("sentence"), one.text("verdict"), evidence)


def _clocks(top: _Reader) -> dict[str, tuple[ClockError, ...]]:
    clocks = _Reader(top.path, "clocks.", top.found.get("clocks", {}))
    return {
        node: tuple(
            ClockError(one.number("at"), one.number("error_ns"), one.number("rate_ppm")) for one in clocks.objects(node)
        )
        for node in clocks.found
    }


def _fault(one: _Reader) -> Fault:
    colour = one.text("colour")
    if not _COLOUR.fullmatch(colour):
        raise one.wrong(one.where + "colour", colour, '"#rrggbb"')
    fields = _Reader(one.path, one.where + "fields.", one.found.get("fields", {}))
    return Fault(
        number=one.number("index"), kind=one.text("kind"), colour=colour, phase=one.text("phase"),
        begin=one.number_or_none("begin"), end=one.number_or_none("end"), nodes=one.texts("nodes"), fields=fields.found,
    )  # fmt: skip
