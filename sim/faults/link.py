"""Links that lose, delay, repeat, spoil or refuse."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any

from ..machine import NodeId
from ..network import Change, Ends
from ..targets import Target
from ..units import Duration, Rate, Share, Size
from ..weather import Burst, Reorder
from .base import Aims, Fault, Levers, Mend


@dataclass(frozen=True, kw_only=True)
class LinkFault(Fault):
    """The links between two groups change; shares and delays add to what is there already, the tightest limits bind."""

    kind = "link"
    colour = "#2a9d8f"
    aimed = ("src", "dst")

    src: Annotated[Target, "one end"] = "all"
    dst: Annotated[Target, "the other end"] = "all"
    oneway: Annotated[bool, "only what goes from `src` to `dst`"] = False
    loss: Annotated[Share, "share of packets lost"] = Fraction(0)
    burst: Annotated[Burst | None, "loss that comes in bursts"] = None
    delay: Annotated[Duration, "added to every packet"] = 0
    jitter: Annotated[Duration, "up to so much more, drawn for each packet"] = 0
    duplicate: Annotated[Share, "share of packets that arrive twice"] = Fraction(0)
    reorder: Annotated[Reorder | None, "packets that are held back"] = None
    corrupt: Annotated[
        Share, "share of packets whose checksum fails: dropped, unless the message type has corrupted()"
    ] = Fraction(0)
    bandwidth: Annotated[Rate | None, "messages wait until those before them have been sent at this rate"] = None
    queue: Annotated[Size | None, "bytes that may wait for the bandwidth; what finds no room is dropped"] = None
    mtu: Annotated[Size | None, "longer messages are dropped"] = None
    refuse: Annotated[bool, "sends fail at once; a model that asked to be told is told"] = False
    messages: Annotated[tuple[str, ...], "limit to these message types"] = ()

    def beyond(self, aims: Aims, core: frozenset[NodeId]) -> tuple[NodeId, ...] | None:
        """Return who of both ends is not of the core, or None if a link inside the core is among its own."""
        src, dst = (core.intersection(group) for group in aims)
        if src and dst and len(src | dst) > 1:
            return None
        return tuple(dict.fromkeys(node for group in aims for node in group if node not in core))

    def apply(self, levers: Levers, aims: Aims) -> Mend:
        change = Change(
            loss=self.loss, delay=self.delay, jitter=self.jitter, duplicate=self.duplicate, corrupt=self.corrupt,
            refuse=self.refuse, messages=self.messages, burst=self.burst, reorder=self.reorder,
            bandwidth=self.bandwidth, queue=self.queue, mtu=self.mtu,
        )  # fmt: skip
        ends = Ends(frozenset(aims[0]), frozenset(aims[1]), self.oneway)

        def picks(a: NodeId, b: NodeId) -> bool:  # of its own, so that it is told from an equal fault's
            return ends.picks(a, b)

        levers.network.change(picks, change, 1)
        return lambda: levers.network.change(picks, change, -1)

    def effective(self, aims: Aims) -> dict[str, Any]:
        return {"src": aims[0], "dst": aims[1], **super().effective(aims)}
