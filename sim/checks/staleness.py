"""Staleness of register reads, in versions and in time; both are lower bounds, so that no fresh read is blamed.

A value has certainly been replaced when a write that began after the value's own write had ended has ended too. A read
that begins later is stale: by as many versions as there are such writes, and by the time since the first of them
ended. The first value (None) was there before everything.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .calls import Budget, Call, Judgement, by_key, quantiles, shown, when
from .datatypes import CAS_REGISTER


@dataclass(frozen=True, slots=True)
class Stale:
    """How stale one read was; `by` is the first write that had certainly replaced what it returned."""

    read: Call
    versions: int
    age: int
    by: Call | None


def judge(every: Sequence[Call], budget: Budget, versions: int = 0, age: int = 0) -> Judgement:
    """Judge that no read is stale by more than so many versions, or by more ns. Raises BadHistory."""
    prepared = CAS_REGISTER.prepare(every)
    found: list[Stale] = []
    for some in by_key(prepared).values():
        budget.steps -= len(some)
        if budget.steps <= 0:
            return Judgement("unknown", "the budget was spent")
        values = [c.given[-1] for c in some if c.action != "read" and c.got is not False]
        if len(set(values)) != len(values) or None in values:
            return Judgement(
                "unknown", "a value was written twice: staleness is judged only where every value is written once"
            )
        found += measure(some)
    if not found:
        return Judgement("vacuous", "no read was answered")
    evidence: dict[str, Any] = {
        "reads": len(found),
        "stale": sum(1 for s in found if s.versions),
        "versions": quantiles(s.versions for s in found),
        "age_ns": quantiles(s.age for s in found),
    }
    worst = max(found, key=lambda s: (s.versions, s.age))
    if worst.versions > versions or worst.age > age:
        assert worst.by is not None
        bad = sum(1 for s in found if s.versions > versions or s.age > age)
        sentence = (
            f"{worst.read.who} read {shown(worst.read.got)} (op {worst.read.op}), which {worst.versions} writes had "
            f"replaced, the first by {when(worst.by.ended or 0)} (op {worst.by.op}); {bad} of {len(found)} reads are "
            "stale"
        )
        return Judgement(
            "violated", sentence, evidence | {"operations": [worst.by.op, worst.read.op]}, worst.read.ended
        )
    return Judgement("holds", "", evidence)


def measure(some: Sequence[Call]) -> Iterator[Stale]:
    """Yield the staleness of each answered read of one key, whose written values all differ."""
    writes = {c.given[-1]: c for c in some if c.action != "read" and c.got is not False}
    ended = sorted((c for c in writes.values() if c.end is not None and c.ok), key=lambda c: c.end or 0)
    ends = [c.end or 0 for c in ended]
    for read in some:
        if read.action != "read" or not read.ok or (read.got is not None and read.got not in writes):
            continue
        before = ended[: bisect_left(ends, read.begin)]
        source = writes.get(read.got) if read.got is not None else None
        # A write whose outcome nobody knows may have taken effect at any time: it is never certainly replaced.
        born = None if source is None else source.end
        newer = [] if source is not None and born is None else [c for c in before if born is None or c.begin > born]
        newer = [c for c in newer if c is not source]
        if newer:
            yield Stale(read, len(newer), max(read.invoked - (newer[0].ended or 0), 0), newer[0])
        else:
            yield Stale(read, 0, 0, None)
