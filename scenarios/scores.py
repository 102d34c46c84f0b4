"""How far a run went astray: numbers that rise as a protocol comes nearer to where bugs are, for a guided search.

They read nothing but views, so they know no protocol; a model that lacks a field scores 0 there.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from sim.machine import NodeId, fingerprint
from sim.property import NOTHING, Property
from sim.world import Outcome

TARGETS = ("leaderships", "leaders", "divergence", "uncommitted", "turns", "states", "margin", "dropped", "doubts")


class Scores:
    """A property that finds nothing: it watches the views of a run.

    leaderships  different terms and nodes that led
    leaders      the most nodes that led at once
    divergence   the largest distance between the tails of two live nodes
    uncommitted  the largest distance between a node's tail and its commit
    turns        changes of a role
    states       different pictures of the cluster: each node's role, and whether its term and tail are the highest
    margin       by how many nodes the live ones fell short of all
    dropped      messages that were lost, and doubts: operations of which nobody knows whether they happened
    """

    def __init__(self, nodes: Sequence[NodeId]) -> None:
        self.property = Property("scores", "", "always", {"state": ()}, self._judge)
        self._nodes = nodes
        self._found = dict.fromkeys(TARGETS, 0)
        self._leaderships: set[tuple[Any, NodeId]] = set()
        self._states: set[str] = set()

    def _judge(self, cluster: Any) -> Generator[Any, Any, None]:
        found, views = self._found, dict.fromkeys(self._nodes)
        while True:
            record = yield NOTHING
            if getattr(record.data, "role", None) != getattr(record.was, "role", None):
                found["turns"] += 1
            views[record.node] = record.data
            live = [view for view in views.values() if view is not None]
            leading = [node for node, view in views.items() if getattr(view, "role", None) == "leader"]
            self._leaderships |= {(getattr(views[node], "term", 0), node) for node in leading}
            tails = [_number(view, "tail") for view in live]
            self._most("leaders", len(leading))
            self._most("divergence", max(tails, default=0) - min(tails, default=0))
            self._most("uncommitted", max((_number(v, "tail") - _number(v, "commit") for v in live), default=0))
            if len(live) < len(self._nodes) and record.data is None:
                self._most("margin", len(self._nodes) - len(live))
            highest = [max((_number(view, name) for view in live), default=0) for name in ("term", "tail")]
            self._states.add(fingerprint(tuple(_picture(view, *highest) for view in views.values())))

    def _most(self, name: str, value: int) -> None:
        self._found[name] = max(self._found[name], value)

    def of(self, outcome: Outcome) -> dict[str, int]:
        """Return the scores of a run that this watched."""
        doubts = sum(1 for operation in outcome.history.operations if operation.outcome == "info")
        counted = {"leaderships": len(self._leaderships), "states": len(self._states), "doubts": doubts}
        return {**self._found, **counted, "dropped": outcome.stats["messages_dropped"]}


def _number(view: Any, name: str) -> int:
    value = getattr(view, name, 0)
    return value if isinstance(value, int) else 0


def _picture(view: Any, term: int, tail: int) -> tuple[Any, ...]:
    if view is None:
        return ()
    return getattr(view, "role", None), _number(view, "term") == term, _number(view, "tail") == tail
