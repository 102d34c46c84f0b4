"""What the past may still do, and when a node looks and speaks: TERM, LEASE, SEED, HINT, NOW, CALM (section 9.0).

A term is persisted before anything is said in it. What an earlier term sends is refused, and a leader that hears of a
later one gives way at once, so no message of a dead reign has an effect.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from sim.machine import Alarm, Boot, Cluster, Effect, Input, NodeId, Now, on
from sim.units import MS

from .._log_facts import Accepted, Committed
from . import wire
from .choices import HARDENINGS, one_of
from .claims import Cut, Diverged, Hardened, Quorum, Reset, Stored, View, Voted
from .facts import DivergenceSuspected, Skipped, Stopped, Struck, Tagged, Turned, UnderCapacity
from .lease import Lease
from .matching import MarkedLog
from .messages import NOT_LEADER
from .roles import (
    CANDIDATE,
    ELECTION_LOST,
    FOLLOWER,
    HIGHER_TERM_OBSERVED,
    IDLE,
    LEADER,
    LEASE_LAPSED,
    PEER_LEADER_OBSERVED,
    legal,
)
from .runtime import Redex

BALLOT = "ballot"  # the key of (term, vote) on disk
CONCEDED = (PEER_LEADER_OBSERVED, HIGHER_TERM_OBSERVED)


class Fenced(Redex):
    """The runtime with terms, leases and timely heartbeats, each as its switch says."""

    LOG = MarkedLog
    log: MarkedLog
    View = View
    FACTS = (
        Hardened, Turned, Tagged, Accepted, Stored, Cut, Reset, Diverged, Voted, Quorum, Committed, Skipped,
        DivergenceSuspected, UnderCapacity, Stopped, Struck,
    )  # fmt: skip

    def __init__(self, node: NodeId, cluster: Cluster, **params: Any) -> None:
        words = {name: one_of(name, params.pop(name, HARDENINGS[name][0])) for name in HARDENINGS}
        super().__init__(node, cluster, **params)
        on = {name: word != HARDENINGS[name][0] for name, word in words.items()}
        self.switches = tuple(name for name in HARDENINGS if on[name])
        self.fenced = on["term"]
        self.voting = on["vote"]
        self.leased = on["lease"]
        self.matching = on["match"]
        self.agreeing = on["commit"]
        self.seeded = on["silence"]
        self.hinting = on["hint"]
        self.draining = on["drain"]
        self.prompt = on["notice"]
        self.resetting = on["snapshot"]
        self.flowing = on["flow"]
        self.rejoining = on["rejoin"]
        self.calming = on["calm"]
        self.candid = on["tip"]

        self.term = 0
        self.voted: NodeId | None = None
        self.commit = 0
        self.tracker.seed(self.seeded)
        self.lease = Lease(self.tracker.window, cluster.majority() - 1)
        self._now = Now()
        self._stamps: dict[NodeId, int] = {}  # the last of each leader
        self._ticked: int | None = None
        self._late = False
        self._calm_until = 0
        self._unsaid = False  # this step began or ended a reign
        self._heard_of: NodeId | None = None  # the leader whose heartbeat this step took

    # -- a step and a life ---------------------------------------------------------------------------------

    def step(self, input: Input, now: Now) -> Sequence[Effect]:
        """Take one input, and then do what follows from the state that it left."""
        self._now = now
        effects = super().step(input, now)
        self._follow_up(now)
        return effects

    def _follow_up(self, now: Now) -> None:
        if self._unsaid:
            self._unsaid = False
            if self.prompt and self.role in self.speakers:
                self.broadcast(self._heartbeat(now))
        leader, self._heard_of = self._heard_of, None
        if leader is not None and self.role == FOLLOWER and (self.leased or self.agreeing):
            # At the next tick it might be late for the lease, and for clients who wait.
            self.send(leader, self._heartbeat(now))

    @on(Boot)
    def booted(self, durable: Mapping[Hashable, Any], life: int, now: Now) -> None:
        self.term, self.voted = durable.get(BALLOT, (0, None))
        super().booted(durable, life, now)

    def _introduce(self) -> None:
        self.note(Hardened(self.heartbeat, self.switches))

    # -- roles ---------------------------------------------------------------------------------------------

    def _turn(self, to: str, signal: str, at: int) -> str | None:
        was = self.role
        if to == LEADER and self.fenced and not self.voting and legal(was, to, signal):
            self._cast(self.term + 1, self.node)
        wrong = super()._turn(to, signal, at)
        if self.role != was:
            self._turned(was, signal, at)
        return wrong

    def _turned(self, was: str, signal: str, at: int) -> None:
        """Take in that the role is another now."""
        if LEADER in (was, self.role):
            self._unsaid = True
        if self.role == LEADER:
            self.lease.begin(at)
        if self.calming and was == LEADER and signal in CONCEDED:
            window = self.tracker.window
            self._calm_until = at + window + self._now.word(2) % (2 * window)

    def _outranks(self, src: NodeId, msg: Any) -> bool:
        if not self.fenced:
            return super()._outranks(src, msg)
        # Two of one term, as can be without votes. What is compared must not move while they hear each other.
        return self.cluster.number(self.node) < self.cluster.number(src)

    # -- terms ---------------------------------------------------------------------------------------------

    def _cast(self, term: int, candidate: NodeId | None) -> None:
        """Begin a term, with a vote or none, and have that on disk before anything is said in it."""
        self.term, self.voted = term, candidate
        self.persist(BALLOT, (term, candidate))
        if candidate is not None and self.voting:
            self.note(Voted(term, candidate))

    def _advance(self, term: int, at: int) -> None:
        """Enter a later term of which a message told."""
        self._cast(term, None)
        if self.role == LEADER:
            self._turn(FOLLOWER, HIGHER_TERM_OBSERVED, at)
        elif self.role == CANDIDATE:
            self._turn(FOLLOWER, ELECTION_LOST, at)
        if self.fenced:
            self.tracker.led_at = None  # whoever led does so no more
            if self.seeded:
                self.tracker.belief = None  # without it a node that believes in nobody would be deaf for ever

    def _admits(self, src: NodeId, msg: Any, now: Now) -> bool:
        if not super()._admits(src, msg, now):
            return False
        if self.fenced and msg.term > self.term:
            self._advance(msg.term, now.monotonic)
        elif self.fenced and msg.term < self.term:
            self._fence_off(src, msg, now)
            return False
        return True

    def _fence_off(self, src: NodeId, msg: Any, now: Now) -> None:
        """Tell who leads or asks in a past term which one it is now: it would not learn of it from a candidate."""
        if isinstance(msg, wire.SyncRequest):
            self._refuse(src, msg, NOT_LEADER)
        elif isinstance(msg, wire.SyncHeartbeat) and msg.role == LEADER and self.role != IDLE:
            self.send(src, self._heartbeat(now))

    # -- the tick ------------------------------------------------------------------------------------------

    @on(Alarm, "tick")
    def tick(self, about: Any, now: Now) -> None:
        at = now.monotonic
        self._late = self._ticked is not None and 2 * (at - self._ticked) > 3 * self.heartbeat
        self._ticked = at
        self._keep_lease(at)
        super().tick(about, now)

    def _keep_lease(self, at: int) -> None:
        """Step down if no majority has followed for a silence window."""
        if self.leased and self.role == LEADER and self.lease.lapsed(at):
            self._turn(FOLLOWER, LEASE_LAPSED, at)

    def _holds_back(self, at: int) -> bool:
        """Return whether silence means nothing: this node stood still itself, or has just given way."""
        return (self.draining and self._late) or at < self._calm_until

    def _missed(self, now: Now) -> None:
        if not self._holds_back(now.monotonic):
            super()._missed(now)

    # -- heartbeats ----------------------------------------------------------------------------------------

    def _heartbeat(self, now: Now) -> Any:
        leader = self.node if self.role == LEADER else self.tracker.belief
        return wire.SyncHeartbeat(
            self.channel,
            self.tail,
            self.role,
            now.wall // MS,
            self.term,
            leader,
            now.monotonic if self.role == LEADER else wire.NEVER,
            self._stamps.get(leader, wire.NEVER) if leader is not None else wire.NEVER,
            self.log.tail_mark[1] if self.matching else "",
            self.commit,
            self.heartbeat,
        )

    @on(wire.SyncHeartbeat)
    def heard(self, src: NodeId, msg: Any, now: Now) -> None:
        super().heard(src, msg, now)

    def _hear(self, src: NodeId, msg: Any, now: Now) -> None:
        super()._hear(src, msg, now)
        if msg.role == LEADER:
            self._stamps[src] = msg.stamp
            self.tracker.expect(msg.every)
            self._heard_of = src
        elif self.role == LEADER and msg.leader == self.node and msg.echo != wire.NEVER:
            self.lease.echoed(src, msg.echo)

    # -- refusals ------------------------------------------------------------------------------------------

    def _refuse(self, src: NodeId, msg: Any, code: int) -> None:
        self.send(src, self._nack(msg, code))

    def _nack(self, msg: Any, code: int) -> wire.SyncNack:
        hint = None
        if self.hinting:
            hint = self.node if self.role == LEADER else self.tracker.belief
        return wire.SyncNack(msg.channel_id, msg.since_seq, code, 0, msg.request_id, "", self.term, hint)

    def _led_elsewhere(self, msg: Any, at: int) -> None:
        if not self.hinting:
            super()._led_elsewhere(msg, at)
        elif msg.leader != self.node and msg.leader in self.tracker.peers:
            self.tracker.belief = msg.leader
