"""Standing and voting: VOTE of section 9.0, on the rules of `votes`."""

from __future__ import annotations

from typing import Any

from sim.machine import Alarm, Cluster, NodeId, Now, on

from . import wire
from .fencing import Fenced
from .roles import CANDIDATE, ELECTION_LOST, ELECTION_WON, FOLLOWER, IDLE, LEADER, MISSED_HEARTBEATS
from .votes import Canvass, rank_delay, up_to_date


class Electing(Fenced):
    """A runtime in which a majority elects."""

    def __init__(self, node: NodeId, cluster: Cluster, **params: Any) -> None:
        super().__init__(node, cluster, **params)
        self.canvass: Canvass | None = None
        self._standing = False  # the alarm is set

    # -- standing ------------------------------------------------------------------------------------------

    def _lead_first(self, now: Now) -> None:
        if self.voting:
            self._stand(False, now)
        else:
            super()._lead_first(now)

    def _missed(self, now: Now) -> None:
        if not self.voting:
            super()._missed(now)
        elif not self._standing and not self._holds_back(now.monotonic):
            trips = (self.cluster.rtt(peer) for peer in self.peers)
            delay = rank_delay(trips, self.cluster.majority(), self.heartbeat)
            # Ranks are equal where round trips are, so a part is drawn.
            self.alarm("stand", delay + self._now.word(1) % (self.heartbeat // 4 + 1))
            self._standing = True

    def _elect(self, at: int) -> None:
        if not self.voting:
            super()._elect(at)

    @on(Alarm, "stand")
    def stand(self, about: Any, now: Now) -> None:
        at = now.monotonic
        self._standing = False
        if self.role == FOLLOWER and self.tracker.silent(at) and not self._holds_back(at):
            self._turn(CANDIDATE, MISSED_HEARTBEATS, at)
        if self.role == CANDIDATE:
            self._stand(True, now)

    def _stand(self, pre: bool, now: Now) -> None:
        """Ask everybody for a vote in the next term; with `pre`, whether there would be one."""
        term = self.term + 1 if self.fenced else 0
        if self.fenced and not pre:
            self._cast(term, self.node)
        self.canvass = Canvass(self.node, term, pre, self.cluster.majority())
        self.broadcast(wire.VoteRequest(self.channel, term, self.log.last_term, self.tail, pre))
        window = self.tracker.window
        self.alarm("stand", (window, 2 * window))
        self._count(now)

    def _count(self, now: Now) -> None:
        canvass, at = self.canvass, now.monotonic
        if canvass is None or not canvass.won:
            return
        if canvass.pre:
            self._stand(False, now)
        else:
            self._turn(LEADER, ELECTION_WON, at)
            self._forget_leader(at)

    def _turned(self, was: str, signal: str, at: int) -> None:
        super()._turned(was, signal, at)
        if self.voting and was == CANDIDATE:
            self.canvass = None
            self.cancel("stand")

    # -- voting --------------------------------------------------------------------------------------------

    @on(wire.VoteRequest)
    def canvassed(self, src: NodeId, msg: wire.VoteRequest, now: Now) -> None:
        at = now.monotonic
        if not self._concerns(src, msg) or self.role == IDLE:
            return
        granted = up_to_date(msg.last_term, msg.tail_seq, self.log.last_term, self.tail)
        if msg.pre or not self.fenced:
            # Who hears a leader helps nobody to replace it. Of a vote in a term that must not be so: whoever began one
            # refuses the leader of an earlier one, and would be alone in it for ever.
            led = self.role == LEADER or self.tracker.led(at)
            granted = granted and not led and (msg.term > self.term or not self.fenced)
        else:
            if msg.term > self.term:
                self._advance(msg.term, at)
            granted = granted and msg.term == self.term and self.voted in (None, src)
            if granted:
                self._vote(src, at)
        self.send(src, wire.Vote(self.channel, msg.term if granted else self.term, granted, msg.pre))

    def _vote(self, candidate: NodeId, at: int) -> None:
        if self.voted is None:
            self._cast(self.term, candidate)
        self.tracker.listen_from(at)  # its reign is given time to begin

    @on(wire.Vote)
    def answered_vote(self, src: NodeId, msg: wire.Vote, now: Now) -> None:
        if not self._concerns(src, msg):
            return
        canvass = self.canvass
        if not msg.granted:
            if msg.term > self.term:
                self._advance(msg.term, now.monotonic)
        elif canvass is not None and (canvass.term, canvass.pre) == (msg.term, msg.pre):
            canvass.grant(src)
            self._count(now)

    def _hear(self, src: NodeId, msg: Any, now: Now) -> None:
        super()._hear(src, msg, now)
        if self.voting and self.role == CANDIDATE and msg.role == LEADER:
            self._turn(FOLLOWER, ELECTION_LOST, now.monotonic)
