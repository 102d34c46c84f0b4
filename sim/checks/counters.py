"""Counters: every read lies between what must have been counted and what may have been.

This is necessary for a linearizable counter, not sufficient, but it is linear and so judges histories of any length.
With a bound (`Calm`) a read must count only what was acknowledged so long before, and after all faults.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

from .calls import Budget, Call, Calm, Judgement, by_key, jsonable
from .datatypes import COUNTER


def judge(every: Sequence[Call], budget: Budget, calm: Calm | None = None) -> Judgement:
    """Judge each read of a counter. Raises BadHistory on what a counter does not know."""
    prepared = COUNTER.prepare(every)
    judged = reads = 0
    for key, some in by_key(prepared).items():
        adds = [c for c in some if c.action == "increment"]
        budget.steps -= len(some)
        if budget.steps <= 0:
            return Judgement("unknown", "the budget was spent")
        # What must be counted has ended; what may be has begun. Rises and falls tighten opposite ends.
        up = _Sums([(c.begin, c.given[0]) for c in adds if c.given[0] > 0])
        down = _Sums([(c.begin, c.given[0]) for c in adds if c.given[0] < 0])
        ended = [(c, c.end, c.ended or 0) for c in adds if c.end is not None]
        up_done = _Sums([(end if calm is None else at, c.given[0]) for c, end, at in ended if c.given[0] > 0])
        down_done = _Sums([(end if calm is None else at, c.given[0]) for c, end, at in ended if c.given[0] < 0])
        for read in some:
            if read.action != "read" or read.end is None:
                continue
            reads += 1
            # Calm: whatever was acknowledged at or before this instant must be counted; nothing if the read came early.
            limit = read.begin if calm is None else read.invoked - calm.within + 1
            if calm is not None and read.invoked < calm.due(0):
                limit = 0
            else:
                judged += 1
            low = up_done.before(limit) + down.before(read.end)
            high = up.before(read.end) + down_done.before(limit)
            if not low <= read.got <= high:
                sentence = f"{read.who} read {read.got} (op {read.op}), allowed: {low} to {high}"
                evidence = {"key": jsonable(key), "low": low, "high": high, "operations": [read.op]}
                return Judgement("violated", sentence, evidence, read.ended)
    if not judged:
        return Judgement("vacuous", "no read came late enough to tell" if reads else "no read was answered")
    return Judgement("holds", "", {"reads": reads})


class _Sums:
    """Sums of what happened before a place."""

    def __init__(self, rows: list[tuple[int, int]]) -> None:
        rows = sorted(rows)
        self._places = [place for place, _ in rows]
        self._sums = [0, *accumulate(amount for _, amount in rows)]

    def before(self, place: int) -> int:
        return self._sums[bisect_left(self._places, place)]
