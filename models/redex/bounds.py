"""When a cluster is calm enough for a promise of section 10.2 to bind, read from the records of a run.

The bounds hold only while every live node is up and unpaused, all links are lossless and no slower than D, all
heartbeats are equally long, and clients write at the best leader alone. `Calm` watches for the end of any of
that. It cannot see a clock that runs at a wrong rate from the start, nor a disk so slow that heartbeats wait for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any

from .roles import CAPABILITY_SELECTED, CHANNEL_CLOSE, GRACEFUL_RELINQUISH, LEADER

NEEDS = {
    "configured": "heartbeat", "state": "role leader tail", "turned": "signal", "accepted": "seq",
    "crash": "", "boot": "", "fault": "", "send": "", "step": "", "drop": "",
}  # fmt: skip
# Nothing is wrong with the network when a node that is down gets no mail.
HARMLESS_DROPS = ("down", "crashed", "stopped", "answers-lost")
FROM_OUTSIDE = (CAPABILITY_SELECTED, GRACEFUL_RELINQUISH, CHANNEL_CLOSE)  # turns that the protocol itself does not make


class Calm:
    """What stands in the way of a promise: `since` is when the last disturbance was.

    `heartbeat` is H and `delay` is D, in ns; D is given, or half of H, the most for which the promises are made. H is 0
    while no promise is made: nobody has booted yet, two nodes differ in it, or D is more.
    """

    def __init__(self, nodes: tuple[str, ...], delay: int | None) -> None:
        self.since = 0
        self.heartbeat = 0
        self.delay = 0
        self.views: dict[str, Any] = {}
        self.leaders: tuple[str, ...] = ()
        self._number = {node: i for i, node in enumerate(nodes)}
        self._given = delay
        self._heartbeats: set[int] = set()
        self._faults: set[int] = set()
        self._flying: dict[int, int] = {}  # when each message was sent, oldest first

    def part(self, views: Mapping[str, Any], at: int) -> Calm:
        """Return a watch over some nodes as they look, whom nobody else reaches from now on.

        What is under way is of unknown age to it, so it is calm only when that has arrived.
        """
        part = copy(self)
        part.since, part.views, part.leaders = at, {}, ()
        part._heartbeats, part._faults, part._flying = set(self._heartbeats), set(self._faults), {}
        for node, view in views.items():
            part._look(node, view)
        return part

    def awaits(self, sent: int | None) -> bool:
        """Return whether a message is under way."""
        return sent in self._flying

    def stable(self, at: int) -> bool:
        """Return whether nothing is broken now and no message has been under way for longer than D."""
        if self._faults:
            return False
        oldest = next(iter(self._flying.values()), at)
        return at - oldest <= self.delay

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
            self._look(record.node, record.data)
        elif kind == "fault":
            disturbed = self._struck(record.data)
        elif kind in ("crash", "boot"):
            self._look(record.node, None)
            disturbed = True
        elif record.name == "configured":
            self._configured(record.data.heartbeat)
        elif record.name == "turned":
            disturbed = record.data.signal in FROM_OUTSIDE
        elif record.name == "accepted":
            disturbed = len(self.leaders) > 1 and record.node != self._best(record)
        if disturbed:
            self.since = at
        return disturbed

    def _configured(self, heartbeat: int) -> None:
        self._heartbeats.add(heartbeat)
        self.delay = heartbeat // 2 if self._given is None else self._given
        self.heartbeat = heartbeat if len(self._heartbeats) == 1 and 2 * self.delay <= heartbeat else 0

    def _stepped(self, record: Any) -> bool:
        if record.data.input != "receive":
            return False
        sent = self._flying.pop(record.cause, None)
        # A message that is not under way any more is a second copy, of unknown age.
        late = sent is None or record.at - sent > self.delay
        if late:
            self.since = record.at
        return late

    def _look(self, node: str, view: Any) -> None:
        """Take in how a node looks now; None is a node that is down."""
        if view is None:
            self.views.pop(node, None)
        else:
            self.views[node] = view
        leads = view is not None and view.role == LEADER
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

    def outranked(self, promoted: Mapping[str, int]) -> str | None:
        """Say whether the only leader comes behind one of those that led with that tail: by tail, then by number."""
        (leader,) = self.leaders
        tail = self.views[leader].tail
        for node, other in promoted.items():
            if (other, -self._number[node]) > (tail, -self._number[leader]):
                return f"{leader} with tail {tail} leads, and {node} did with {other}"
        return None

    def _best(self, accepted: Any) -> str:
        """Return the leader that had the longest log before this write, of several the one with the least number."""

        def key(node: str) -> tuple[int, int]:
            tail = self.views[node].tail - (node == accepted.node)
            return tail, -self._number[node]

        return max(self.leaders, key=key)
