"""When a cluster is calm enough for a promise of section 10.2 to bind, read from the records of a run.

The bounds hold only while every live node is up and unpaused, all links are lossless and no slower than D, all
heartbeats are equally long, and clients write at the best leader alone. `Calm` watches for the end of any of
that. It cannot see a clock that runs at a wrong rate from the start.
"""

from __future__ import annotations

from typing import Any, NamedTuple

NEEDS = {
    "configured": "heartbeat", "state": "role leader tail", "accepted": "seq", "crash": "", "boot": "", "fault": "",
    "send": "", "step": "", "drop": "",
}  # fmt: skip
# Nothing is wrong with the network when a node that is down gets no mail.
HARMLESS_DROPS = ("down", "crashed", "stopped", "answers-lost")


class Times(NamedTuple):
    """The heartbeat interval H and the largest one-way delay D that a promise is made for, in ns."""

    heartbeat: int
    delay: int


class Calm:
    """What stands in the way of a promise: `since` is when the last disturbance was.

    `delay` is D; None is half a heartbeat, the most for which the promises are made.
    """

    def __init__(self, nodes: tuple[str, ...], delay: int | None) -> None:
        self.since = 0
        self.views: dict[str, Any] = {}
        self.leaders: tuple[str, ...] = ()
        self._number = {node: i for i, node in enumerate(nodes)}
        self._delay = delay
        self._heartbeats: set[int] = set()
        self._faults: set[int] = set()
        self._flying: dict[int, int] = {}  # when each message was sent, oldest first
        self._limit = 0

    def times(self) -> Times | None:
        """Return H and D, or None while no promise is made: nobody booted yet, or two heartbeats differ."""
        if len(self._heartbeats) != 1:
            return None
        heartbeat = next(iter(self._heartbeats))
        delay = heartbeat // 2 if self._delay is None else self._delay
        return Times(heartbeat, delay) if 2 * delay <= heartbeat else None

    def stable(self, at: int) -> bool:
        """Return whether nothing is broken now and no message has been under way for longer than D."""
        if self._faults:
            return False
        oldest = next(iter(self._flying.values()), at)
        return at - oldest <= self._limit

    def hear(self, record: Any) -> bool:
        """Take in a record and return whether it is a disturbance."""
        kind, at = record.kind, record.at
        if kind == "send":
            self._flying[record.seq] = at
            return False
        if kind == "step":
            return self._stepped(record)
        disturbed = False
        if kind == "drop":
            self._flying.pop(record.cause, None)
            disturbed = record.data.why not in HARMLESS_DROPS
        elif kind == "state":
            self._saw(record)
        elif kind == "fault":
            disturbed = self._struck(record.data)
        elif kind in ("crash", "boot"):
            disturbed = True
            if kind == "crash":
                self._gone(record.node)  # its state record comes only after this one
        elif record.name == "configured":
            self._heartbeats.add(record.data.heartbeat)
            times = self.times()
            self._limit = 0 if times is None else times.delay
        elif record.name == "accepted":
            disturbed = len(self.leaders) > 1 and record.node != self._best(record)
        if disturbed:
            self.since = at
        return disturbed

    def _stepped(self, record: Any) -> bool:
        if record.data.input != "receive":
            return False
        sent = self._flying.pop(record.cause, None)
        # A message that is not under way any more is a second copy, of unknown age.
        late = sent is None or record.at - sent > self._limit
        if late:
            self.since = record.at
        return late

    def _gone(self, node: str) -> None:
        self.views.pop(node, None)
        self.leaders = tuple(leader for leader in self.leaders if leader != node)

    def _saw(self, record: Any) -> None:
        node = record.node
        if record.data is None:
            self._gone(node)
        else:
            self.views[node] = record.data
        leads = record.data is not None and record.data.role == "leader"
        if leads != (node in self.leaders):
            rest = [leader for leader in self.leaders if leader != node]
            self.leaders = tuple(sorted([*rest, node])) if leads else tuple(rest)

    def _struck(self, fault: Any) -> bool:
        """Take in a fault; of a crash only what becomes of the node counts, and it has a record of its own."""
        if fault.what == "crash" or fault.phase == "unresolved":
            return False
        if fault.phase == "mend":
            self._faults.discard(fault.fault)
        elif fault.what != "operate":  # an act is over at once
            self._faults.add(fault.fault)
        return True

    def _best(self, accepted: Any) -> str:
        """Return the leader that had the longest log before this write, of several the one with the least number."""

        def key(node: str) -> tuple[int, int]:
            tail = self.views[node].tail - (node == accepted.node)
            return tail, -self._number[node]

        return max(self.leaders, key=key)
