"""The rules of `[network] topology` and of edge faults: keys that go together, places that exist, edges to cut."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from sim.faults import EdgeFault
from sim.machine import NodeId

from .complaints import Key
from .latencies import MATRICES
from .load import Document
from .schema import Scenario, Topology
from .topologies import GraphProblem, NamedGraph, drawn_around, edges_of, named_graph, placed

AT: Key = ("network", "topology")
# The keys that belong to a shape or a file; a file's edges get their latencies in one of three ways.
KEYS: Mapping[str, tuple[str, ...]] = {
    "mesh": ("latency",),
    "ring": ("latency",),
    "star": ("latency",),
    "two-regions": ("latency", "bridge"),
    "wan": ("matrix",),
    "file with latency": ("latency",),
    "file with attribute": ("attribute", "unit"),
    "file": ("coordinates", "speed"),
}


def check_topology(document: Document, scenario: Scenario, nodes: tuple[NodeId, ...]) -> NamedGraph | None:
    """Complain about the topology and the places on it; return its graph if there is nothing to complain about."""
    table, place = scenario.network.topology, scenario.cluster.place
    if table is None or _complained(document, AT):
        return None
    given, before = document.doc["network"], len(document.complaints)
    if "latency" in given:
        document.complain(("network", "latency"), "found beside topology, which has its own, allowed: one of them")
    for i, line in enumerate(scenario.network.link):
        if line.latency is not None:
            own: Key = ("network", "link", i, "latency")
            document.complain(own, "found beside topology, whose paths decide the latency, allowed: one of them")
    for key, text in _misused(table, given["topology"]):
        document.complain((*AT, key) if key else AT, text)
    if place and drawn_around(scenario):
        document.complain(("cluster", "place"), f"found beside {_DRAWN.format(table.shape)}")
    if len(document.complaints) > before:
        return None
    try:
        named = named_graph(table, nodes, document.folder)
    except GraphProblem as problem:
        document.complain((*AT, problem.key), str(problem))
        return None
    for node, word in place.items():
        try:
            named.find(word)
        except ValueError as error:
            document.complain(("cluster", "place", node), str(error))
    if len(document.complaints) == before:
        _check_joined(document, named, placed(named, place, nodes))
    return named if len(document.complaints) == before else None


def check_edges(document: Document, scenario: Scenario, named: NamedGraph | None, at: Key, fault: EdgeFault) -> None:
    """Complain about what an edge fault would cut."""
    table, complain = scenario.network.topology, document.complain
    if _complained(document, at):
        return
    if table is None and not _complained(document, AT):
        complain((*at, "kind"), 'found "edge" without edges, allowed: with a [network] topology')
    elif bool(fault.cut) == (fault.between is not None):
        found = "both cut and between" if fault.cut else "neither cut nor between"
        complain(at, f"found {found}, allowed: cut = pairs of graph nodes, or between = one pair")
    elif table is not None and drawn_around(scenario):
        complain((*at, "kind"), f'found "edge" beside {_DRAWN.format(table.shape)}')
    elif named is not None:
        try:
            edges_of(fault, named)
        except ValueError as error:
            complain((*at, "cut" if fault.cut else "between"), str(error))


def _complained(document: Document, at: Key) -> bool:
    """Return whether something in a table is wrong already, so that what was left of it says nothing."""
    return any(complaint.key[: len(at)] == at for complaint in document.complaints)


_DRAWN = 'a drawn number of nodes and shape = "{}", whose graph depends on it, allowed: a fixed number of nodes'


def _misused(table: Topology, given: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield (key, complaint) for the keys that do not go together; `given` are those that the file has."""
    if (table.shape is None) == (table.file is None):
        shapes = ", ".join(kind for kind in KEYS if not kind.startswith("file"))
        found = "both shape and file" if table.shape is not None else "neither shape nor file"
        yield "", f"found {found}, allowed: shape = one of {shapes}, or file = a .graphml or .gml file"
        return
    ways = (f"file with {way}" for way in ("latency", "attribute") if way in given)
    kind: str = next(ways, "file") if table.shape is None else table.shape
    allowed = (*KEYS[kind], "jitter")
    for key in given:
        if key not in (*allowed, "shape", "file"):
            beside = kind if table.shape is None else f'shape = "{kind}"'
            yield key, f"found beside {beside}, which has no use for it, allowed: {', '.join(allowed)}"
    if table.shape == "wan" and table.matrix is None:
        yield "matrix", f"missing, allowed: {', '.join(MATRICES)}"


def _check_joined(document: Document, named: NamedGraph, sites: Mapping[NodeId, str]) -> None:
    """Complain unless all replicas reach each other while nothing is cut."""
    first = next(iter(sites))
    reached = named.graph.delays(sites[first])
    for node, site in sites.items():
        if site not in reached:
            text = f'found no path from {first} on "{sites[first]}" to {node} on "{site}"'
            document.complain(AT, f"{text}, allowed: replicas in one part of the graph; [cluster.place] says where")
            return
