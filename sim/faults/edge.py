"""Cuts of a topology's edges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from ..topology import Edge, Topology, edge
from .base import Aims, Fault, Levers, Mend


@dataclass(frozen=True, kw_only=True)
class EdgeFault(Fault):
    """Edges of the topology are cut: packets take the quickest path that is left, or none.

    Packets under way keep the delay with which they left; the cut that takes a link's last path decides about them.
    """

    kind = "edge"
    colour = "#b56576"
    aimed = ()

    cut: Annotated[tuple[tuple[str, str], ...], "the edges, each as a pair of graph nodes"] = ()
    between: Annotated[
        tuple[str, str] | None,
        "cut, in place of named edges, the fewest of the whole graph that part these two graph nodes; "
        "of several such cuts the one nearest to the first",
    ] = None
    in_flight: Annotated[
        Literal["deliver", "drop", "hold"] | None,
        "what becomes of packets under way where no path is left; default: the network's",
    ] = None

    def apply(self, levers: Levers, aims: Aims) -> Mend:
        network = levers.network
        topology = _topology(network.latency)
        edges = self.edges(topology)
        network.reroute(topology.cut(edges), self.in_flight or "deliver")
        return lambda: network.reroute(_topology(network.latency).mend(edges))

    def edges(self, topology: Topology) -> tuple[Edge, ...]:
        """Return the edges that this fault cuts."""
        if self.between is not None and not self.cut:
            return topology.graph.min_cut(*self.between)
        return tuple(edge(*ends) for ends in self.cut)


def _topology(latency: object) -> Topology:
    if not isinstance(latency, Topology):
        raise ValueError(f"found {latency!r} as the plan's latency; an edge fault needs a sim.topology.Topology")
    return latency
