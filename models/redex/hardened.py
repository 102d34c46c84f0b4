"""A hardened redex: the runtime with each weakness mended by a switch of its own (section 9.0).

A switch is a parameter of `choices.HARDENINGS`; its first word is what the specification does. Each works alone, and
all together make a log that survives what a majority survives. The rooms:

    fencing    terms, leases, and when a node looks and speaks   TERM LEASE SEED HINT NOW CALM
    electing   standing and voting                               VOTE
    agreeing   logs that match, commit and begin anew            MATCH COMMIT SNAP
    paced      asking and shipping in step                       FLOW
    hardened   withdrawing for a while, listening first,
               and what discovery is told                        REJOIN DRAIN TIP
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar

from sim.machine import Alarm, Ask, Cluster, Lane, NodeId, Now, Operate, on

from . import wire
from .choices import HARDENINGS
from .logfile import AppendFailed
from .messages import Shutdown
from .paced import Paced
from .roles import FOLLOWER, IDLE, LEADER, REJOINED
from .runtime import Redex

VOTES = (wire.VoteRequest, wire.Vote)


class Hardened(Paced):
    """One node of a redex channel with some hardenings on: words of choices.HARDENINGS beside Redex's parameters."""

    LANES: ClassVar[tuple[Lane, ...]] = (
        Lane("client", 1024, (Ask, Operate)),
        Lane("priority", 128, (wire.SyncResponse, wire.SyncNack, Shutdown, *VOTES)),
        Lane("tick", 1, (Alarm,)),
        Lane("low", 1024, ()),
    )

    def __init__(self, node: NodeId, cluster: Cluster, **params: Any) -> None:
        super().__init__(node, cluster, **params)
        self._withdrew_at: int | None = None

    # -- withdrawing for a while ---------------------------------------------------------------------------

    def _press(self, at: int) -> None:
        if self.rejoining and self.under_capacity == "withdraw" and not self._spared(at):
            self._count_pressure()
            return
        super()._press(at)
        if self.role == IDLE:
            self._withdrew_at = at

    def _closed_elsewhere(self, at: int) -> None:
        if self.rejoining and not self._spared(at):
            return
        super()._closed_elsewhere(at)
        self._withdrew_at = at

    def _spared(self, at: int) -> bool:
        """Return whether the channel keeps a majority of members without this one."""
        peers = self.tracker.peers
        live = [peer for peer in self.peers if self.tracker.fresh(peer, at) and peers[peer].role in self.speakers]
        return len(live) >= self.cluster.majority()

    @on(Alarm, "tick")
    def tick(self, about: Any, now: Now) -> None:
        super().tick(about, now)
        self._come_back(now.monotonic)
        stale = self.role in (FOLLOWER, LEADER) and self.sink.tip != self.recorded_tail
        if stale and (self.agreeing or self.candid):
            tagged = self.sink.entered(self.role, self.recorded_tail)
            if tagged is not None:
                self.note(tagged)

    def _come_back(self, at: int) -> None:
        """Return from a withdrawal once there is room again."""
        if not self.rejoining or self._withdrew_at is None or at - self._withdrew_at < self.tracker.window:
            return
        try:
            self.log.reserve(1)
        except AppendFailed:
            return
        self._withdrew_at = None
        if self.role == IDLE:
            self._turn(FOLLOWER, REJOINED, at)

    # -- what discovery is told ----------------------------------------------------------------------------

    def _advertised(self) -> int:
        tail = super()._advertised()
        if not self.candid or self.role != LEADER:
            return tail
        # What a peer once held it may have lost, so it is asked what it says now.
        tracker, at = self.tracker, self._now.monotonic
        live = (peer for peer in self.peers if tracker.fresh(peer, at))
        held = max((min(self.holdings.of(peer), tracker.tail_of(peer)) for peer in live), default=0)
        return min(tail, held)

    def _record_tail(self, tail: int) -> None:
        super()._record_tail(tail)
        if self.candid:
            self.recorded_tail = tail


class Drained(Hardened):
    """The same with heartbeats ahead of ticks, and both ahead of answers: whoever stood still first listens."""

    LANES = (
        Lane("client", 1024, (Ask, Operate)),
        Lane("heartbeat", 1024, (wire.SyncHeartbeat,)),
        Lane("tick", 1, (Alarm,)),
        Lane("priority", 128, (wire.SyncResponse, wire.SyncNack, Shutdown, *VOTES)),
        Lane("low", 1024, ()),
    )


# -- making machines ---------------------------------------------------------------------------------------

SWITCHES: Mapping[str, Mapping[str, object]] = {
    "TERM": {"term": "fenced"},
    "VOTE": {"vote": "majority", "term": "fenced"},  # a vote is given once in a term
    "LEASE": {"lease": "majority", "silence": "seeded"},  # who steps down believes in nobody, and would be deaf
    "MATCH": {"match": "content"},
    "COMMIT": {"commit": "majority", "file": "kept"},  # what is in memory is no promise
    "SEED": {"silence": "seeded"},
    "HINT": {"hint": "given"},
    "DRAIN": {"drain": "heartbeats-first"},
    "NOW": {"notice": "at-once"},
    "SNAP": {"snapshot": "reset"},
    "FLOW": {"flow": "one-in-flight"},
    "REJOIN": {"rejoin": "room"},
    "CALM": {"calm": "after-conceding"},
    "TIP": {"tip": "live"},
}
HARDENED: Mapping[str, object] = {name: value for switch in SWITCHES.values() for name, value in switch.items()}


class _Factory:
    """Makes a node's machine: the runtime as specified, or a hardened one if any switch is on."""

    __signature__ = inspect.Signature(
        [
            *inspect.signature(Redex).parameters.values(),
            *(
                inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=words[0])
                for name, words in HARDENINGS.items()
            ),
        ]
    )

    def __call__(self, node: NodeId, cluster: Cluster, **params: Any) -> Redex:
        """Return the machine. Raises ValueError with the parameter's name, what was found and what is allowed."""
        if all(params.get(name, words[0]) == words[0] for name, words in HARDENINGS.items()):
            return Redex(node, cluster, **{k: v for k, v in params.items() if k not in HARDENINGS})
        kind = Hardened if params.get("drain", "tick-first") == "tick-first" else Drained
        return kind(node, cluster, **params)


machine = _Factory()
