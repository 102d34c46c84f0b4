"""One exact packet, or all of a type on a link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from ..decisions import Decision, Decisions
from ..machine import NodeId
from ..targets import Target
from ..units import Duration
from .base import Aims, Fault, Levers, Mend


@dataclass(frozen=True, kw_only=True)
class PacketFault(Fault):
    """The nth packet of a type on a link is dropped, delayed, duplicated or spoilt; without `at` it counts from 0 s."""

    kind = "packet"
    colour = "#577590"
    aimed = ("link",)

    link: Annotated[tuple[Target, Target], "source and destination"]
    do: Annotated[Literal["drop", "delay", "duplicate", "corrupt"], "what happens to it"] = "drop"
    message: Annotated[str, "the message type; empty is any"] = ""
    nth: Annotated[int, "which one, from 1; 0 is every one while the fault lasts"] = 0
    by: Annotated[Duration, "further delay of the packet, or of its copy"] = 0

    def targets(self) -> tuple[Target, ...]:
        return self.link

    def beyond(self, aims: Aims, core: frozenset[NodeId]) -> tuple[NodeId, ...] | None:
        """Return who of both ends is not of the core, or None if a link inside the core is among its own."""
        src, dst = (core.intersection(group) for group in aims)
        if src and dst and len(src | dst) > 1:
            return None
        return tuple(dict.fromkeys(node for group in aims for node in group if node not in core))

    def apply(self, levers: Levers, aims: Aims) -> Mend:
        decision = Decision(do=self.do, by=self.by, message=self.message, nth=self.nth)
        rules = [(src, dst, Decisions((decision,))) for src in aims[0] for dst in aims[1] if src != dst]
        for src, dst, rule in rules:
            levers.network.rule(src, dst, rule, 1)

        def mend() -> None:
            for src, dst, rule in rules:
                levers.network.rule(src, dst, rule, -1)

        return mend
