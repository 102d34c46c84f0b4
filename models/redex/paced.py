"""Asking and shipping in step with what arrives: FLOW of section 9.0, on the rules of `flow`.

With TERM, VOTE and MATCH a follower may also tell others what of its log is known to be the leader's, for those whom
the leader does not answer (W20).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from sim.machine import Cluster, NodeId, Now, on

from . import wire
from .agreeing import Agreeing
from .budget import BandwidthBudget
from .catchup import CatchupBackoff
from .flow import Pacing, Shares
from .messages import BACKPRESSURE, HEADER_BYTES, NOT_LEADER
from .roles import FOLLOWER, LEADER


class Paced(Agreeing):
    """A runtime whose followers have one request under way, and whose leaders give each a share."""

    def __init__(self, node: NodeId, cluster: Cluster, **params: Any) -> None:
        super().__init__(node, cluster, **params)
        self.relaying = self.flowing and self.matching and self.fenced and self.voting
        self.pacing = Pacing(2 * self.heartbeat)
        self.shares = Shares(self._share)
        if self.flowing:
            self.backoff = CatchupBackoff(self.tracker.window)
        self._retry_after = 0  # of the refusal under way
        self._class = self.bandwidth_class  # of the request that is being served
        self._eager = False  # something says that asking now is worth while

    # -- asking in step ------------------------------------------------------------------------------------

    def _behind(self, leader: NodeId) -> bool:
        free = not self.flowing or self.pacing.free(leader, self._now.monotonic)
        return free and super()._behind(leader)

    def _ask(self, whom: NodeId, token: int, at: int) -> None:
        leader = whom
        if self.relaying and self.pacing.detour():
            tracker = self.tracker
            near = [n for n in self.peers if n != leader and tracker.fresh(n, at) and tracker.tail_of(n) > self.tail]
            whom = near[token % len(near)] if near else leader
        self.pacing.asked(leader, whom, token, at)
        super()._ask(whom, token, at)

    def _trusts(self, src: NodeId) -> bool:
        # Whoever was asked answers in this term, and its leader's log is one log whoever tells of it.
        return self.relaying or super()._trusts(src)

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
        part = Fraction(self.fraction, max(1, len(self.peers)))
        return BandwidthBudget(rate, part, self.background, self._now.monotonic, self.bucket)

    @property
    def _paced(self) -> bool:
        return self.flowing and self.budget is not None

    def _room(self, src: NodeId, msg: Any) -> int:
        room = super()._room(src, msg)
        if not self._paced:
            return room
        return max(0, min(room, self.shares.of(src).most(msg.bandwidth_class) - HEADER_BYTES))

    def _serves(self) -> bool:
        known = self._verified[:2] == (self.tracker.belief, self.term)
        return super()._serves() or (self.relaying and self.role == FOLLOWER and known)

    def _reply(self, src: NodeId, msg: Any) -> Any:
        if self.role == LEADER:
            return super()._reply(src, msg)
        # What of this log is the leader's own may be told in its place.
        upto = self._verified[2]
        since = self.log.common([point for point in msg.marks if point[0] <= upto])
        if since is None or since < self.first_retained or self.log.closed:
            return self._nack(msg, NOT_LEADER)
        events = self.log.chunk(since, self._room(src, msg), self.oversized)
        mark = self.log.mark(upto) or ""
        return self._response(msg, since, events[: upto - since])._replace(tail=upto, tail_mark=mark)

    def _ship(self, src: NodeId, reply: Any) -> None:
        if self._paced:
            cost = min(reply.size, self.shares.of(src).most(self._class))
            self.shares.shipped(src, reply.first_seq + len(reply.events), cost)
        super()._ship(src, reply)

    def _admit(self, src: NodeId, cost: int, bandwidth_class: str, at: int) -> bool:
        if not self._paced:
            return super()._admit(src, cost, bandwidth_class, at)
        share = self.shares.of(src)
        self._class = bandwidth_class
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
