"""Node clocks that jump or run at a wrong rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from ..targets import Target
from ..units import Ppm, SignedDuration
from .base import Aims, Fault, Levers, Mend


@dataclass(frozen=True, kw_only=True)
class ClockFault(Fault):
    """Clocks step, or run at a wrong rate while the fault lasts; a jump is not undone when it ends."""

    kind = "clock"
    colour = "#e09f3e"

    nodes: Annotated[tuple[Target, ...], "whom it strikes"]
    jump: Annotated[SignedDuration, "step of the wall clock"] = 0
    drift: Annotated[Ppm, "rate error while the fault lasts; errors add"] = 0
    which: Annotated[Literal["both", "wall", "monotonic"], "the clocks that drift"] = "both"

    def apply(self, levers: Levers, aims: Aims) -> Mend:
        clocks = [host.clock for host in levers.struck(aims)]
        for clock in clocks:
            clock.wall.jump(self.jump)
            clock.drift(self.drift, self.which)

        def mend() -> None:
            for clock in clocks:
                clock.drift(-self.drift, self.which)

        return mend
