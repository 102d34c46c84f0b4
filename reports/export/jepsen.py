"""A run's client operations as a Jepsen history: EDN, one map a line, and JSON, one array.

Values are what our readers of foreign histories expect: an action's one argument as it is, several as a list, and a
read's value in its `:ok`. Faults are operations of the process `:nemesis`.
"""

from __future__ import annotations

import json
from typing import Any

from ..load import Fault, RunData, operations

PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789*+!-_?.")


def edn(run: RunData) -> bytes:
    """Return the history as EDN."""
    return "".join(f"{_map(event)}\n" for event in events(run)).encode()


def as_json(run: RunData) -> bytes:
    """Return the history as a JSON array."""
    lines = [json.dumps(event, separators=(",", ":"), ensure_ascii=False) for event in events(run)]
    return ("[" + ",\n ".join(lines) + "]\n").encode()


def events(run: RunData) -> list[dict[str, Any]]:
    """Return the history's events with indices from 0: client operations, and faults as the nemesis's."""
    found: list[tuple[int, int, dict[str, Any]]] = []
    for event in operations(run.path):
        args = event["args"]
        value = args[0] if len(args) == 1 else (args or None)
        if event["type"] == "ok" and not args:
            value = event.get("value")
        told = {"type": event["type"], "f": event["action"], "value": value, "process": event["process"]}
        found.append((event["at"], 1, told))
    for fault in run.result.faults:
        found += [(at, 0, told) for at, told in _nemesis(fault)]
    found.sort(key=lambda one: one[0])  # stable: what came first at one instant stays first
    return [{"index": i, **told, "time": at} for i, (at, _, told) in enumerate(found)]


def _nemesis(fault: Fault) -> list[tuple[int, dict[str, Any]]]:
    def info(what: str) -> dict[str, Any]:
        return {"type": "info", "f": f"{what}-{fault.kind}", "value": " ".join(fault.nodes), "process": "nemesis"}

    begun = [(fault.begin, info("start"))] if fault.begin is not None else []
    return begun + ([(fault.end, info("stop"))] if begun and fault.end is not None else [])


# -- EDN ---------------------------------------------------------------------------------------------------


def _map(event: dict[str, Any]) -> str:
    keyword = {"type", "f"}
    parts = []
    for name, value in event.items():
        is_word = name in keyword or (name == "process" and isinstance(value, str))
        parts.append(f":{name} {_keyword(value) if is_word else _edn(value)}")
    return "{" + ", ".join(parts) + "}"


def _keyword(word: str) -> str:
    """Return a word as a keyword, whatever characters a model's action has."""
    return ":" + "".join(c if c in PLAIN else "_" for c in word)


def _edn(value: Any) -> str:
    if value is None:
        return "nil"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, (list, tuple)):
        return "[" + " ".join(map(_edn, value)) + "]"
    return json.dumps(str(value), ensure_ascii=False)
