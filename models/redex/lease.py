"""Whether a leader is still followed by a majority: LEASE of section 9.0.

A leader stamps its heartbeats with its own monotonic clock, and followers send the last stamp of the leader that they
follow back. So what a lease is counted from is a moment at which the leader spoke to nodes that heard it: neither a
one-way cut nor a slow network makes it longer than it is.
"""

from __future__ import annotations

from sim.machine import NodeId


class Lease:
    """The stamps that came back to a leader. `others` is how many of them make a majority with the leader itself."""

    def __init__(self, window: int, others: int) -> None:
        self._window = window
        self._others = others
        self._since = 0
        self._echoes: dict[NodeId, int] = {}

    def begin(self, at: int) -> None:
        """Begin a reign: nobody has echoed anything yet."""
        self._since = at
        self._echoes = {}

    def echoed(self, peer: NodeId, stamp: int) -> None:
        """Take in a stamp that a follower sent back; one from before the reign is of an earlier one."""
        if stamp >= self._since:
            self._echoes[peer] = max(stamp, self._echoes.get(peer, stamp))

    def followed(self, at: int) -> int | None:
        """Return the latest moment at which a majority is known to have followed, None if it is not known yet."""
        if not self._others:
            return at
        echoes = sorted(self._echoes.values(), reverse=True)
        return echoes[self._others - 1] if len(echoes) >= self._others else None

    def lapsed(self, at: int) -> bool:
        """Return whether a silence window has passed since then, or since the reign began."""
        followed = self.followed(at)
        return at - (self._since if followed is None else followed) >= self._window
