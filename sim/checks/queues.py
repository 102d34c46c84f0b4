"""Queues: what comes out was put in, and only once; nothing is said of order or of what stays inside.

As Jepsen's total-queue has it. The order of a first-in first-out queue is judged by linearizability.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .calls import Budget, Call, Judgement, jsonable, shown
from .datatypes import QUEUE


def judge(every: Sequence[Call], budget: Budget) -> Judgement:
    """Judge what was dequeued. Raises BadHistory on what a queue does not know."""
    prepared = QUEUE.prepare(every)
    budget.steps -= len(prepared)
    if budget.steps <= 0:
        return Judgement("unknown", "the budget was spent")
    put: dict[tuple[Any, Any], list[Call]] = {}
    for call in prepared:
        if call.action == "enqueue":
            put.setdefault((call.key, call.given[0]), []).append(call)
    taken: dict[tuple[Any, Any], list[Call]] = {}
    answered = [c for c in prepared if c.action == "dequeue" and c.ok]
    if not answered:
        return Judgement("vacuous", "no dequeue was answered")
    for call in sorted(answered, key=lambda c: c.end or 0):
        if call.got is None:
            continue
        item = (call.key, call.got)
        sources = [c for c in put.get(item, ()) if c.begin < (call.end or 0)]
        before = taken.setdefault(item, [])
        if not sources:
            sentence = f"{call.who} took {shown(call.got)} (op {call.op}), which nobody had put in"
            return Judgement("violated", sentence, {"item": jsonable(call.got), "operations": [call.op]}, call.ended)
        if len(before) >= len(sources):
            ops = [*(c.op for c in before), call.op]
            times = f"{len(ops)} times (ops {', '.join(map(str, ops))})"
            sentence = f"{shown(call.got)} was taken {times}, put in {len(sources)} times"
            return Judgement("violated", sentence, {"item": jsonable(call.got), "operations": ops}, call.ended)
        before.append(call)
    waiting = [value for (key, value), calls in put.items() if any(c.ok for c in calls) and not taken.get((key, value))]
    return Judgement("holds", "", {"taken": sum(map(len, taken.values())), "still_inside_or_lost": len(waiting)})
