"""What a record says, in a few words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.trace import Record, plain


def said(record: Record) -> str:
    """Return what a record says, in one line."""
    data = record.data
    match record.kind:
        case "send":
            return f"send {data.type} to {data.dst}{_fields(data.data)}"
        case "step":
            return f"take {data.input}"
        case "state":
            return "is gone" if data is None else f"state{_fields(data)}"
        case "note":
            return f"note {record.name}{_fields(data)}"
        case "answer":
            return f"answer {data.outcome} to {data.client} op {data.op}"
        case "boot":
            return f"boot life {data.life}"
        case "crash":
            return f"crash {data.how}"
        case "drop":
            return f"drop {data.why}"
        case "ask":
            return f"ask {data.action} by {data.client} op {data.op}"
        case "fault":
            return f"fault {data.fault} {data.what} {data.phase}"
    return record.kind


def fields(row: Any) -> dict[str, Any]:
    """Return a row with named fields as a table of plain values."""
    names = getattr(row, "_fields", None)
    if names is None:
        return {} if row is None else {"value": plain(row)}
    return {name: _plain(value) for name, value in zip(names, row, strict=True)}


def _plain(value: Any) -> Any:
    """Return a value as JSON has it; a fault's fields are a table, which no other value of a trace is."""
    return {name: _plain(one) for name, one in value.items()} if isinstance(value, Mapping) else plain(value)


def _fields(row: Any) -> str:
    told = " ".join(f"{name}={value}" for name, value in fields(row).items())
    return f" {told}" if told else ""
