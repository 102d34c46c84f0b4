"""A log's export as bytes, in the JSON that serde makes of it, so that it can travel as opaque state (1.4, CW-27).

Bytes are arrays of integers, times the two fields of Rust's SystemTime, an absent option is null. Maps are sorted,
which serde's are not, so that equal states are equal bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sim.units import S

from .eventlog import CrdtEventLog, CrdtLogEntry, RemoteCrdtState
from .register import Written


def time_json(ns: int) -> dict[str, int]:
    """Return a wall time as serde writes it."""
    return {"secs_since_epoch": ns // S, "nanos_since_epoch": ns % S}


def duration_json(ns: int) -> dict[str, int]:
    """Return a duration as serde writes it."""
    return {"secs": ns // S, "nanos": ns % S}


def register_json(written: Written) -> dict[str, Any]:
    """Return what a register holds as serde writes it."""
    value = None if written.value is None else list(written.value)
    return {"value": value, "timestamp": written.timestamp, "writer_node": written.writer_node}


def encode(state: RemoteCrdtState) -> bytes:
    """Return an export as bytes; what the specification does not have, of the hardened forms, is left out."""
    positive, negative = state.activity_counter
    whole = {
        "origin_node": state.origin_node,
        "event_counter": {"counts": dict(state.event_counter)},
        "activity_counter": {"positive": {"counts": dict(positive)}, "negative": {"counts": dict(negative)}},
        "registers": {key: register_json(written) for key, written in state.registers},
        "entries": [
            {"sequence": e.sequence, "origin_node": e.origin_node, "timestamp": e.timestamp, "payload": list(e.payload)}
            for e in state.entries
        ],
    }
    return json.dumps(whole, separators=(",", ":")).encode()


def decode(data: bytes) -> RemoteCrdtState:
    """Return the export that bytes stand for. Raises ValueError or KeyError if they stand for none."""
    whole: Mapping[str, Any] = json.loads(data)
    activity = whole["activity_counter"]
    return RemoteCrdtState(
        whole["origin_node"],
        _pairs(whole["event_counter"]),
        (_pairs(activity["positive"]), _pairs(activity["negative"])),
        tuple((key, _written(whole["registers"][key])) for key in sorted(whole["registers"])),
        tuple(
            CrdtLogEntry(e["sequence"], e["origin_node"], e["timestamp"], bytes(e["payload"])) for e in whole["entries"]
        ),
    )


def plain(state: RemoteCrdtState) -> bytes:
    """Return what an export holds as bytes, whoever exports it and in whatever order it lists its entries."""
    return encode(state._replace(origin_node="", entries=tuple(sorted(state.entries))))


def merged(states: tuple[bytes, ...]) -> bytes:
    """Return the merge of exports as bytes: what gossip of opaque state lacks."""
    log = CrdtEventLog("")
    for data in states:
        if data:
            log.merge_remote(decode(data))
    return plain(log.export_state())


def _pairs(counter: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counter["counts"].items()))


def _written(found: Mapping[str, Any]) -> Written:
    value = found["value"]
    return Written(None if value is None else bytes(value), found["timestamp"], found["writer_node"])
