"""Graphs from GraphML and GML files.

What a file may say that a graph here does not: a self-loop is left out; of parallel edges the quickest counts, and a
cut takes all of them; directed edges carry packets both ways, so two opposite ones must have one latency.

Before networkx reads XML, expat has read it without external entities and without a document type. Where no
entity can be declared, none can expand.
"""

from __future__ import annotations

import io
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.parsers import expat

from sim.topology import Edge, Graph, edge
from sim.units import DURATION_FORM, LONGEST, duration, show_duration

from .complaints import shown
from .greatcircle import Vector, direction, flight
from .schema import Topology
from .topologies import EDGES_MAX, GraphProblem, NamedGraph, few

SIZE_MAX = 16_000_000  # bytes
NODES_MAX = 10_000
_NUMBER = re.compile(r"\s*[+-]?[0-9]{1,18}(\.[0-9]{1,18})?\s*")


def read(path: Path, table: Topology) -> NamedGraph:
    """Read the graph file of a table. Raises GraphProblem."""
    drawn = _drawn(path)
    sizes = drawn.number_of_nodes(), drawn.number_of_edges()
    if not sizes[0] or sizes[0] > NODES_MAX or sizes[1] > EDGES_MAX:
        text = f"found {sizes[0]} nodes and {sizes[1]} edges in {path.name}"
        raise GraphProblem("file", f"{text}, allowed: 1 to {NODES_MAX} nodes and at most {EDGES_MAX} edges")
    labels = {str(node): str(data.get("label", "")).strip() for node, data in drawn.nodes(data=True)}
    bearers = Counter(labels.values())
    names = {
        node: label if label and bearers[label] == 1 and label not in labels.keys() - {node} else node
        for node, label in labels.items()
    }
    known: dict[str, tuple[str, ...]] = {}
    for node, label in labels.items():
        if label:
            known[label] = (*known.get(label, ()), names[node])
    return NamedGraph(Graph(tuple(names.values()), _edges(drawn, names, table, path.name)), names, known)


# -- reading -----------------------------------------------------------------------------------------------


def _drawn(path: Path) -> Any:
    """Return what networkx makes of a file."""
    if path.suffix not in (".graphml", ".gml"):
        raise GraphProblem("file", f'found "{path.name}", allowed: a file that ends in .graphml or .gml')
    try:
        size = path.stat().st_size
        if size > SIZE_MAX:
            raise GraphProblem("file", f"found {size} bytes in {path.name}, allowed: at most {SIZE_MAX}")
        raw = path.read_bytes()
    except OSError as error:
        raise GraphProblem("file", f'found "{path}": {error.strerror or error}; '
                                   "a path is relative to the scenario's folder") from None  # fmt: skip
    return _graphml(raw, path.name) if path.suffix == ".graphml" else _gml(raw, path.name)


def _graphml(raw: bytes, name: str) -> Any:
    import networkx

    reader = expat.ParserCreate()

    def refuse(*_: Any) -> None:
        raise GraphProblem("file", f"found a <!DOCTYPE> in {name}:{reader.CurrentLineNumber}, allowed: none; delete it")

    reader.StartDoctypeDeclHandler = refuse
    try:
        reader.Parse(raw, True)
    except expat.ExpatError as error:
        raise GraphProblem("file", f"{name}:{error.lineno}: not XML: {expat.ErrorString(error.code)}") from None
    try:
        return networkx.read_graphml(io.BytesIO(raw), node_type=str)
    except Exception as error:  # whatever a reader of foreign files trips over is the file's fault
        raise _unread(name, "GraphML", error) from None


def _gml(raw: bytes, name: str) -> Any:
    import networkx

    try:
        return networkx.parse_gml(raw.decode("utf-8").splitlines(), label="id")
    except UnicodeDecodeError as error:
        raise GraphProblem("file", f"{name}:{raw[: error.start].count(10) + 1}: not UTF-8") from None
    except Exception as error:
        hint = "; parallel edges need multigraph 1 after graph [" if "is duplicated" in str(error) else ""
        raise _unread(name, "GML", error, hint) from None


def _unread(name: str, form: str, error: Exception, hint: str = "") -> GraphProblem:
    said = " ".join(str(error).split())[:200] or type(error).__name__
    return GraphProblem("file", f"{name} is not {form} as networkx reads it: {said}{hint}")


# -- latencies ---------------------------------------------------------------------------------------------


def _edges(drawn: Any, names: Mapping[str, str], table: Topology, file: str) -> dict[Edge, int]:
    """Return each edge's latency in ns."""
    edges: dict[Edge, int] = {}
    opposite: dict[tuple[str, str], int] = {}  # the directed edges as the file has them
    for a, b, ns in _latencies(drawn, names, table, file):
        ends = edge(a, b)
        if drawn.is_directed():
            if opposite.get((b, a), ns) != ns:
                both = f"{show_duration(opposite[b, a])} and {show_duration(ns)}"
                raise GraphProblem("file", f'found a directed graph in which "{b}" to "{a}" and back take {both}, '
                                           "allowed: one latency both ways")  # fmt: skip
            opposite[a, b] = min(ns, opposite.get((a, b), ns))
        edges[ends] = min(ns, edges.get(ends, ns))
    return edges


def _latencies(drawn: Any, names: Mapping[str, str], table: Topology, file: str) -> Iterator[tuple[str, str, int]]:
    pairs = [(str(a), str(b), data) for a, b, data in drawn.edges(data=True) if a != b]
    if table.latency is not None:
        for a, b, _ in pairs:
            yield names[a], names[b], table.latency
    elif table.attribute is not None:
        default = drawn.graph.get("edge_default", {}).get(table.attribute)
        found = [(names[a], names[b], data.get(table.attribute, default)) for a, b, data in pairs]
        read = [(a, b, _time(value, table.unit)) for a, b, value in found]
        if wrong := [f"{a} - {b}: {shown(v)}" for (a, b, v), (_, _, ns) in zip(found, read, strict=True) if ns is None]:
            raise GraphProblem("attribute", f"found {len(wrong)} of {len(found)} edges without a time of at least 0 in "
                               f"{shown(table.attribute)} ({few(wrong)}), allowed: one of {_attributes(drawn.edges)} "
                               f"that holds a number of {table.unit} or {DURATION_FORM}")  # fmt: skip
        yield from ((a, b, ns) for a, b, ns in read if ns is not None)
    else:
        places = _places(drawn, names, table, file)
        for a, b, _ in pairs:
            yield names[a], names[b], flight(places[a], places[b], table.speed)


def _time(value: Any, unit: str) -> int | None:
    """Return an attribute's value as ns, or None if it is no time."""
    try:
        number = _number(value)
        ns = duration(value) if number is None else round(number * duration(f"1{unit}"))
    except ValueError:
        return None
    return ns if 0 <= ns <= LONGEST else None


def _number(value: Any) -> Fraction | None:
    """Return an exact number; a float is what its shortest text says, the same on every machine."""
    if isinstance(value, float):
        return Fraction(repr(value)) if math.isfinite(value) else None
    if isinstance(value, str):
        return Fraction(value.strip()) if _NUMBER.fullmatch(value) else None
    return Fraction(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _places(drawn: Any, names: Mapping[str, str], table: Topology, file: str) -> dict[str, Vector]:
    """Return where each node is on the sphere."""
    places: dict[str, Vector] = {}
    lost = []
    defaults = drawn.graph.get("node_default", {})
    for node, data in drawn.nodes(data=True):
        latitude, longitude = (_number(data.get(name, defaults.get(name))) for name in table.coordinates)
        if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
            lost.append(names[str(node)])
        else:
            places[str(node)] = direction(latitude, longitude)
    if lost:
        latitude_name, longitude_name = table.coordinates
        raise GraphProblem(
            "file",
            f"found {len(lost)} of {len(names)} nodes in {file} without numbers {latitude_name} (-90 to 90) and "
            f"{longitude_name} (-180 to 180): {few(lost)}. Place them in the file; or, if these go by other names, say "
            f"coordinates = [LATITUDE, LONGITUDE] (its nodes have {_attributes(drawn.nodes)}); or do without places: "
            f'latency = "5ms" for every edge, or attribute = what holds an edge\'s latency '
            f"(its edges have {_attributes(drawn.edges)})",
        )
    return places


def _attributes(parts: Any) -> str:
    """Return the names of the attributes that nodes or edges have."""
    found = dict.fromkeys(name for *_, data in parts(data=True) for name in data)
    return few(str(name) for name in found) or "no attributes"
