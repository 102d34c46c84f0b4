"""A run in Chrome's trace event format: roles as slices, messages as flows, faults and operations as spans.

Each node has two tracks, one of roles and one of messages, so that slices nest. Times are microseconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sim.trace import Record

from ..load import RunData
from ..operations import operations
from .causal import deliveries
from .words import fields, said

ROLE = "role"


def perfetto(run: RunData) -> bytes:
    """Return the trace; each delivered message is one flow from its send to the step that took it."""
    events = [*_names(run), *_roles(run), *_messages(run), *_marks(run), *_faults(run), *_operations(run)]
    other = {"scenario": run.result.scenario, "seed": run.result.seed, "digest": run.result.digest}
    whole = {"displayTimeUnit": "ms", "otherData": other, "traceEvents": events}
    return json.dumps(whole, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _event(phase: str, at: int, name: str, tid: int = 0, cat: str = "", **more: Any) -> dict[str, Any]:
    return {"ph": phase, "pid": 1, "tid": tid, "ts": at / 1000, "name": name, **({"cat": cat} if cat else {}), **more}


def _tracks(run: RunData) -> dict[str, int]:
    """Return the number of each node's track of messages; its roles are on the one before."""
    return {node: 2 * (i + 1) for i, node in enumerate(run.header.nodes)}


def _names(run: RunData) -> Iterator[dict[str, Any]]:
    title = f"{run.result.scenario} seed {run.result.seed}"
    yield {"ph": "M", "pid": 1, "tid": 0, "name": "process_name", "args": {"name": title}}
    for node, tid in _tracks(run).items():
        for number, name in ((tid - 1, f"{node} roles"), (tid, f"{node} messages")):
            yield {"ph": "M", "pid": 1, "tid": number, "name": "thread_name", "args": {"name": name}}
            order = {"sort_index": number}
            yield {"ph": "M", "pid": 1, "tid": number, "name": "thread_sort_index", "args": order}


def _roles(run: RunData) -> Iterator[dict[str, Any]]:
    """Yield a slice for each span in which a node's role, or its being up, did not change."""
    tracks = _tracks(run)
    open_since: dict[str, tuple[int, str, Any]] = {}

    def close(node: str, at: int) -> Iterator[dict[str, Any]]:
        since, role, view = open_since.pop(node)
        yield _event("X", since, role, tracks[node] - 1, "role", dur=(at - since) / 1000, args=fields(view))

    for record in run.records:
        if record.kind != "state" or record.node is None:
            continue
        role = None if record.data is None else str(getattr(record.data, ROLE, "up"))
        node = record.node
        if node in open_since and open_since[node][1] != role:
            yield from close(node, record.at)
        if role is not None and node not in open_since:
            open_since[node] = record.at, role, record.data
    for node in list(open_since):
        yield from close(node, run.end())


def _messages(run: RunData) -> Iterator[dict[str, Any]]:
    tracks = _tracks(run)
    flows = list(enumerate(deliveries(run.records), 1))
    taken: dict[int, list[tuple[int, Record]]] = {}  # by send: the flows that start there
    given: dict[int, tuple[int, Record]] = {}  # by step: the flow that ends there
    for number, (sent, step) in flows:
        taken.setdefault(sent.seq, []).append((number, sent))
        given[step.seq] = number, sent
    for record in run.records:
        if record.kind == "send":
            tid, kind = tracks[str(record.node)], record.data.type
            args = {"to": record.data.dst, **fields(record.data.data)}
            yield _event("X", record.at, f"send {kind}", tid, "message", dur=0, args=args)
            for number, _ in taken.get(record.seq, ()):
                yield _event("s", record.at, kind, tid, "message", id=number)
        elif record.seq in given:
            number, sent = given[record.seq]
            tid, kind = tracks[str(record.node)], sent.data.type
            yield _event("X", record.at, f"take {kind}", tid, "message", dur=0, args={"from": sent.node})
            yield _event("f", record.at, kind, tid, "message", bp="e", id=number)


def _marks(run: RunData) -> Iterator[dict[str, Any]]:
    """Yield what happens at an instant, and the views' numbers as counters."""
    tracks = _tracks(run)
    numbers: dict[str, dict[str, int]] = {}
    for record in run.records:
        if record.kind in ("note", "boot", "crash", "drop") and record.node is not None:
            yield _event("i", record.at, said(record), tracks[record.node], record.kind, s="t")
        if record.kind == "state" and record.data is not None:
            for name, value in fields(record.data).items():
                if type(value) is int:
                    held = numbers.setdefault(name, {})
                    if held.get(str(record.node)) != value:
                        held[str(record.node)] = value
                        yield _event("C", record.at, name, args=dict(held))
    for violation in run.violations():
        yield _event("i", violation.at, f"{violation.name}: {violation.sentence}", 0, "violation", s="g")


def _faults(run: RunData) -> Iterator[dict[str, Any]]:
    for number, fault in enumerate(run.result.faults):
        if fault.begin is not None:
            end = run.end() if fault.end is None else fault.end
            args = {"nodes": list(fault.nodes), **fault.fields}
            yield _event("b", fault.begin, fault.kind, 0, "fault", id=f"f{number}", args=args)
            yield _event("e", end, fault.kind, 0, "fault", id=f"f{number}")


def _operations(run: RunData) -> Iterator[dict[str, Any]]:
    """Yield client operations as spans, from the first ask to the first answer, or to the end of the run."""
    tracks = _tracks(run)
    for one in operations(run):
        asked = one.ask.data
        name, tid = f"{asked.action} ({one.client})", tracks[str(one.ask.node)]
        args, number = {"args": list(asked.args), "outcome": one.outcome}, f"o{one.client}.{asked.op}"
        yield _event("b", one.begin, name, tid, "operation", id=number, args=args)
        yield _event("e", one.end, name, tid, "operation", id=number)
