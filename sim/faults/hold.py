"""Links that hold what they carry, and let it go all at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from ..network import Ends
from ..targets import Target
from .base import Aims, Fault, Levers, Mend


@dataclass(frozen=True, kw_only=True)
class Hold(Fault):
    """Nothing arrives over these links, and nothing is lost: everything waits, and arrives when the fault is over."""

    kind = "hold"
    colour = "#b07d2b"
    aimed = ("src", "dst")

    src: Annotated[Target, "one end"] = "all"
    dst: Annotated[Target, "the other end"] = "all"
    oneway: Annotated[bool, "only what goes from `src` to `dst`"] = False

    def apply(self, levers: Levers, aims: Aims) -> Mend:
        ends = Ends(frozenset(aims[0]), frozenset(aims[1]), self.oneway)
        levers.network.hold(ends, 1)
        return lambda: levers.network.hold(ends, -1)

    def effective(self, aims: Aims) -> dict[str, Any]:
        return {"src": aims[0], "dst": aims[1], **super().effective(aims)}
