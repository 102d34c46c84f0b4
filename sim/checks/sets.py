"""Elements of sets: lost, stale, never added, and how long it took until they were visible.

An element is known from the moment its add was answered, or a read that shows it ended. A read that begins later
and lacks it is stale for it. Without a bound an element is lost if the last read that shows it was followed by reads
without it, or if no read shows it although some began after it was known: as Jepsen's set-full has it, which presumes
that the last reads were made when everything had settled. With a bound (`Calm`) it is lost if a read that is due
lacks it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .calls import Budget, Call, Calm, Judgement, by_key, jsonable, quantiles, shown, when
from .datatypes import SET

SHOWN_MAX = 100


@dataclass(slots=True)
class _Element:
    value: Any
    added: Call
    known: tuple[int, int] | None = None  # place in real-time order, and ns
    present: int | None = None  # where the last read that shows it began
    absent: Call | None = None  # the last read that lacks it, of those that began when it was known
    due: Call | None = None  # a read by which it had to be visible and was not


def judge(every: Sequence[Call], budget: Budget, calm: Calm | None = None) -> Judgement:
    """Judge what became of every element that was added. Raises BadHistory on what a set does not know."""
    prepared = SET.prepare(every)
    reads = [c for c in prepared if c.ok and c.action == "read"]
    if not reads:
        return Judgement("vacuous", "no read was answered")
    tried = {(c.key, c.given[0]) for c in prepared if c.action == "add"}
    failed = {(c.key, c.given[0]) for c in every if c.action == "add" and c.outcome == "fail"} - tried
    lost: list[_Element] = []
    stale: list[tuple[_Element, int]] = []
    visible: list[int] = []
    judged = never = count = 0
    for key, some in by_key(prepared).items():
        mine = sorted((c for c in some if c.action == "read" and c.ok), key=lambda c: c.begin)
        for read in mine:
            for value in sorted(read.got, key=repr):
                if (key, value) not in tried:
                    why = "its add had failed" if (key, value) in failed else "nobody had added it"
                    return Judgement(
                        "violated",
                        f"{read.who} read {shown(value)} (op {read.op}), but {why}",
                        {"phantom": jsonable(value), "operations": [read.op]},
                        read.ended,
                    )
        for element in _elements(some):
            count += 1
            budget.steps -= 1 + len(mine)
            if budget.steps <= 0:
                return Judgement("unknown", "the budget was spent")
            _follow(element, mine, calm)
            if element.known is None:
                never += 1
                continue
            if mine:
                place, at = element.known
                judged += mine[-1].invoked >= calm.due(at) if calm else mine[-1].begin > place
            if _lost(element, calm):
                lost.append(element)
            elif element.absent is not None:
                late = max(element.absent.invoked - element.known[1], 0)
                stale.append((element, late))
                visible.append(late)
            elif element.present is not None:
                visible.append(0)
    evidence = {
        "elements": count,
        "lost_count": len(lost),
        "lost": [jsonable(e.value) for e in lost[:SHOWN_MAX]],
        "stale_count": len(stale),
        "stale": [jsonable(e.value) for e, _ in stale[:SHOWN_MAX]],
        "unacknowledged_and_unseen": never,
        "visible_after_ns": quantiles(visible),
    }
    if lost:
        first = lost[0]
        witness = first.due or first.absent
        assert witness is not None
        evidence["operations"] = [first.added.op, witness.op]
        sentence = f"{shown(first.value)}, added by op {first.added.op}, is missing from what "
        sentence += f"{witness.who} read (op {witness.op})"
        if calm is not None and first.known is not None:
            sentence += f", though it was known at {when(first.known[1])}"
        return Judgement("violated", f"{sentence}; {len(lost)} of {count} elements are lost", evidence, witness.ended)
    if not judged:
        return Judgement("vacuous", "no read came late enough after an element was known", evidence)
    return Judgement("holds", "", evidence)


def _elements(some: Sequence[Call]) -> list[_Element]:
    """Return the elements that are added and never removed, by their first add that may have happened."""
    removed = {c.given[0] for c in some if c.action == "remove"}
    made: dict[Any, _Element] = {}
    for call in some:
        if call.action != "add" or call.given[0] in removed:
            continue
        element = made.setdefault(call.given[0], _Element(call.given[0], call))
        if call.end is not None and (element.known is None or call.end < element.known[0]):
            element.known = (call.end, call.ended or 0)
    return list(made.values())


def _follow(element: _Element, reads: Sequence[Call], calm: Calm | None) -> None:
    for read in reads:
        if (
            element.value in read.got
            and read.end is not None
            and (element.known is None or read.end < element.known[0])
        ):
            element.known = (read.end, read.ended or 0)
    for read in reads:
        if element.value in read.got:
            element.present = read.begin
        elif element.known is not None and read.begin > element.known[0]:
            element.absent = read
            if calm is not None and element.due is None and read.invoked >= calm.due(element.known[1]):
                element.due = read


def _lost(element: _Element, calm: Calm | None) -> bool:
    if calm is not None:
        return element.due is not None
    return element.absent is not None and (element.present is None or element.present < element.absent.begin)
