"""Cuts between groups of nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from ..machine import NodeId
from ..network import Cut
from ..targets import Target
from .base import Aims, Fault, Levers, Mend


@dataclass(frozen=True, kw_only=True)
class Partition(Fault):
    """Nodes of different groups cannot reach each other; a node in no group reaches everybody."""

    kind = "partition"
    colour = "#d1495b"
    aimed = ("groups",)

    groups: Annotated[tuple[Target, ...], "two groups or more, each a target or a list of targets"]
    oneway: Annotated[bool, "cut only what goes from an earlier group to a later one"] = False
    in_flight: Annotated[
        Literal["deliver", "drop", "hold"] | None, "what becomes of packets under way; default: the network's"
    ] = None

    def targets(self) -> tuple[Target, ...]:
        return self.groups

    def apply(self, levers: Levers, aims: Aims) -> Mend:
        side = {node: i for i, group in enumerate(aims) for node in group}
        cut = Cut(side, self.oneway, self.in_flight or "deliver")
        levers.network.cut(cut)
        return lambda: levers.network.mend(cut)

    def beyond(self, aims: Aims, core: frozenset[NodeId]) -> tuple[NodeId, ...] | None:
        """Return the groups in which nobody of the core is, or None if it cuts the core in two."""
        with_core = [group for group in aims if core.intersection(group)]
        if len(with_core) > 1:
            return None
        return tuple(node for group in aims if group not in with_core for node in group)

    def effective(self, aims: Aims) -> dict[str, Any]:
        return {"groups": aims, "in_flight": self.in_flight or "deliver", "oneway": self.oneway}
