"""Who knew what when: vector clocks over the records of nodes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sim.trace import Record

LOGGED = frozenset({"send", "step", "state", "note", "boot", "crash", "answer"})


class Moment(NamedTuple):
    """A record of a node and its vector clock: how many logged records of each node it may depend on."""

    record: Record
    clock: dict[str, int]


def moments(records: Iterable[Record]) -> Iterator[Moment]:
    """Yield the nodes' records with their clocks; a step that takes a message has its sender's past in its own.

    A crash does not reset a clock: what a node did in a former life came before what it does in the next.
    """
    now: dict[str, dict[str, int]] = {}
    sent: dict[int, dict[str, int]] = {}
    for record in records:
        node = record.node
        if node is None or record.kind not in LOGGED:
            continue
        clock = now.setdefault(node, {})
        if record.kind == "step" and record.cause in sent:
            for other, count in sent[record.cause].items():
                clock[other] = max(clock.get(other, 0), count)
        clock[node] = clock.get(node, 0) + 1
        if record.kind == "send":
            sent[record.seq] = dict(clock)
        yield Moment(record, dict(clock))


def deliveries(records: Iterable[Record]) -> Iterator[tuple[Record, Record]]:
    """Yield each send with each step that took it: a message that was duplicated comes twice."""
    sent: dict[int, Record] = {}
    for record in records:
        if record.kind == "send":
            sent[record.seq] = record
        elif record.kind == "step" and record.cause in sent and record.data.input == "receive":
            yield sent[record.cause], record
