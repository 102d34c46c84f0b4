"""From the events of a file to a history, with complaints about what cannot be one.

A process has one operation open at a time; what is still open at the end, or ends as `info`, has an unknown outcome.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.history import History, Operation

from ..complaints import UsageError, shown

OPERATIONS_MAX = 1_000_000  # more than any judge could use
BYTES_MAX = 1 << 30
TYPES = ("invoke", "ok", "fail", "info")


@dataclass(slots=True)
class Event:
    """One line: an operation begins (`invoke`) or ends. `at` in ns, None where the file has no times."""

    line: int
    type: str
    process: int
    action: str
    args: tuple[Any, ...]
    value: Any = None
    at: int | None = None
    index: int | None = None


def text_of(path: Path) -> str:
    """Return a file's text, without carriage returns. Raises UsageError unless it is UTF-8 text of a sane size."""
    try:
        size = path.stat().st_size
        if size > BYTES_MAX:
            raise UsageError(f"{path}: found {size} bytes, allowed: at most {BYTES_MAX}; judge a part of the history")
        raw = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from None
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{path}:{line}: not UTF-8 ({error.reason} at byte {error.start})") from None
    if not text.strip():
        raise UsageError(f"{path}: the file is empty; a history has at least one operation")
    return text.replace("\r\n", "\n")


def history(path: Path, events: Iterable[Event], actions: dict[str, tuple[str, ...]]) -> History:
    """Return the history that events make up; operations are numbered by the line at which they were invoked.

    Raises UsageError for events that are out of order, come twice, or end what was never begun.
    """
    made = History(actions)
    open_by: dict[int, Operation] = {}
    lines: dict[int, int] = {}  # where each process began what it has open
    last_at: int | None = None
    last_index: int | None = None
    for event in events:
        where = f"{path}:{event.line}"
        if event.index is not None and last_index is not None and event.index <= last_index:
            how = "twice: a line is duplicated" if event.index == last_index else f"after {last_index}"
            raise UsageError(f"{where}: index: found {event.index} {how}, allowed: indices that rise; sort the events")
        last_index = event.index if event.index is not None else last_index
        # Jepsen's workers read their clocks before their events are put in order, so indices count for more than times.
        if event.index is None and event.at is not None and last_at is not None and event.at < last_at:
            raise UsageError(f"{where}: time: found {event.at} after {last_at}, allowed: events in order; sort them")
        last_at = event.at if event.at is not None else last_at
        at = event.at or 0
        running = open_by.get(event.process)
        if event.type == "invoke":
            if running is not None:
                raise UsageError(
                    f"{where}: process {event.process} invokes {event.action} while its {running.action} of line "
                    f"{lines[event.process]} is open, allowed: one operation at a time (is the line duplicated, or "
                    "out of order?)"
                )
            if len(made.operations) >= OPERATIONS_MAX:
                raise UsageError(f"{where}: found more than {OPERATIONS_MAX} operations; judge a part of the history")
            op = Operation(event.line, f"process {event.process}", event.process, event.action, event.args, "", at)
            made.begin(op)
            open_by[event.process], lines[event.process] = op, event.line
            continue
        if running is None:
            raise UsageError(
                f"{where}: process {event.process} ends {event.action} ({event.type}), but has none open, allowed: an "
                "invoke before (is the beginning cut off, or a line duplicated?)"
            )
        if running.action != event.action:
            raise UsageError(
                f"{where}: process {event.process} ends {event.action}, but what it has open is the "
                f"{running.action} of line {lines[event.process]}"
            )
        made.end(running, at, event.type, event.value)
        del open_by[event.process]
    if not made.operations:
        raise UsageError(f"{path}: found no operation; is the format right?")
    return made


def whole(path: Path, line: int, what: str, found: Any) -> int:
    """Return an integer that a file holds. Raises UsageError."""
    if isinstance(found, bool) or not isinstance(found, int):
        raise UsageError(f"{path}:{line}: {what}: found {shown(found)}, allowed: an integer")
    return found


def frozen(value: Any) -> Any:
    """Return a value that can be compared and kept in a set: lists are tuples."""
    if isinstance(value, (list, tuple)):
        return tuple(map(frozen, value))
    if isinstance(value, dict):
        return tuple(sorted(((frozen(k), frozen(v)) for k, v in value.items()), key=repr))
    if isinstance(value, (set, frozenset)):
        return frozenset(map(frozen, value))
    return value
