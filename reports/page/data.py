"""What the page's script is given of a run: columns of numbers and texts, as JSON has them.

Records are numbered from 0; `cause` is such a number or -1. Times are ns. Of a message there is one row for each copy:
delivered, a further copy of one that was delivered, lost, or still under way at the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.trace import Record

from ..export.words import said
from ..load import RunData
from ..operations import operations
from ..series import role_spans
from ..sheet import ending, named
from ..style import ROLE

DELIVERED, COPY, LOST, UNDER_WAY = range(4)  # the fates of a message


def page_data(run: RunData) -> dict[str, Any]:
    """Return the data of a run that was loaded whole."""
    place = {record.seq: i for i, record in enumerate(run.records)}
    lanes = {node: i for i, node in enumerate(run.header.nodes)}
    spans = role_spans(run.records, run.header.nodes, run.end())
    kinds: dict[str, int] = {}
    columns: dict[str, list[Any]] = {name: [] for name in ("seq", "at", "kind", "node", "cause", "text")}
    for record in run.records:
        columns["seq"].append(record.seq)
        columns["at"].append(record.at)
        columns["kind"].append(kinds.setdefault(record.kind, len(kinds)))
        columns["node"].append(lanes.get(record.node or "", -1))
        columns["cause"].append(-1 if record.cause is None else place.get(record.cause, -1))
        columns["text"].append(said(record))
    return {
        "scenario": run.result.scenario,
        "seed": run.result.seed,
        "nodes": list(run.header.nodes),
        "end": run.end(),
        "heal": run.header.heal,
        "kinds": list(kinds),
        "records": columns,
        "messages": _messages(run, place, lanes),
        "spans": [spans[node] for node in run.header.nodes],
        "roles": dict(ROLE),
        "clocks": [[list(one) for one in run.result.clocks.get(node, ())] for node in run.header.nodes],
        "faults": [
            {
                "label": named(fault)[0],
                "colour": fault.colour,
                "begin": fault.begin,
                "end": ending(fault, run),
                "lanes": sorted(lanes[node] for node in fault.nodes if node in lanes) or list(lanes.values()),
            }
            for fault in run.result.faults
            if fault.begin is not None
        ],
        "violations": [
            {"at": v.at, "record": place.get(v.seq or -1, -1), "name": v.name, "sentence": v.sentence}
            for v in run.violations()
        ],
        "operations": _operations(run, place),
    }


def _messages(run: RunData, place: Mapping[int, int], lanes: Mapping[str, int]) -> dict[str, list[Any]]:
    """Return a row for each copy of each message, in the order in which they were sent."""
    sends: dict[int, Record] = {}
    ends: dict[int, list[tuple[int, Record]]] = {}
    for record in run.records:
        if record.kind == "send":
            sends[record.seq] = record
        elif record.cause in sends and record.kind in ("step", "drop"):
            if record.kind == "drop":
                ends.setdefault(record.cause, []).append((LOST, record))
            elif record.data.input == "receive":
                before = any(fate == DELIVERED for fate, _ in ends.get(record.cause, ()))
                ends.setdefault(record.cause, []).append((COPY if before else DELIVERED, record))
    rows: dict[str, list[Any]] = {name: [] for name in ("send", "to", "type", "fate", "end", "at")}
    types: dict[str, int] = {}
    for seq, send in sends.items():
        found: list[tuple[int, Record | None]] = [*ends.get(seq, ())] or [(UNDER_WAY, None)]
        for fate, last in found:
            rows["send"].append(place[seq])
            rows["to"].append(lanes.get(send.data.dst, -1))
            rows["type"].append(types.setdefault(send.data.type, len(types)))
            rows["fate"].append(fate)
            rows["end"].append(-1 if last is None else place[last.seq])
            rows["at"].append(run.end() if last is None else last.at)
    return {**rows, "types": list(types)}


def _operations(run: RunData, place: Mapping[int, int]) -> list[dict[str, Any]]:
    """Return client operations: who asked, from when until when, what came of it, and the record of the first ask."""
    return [
        {
            "client": one.client,
            "begin": one.begin,
            "end": one.end,
            "outcome": one.outcome,
            "text": " ".join(map(str, (one.ask.data.action, *one.ask.data.args))),
            "record": place[one.ask.seq],
        }
        for one in operations(run)
    ]


def first_difference(one: RunData, other: RunData) -> tuple[int, int] | None:
    """Return the numbers of the first records in which two runs differ, None if neither has one that the other lacks.

    A number may be that of no record: one run has ended there.
    """
    for i, (a, b) in enumerate(zip(one.records, other.records, strict=False)):
        if (a.at, a.kind, a.node, said(a)) != (b.at, b.kind, b.node, said(b)):
            return i, i
    short = min(len(one.records), len(other.records))
    return None if len(one.records) == len(other.records) else (short, short)
