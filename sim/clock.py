"""A node's two clocks, each a rate and an offset from true time, in integers.

The monotonic clock starts at 0 at the node's first boot, may run fast or slow, and never jumps (but for a reboot,
which sets it to 0). The wall clock starts at the scenario's date plus the node's offset, and may also jump.
Rate errors are ppm and add, freezes count, and so do the shifts of clocks that swing: overlapping faults mend in any
order. A correction of the wall clock is of another kind: the new one replaces the one under way, as adjtime does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .kernel import FAULT

MILLION = 1_000_000


class Dial:
    """One clock: reads `base_local` at true time `base_true` and gains `rate` millionths per ns.

    Errors that add up to less than a standstill are a standstill, until one of them is mended; so is a freeze.
    `shifted` is the part of what it shows that faults will take back: a swing, not a step.
    """

    __slots__ = ("_base_local", "_base_true", "_frozen", "_sum", "rate", "shifted")

    def __init__(self, true: int, local: int, ppm: int = 0) -> None:
        self._base_true = true
        self._base_local = local
        self._sum = MILLION + ppm
        self._frozen = 0  # faults that hold it
        self.rate = max(0, self._sum)
        self.shifted = 0

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
        self._sum += ppm
        self._run(true)

    def freeze(self, true: int, by: int) -> None:
        """Count a fault that holds the clock still (1) or one that is over (-1)."""
        self._frozen += by
        self._run(true)

    def _run(self, true: int) -> None:
        """Go on from here at the rate that is now right."""
        self._base_local = self.read(true)
        self._base_true = true
        self.rate = 0 if self._frozen else max(0, self._sum)

    def jump(self, by: int) -> None:
        """Step the clock."""
        self._base_local += by

    def shift(self, by: int) -> None:
        """Step the clock by what will be taken back: setting the clock meanwhile leaves it shifted."""
        self._base_local += by
        self.shifted += by

    def set(self, true: int, local: int) -> None:
        """Let the clock show `local` now."""
        self._base_true = true
        self._base_local = local


class Clock:
    """The clocks of one node. `on_rate` is called after the monotonic rate changed: alarms must be armed again.

    `offset` is the wall clock's first error in ns; `drift` the rate error of both clocks and `wall_drift` that of the
    wall clock beside it, in ppm. `errors` tells from when on the wall clock was how wrong: (at, ns ahead of true time,
    rate error in ppm), a row for each change.
    """

    __slots__ = ("_correcting", "_kernel", "_post", "_wall_start", "errors", "monotonic", "on_rate", "wall")

    def __init__(self, kernel: Any, wall_start: int, drift: int = 0, offset: int = 0, wall_drift: int = 0) -> None:
        self._kernel = kernel
        self._wall_start = wall_start - kernel.now
        self.monotonic = Dial(kernel.now, 0, drift)
        self.wall = Dial(kernel.now, wall_start + offset, drift + wall_drift)
        self.on_rate: Callable[[], None] | None = None
        self._correcting = 0  # ppm of the correction under way
        self._post: Any = None  # the entry in the event queue that ends it
        self.errors: list[tuple[int, int, int]] = []
        self._changed()

    def _changed(self) -> None:
        """Tell how wrong the wall clock is from now on; of several changes at one instant the last counts."""
        now, wall = self._kernel.now, self.wall
        if self.errors and self.errors[-1][0] == now:
            self.errors.pop()
        self.errors.append((now, wall.read(now) - self._wall_start - now, wall.rate - MILLION))

    def jump(self, by: int) -> None:
        """Step the wall clock."""
        self.wall.jump(by)
        self._changed()

    def shift(self, by: int) -> None:
        """Step the wall clock by what will be taken back."""
        self.wall.shift(by)
        self._changed()

    def drift(self, ppm: int, which: str = "both") -> None:
        """Add a rate error to the wall clock, the monotonic clock or both."""
        now = self._kernel.now
        if which != "monotonic":
            self.wall.turn(now, ppm)
            self._changed()
        if which != "wall":
            self.monotonic.turn(now, ppm)
            self._rate_changed()

    def freeze(self, by: int, which: str = "both") -> None:
        """Count a fault that holds these clocks still (1) or one that is over (-1)."""
        now = self._kernel.now
        if which != "monotonic":
            self.wall.freeze(now, by)
            self._changed()
        if which != "wall":
            self.monotonic.freeze(now, by)
            self._rate_changed()

    def _rate_changed(self) -> None:
        if self.on_rate is not None:
            self.on_rate()

    def first_boot(self) -> None:
        """Start the monotonic clock: it shows 0 now."""
        self.monotonic.set(self._kernel.now, 0)

    def error(self) -> int:
        """Return by how much the wall clock is ahead of true time, in ns, but for what faults will take back."""
        now = self._kernel.now
        error: int = self.wall.read(now) - self.wall.shifted - self._wall_start - now
        return error

    def reset(self, to: str) -> None:
        """Set the wall clock to true time or to 1970; one that swings goes on swinging around it."""
        now = self._kernel.now
        self.wall.set(now, (self._wall_start + now if to == "true-time" else 0) + self.wall.shifted)
        self._changed()

    def correct(self, by: int, ppm: int) -> None:
        """Move the wall clock by so many ns, gradually, at a rate of so many ppm above 0; 0 ns ends a correction."""
        kernel, wall = self._kernel, self.wall
        if self._correcting:
            wall.turn(kernel.now, -self._correcting)
            self._correcting, self._post = 0, None
        if by:
            self._correcting = ppm if by > 0 else -ppm
            wall.turn(kernel.now, self._correcting)
            self._post = kernel.post(kernel.now + abs(by) * MILLION // ppm, FAULT, self._corrected)
        self._changed()

    def _corrected(self, post: Any) -> None:
        if post is self._post:
            self.correct(0, 0)
