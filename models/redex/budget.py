"""What a leader may ship: a bucket of bytes that fills at a steady rate (section 6.3, P13).

A bucket holds one second's worth. The arithmetic is in byte-nanoseconds, so nothing is ever rounded.
"""

from __future__ import annotations

from fractions import Fraction

from sim.units import S

BACKGROUND = "background"


class BandwidthBudget:
    """Bytes that may be sent now, out of `fraction` of a rate in bytes per second; it fills when it is asked.

    Background traffic may use no more than its share of a full bucket: what it leaves must be at least the rest. A
    cost above the capacity, or above that share of it, is never admitted, however long one waits.
    """

    def __init__(self, rate: int, fraction: Fraction, background: Fraction, at: int, bucket: str = "full") -> None:
        self.capacity = int(rate * fraction)
        self._full = self.capacity * S
        self._level = self._full if bucket == "full" else 0
        self._floor = self._full * (1 - background)  # what a background request must leave
        self._at = at

    @property
    def available(self) -> int:
        """Return the whole bytes that were there when the bucket was last asked."""
        return self._level // S

    def try_consume(self, cost: int, bandwidth_class: str, at: int) -> bool:
        """Take so many bytes and return whether they were there; a refusal takes nothing."""
        self._level = min(self._full, self._level + self.capacity * (at - self._at))
        self._at = at
        left = self._level - cost * S
        if left < (self._floor if bandwidth_class == BACKGROUND else 0):
            return False
        self._level = left
        return True

    def most(self, bandwidth_class: str) -> int:
        """Return the highest cost that is ever admitted."""
        return int(self._full - (self._floor if bandwidth_class == BACKGROUND else 0)) // S

    def wait(self, cost: int, bandwidth_class: str) -> int:
        """Return how long in ns, from when it was last asked, until a cost that fits at all is admitted."""
        lacks = cost * S + (self._floor if bandwidth_class == BACKGROUND else 0) - self._level
        return max(0, -int(-lacks // self.capacity)) if self.capacity else 0

    def refund(self, cost: int) -> None:
        """Give back what could not even be queued; a bucket never holds more than its capacity."""
        self._level = min(self._full, self._level + cost * S)
