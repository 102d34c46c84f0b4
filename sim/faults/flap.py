"""Links that go down and come back, again and again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from ..network import Ends
from ..targets import Target
from ..units import Duration, Spans
from ..weather import Flapping
from .base import Aims, Fault, Levers, Mend


@dataclass(frozen=True, kw_only=True)
class Flap(Fault):
    """Each link goes down and comes back at times of its own, both directions as one unless `oneway`."""

    kind = "flap"
    colour = "#c8553d"
    aimed = ("src", "dst")

    src: Annotated[Target, "one end"] = "all"
    dst: Annotated[Target, "the other end"] = "all"
    oneway: Annotated[bool, "only what goes from `src` to `dst`"] = False
    up: Annotated[Spans, "how long a link stays up; a pair is drawn each time"]
    down: Annotated[Spans, "how long it stays down; a pair is drawn each time"]
    unstable: Annotated[Duration, "how long links flap between two stability windows"] = 0
    stable: Annotated[Duration, "how long such a window lasts, in which all links of the fault stay up"] = 0
    in_flight: Annotated[
        Literal["deliver", "drop", "hold"] | None, "what becomes of packets under way; default: the network's"
    ] = None

    def apply(self, levers: Levers, aims: Aims) -> Mend:
        ends = Ends(frozenset(aims[0]), frozenset(aims[1]), self.oneway)
        flapping = Flapping(self.up, self.down, self.unstable, self.stable)
        flap = levers.network.flap(ends, flapping, self.in_flight or "deliver")
        return lambda: levers.network.still(flap)

    def effective(self, aims: Aims) -> dict[str, Any]:
        return {"src": aims[0], "dst": aims[1], **super().effective(aims)}
