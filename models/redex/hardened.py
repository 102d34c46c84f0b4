"""A hardened redex: the runtime with each weakness mended by a switch of its own (section 9.0).

A switch is a parameter of `choices.HARDENINGS`; its first word is what the specification does. Each works alone, and
all together make a log that survives what a majority survives. The rooms:

    fencing    terms, leases, and when a node looks and speaks   TERM LEASE SEED HINT NOW CALM
    electing   standing and voting                               VOTE
    agreeing   logs that match, commit and begin anew            MATCH COMMIT SNAP
    hardened   asking in step, withdrawing for a while           FLOW REJOIN DRAIN
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar

from sim.machine import Alarm, Ask, Cluster, Lane, NodeId, Now, Operate, on

from . import wire
from .agreeing import Agreeing
from .budget import BandwidthBudget
from .catchup import CatchupBackoff
from .choices import HARDENINGS
from .flow import Pacing, Shares
from .logfile import AppendFailed
from .messages import BACKPRESSURE, HEADER_BYTES, Shutdown
from .roles import FOLLOWER, IDLE, LEADER, REJOINED
from .runtime import Redex

VOTES = (wire.VoteRequest, wire.Vote)


class Hardened(Agreeing):
    """One node of a redex channel with some hardenings on: words of choices.HARDENINGS beside Redex's parameters."""

    LANES: ClassVar[tuple[Lane, ...]] = (
        Lane("client", 1024, (Ask, Operate)),
        Lane("priority", 128, (wire.SyncResponse, wire.SyncNack, Shutdown, *VOTES)),
        Lane("tick", 1, (Alarm,)),
        Lane("low", 1024, ()),
    )

    def __init__(self, node: NodeId, cluster: Cluster, **params: Any) -> None:
        super().__init__(node, cluster, **params)
        self.pacing = Pacing(2 * self.heartbeat)
        self.shares = Shares(self._share)
        if self.flowing:
            self.backoff = CatchupBackoff(self.tracker.window)
        self._retry_after = 0  # of the refusal under way
        self._eager = False  # something says that asking now is worth while
        self._withdrew_at: int | None = None

    # -- asking in step ------------------------------------------------------------------------------------

    def _behind(self, leader: NodeId) -> bool:
        free = not self.flowing or self.pacing.free(leader, self._now.monotonic)
        return free and super()._behind(leader)

    def _request(self, token: int) -> Any:
        leader = self.tracker.belief
        if leader is not None:
            self.pacing.asked(leader, token, self._now.monotonic)
        return super()._request(token)

    def _hear(self, src: NodeId, msg: Any, now: Now) -> None:
        super()._hear(src, msg, now)
        self._eager = self._eager or (msg.role == LEADER and src == self.tracker.belief)

    @on(wire.SyncResponse)
    def answered(self, src: NodeId, msg: Any, now: Now) -> None:
        self.pacing.landed(msg.request_id)
        before = self.log.tail_mark
        super().answered(src, msg, now)
        self._eager = self._eager or self.log.tail_mark != before

    @on(wire.SyncNack)
    def refused(self, src: NodeId, msg: Any, now: Now) -> None:
        self.pacing.landed(msg.request_id)
        if msg.error_code == BACKPRESSURE and msg.retry_after:
            self.pacing.hold_off(src, now.monotonic + msg.retry_after)
        super().refused(src, msg, now)

    def _follow_up(self, now: Now) -> None:
        super()._follow_up(now)
        eager, self._eager = self._eager, False
        if eager and self.flowing and self.role == FOLLOWER and not self.tracker.silent(now.monotonic):
            self._pull(now)

    # -- shipping in step ----------------------------------------------------------------------------------

    def _share(self) -> BandwidthBudget:
        """Return the budget of one follower: an equal part, so that none can starve another."""
        rate = self.bandwidth or 0
        part = self.fraction / max(1, len(self.peers))
        return BandwidthBudget(rate, part, self.background, self._now.monotonic, self.bucket)

    @property
    def _paced(self) -> bool:
        return self.flowing and self.budget is not None

    def _room(self, src: NodeId, msg: Any) -> int:
        room = super()._room(src, msg)
        if not self._paced:
            return room
        return max(0, min(room, self.shares.of(src).most(msg.bandwidth_class) - HEADER_BYTES))

    def _admit(self, src: NodeId, cost: int, bandwidth_class: str, at: int) -> bool:
        if not self._paced:
            return super()._admit(src, cost, bandwidth_class, at)
        share = self.shares.of(src)
        cost = min(cost, share.most(bandwidth_class))  # a single entry may be more than is ever there
        if share.try_consume(cost, bandwidth_class, at):
            return True
        self._retry_after = share.wait(cost, bandwidth_class)
        return False

    @on(wire.SyncRequest)
    def asked(self, src: NodeId, msg: Any, now: Now) -> None:
        if self._paced:
            self.shares.asked(src, msg.since_seq)
        super().asked(src, msg, now)

    def _nack(self, msg: Any, code: int) -> wire.SyncNack:
        nack = super()._nack(msg, code)
        return nack._replace(retry_after=self._retry_after) if code == BACKPRESSURE and self._paced else nack

    def _refund(self, dst: NodeId, cost: int) -> None:
        if self._paced:
            self.shares.of(dst).refund(cost)
        else:
            super()._refund(dst, cost)

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
        if self.agreeing and self.role in (FOLLOWER, LEADER) and self.sink.tip != self.recorded_tail:
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
}
HARDENED: Mapping[str, object] = {name: value for switch in SWITCHES.values() for name, value in switch.items()}


class _Factory:
    """Makes a node's machine: the runtime as specified, or a hardened one if any switch is on."""

    __signature__ = inspect.Signature(
        [
            *(p for p in inspect.signature(Redex).parameters.values()),
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
