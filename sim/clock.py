"""A node's two clocks, each a rate and an offset from true time, in integers.

The monotonic clock starts at 0 at the node's first boot, may run fast or slow, and never jumps (but for a reboot,
which sets it to 0). The wall clock starts at the scenario's date plus the node's offset, and may also jump.
Rate errors are ppm and add, so overlapping faults mend in any order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MILLION = 1_000_000


class Dial:
    """One clock: reads `base_local` at true time `base_true` and gains `rate` millionths per ns.

    Errors that add up to less than a standstill are a standstill, until one of them is mended.
    """

    __slots__ = ("_base_local", "_base_true", "_sum", "rate")

    def __init__(self, true: int, local: int, ppm: int = 0) -> None:
        self._base_true = true
        self._base_local = local
        self._sum = MILLION + ppm
        self.rate = max(0, self._sum)

    def read(self, true: int) -> int:
        """Return what the clock shows at a true time."""
        return self._base_local + (true - self._base_true) * self.rate // MILLION

    def when(self, local: int) -> int | None:
        """Return the first true time at which the clock shows `local` or more; None if at this rate it never will."""
        if not self.rate:
            return None
        return self._base_true + -(-(local - self._base_local) * MILLION // self.rate)

    def turn(self, true: int, ppm: int) -> None:
        """Change the rate by so many ppm from now on, without a step in what the clock shows."""
        self._base_local = self.read(true)
        self._base_true = true
        self._sum += ppm
        self.rate = max(0, self._sum)

    def jump(self, by: int) -> None:
        """Step the clock."""
        self._base_local += by

    def set(self, true: int, local: int) -> None:
        """Let the clock show `local` now."""
        self._base_true = true
        self._base_local = local


class Clock:
    """The clocks of one node. `on_rate` is called after the monotonic rate changed: alarms must be armed again."""

    __slots__ = ("_kernel", "monotonic", "on_rate", "wall")

    def __init__(self, kernel: Any, wall_start: int, drift: int = 0) -> None:
        self._kernel = kernel
        self.monotonic = Dial(kernel.now, 0, drift)
        self.wall = Dial(kernel.now, wall_start, drift)
        self.on_rate: Callable[[], None] | None = None

    def drift(self, ppm: int, which: str = "both") -> None:
        """Add a rate error to the wall clock, the monotonic clock or both."""
        now = self._kernel.now
        if which != "monotonic":
            self.wall.turn(now, ppm)
        if which != "wall":
            self.monotonic.turn(now, ppm)
            if self.on_rate is not None:
                self.on_rate()

    def first_boot(self) -> None:
        """Start the monotonic clock: it shows 0 now."""
        self.monotonic.set(self._kernel.now, 0)
