"""A scenario without one of its nodes, and one whose nodes are numbered anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sim.machine import NodeId

from .case import Case, Table

_AIMED = ("nodes", "src", "dst", "groups", "link")  # keys of faults and packets that hold nodes
_APART = ("about", "model", "profile", "args")  # keys under which a text that looks like a node's name is none


def without(case: Case, node: NodeId) -> Case | None:
    """Return the case without a node and without what was about it alone; None if nothing would be left."""
    if len(case.nodes) == 1:
        return None
    gone: str | None = None
    names: dict[str, str] = {}
    if "clients" in case.doc and isinstance(beside := case.doc["clients"].get("beside"), list):
        if beside == [node]:
            return None
        kept = [i for i, other in enumerate(beside, 1) if other != node]
        names = {f"c{i}": f"c{number}" for number, i in enumerate(kept, 1)}
        gone = f"c{beside.index(node) + 1}" if node in beside else None
    asks = [ask for ask in case.asks if ask.get("node") != node and (gone is None or ask.get("client") != gone)]
    return Case(
        _pruned(case.doc, node),
        tuple(fault for table in case.faults if (fault := _fault(table, node)) is not None),
        tuple({**ask, "client": names.get(ask["client"], ask["client"])} if "client" in ask else ask for ask in asks),
        tuple(packet for packet in case.packets if node not in packet["link"]),
        case.path,
    )


def _fault(table: Table, node: NodeId) -> Table | None:
    """Return a fault that leaves a node alone, None if it struck nobody else or waited for this node."""
    if any(isinstance(table.get(name), Mapping) and table[name].get("node") == node for name in ("when", "until")):
        return None
    if any(table.get(name) == node for name in _AIMED) or node in table.get("link", ()):
        return None
    left: Table = _pruned(table, node)
    if "groups" in table and len(left.get("groups", ())) < 2:
        return None
    return None if any(name in table and not left.get(name) for name in _AIMED) else left


def _pruned(value: Any, node: NodeId) -> Any:
    """Return a value without the entries of lists and tables that are a node's, or that held nobody else."""
    if isinstance(value, list):
        inner = [(item, _pruned(item, node)) for item in value if item != node]
        return [new for old, new in inner if new != [] or old == []]
    if isinstance(value, Mapping):
        return {name: _pruned(inner, node) for name, inner in value.items() if name != node}
    return value


def renumbered(case: Case) -> Case:
    """Return the case with its nodes named as those of a scenario that only counts them."""
    names = dict(zip(case.nodes, counted(len(case.nodes)), strict=True))
    asks, packets, faults = (tuple(_named(t, names) for t in ts) for ts in (case.asks, case.packets, case.faults))
    return replace(case, doc=_named(case.doc, names), faults=faults, asks=asks, packets=packets)


def counted(count: int) -> tuple[NodeId, ...]:
    """Return the names of so many nodes that nobody named."""
    return tuple(f"n{i:0{len(str(count))}}" for i in range(1, count + 1))


def _named(value: Any, names: Mapping[NodeId, NodeId]) -> Any:
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, list):
        return [_named(item, names) for item in value]
    if isinstance(value, Mapping):
        return {
            names.get(name, name): inner if name in _APART else _named(inner, names) for name, inner in value.items()
        }
    return value
