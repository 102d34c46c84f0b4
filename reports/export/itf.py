"""A run's states in Apalache's Informal Trace Format: a variable for each field of the view, a function of nodes.

A node that is down, and a field that has no value yet, are the variant `Absent`; others are `Present`, so that a
variable has one type.
"""

from __future__ import annotations

import json
from typing import Any

from sim.trace import plain

from ..load import RunData

SAFE = 2**53 - 1  # greater integers are written as text
UP = "up"
UNIT = "U_OF_UNIT"  # how Apalache writes the one value that says nothing


def itf(run: RunData) -> bytes:
    """Return the trace: a state before any record, then one after each `state` record."""
    views = run.header.views
    held: dict[str, dict[str, Any]] = {node: dict.fromkeys(views) for node in run.header.nodes}
    up: dict[str, bool] = dict.fromkeys(run.header.nodes, False)
    states = [_state(0, {}, held, up, views)]
    for record in run.records:
        if record.kind != "state" or record.node is None:
            continue
        gone = record.data is None
        up[record.node] = not gone
        held[record.node] = dict.fromkeys(views) if gone else dict(zip(views, record.data, strict=True))
        about = {"seq": record.seq, "at_ns": str(record.at), "node": record.node}
        states.append(_state(len(states), about, held, up, views))
    description = f"{run.result.scenario} seed {run.result.seed}, digest {run.result.digest}"
    about = {"format": "ITF", "source": "netsplit", "description": description}
    whole = {"#meta": about, "vars": [UP, *views], "states": states}
    return json.dumps(whole, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _state(
    index: int, about: dict[str, Any], held: dict[str, dict[str, Any]], up: dict[str, bool], views: tuple[str, ...]
) -> dict[str, Any]:
    state: dict[str, Any] = {"#meta": {"index": index, **about}, UP: {"#map": [[n, up[n]] for n in up]}}
    for name in views:
        state[name] = {"#map": [[node, _optional(fields[name])] for node, fields in held.items()]}
    return state


def _optional(value: Any) -> Any:
    if value is None:
        return {"tag": "Absent", "value": UNIT}
    return {"tag": "Present", "value": {"value": _value(value)}}  # a record: some readers take no bare tuple here


def _value(value: Any) -> Any:
    """Return a value of a trace as ITF has it."""
    if value is None:
        return UNIT
    if isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return value if -SAFE <= value <= SAFE else {"#bigint": str(value)}
    if isinstance(value, (tuple, list)):
        return {"#tup": [_value(one) for one in value]}
    return str(plain(value))
