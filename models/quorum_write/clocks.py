"""Stamps of rows: a wall clock's reading, or that of a hybrid clock which never falls behind a stamp it has seen."""

from __future__ import annotations


class HybridClock:
    """A logical clock close to the wall clock: stamps are ns, above every stamp that this node has made or seen."""

    def __init__(self, latest: int = 0) -> None:
        self.latest = latest

    def tick(self, wall: int) -> int:
        """Return a stamp for a write."""
        self.latest = max(wall, self.latest + 1)
        return self.latest

    def see(self, stamp: int) -> None:
        """Take notice of a stamp that came along."""
        self.latest = max(self.latest, stamp)
