"""What state machines do with operations: properties over the fact `applied(op, seq)`.

A node states it when an operation takes effect in its state machine; one that it recognises as done already has
none. A new life may apply everything again from its log.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ..machine import OPERATOR
from ..property import END, NOTHING, About, always
from ..trace import Header, Record
from .standing import shown

READS = ("read",)  # actions that change nothing and so need not be applied


@always("no operation takes effect twice", needs={"applied": "op seq", "boot": ""})
def applied_once(cluster: Header) -> Generator[Any, Record, None]:
    """Judge each operation applied by the sequence at which it was first, and by what this life applied."""
    at: dict[Any, tuple[Any, str]] = {}
    done: dict[str, set[Any]] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        node = str(record.node)
        if record.kind == "boot":
            done.pop(node, None)
            said = NOTHING
            continue
        op, seq = record.data.op, record.data.seq
        first, where = at.setdefault(op, (seq, node))
        said = None
        if first != seq:
            said = f"operation {op} takes effect at sequence {shown(seq)} on {node} and at {shown(first)} on {where}"
        elif op in done.setdefault(node, set()):
            said = f"operation {op} takes effect a second time on {node}"
        done.setdefault(node, set()).add(op)


@always("the same sequence is the same operation everywhere", needs={"applied": "op seq"})
def applied_agree(cluster: Header) -> Generator[Any, Record, None]:
    """Judge each operation applied against the first one applied anywhere at its sequence."""
    first: dict[Any, tuple[Any, str, int]] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        op, seq = record.data.op, record.data.seq
        had, where, when = first.setdefault(seq, (op, str(record.node), record.seq))
        said = None
        if had != op:
            theirs = f"{where} operation {had} (record {when})"
            said = f"at sequence {shown(seq)} {record.node} applied operation {op}, and {theirs}"


@always("nothing takes effect that nobody asked for", needs={"applied": "op", "ask": "op"})
def no_phantom(cluster: Header) -> Generator[Any, Record, None]:
    """Judge each operation applied by whether a client asked for it before."""
    asked: set[Any] = set()
    said: Any = NOTHING
    while True:
        record = yield said
        if record.kind == "ask":
            asked.add(record.data.op)
            said = NOTHING
        else:
            op = record.data.op
            said = None if op in asked else f"{record.node} applied operation {op}, for which no client had asked"


@always(
    "an operation that was acknowledged has taken effect",
    needs={"applied": "op", "ask": "op action", "answer": "client op outcome", END: ""},
)
def acknowledged_applied(cluster: Header) -> Generator[Any, Record, None]:
    """Judge each `ok` by what was applied by the end of its instant, anywhere; reads change nothing."""
    applied: set[Any] = set()
    reads: set[Any] = set()
    due: dict[Any, Record] = {}  # what was acknowledged in this instant and not applied so far
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        first = next(iter(due.values()), record)
        if record.at > first.at:
            said = About(f"{first.node} acknowledged operation {first.data.op}, which no node had applied", first)
        elif record.kind == "ask":
            if record.data.action in READS:
                reads.add(record.data.op)
        elif record.kind == "note":
            applied.add(record.data.op)
            if due.pop(record.data.op, None) is not None:
                said = None
        elif record.kind == "answer" and record.data.outcome == "ok" and record.data.client != OPERATOR:
            op = record.data.op
            if op in applied:
                said = None
            elif op not in reads:
                due[op] = record
