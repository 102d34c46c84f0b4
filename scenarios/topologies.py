"""Graphs for `[network] topology`: the shapes, and what a scenario's words for graph nodes stand for.

Shapes other than "wan" are drawn around the replicas: each is a graph node of its own name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from itertools import combinations
from pathlib import Path

from sim.faults import EdgeFault
from sim.machine import NodeId
from sim.topology import Edge, Graph, edge
from sim.units import MS

from .complaints import shown
from .latencies import MATRICES
from .schema import Scenario, Topology

EDGES_MAX = 50_000
AROUND_REPLICAS = ("mesh", "ring", "star", "two-regions")
HUB, WEST, EAST = "hub", "west", "east"


class GraphProblem(Exception):
    """A graph cannot be used: which key of the table is to blame, and one complaint."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__(text)
        self.key = key


@dataclass(frozen=True)
class NamedGraph:
    """A graph, and the labels by which its nodes go beside their names.

    A node's name is its label if no other node has that label or id, else its id.
    """

    graph: Graph
    ids: Mapping[str, str] = field(default_factory=dict)  # the name of each id
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # the names of the nodes with each label

    def find(self, word: str) -> str:
        """Return the node that an id or a label means; an id wins. Raises ValueError with a complaint."""
        if word in self.nodes:
            return word
        if word in self.ids:
            return self.ids[word]
        named = self.labels.get(word, ())
        if len(named) == 1:
            return named[0]
        if named:
            raise ValueError(f"found {shown(word)}, the label of {len(named)} nodes, allowed: their ids {few(named)}")
        guess = get_close_matches(word, [*self.graph.nodes, *self.labels], 1)
        meant = f' (did you mean "{guess[0]}"?)' if guess else ""
        raise ValueError(f"found {shown(word)}{meant}, allowed: the graph's nodes {few(self.graph.nodes)}")

    def edge(self, a: str, b: str) -> Edge:
        """Return the edge between the nodes that two words mean. Raises ValueError with a complaint."""
        ends = edge(self.find(a), self.find(b))
        if ends not in self.graph.edges:
            others = few(self.graph.neighbours(self.find(a)))
            raise ValueError(f'found no edge between "{a}" and "{b}", allowed from "{a}": to {others or "nowhere"}')
        return ends

    @cached_property
    def nodes(self) -> frozenset[str]:
        """The graph's nodes."""
        return frozenset(self.graph.nodes)


def few(names: Iterable[str]) -> str:
    """Return names for a complaint: all, or the first and how many."""
    names = tuple(names)
    return ", ".join(names) if len(names) <= 12 else f"{', '.join(names[:6])}, ... ({len(names)} in all)"


def named_graph(table: Topology, nodes: tuple[NodeId, ...], base: Path) -> NamedGraph:
    """Return the graph of a table for replicas of these names; a file is relative to `base`. Raises GraphProblem."""
    if table.file is not None:
        from .graphfile import read

        return read(base / table.file, table)
    return NamedGraph(shaped(table, nodes))


def drawn_around(scenario: Scenario) -> bool:
    """Return whether the graph depends on a number of nodes that is drawn from the seed."""
    table, nodes = scenario.network.topology, scenario.cluster.nodes
    return table is not None and table.shape in AROUND_REPLICAS and isinstance(nodes[0], int) and nodes[0] != nodes[1]


def shaped(table: Topology, nodes: tuple[NodeId, ...]) -> Graph:
    """Return the graph of a shape around replicas of these names. Raises GraphProblem."""
    each = 5 * MS if table.latency is None else table.latency
    if table.shape == "wan":
        return _wan(table.matrix or "")
    if table.shape == "star":
        _free(nodes, HUB)
        return Graph((*nodes, HUB), {edge(HUB, node): each for node in nodes})
    if table.shape == "two-regions":
        return _two_regions(nodes, each, each if table.bridge is None else table.bridge)
    pairs = _mesh(nodes) if table.shape == "mesh" else zip(nodes, (*nodes[1:], nodes[0]), strict=True)
    return Graph(nodes, {edge(a, b): each for a, b in pairs if a != b})


def _mesh(nodes: tuple[str, ...]) -> Iterator[Edge]:
    count = len(nodes) * (len(nodes) - 1) // 2
    if count > EDGES_MAX:
        raise GraphProblem("shape", f"found {len(nodes)} graph nodes in a full mesh, which are {count} edges, "
                                    f"allowed: at most {EDGES_MAX}; [network] latency needs no edges")  # fmt: skip
    return combinations(nodes, 2)


def _two_regions(nodes: tuple[NodeId, ...], each: int, bridge: int) -> Graph:
    """Return two full meshes, each with a gateway of its own, and the bridge between the gateways."""
    _free(nodes, WEST, EAST)
    half = (len(nodes) + 1) // 2
    sides = {WEST: (*nodes[:half], WEST), EAST: (*nodes[half:], EAST)}
    edges = {edge(*ends): each for side in sides.values() for ends in _mesh(side)}
    region = {node: name for name, side in sides.items() for node in side}
    return Graph((*nodes, WEST, EAST), edges | {edge(WEST, EAST): bridge}, region)


def _wan(name: str) -> Graph:
    """Return the mesh of a matrix's regions: an edge carries packets both ways, so its delay is the mean of both."""
    one_way, regions = MATRICES[name].one_way(), MATRICES[name].regions
    return Graph(regions, {edge(a, b): (one_way[a, b] + one_way[b, a]) // 2 for a, b in _mesh(regions)})


def _free(nodes: tuple[NodeId, ...], *own: str) -> None:
    for name in own:
        if name in nodes:
            raise GraphProblem("shape", f'found a replica named "{name}", which is a graph node of this shape, '
                                        "allowed: another name in [cluster] nodes")  # fmt: skip


def placed(found: NamedGraph, place: Mapping[NodeId, str], nodes: tuple[NodeId, ...]) -> dict[NodeId, str]:
    """Return each replica's graph node: as placed, else the node of its own name, else the free nodes in order.

    When no node is free, all are taken again in order. Raises ValueError for a place that is no node.
    """
    sites = {node: found.find(place[node]) for node in nodes if node in place}
    taken = set(sites.values())
    sites |= {node: node for node in nodes if node not in sites and node in found.nodes and node not in taken}
    taken = set(sites.values())
    free = [site for site in found.graph.nodes if site not in taken] or found.graph.nodes
    waiting = [node for node in nodes if node not in sites]
    return {**sites, **{node: free[i % len(free)] for i, node in enumerate(waiting)}}


def edges_of(fault: EdgeFault, named: NamedGraph) -> tuple[Edge, ...]:
    """Return the edges that a fault cuts, by the names of their ends. Raises ValueError with a complaint."""
    if fault.between is None:
        return tuple(named.edge(*ends) for ends in fault.cut)
    a, b = (named.find(word) for word in fault.between)
    edges = named.graph.min_cut(a, b) if a != b else ()
    if not edges:
        raise ValueError(f"found {shown(list(fault.between))}, between which nothing can be cut, "
                         "allowed: two different graph nodes that some path joins")  # fmt: skip
    return edges
