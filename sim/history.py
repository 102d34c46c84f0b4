"""What clients asked and what they were told: the history that consistency checks judge.

An operation is invoked once and ends at most once: `ok` (it happened), `fail` (it did not) or `info` (nobody knows,
so it may take effect at any later time). A process is one sequential line of a client: after an `info` the client
goes on under a new process number, as in Jepsen's histories.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .trace import plain

FORMAT = "netsplit.history/1"
ENDS = ("ok", "fail", "info")


@dataclass(slots=True)
class Operation:
    """One client operation; times in ns of the run's clock, `ended` None while it is open.

    `order` and `end_order` rise from event to event of a run: they say what came first at one instant.
    """

    op: int
    client: str
    process: int
    action: str
    args: tuple[Any, ...]
    node: str  # where it was first sent
    invoked: int
    ended: int | None = None
    outcome: str | None = None
    value: Any = None
    order: int = 0
    end_order: int = 0


@dataclass(slots=True)
class History:
    """The operations of a run in the order in which they were invoked; `actions` names their arguments."""

    actions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)
    events: int = 0  # how many there were so far

    def begin(self, operation: Operation) -> None:
        """Add an operation that is invoked now."""
        self.events += 1
        operation.order = self.events
        self.operations.append(operation)

    def end(self, operation: Operation, at: int, outcome: str, value: Any) -> None:
        """End an operation of this history."""
        self.events += 1
        operation.end_order = self.events
        operation.ended, operation.outcome, operation.value = at, outcome, value

    def acknowledged(self) -> int:
        """Return how many operations ended `ok`."""
        return sum(1 for operation in self.operations if operation.outcome == "ok")

    def lines(self) -> Iterator[str]:
        """Yield the history as JSON lines: a header, then one event a line in time order."""
        yield _line({"format": FORMAT, "actions": {k: list(v) for k, v in sorted(self.actions.items())}})
        events: list[tuple[int, int, str, Operation]] = []
        for o in self.operations:
            events.append((o.invoked, o.order, "invoke", o))
            if o.ended is not None and o.outcome is not None:
                events.append((o.ended, o.end_order, o.outcome, o))
        # A reader takes an end before a beginning for real-time order: at one instant too, the order must be true.
        for index, (at, _, kind, o) in enumerate(sorted(events, key=lambda e: (e[0], e[1]))):
            event = {"index": index, "at": at, "type": kind, "process": o.process, "client": o.client, "op": o.op}
            event |= {"action": o.action, "args": plain(o.args), "node": o.node}
            if kind == "ok":
                event["value"] = plain(o.value)
            yield _line(event)


def _line(value: Mapping[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False) + "\n"
