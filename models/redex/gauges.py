"""What a node measures of itself: how old the heartbeats are that it lives on (section 6.7), and what it counted.

The lags are ages of heartbeats, not distances between logs: a follower that receives nothing from a leader that it
hears well looks healthy, and a peer that withdrew pins a leader's gauge for ever.
"""

from __future__ import annotations

from collections.abc import Iterable

from sim.machine import NodeId

from .roles import FOLLOWER, LEADER
from .tracker import HeartbeatTracker


def observe_lag(
    role: str, me: NodeId, members: Iterable[NodeId], tracker: HeartbeatTracker, at: int
) -> tuple[str, int] | None:
    """Return the gauge and the lag in ns that a node can observe, or None if it has nobody to observe.

    A leader looks at the worst of the others that it ever heard, a follower at the leader that it believes in.
    """
    if role == LEADER:
        lags = [lag for node in members if node != me and (lag := tracker.lag(node, at)) is not None]
        return (LEADER, max(lags)) if lags else None
    if role == FOLLOWER and tracker.belief is not None:
        lag = tracker.lag(tracker.belief, at)
        return None if lag is None else (FOLLOWER, lag)
    return None


class Gauges:
    """Lags in ns, None before the first, and totals of this life. A gauge without an observation keeps its value."""

    def __init__(self) -> None:
        self.leader_lag: int | None = None
        self.follower_lag: int | None = None
        self.sync_bytes_total = 0  # shipped, or at least tried to
        self.skip_ahead_total = 0  # attempts, refused ones too
        self.under_capacity_total = 0

    def record(self, observed: tuple[str, int] | None) -> None:
        """Set the gauge of the role that made an observation, if one was made."""
        if observed is None:
            return
        if observed[0] == LEADER:
            self.leader_lag = observed[1]
        else:
            self.follower_lag = observed[1]
