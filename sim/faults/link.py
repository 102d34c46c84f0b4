"""Links that lose, delay, repeat, spoil or refuse."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated

from ..machine import NodeId
from ..network import Change
from ..targets import Target
from ..units import Duration, Share
from .base import Aims, Fault, Levers, Mend


@dataclass(frozen=True, kw_only=True)
class LinkFault(Fault):
    """The links between two groups change; shares and delays add to what is there already."""

    kind = "link"
    colour = "#2a9d8f"
    aimed = ("src", "dst")

    src: Annotated[Target, "one end"] = "all"
    dst: Annotated[Target, "the other end"] = "all"
    oneway: Annotated[bool, "only what goes from `src` to `dst`"] = False
    loss: Annotated[Share, "share of packets lost"] = Fraction(0)
    delay: Annotated[Duration, "added to every packet"] = 0
    jitter: Annotated[Duration, "up to so much more, drawn for each packet"] = 0
    duplicate: Annotated[Share, "share of packets that arrive twice"] = Fraction(0)
    corrupt: Annotated[
        Share, "share of packets whose checksum fails: dropped, unless the message type has corrupted()"
    ] = Fraction(0)
    refuse: Annotated[bool, "sends fail at once; a model that asked to be told is told"] = False
    messages: Annotated[tuple[str, ...], "limit to these message types"] = ()

    def beyond(self, aims: Aims, core: frozenset[NodeId]) -> tuple[NodeId, ...] | None:
        """Return who of both ends is not of the core, or None if a link inside the core is among its own."""
        src, dst = (core.intersection(group) for group in aims)
        if src and dst and len(src | dst) > 1:
            return None
        return tuple(dict.fromkeys(node for group in aims for node in group if node not in core))

    def apply(self, levers: Levers, aims: Aims) -> Mend:
        change = Change(self.loss, self.delay, self.jitter, self.duplicate, self.corrupt, self.refuse, self.messages)
        src, dst = frozenset(aims[0]), frozenset(aims[1])

        def picks(a: NodeId, b: NodeId) -> bool:
            return (a in src and b in dst) or (not self.oneway and a in dst and b in src)

        levers.network.change(picks, change, 1)
        return lambda: levers.network.change(picks, change, -1)
