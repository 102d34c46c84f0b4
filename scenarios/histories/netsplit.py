"""Reads netsplit.history/1: what a run leaves as history.jsonl, or a foreign system that writes the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sim.history import FORMAT, History, Operation
from sim.trace import loads

from ..complaints import UsageError, shown
from .events import OPERATIONS_MAX, TYPES, frozen, whole


def read(path: Path, text: str) -> History:
    """Return the history of a file's text. Raises UsageError naming file and line."""
    if not text.endswith("\n"):
        end = text.count("\n") + 1
        raise UsageError(f"{path}:{end}: the last line has no end, so the file was cut short; write it again")
    lines = text.split("\n")[:-1]
    head = _object(path, 1, lines[0])
    if head.get("format") != FORMAT:
        raise UsageError(f"{path}:1: format: found {shown(head.get('format'))}, allowed: {shown(FORMAT)}")
    actions = _actions(path, head.get("actions"))
    made = History(actions)
    by_op: dict[int, Operation] = {}
    open_by: dict[int, Operation] = {}
    last_at = 0
    index = 0
    for number, line in enumerate(lines[1:], 2):
        where = f"{path}:{number}"
        found = _object(path, number, line)
        missing = [k for k in ("index", "at", "type", "process", "op", "action", "args") if k not in found]
        if missing:
            raise UsageError(f"{where}: found {', '.join(sorted(found))}, allowed: {', '.join(missing)} too")
        at, kind, op = whole(path, number, "at", found["at"]), found["type"], whole(path, number, "op", found["op"])
        if whole(path, number, "index", found["index"]) != index:
            raise UsageError(
                f"{where}: index: found {found['index']}, allowed: {index}; lines are missing, double or out of order"
            )
        index += 1
        if at < last_at:
            raise UsageError(f"{where}: at: found {at}, allowed: not before {last_at}")
        last_at = at
        process, action, args = whole(path, number, "process", found["process"]), found["action"], found["args"]
        if kind not in TYPES:
            raise UsageError(f"{where}: type: found {shown(kind)}, allowed: {' '.join(TYPES)}")
        if not isinstance(action, str) or action not in actions:
            raise UsageError(f"{where}: action: found {shown(action)}, allowed: {' '.join(actions) or 'none'}")
        if not isinstance(args, list) or len(args) != len(actions[action]):
            raise UsageError(f"{where}: args: found {shown(args)}, allowed: [{', '.join(actions[action])}]")
        if kind == "invoke":
            if op in by_op:
                raise UsageError(f"{where}: op {op} is invoked twice")
            if process in open_by:
                raise UsageError(f"{where}: process {process} has op {open_by[process].op} open")
            if len(by_op) >= OPERATIONS_MAX:
                raise UsageError(f"{where}: found more than {OPERATIONS_MAX} operations; judge a part of the history")
            client = str(found.get("client", process))
            operation = Operation(op, client, process, action, frozen(args), str(found.get("node", "")), at)
            made.begin(operation)
            by_op[op] = open_by[process] = operation
            continue
        running = by_op.get(op)
        if running is None or running.outcome is not None:
            raise UsageError(f"{where}: op {op} ends ({kind}), but is not open")
        if (running.process, running.action) != (process, action):
            raise UsageError(
                f"{where}: op {op} ends as {action} of process {process}, but was invoked as {running.action} of "
                f"process {running.process}"
            )
        made.end(running, at, kind, frozen(found.get("value")))
        del open_by[process]
    if not made.operations:
        raise UsageError(f"{path}: found no operation")
    return made


def _object(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        found = loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}:{number}: not a JSON object ({error})") from None
    if not isinstance(found, dict):
        raise UsageError(f"{path}:{number}: found {shown(line[:40])}, allowed: one JSON object a line")
    return found


def _actions(path: Path, found: Any) -> dict[str, tuple[str, ...]]:
    good = isinstance(found, dict) and all(
        isinstance(names, list) and all(isinstance(name, str) for name in names) for names in found.values()
    )
    if not good:
        raise UsageError(f"{path}:1: actions: found {shown(found)}, allowed: each action with its arguments' names")
    return {name: tuple(names) for name, names in found.items()}
