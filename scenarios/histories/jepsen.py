"""Histories as Jepsen writes them: its log, its EDN, and the same maps as JSON.

Each event has a type, a process, what is done (`:f`) and a value; what the value means depends on the model that the
history is judged by. Events of `:nemesis`, and of any other process without a number, are no operations of clients.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sim.history import History
from sim.trace import loads

from ..complaints import UsageError, shown, unknown
from .edn import BadEdn, Keyword, forms, values
from .events import TYPES, Event, frozen, history, whole

# What clients call an action, and what a model calls it.
NAMES: Mapping[str, Mapping[str, str]] = {
    "register": {"read": "read", "r": "read", "write": "write", "w": "write"},
    "cas-register": {"read": "read", "r": "read", "write": "write", "w": "write", "cas": "cas"},
    "kv-append": {"get": "get", "read": "get", "put": "put", "write": "put", "append": "append"},
    "list": {"append": "append", "read": "read", "r": "read"},
    "set": {"add": "add", "remove": "remove", "read": "read"},
    "counter": {"add": "increment", "increment": "increment", "inc": "increment", "read": "read"},
    "queue": {"enqueue": "enqueue", "dequeue": "dequeue"},
    "lock": {"acquire": "acquire", "lock": "acquire", "release": "release", "unlock": "release"},
    "list-append": {"txn": "txn", "append": "append", "read": "read", "r": "read"},
}
NAMES = {**NAMES, "owned-lock": NAMES["lock"]}
_READS = ("read", "get", "dequeue", "acquire", "release")
_LOG = re.compile(r"jepsen\.util(?:\s+-|:)\s+(?P<rest>.*)$")
_ROW = re.compile(r"(?P<process>\S+)\s+:(?P<type>[a-z]+)\s+:(?P<f>[^\s]+)(?:\s+(?P<value>.*))?$")


def read_log(path: Path, text: str, model: str) -> History:
    """Read a Jepsen log: lines of jepsen.util are events, all others are passed over.

    In these logs a `:fail` of a cas says that the comparison failed, which is an answer like any other.
    """
    if not text.endswith("\n"):
        line = text.count("\n") + 1
        raise UsageError(f"{path}:{line}: the last line has no end, so the log was cut short; remove or mend the line")

    def rows() -> Iterator[tuple[int, dict[str, Any]]]:
        for number, line in enumerate(text.split("\n"), 1):
            found = _LOG.search(line.rstrip())
            if found is None:
                continue
            row = _ROW.match(found["rest"])
            if row is None:
                if re.match(r"(:?\w+)\s+:", found["rest"]):
                    raise UsageError(
                        f"{path}:{number}: found {shown(found['rest'])}, allowed: PROCESS :TYPE :ACTION VALUE"
                    )
                continue
            process: Any = int(row["process"]) if row["process"].isdigit() else Keyword(row["process"].lstrip(":"))
            value = None if not isinstance(process, int) else _value(path, number, row["value"])
            yield number, {"process": process, "type": row["type"], "f": row["f"], "value": value}

    return _history(path, rows(), model, compared=True)


def _value(path: Path, number: int, text: str | None) -> Any:
    try:
        found = values(text) if text else []
    except BadEdn as bad:
        raise UsageError(f"{path}:{number}: value: {bad}") from None
    if len(found) != 1:
        raise UsageError(f"{path}:{number}: found {len(found)} values, allowed: one")
    return found[0]


def read_edn(path: Path, text: str, model: str) -> History:
    """Read EDN: a map for each event, one after the other or in a vector."""

    def rows() -> Iterator[tuple[int, dict[str, Any]]]:
        try:
            for line, value in forms(text):
                if not isinstance(value, dict):
                    raise UsageError(f"{path}:{line}: found {shown(value)}, allowed: a map for each event")
                yield line, {str(k): v for k, v in value.items() if isinstance(k, str)}
        except BadEdn as bad:
            raise UsageError(f"{path}:{bad.line}: {bad}") from None

    return _history(path, rows(), model)


def read_json(path: Path, text: str, model: str) -> History:
    """Read JSON: an array of objects, or one object a line; a place in an array counts as its line."""

    def rows() -> Iterator[tuple[int, dict[str, Any]]]:
        found: Iterable[tuple[int, Any]]
        if text.lstrip().startswith("["):
            array = _parsed(path, 1, text)
            found = enumerate(array, 1)
        else:
            found = ((n, _parsed(path, n, line)) for n, line in enumerate(text.split("\n"), 1) if line.strip())
        for number, value in found:
            if not isinstance(value, dict):
                raise UsageError(f"{path}:{number}: found {shown(value)}, allowed: an object for each event")
            yield number, {k.lstrip(":"): v for k, v in value.items()}

    return _history(path, rows(), model)


def _parsed(path: Path, number: int, text: str) -> Any:
    try:
        return loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(f"{path}:{number + error.lineno - 1}: not JSON ({error.msg}); was it cut short?") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}:{number}: not JSON ({error})") from None


# -- from maps to events -----------------------------------------------------------------------------------


def _history(path: Path, rows: Iterable[tuple[int, dict[str, Any]]], model: str, compared: bool = False) -> History:
    names = NAMES[model]
    clients = [(line, row) for line, row in rows if not _elsewhere(path, line, row, model)]
    own_key = any("key" in row for _, row in clients)
    paired = not own_key and model != "list-append" and _paired(clients)
    began: dict[int, Event] = {}
    events: list[Event] = []
    for line, row in clients:
        kind, f = _word(row["type"]), _word(row["f"])
        if kind not in TYPES:
            raise UsageError(f"{path}:{line}: type: found {shown(kind)}, allowed: {' '.join(TYPES)}")
        action = names.get(f)
        if action is None and model == "list-append" and _is_txn(row["value"]):
            action = "txn"
        if action is None:
            raise UsageError(f"{path}:{line}: {unknown(f, tuple(names), f'for the model {model} ')}")
        value, key = frozen(row["value"]), frozen(row.get("key"))
        if paired and isinstance(value, tuple) and len(value) == 2:  # of a `fail` or an `info` it may be anything
            key, value = value
        event = Event(line, kind, row["process"], action, (), at=_time(path, line, row), index=_index(path, line, row))
        if kind == "invoke":
            event.args = (key, *_args(path, line, action, value))
            began[event.process] = event
        elif kind == "ok":
            event.value = _got(path, line, action, value)
        elif compared and kind == "fail" and action == "cas" and value == _tried(began, event.process):
            # A cas that could not even be tried says why instead of repeating its values.
            event.type, event.value = "ok", False
        events.append(event)
    actions = {action: ("key", *_ARGS.get(action, ())) for action in sorted(set(names.values()))}
    return history(path, events, actions)


def _tried(began: Mapping[int, Event], process: int) -> Any:
    return began[process].args[1:] if process in began else None


_ARGS = {
    "write": ("value",), "cas": ("old", "value"), "put": ("value",), "append": ("value",), "add": ("value",),
    "remove": ("value",), "increment": ("value",), "enqueue": ("value",), "txn": ("value",),
}  # fmt: skip


def _elsewhere(path: Path, line: int, row: dict[str, Any], model: str) -> bool:
    """Return whether an event is no client's; complain if it is no event at all."""
    if model == "list-append":
        row.setdefault("f", "txn")  # elle-cli's histories of transactions do not say so
    missing = [name for name in ("type", "process", "f") if name not in row]
    if missing:
        found = ", ".join(sorted(row)) or "nothing"
        raise UsageError(f"{path}:{line}: found {shown(found)}, allowed: {', '.join(missing)} too")
    row.setdefault("value", None)
    process = row["process"]
    if isinstance(process, str):
        if process.isdigit():
            row["process"] = int(process)
            return False
        return True
    whole(path, line, "process", process)
    return False


def _paired(clients: list[tuple[int, dict[str, Any]]]) -> bool:
    """Return whether every value is a pair of key and value, as jepsen.independent writes them.

    Reads are invoked without a value, so a pair there can only be one with a key.
    """
    told = [row for _, row in clients if _word(row["type"]) in ("invoke", "ok")]
    values = [row["value"] for row in told]
    plain = [row["value"] for row in told if _word(row["f"]) != "cas"]
    return bool(plain) and all(isinstance(value, (list, tuple)) and len(value) == 2 for value in values)


def _word(found: Any) -> str:
    return found.lstrip(":") if isinstance(found, str) else str(found)


def _is_txn(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(micro, (list, tuple)) for micro in value)


def _time(path: Path, line: int, row: dict[str, Any]) -> int | None:
    found = row.get("time")
    return None if found is None else whole(path, line, "time", found)


def _index(path: Path, line: int, row: dict[str, Any]) -> int | None:
    found = row.get("index")
    return None if found is None else whole(path, line, "index", found)


def _args(path: Path, line: int, action: str, value: Any) -> tuple[Any, ...]:
    if action in _READS:
        return ()
    if action == "cas":
        if not isinstance(value, tuple) or len(value) != 2:
            raise UsageError(f"{path}:{line}: value: found {shown(value)}, allowed: [OLD NEW]")
        return value
    if action == "txn":
        return (_txn(path, line, value),)
    if action == "increment" and value is None:
        return (1,)
    return (value,)


def _got(path: Path, line: int, action: str, value: Any) -> Any:
    if action == "txn":
        return _txn(path, line, value)
    return value if action in ("read", "get", "dequeue") else None


def _txn(path: Path, line: int, value: Any) -> tuple[Any, ...]:
    """Return a transaction's micro-operations: (append KEY VALUE) and (r KEY LIST)."""
    if not isinstance(value, tuple):
        raise UsageError(f"{path}:{line}: value: found {shown(value)}, allowed: a list of micro-operations")
    micros = []
    for micro in value:
        if not isinstance(micro, tuple) or len(micro) != 3 or _word(micro[0]) not in ("append", "r"):
            raise UsageError(f"{path}:{line}: value: found {shown(micro)}, allowed: [append KEY VALUE] or [r KEY LIST]")
        action = _word(micro[0])
        if action == "r" and micro[2] is not None and not isinstance(micro[2], tuple):
            raise UsageError(f"{path}:{line}: value: found {shown(micro[2])} read from a list, allowed: a list or nil")
        micros.append((action, micro[1], micro[2]))
    return tuple(micros)
