"""Runs properties over records: while they happen, or from a stored trace. The verdicts are the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .property import END, NOTHING, About, Excuse, Property
from .recorder import Recorder
from .trace import KINDS, Header, Record
from .units import clock_text

VERDICTS = ("holds", "violated", "unknown", "vacuous")


class BrokenProperty(Exception):
    """A property raised or yielded something that is no answer: its author's mistake, not the model's."""


@dataclass(frozen=True)
class Finding:
    """What a property found: a verdict, the sentence that says why, and the record where it was seen.

    `evidence` holds what else a judge of histories has to show, as JSON can hold it.
    """

    name: str
    verdict: str
    sentence: str = ""
    seq: int | None = None
    at: int | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)


def fields_of(header: Header) -> dict[str, tuple[str, ...] | None]:
    """Return what a model offers to properties: fields per kind or fact; None where every field is always there."""
    offered: dict[str, tuple[str, ...] | None] = {
        kind: None for kind in KINDS if kind not in ("state", "note", "content")
    }
    return offered | {END: None, "state": header.views} | dict(header.facts)


def lacking(prop: Property, header: Header, contents: bool) -> list[str]:
    """Return what a property needs and this model does not offer, as text; empty if it applies."""
    offered = fields_of(header)
    missing = []
    for kind, names in prop.needs.items():
        if kind == "content":
            missing += [] if contents else ["contents()"]
        elif kind not in offered:
            missing.append(f"the fact {kind}")
        else:
            have = offered[kind]
            missing += [f"{kind}.{name}" for name in names if have is not None and name not in have]
    return missing


def read_by(prop: Property, header: Header) -> tuple[str, ...]:
    """Return the kinds of records and the facts that a property reads of a model's trace."""
    facts = header.facts
    return (*prop.needs, *(fact for fact, names in prop.heeds.items() if fact in facts and {*names} <= {*facts[fact]}))


class Case:
    """One property before the jury."""

    def __init__(self, prop: Property, header: Header) -> None:
        self.prop = prop
        self.reads = read_by(prop, header)
        self._judge = prop.judge(header) if prop.grace is None else prop.judge(header, prop.grace)
        self._send = self._judge.send
        self._eventual = prop.mode == "eventually"
        self._start()
        # Without a heal nothing says when things have calmed down, so only the end is judged.
        self._due = header.stop if header.heal is None else header.heal + (prop.within or 0)
        self._judged = False
        self._said: str | None = None  # `eventually`: what was wrong after the last record
        self._last: Record | None = None
        self._excuse: str | None = None  # the last word, if it was an excuse
        self._end: Record | None = None
        if END in prop.needs:
            self._end = Record(0, header.stop, END, None, None, None, None)
        self.finding: Finding | None = None  # set as soon as the verdict can no longer change

    def _start(self) -> None:
        try:
            next(self._judge)
        except StopIteration:
            raise BrokenProperty(f"property {self.prop.name} has no loop: it must go on yielding") from None

    def hear(self, record: Record) -> None:
        """Judge one more record."""
        if self.finding is not None:
            return
        # What was wrong is held against it when its instant is over: contents come in several records at `stop`.
        if self._said is not None and (last := self._last) is not None and last.at < record.at > self._due:
            self._violated(self._said, last)
            return
        try:
            said = self._send(record)
        except StopIteration:
            raise BrokenProperty(
                f"property {self.prop.name} ended at record {record.seq}: it must go on yielding"
            ) from None
        except Exception as error:
            where = f"record {record.seq} ({record.name or record.kind} at {clock_text(record.at)})"
            raise BrokenProperty(
                f"property {self.prop.name} raised {type(error).__name__}: {error} on {where}"
            ) from error
        if said is NOTHING:
            return
        if said is None and not self._eventual:
            self._judged = True
            return  # nothing is wrong, or nothing was seen: by far the most frequent answer
        if isinstance(said, Excuse):
            self._said, self._excuse = None, str(said)
            return
        self._judged, self._excuse = True, None
        if said is not None and not isinstance(said, str):
            raise BrokenProperty(f"property {self.prop.name} yielded {said!r}, allowed: None, NOTHING or a sentence")
        if self.prop.mode == "always":
            if said is not None:
                self._violated(said, record)
        elif self.prop.mode == "sometimes":
            if said is not None:
                self.finding = self._finding("holds", said, record)
        else:
            self._said, self._last = said, record

    def _violated(self, sentence: str, record: Record) -> None:
        self.finding = self._finding("violated", sentence, record)

    def _finding(self, verdict: str, sentence: str, record: Record) -> Finding:
        if isinstance(sentence, About):
            record = sentence.record
        seq = None if record.kind == END else record.seq
        return Finding(self.prop.name, verdict, str(sentence), seq, record.at)

    def close(self) -> Finding:
        """Return the verdict at the end of the run."""
        if self._end is not None:
            end, self._end = self._end, None
            self.hear(end)
        if self.finding is not None:
            return self.finding
        if self._excuse is not None and (self.prop.mode != "always" or not self._judged):
            return Finding(self.prop.name, "vacuous", self._excuse)
        if not self._judged:
            return Finding(self.prop.name, "vacuous", "there was nothing to judge")
        if self.prop.mode == "sometimes":
            return Finding(self.prop.name, "violated", f"never seen: {self.prop.sentence}")
        if self._said is not None and self._last is not None:
            return self._finding("violated", self._said, self._last)
        return Finding(self.prop.name, "holds")


class Jury:
    """All the properties of one run."""

    def __init__(self, properties: Sequence[Property], header: Header) -> None:
        self.cases = [Case(prop, header) for prop in properties]

    def attend(self, recorder: Recorder) -> None:
        """Judge a run while it happens."""
        for case in self.cases:
            for what in case.reads:
                recorder.listen(what, case.hear)

    def hear_all(self, records: Iterable[Record]) -> None:
        """Judge a stored trace."""
        listeners: dict[str, list[Any]] = {}
        for case in self.cases:
            for what in case.reads:
                listeners.setdefault(what, []).append(case.hear)
        for record in records:
            for hear in listeners.get(record.kind, ()):
                hear(record)
            for hear in listeners.get(record.name or "", ()):
                hear(record)

    def findings(self) -> list[Finding]:
        """Return one finding per property, in the order given."""
        return [case.close() for case in self.cases]
