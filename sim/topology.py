"""A graph on whose nodes the replicas sit: packets take the quickest path, and cutting edges reroutes or strands them.

Everything here is a value: cutting edges of a topology gives another topology, so a run never alters the plan that it
was given. networkx, which takes a tenth of a second to import, is imported when the first path is asked for. What is
taken from it has one right answer (the length of a quickest path, the smallest of the minimum cuts), so that
neither its version nor the order in which it visits nodes can show.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from .machine import NodeId
from .network import INSIDE_REGION, Delay

Edge = tuple[str, str]  # its two ends in string order: an edge carries packets both ways


def edge(a: str, b: str) -> Edge:
    """Return the edge between two graph nodes as it stands in a graph."""
    return (a, b) if a <= b else (b, a)


@dataclass(frozen=True)
class Graph:
    """Graph nodes in order, the one-way delay in ns of each edge, and the region of nodes that have one."""

    nodes: tuple[str, ...]
    edges: Mapping[Edge, int]
    region: Mapping[str, str] = field(default_factory=dict)

    def delays(self, start: str, without: frozenset[Edge] = frozenset()) -> dict[str, int]:
        """Return the delay in ns of the quickest path to each graph node that some path leads to."""
        import networkx

        def ns(a: str, b: str, data: Mapping[str, int]) -> int | None:
            return None if edge(a, b) in without else data["ns"]

        found: dict[str, int] = networkx.single_source_dijkstra_path_length(
            self._drawn, start, weight=ns if without else "ns"
        )
        return found

    def min_cut(self, a: str, b: str) -> tuple[Edge, ...]:
        """Return the fewest edges without which no path leads from `a` to `b`, sorted.

        Of several such cuts it is the one nearest to `a`; empty if no path leads there in the first place.
        """
        import networkx

        # The side of the target that networkx returns is what still reaches it in the residual network. That set is
        # the same for every maximum flow, so the cut nearest to the target is unique: `a` is asked for as the target.
        return tuple(sorted(edge(*ends) for ends in networkx.minimum_edge_cut(self._drawn, b, a)))

    def neighbours(self, node: str) -> tuple[str, ...]:
        """Return the other ends of a graph node's edges, sorted."""
        return tuple(sorted(b if a == node else a for a, b in self.edges if node in (a, b)))

    @cached_property
    def known(self) -> dict[str, dict[str, int]]:
        """The delays from a graph node while no edge is cut, kept because every run of a plan begins with them."""
        return {}

    @cached_property
    def _drawn(self) -> Any:
        import networkx

        drawn = networkx.Graph()
        drawn.add_nodes_from(self.nodes)
        drawn.add_weighted_edges_from(((a, b, ns) for (a, b), ns in self.edges.items()), weight="ns")
        return drawn


@dataclass(frozen=True)
class Topology:
    """The delays between replicas that sit on graph nodes, with jitter as a share of them; a sim.network.Latency.

    An edge stands in `cuts` once for every cut of it, and is open again when each of them has been mended.
    """

    graph: Graph
    place: Mapping[NodeId, str]
    jitter: Fraction = Fraction(0)
    cuts: tuple[Edge, ...] = ()

    def between(self, src: NodeId, dst: NodeId) -> Delay | None:
        """Return the sum of the edges on the quickest path, 250 us on one and the same graph node; None is no path."""
        here, there = self.place[src], self.place[dst]
        if here == there:
            low = INSIDE_REGION
        else:
            found = self._from(here).get(there)
            if found is None:
                return None
            low = found
        return Delay(low, int(low * self.jitter))

    def cut(self, edges: Iterable[Edge]) -> Topology:
        """Return this topology with edges cut, once more each. Raises ValueError for what is no edge."""
        more = tuple(edge(*ends) for ends in edges)
        for ends in more:
            if ends not in self.graph.edges:
                raise ValueError(f"{ends[0]} and {ends[1]} are not joined by an edge of this graph")
        return replace(self, cuts=self.cuts + more)

    def mend(self, edges: Iterable[Edge]) -> Topology:
        """Return this topology with one cut of each edge taken back."""
        left = list(self.cuts)
        for ends in edges:
            left.remove(edge(*ends))
        return replace(self, cuts=tuple(left))

    def _from(self, start: str) -> dict[str, int]:
        known = self._known if self.cuts else self.graph.known
        if start not in known:
            known[start] = self.graph.delays(start, frozenset(self.cuts))
        return known[start]

    @cached_property
    def _known(self) -> dict[str, dict[str, int]]:
        return {}
