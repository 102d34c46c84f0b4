"""Who was heard, when, and who is believed to lead (section 7.2).

A belief is only ever a peer whose heartbeat said `leader`. Times are ns on this node's monotonic clock, taken when a
heartbeat is processed, not when it arrived.
"""

from __future__ import annotations

from typing import NamedTuple

from sim.machine import NodeId

from .roles import LEADER

MISS_THRESHOLD = 3  # heartbeats


class Peer(NamedTuple):
    """The last heartbeat of a peer; `led_seen` is when it last said that it leads."""

    role: str
    tail: int
    seen: int
    led_seen: int | None


class HeartbeatTracker:
    """What heartbeats have told. The choices are P1, P2, P3, P5 and P20 of the specification.

    Once it is seeded the silence timer runs from when this node began to listen or last heard a leader that it
    believes in say so, whomever it believes in now (9.0, SEED).
    """

    def __init__(
        self,
        heartbeat: int,
        follow: str = "latest",
        demoted: str = "keep",
        boundary: str = "at",
        deaf: str = "waits",
        clearing: str = "belief",
    ) -> None:
        self.window = MISS_THRESHOLD * heartbeat
        self.peers: dict[NodeId, Peer] = {}
        self.belief: NodeId | None = None
        self._deaf_since = 0
        self._follow = follow
        self._demoted = demoted
        self._boundary = boundary
        self._deaf = deaf
        self._clearing = clearing
        self._seeded = False
        self._timer_from = 0
        self.patience = self.window  # with a seeded timer: the silence window in the leader's own heartbeats
        self.led_at: int | None = None  # when a believed leader last said that it leads

    def seed(self, seeded: bool) -> None:
        """Choose what silence is counted from."""
        self._seeded = seeded

    def expect(self, every: int) -> None:
        """Take in how often the believed leader means to be heard, in ns."""
        if self._seeded:
            self.patience = max(self.window, MISS_THRESHOLD * every)

    def record(self, src: NodeId, role: str, tail: int, at: int) -> None:
        """Take in a heartbeat; a leader's may change the belief."""
        before = self.peers.get(src)
        if role == LEADER:
            if self._follow == "latest" or self.belief is None or self.silent(at):
                self.belief = src
            if self.belief == src:
                self._timer_from = self.led_at = at
            led_seen: int | None = at
        else:
            led_seen = before.led_seen if before is not None else None
            if self._demoted == "clear" and src == self.belief:
                self.belief = None
                self._deaf_since = at
        self.peers[src] = Peer(role, tail, at, led_seen)

    def clear(self, at: int) -> None:
        """Forget who leads. NB: with P5 `waits` nothing but a leader's heartbeat ever ends this deafness."""
        self.belief = None
        self._deaf_since = at
        if self._clearing == "everything":
            self.peers.clear()

    def listen_from(self, at: int) -> None:
        """Count deafness from now on: the node has become a follower."""
        self._deaf_since = self._timer_from = at

    def led(self, at: int) -> bool:
        """Return whether a believed leader said within the silence window that it leads."""
        return self.led_at is not None and at - self.led_at < self.patience

    def silent(self, at: int) -> bool:
        """Return whether the believed leader has not been heard for the silence window."""
        if self._seeded:
            return self._passed(at - self._timer_from, self.patience)
        if self.belief is None:
            return self._deaf == "stands" and at - self._deaf_since >= self.window
        peer = self.peers[self.belief]
        seen = peer.led_seen if self._demoted == "leader-only" else peer.seen
        return self._passed(at - (peer.seen if seen is None else seen), self.window)

    def _passed(self, lag: int, window: int) -> bool:
        return lag > window if self._boundary == "after" else lag >= window

    def lag(self, peer: NodeId, at: int) -> int | None:
        """Return how long ago a peer was heard in any role, None if never."""
        known = self.peers.get(peer)
        return None if known is None else max(0, at - known.seen)

    def fresh(self, peer: NodeId, at: int) -> bool:
        """Return whether a peer was heard, in any role, within the silence window."""
        known = self.peers.get(peer)
        return known is not None and at - known.seen < self.window

    def tail_of(self, peer: NodeId) -> int:
        """Return the tail that a peer last reported, 0 if it was never heard."""
        known = self.peers.get(peer)
        return 0 if known is None else known.tail
