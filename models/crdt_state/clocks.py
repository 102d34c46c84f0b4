"""Stamps in us since 1970: of the wall clock, or of a hybrid clock that has seen other stamps (the choice `clock`)."""

from __future__ import annotations

from collections.abc import Iterable

from sim.units import US


def wall_us(wall: int) -> int:
    """Return a wall clock's reading in ns as a stamp; times before 1970 are 0."""
    return max(0, wall // US)


class WallClock:
    """Stamps are whatever the wall clock shows: they repeat within a tick and go back with the clock."""

    __slots__ = ()

    def stamp(self, wall: int) -> int:
        return wall_us(wall)

    def credible(self, stamp: int, wall: int) -> bool:
        """Return whether a stamp of another node may be taken in: every one."""
        return True

    def saw(self, stamps: Iterable[int]) -> None:
        """Take notice of other nodes' stamps: a wall clock does not."""


class HybridClock:
    """Stamps grow with every event and with every stamp seen, and follow the wall clock where it is ahead.

    So an effect has a greater stamp than its cause, whatever the clocks show. One number is enough: where the wall
    clock lags, the logical part counts its microseconds on. A stamp further ahead of the wall clock than `ahead` ns
    is not credible: it would be passed on for ever. So a node whose clock is that wrong is not heard.
    """

    __slots__ = ("ahead_us", "last")

    def __init__(self, ahead: int) -> None:
        self.ahead_us = ahead // US
        self.last = 0

    def stamp(self, wall: int) -> int:
        self.last = max(wall_us(wall), self.last + 1)
        return self.last

    def credible(self, stamp: int, wall: int) -> bool:
        return stamp <= wall_us(wall) + self.ahead_us

    def saw(self, stamps: Iterable[int]) -> None:
        self.last = max(self.last, max(stamps, default=0))


Clock = WallClock | HybridClock
