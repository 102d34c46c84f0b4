"""Cuts between nodes: between groups, or in a shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from ..chance import Stream, choose
from ..machine import NodeId
from ..network import Cut
from ..targets import Target
from .base import Aims, Fault, Levers, Mend
from .shapes import GROUPED, STRUNG, reach


@dataclass(frozen=True, kw_only=True)
class Partition(Fault):
    """Nodes of different groups cannot reach each other; a node in no group reaches everybody."""

    kind = "partition"
    colour = "#d1495b"
    aimed = ("groups",)

    groups: Annotated[tuple[Target, ...], "two groups or more, each a target or a list of targets"] = ()
    shape: Annotated[
        Literal["halves", "isolate", "minority-third", "bridge", "majorities-ring", "chain"] | None,
        "in place of groups, all nodes in an order drawn from the seed: two halves; one node off; less than a third "
        "off (one at least); two halves that only one node in between reaches; a ring in which every node hears a "
        "majority and no two the same; a chain in which everybody reaches only the neighbours",
    ] = None
    oneway: Annotated[
        bool, "cut only what goes from an earlier group to a later one; in a ring or chain, from an earlier node"
    ] = False
    in_flight: Annotated[
        Literal["deliver", "drop", "hold"] | None, "what becomes of packets under way; default: the network's"
    ] = None

    def targets(self) -> tuple[Target, ...]:
        return self.groups if self.shape is None else ("all",)

    def arranged(self, aims: Aims, words: Stream) -> Aims:
        if self.shape is None:
            return aims
        (nodes,) = aims
        order = tuple(nodes[i] for i in choose(iter(words), len(nodes), len(nodes)))
        return GROUPED[self.shape](order) if self.shape in GROUPED else (order,)

    def cut(self, aims: Aims) -> Cut:
        """Return the cut between these groups, or along this order of nodes."""
        in_flight = self.in_flight or "deliver"
        if self.shape is not None and self.shape in STRUNG:
            return STRUNG[self.shape]({node: i for i, node in enumerate(aims[0])}, self.oneway, in_flight)
        return Cut({node: i for i, group in enumerate(aims) for node in group}, self.oneway, in_flight)

    def apply(self, levers: Levers, aims: Aims) -> Mend:
        cut = self.cut(aims)
        levers.network.cut(cut)
        return lambda: levers.network.mend(cut)

    def beyond(self, aims: Aims, core: frozenset[NodeId]) -> tuple[NodeId, ...] | None:
        """Return the groups in which nobody of the core is, or None if it cuts the core in two."""
        if self.shape is not None and self.shape not in GROUPED:
            return None
        with_core = [group for group in aims if core.intersection(group)]
        if len(with_core) > 1:
            return None
        return tuple(node for group in aims if group not in with_core for node in group)

    def effective(self, aims: Aims) -> dict[str, Any]:
        said = {"in_flight": self.in_flight or "deliver", "oneway": self.oneway}
        if self.shape is None:
            return {"groups": aims, **said}
        if self.shape in GROUPED:
            return {"shape": self.shape, "groups": aims, **said}
        return {"shape": self.shape, "order": aims[0], "reach": reach(self.cut(aims), sorted(aims[0])), **said}
