"""Node clocks that jump, swing, stand still or run at a wrong rate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from ..chance import within
from ..clock import MILLION
from ..host import Host
from ..kernel import FAULT
from ..targets import Target
from ..units import MS, Duration, Ppm, SignedDuration
from .base import Aims, Fault, Levers, Mend


@dataclass(frozen=True, kw_only=True)
class ClockFault(Fault):
    """Clocks step, swing, stand still, or run at a wrong rate while the fault lasts; what it did before stays done."""

    kind = "clock"
    colour = "#e09f3e"

    nodes: Annotated[tuple[Target, ...], "whom it strikes"]
    jump: Annotated[SignedDuration, "step of the wall clock"] = 0
    drift: Annotated[Ppm, "rate error while the fault lasts; errors add"] = 0
    freeze: Annotated[bool, "the clocks stand still; alarms wait for the monotonic one"] = False
    which: Annotated[Literal["both", "wall", "monotonic"], "the clocks that drift or freeze"] = "both"
    slew: Annotated[SignedDuration, "the wall clock is moved by so much, gradually; mended earlier, it stops there"] = 0
    strobe: Annotated[SignedDuration, "the wall clock steps by so much and back again, in turn, each `period`"] = 0
    jitter: Annotated[Duration, "the wall clock is up to so much off either way, drawn anew each `period`"] = 0
    period: Annotated[Duration, "the time between two steps of `strobe` and `jitter`"] = 100 * MS
    reset: Annotated[
        Literal["true-time", "1970"] | None, "the wall clock is set right, or as after an empty battery; before a jump"
    ] = None
    mend: Annotated[
        Literal["keep", "slew"],
        "what becomes of the wall clock's error when the fault is over: it stays, or is gradually corrected, all of it",
    ] = "keep"
    rate: Annotated[Ppm, 'how fast `slew` and `mend = "slew"` move the clock'] = 500

    def wrong(self) -> Iterator[tuple[str, str]]:
        does = (self.jump, self.drift, self.freeze, self.slew, self.strobe, self.jitter, self.reset)
        if not any(does):
            yield "", "nothing happens, allowed: one or more of jump, drift, freeze, slew, strobe, jitter, reset"
        if self.which != "both" and not (self.drift or self.freeze):
            yield "which", "found without drift or freeze, which it belongs to"
        if self.which == "monotonic" and self.mend == "slew" and not any((self.jump, *does[3:])):
            yield "mend", 'found "slew", but only the monotonic clock is struck, allowed: keep'
        if self.period <= 0:
            yield "period", 'found "0s", allowed: a time above 0'
        if not 0 < self.rate <= MILLION:
            yield "rate", f'found "{self.rate}ppm", allowed: above 0, at most {MILLION}ppm: no clock runs backwards'

    def apply(self, levers: Levers, aims: Aims) -> Mend:
        mends = [mend for host in levers.struck(aims) for mend in self._strike(levers, host)]

        def mend() -> None:
            for one in mends:
                one()

        return mend

    def _strike(self, levers: Levers, host: Host) -> Iterator[Mend]:
        """Pull a node's levers, and yield what lets each of them go."""
        clock, which = host.clock, self.which
        if self.reset is not None:
            clock.reset(self.reset)
        clock.jump(self.jump)
        if self.drift:
            clock.drift(self.drift, which)
            yield lambda: clock.drift(-self.drift, which)
        if self.freeze:
            clock.freeze(1, which)
            yield lambda: clock.freeze(-1, which)
        if self.slew:
            yield _slewing(levers, host, self.slew, self.rate)
        if self.strobe:
            yield _swinging(levers, host, self.period, lambda now, at: 0 if at else self.strobe)
        if self.jitter:
            yield _swinging(levers, host, self.period, lambda now, at: self._drawn(levers, host, now))
        if self.mend == "slew":
            yield lambda: clock.correct(-clock.error(), self.rate)

    def _drawn(self, levers: Levers, host: Host, now: int) -> int:
        # By the instant, so that the weather of a node's clock is the same whatever else befalls it.
        return within(levers.chance.word("weather", "jitter", host.node, now), -self.jitter, self.jitter)


def _slewing(levers: Levers, host: Host, by: int, rate: int) -> Mend:
    """Move a wall clock by so much at so many ppm, and return what stops it."""
    kernel, clock, ppm = levers.kernel, host.clock, rate if by > 0 else -rate
    running = True
    clock.drift(ppm, "wall")

    def stop() -> None:
        nonlocal running
        if running:
            running = False
            clock.drift(-ppm, "wall")

    kernel.post(kernel.now + abs(by) * MILLION // rate, FAULT, lambda _: stop())
    return stop


def _swinging(levers: Levers, host: Host, period: int, where: Callable[[int, int], int]) -> Mend:
    """Shift a wall clock to `where(now, shift so far)` each period; return what takes the shift back."""
    kernel, clock = levers.kernel, host.clock
    running, shift = True, 0

    def go(_: object) -> None:
        nonlocal shift
        if running:
            to = where(kernel.now, shift)
            clock.shift(to - shift)
            shift = to
            kernel.post(kernel.now + period, FAULT, go)

    def stop() -> None:
        nonlocal running
        running = False
        clock.shift(-shift)

    go(None)
    return stop
