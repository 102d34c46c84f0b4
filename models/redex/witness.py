"""What rules and properties of redex look at beside a record: the step that led to it, and the node before that.

A property marked `as_specified` says nothing of hardened nodes: they promise other things, and show a term.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import wraps
from typing import Any, NamedTuple

from sim.property import NOTHING

Judge = Generator[Any, Any, None]
Link = tuple[str, str]  # who heard, and whom

TICK = "alarm tick"


class Taken(NamedTuple):
    """What a step took: a `send` record if it was a message, and the node's view before it."""

    node: str
    at: int
    input: str
    sent: Any
    view: Any

    def message(self, kind: str) -> Any:
        """Return the message of a type that the step took, None if it took anything else."""
        return self.sent.data.data if self.sent is not None and self.sent.data.type == kind else None


class Witness:
    """Remembers what a run's records say: views, steps, and heartbeats as they were taken.

    `true` is whether no fault has made a clock run at a wrong rate.
    """

    def __init__(self) -> None:
        self.views: dict[str, Any] = {}
        self.heartbeat: dict[str, int] = {}  # H by node
        self.tails: dict[Link, int] = {}  # as last advertised
        self.heard: dict[Link, int] = {}  # when
        self.led: dict[Link, int] = {}  # when it last said that it leads
        self.true = True
        self._sent: dict[int, Any] = {}
        self._taken: dict[int, Taken] = {}

    def hear(self, record: Any) -> str:
        """Take in a record and return its topic, such as `send SyncNack`, `note stored` or `step SyncNack`."""
        kind: str = record.kind
        data: Any = record.data
        if kind == "send":
            self._sent[record.seq] = record
            return f"send {data.type}"
        if kind == "step":
            sent = self._sent.get(record.cause)
            node = record.node
            self._taken[record.seq] = Taken(node, record.at, data.input, sent, self.views.get(node))
            if sent is None:
                return f"step {data.input}"
            if sent.data.type == "SyncHeartbeat":
                link, beat = (node, sent.node), sent.data.data
                self.tails[link], self.heard[link] = beat.tail_seq, record.at
                if beat.role == "leader":
                    self.led[link] = record.at
            return f"step {sent.data.type}"
        if kind == "state":
            self.views[record.node] = data
        elif kind == "note":
            if record.name == "configured":
                self.heartbeat[record.node] = data.heartbeat
            return f"note {record.name}"
        elif kind == "crash":
            for table in (self.tails, self.heard, self.led):
                for link in [link for link in table if link[0] == record.node]:
                    del table[link]
        elif kind == "fault":
            self.true = self.true and data.what != "clock"
        return kind

    def step(self, record: Any) -> Taken | None:
        """Return the step that a record came of, None if it came of a boot."""
        return self._taken.get(record.cause)


def as_specified(judge: Callable[[Any], Judge]) -> Callable[[Any], Judge]:
    """Have a property judge nothing where nodes show a term."""

    @wraps(judge)
    def judging(cluster: Any) -> Judge:
        return _silence() if "term" in cluster.views else judge(cluster)

    return judging


def _silence() -> Judge:
    while True:
        yield NOTHING
