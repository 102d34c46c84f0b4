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
    """One client operation; times in ns of the run's clock, `ended` None while it is open."""

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


@dataclass(slots=True)
class History:
    """The operations of a run in the order in which they were invoked; `actions` names their arguments."""

    actions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)

    def acknowledged(self) -> int:
        """Return how many operations ended `ok`."""
        return sum(1 for operation in self.operations if operation.outcome == "ok")

    def lines(self) -> Iterator[str]:
        """Yield the history as JSON lines: a header, then one event a line in time order."""
        yield _line({"format": FORMAT, "actions": {k: list(v) for k, v in sorted(self.actions.items())}})
        events: list[tuple[int, int, str, Operation]] = []
        for n, o in enumerate(self.operations):
            events.append((o.invoked, 2 * n, "invoke", o))
            if o.ended is not None and o.outcome is not None:
                events.append((o.ended, 2 * n + 1, o.outcome, o))
        # At one instant an end comes before a new beginning only if its operation began earlier: order by operation.
        for index, (at, _, kind, o) in enumerate(sorted(events, key=lambda e: (e[0], e[1]))):
            event = {"index": index, "at": at, "type": kind, "process": o.process, "client": o.client, "op": o.op}
            event |= {"action": o.action, "args": plain(o.args), "node": o.node}
            if kind == "ok":
                event["value"] = plain(o.value)
            yield _line(event)


def _line(value: Mapping[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False) + "\n"
