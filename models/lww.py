"""A register in which the last writer wins, by the wall clock of the node that took the write.

Every node takes writes, stamps them with its wall clock, answers at once and tells its peers; the greatest stamp wins
everywhere, and of two equal ones the later node's. So all replicas agree in the end. What they lack: a write that came
later loses, acknowledged, if its node's clock is behind the earlier one's by more than the time between the two.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, NamedTuple

from sim.machine import Ask, Cluster, Machine, NodeId, Now, fingerprint, on
from sim.property import NOTHING, eventually


class Written(NamedTuple):
    """A value and its stamp: the wall clock's reading and the number of the node that took the write."""

    stamp: int
    by: int
    value: str


class View(NamedTuple):
    """What a reader would be told."""

    value: str | None


class Lww(Machine):
    """One replica."""

    View = View
    ACTIONS = {"write": ("value",), "read": ()}

    def __init__(self, node: NodeId, cluster: Cluster) -> None:
        super().__init__(node, cluster)
        self.number = cluster.number(node)
        self.held: Written | None = None
        self.value: str | None = None

    @on(Ask, "write")
    def write(self, ask: Ask, now: Now) -> None:
        written = Written(now.wall, self.number, str(ask.args[0]))
        self.merge(self.node, written, now)
        self.broadcast(written)
        self.answer(ask, "ok")

    @on(Ask, "read")
    def read(self, ask: Ask, now: Now) -> None:
        self.answer(ask, "ok", self.value)

    @on(Written)
    def merge(self, src: NodeId, written: Written, now: Now) -> None:
        if self.held is None or written > self.held:
            self.held, self.value = written, written.value

    def contents(self) -> list[tuple[str, str]]:
        return [("value", fingerprint(self.value))] if self.held is not None else []


@eventually(
    "every replica holds the write that was acknowledged last",
    needs={"state": "value", "ask": "client op action args", "answer": "client op outcome"},
    within="1s",
)
def last_write_wins(cluster: Any) -> Generator[Any, Any, None]:
    """Compare what replicas hold with the write that began last; one that ended after that began may have won too."""
    asked: dict[tuple[str, int], tuple[int, str]] = {}
    acknowledged: list[tuple[int, int, str]] = []  # begin, end, value
    held: dict[str, Any] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        data = record.data
        if record.kind == "ask":
            if data.action == "write":
                asked.setdefault((data.client, data.op), (record.at, data.args[0]))
        elif record.kind == "answer":
            if data.outcome == "ok" and (data.client, data.op) in asked:
                begin, value = asked.pop((data.client, data.op))
                acknowledged.append((begin, record.at, value))
        elif data is None:
            held.pop(record.node, None)
        else:
            held[record.node] = data.value
        said = NOTHING
        if acknowledged:
            last = max(acknowledged)
            may = {value for _, end, value in acknowledged if end >= last[0]}
            lost = [node for node in sorted(held) if held[node] not in may]
            said = f"{lost[0]} holds {held[lost[0]]}, and {last[2]} was acknowledged last" if lost else None


PROPERTIES = (last_write_wins,)
machine = Lww
