"""The shapes of partitions, after Jepsen's nemeses: who reaches whom when the nodes stand in a drawn order.

Four shapes are groups; a node in none of them reaches everybody. The other two leave no groups at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ..machine import NodeId
from ..network import Cut

Order = tuple[NodeId, ...]


def _halves(order: Order) -> tuple[Order, ...]:
    return order[: len(order) // 2], order[len(order) // 2 :]


def _isolate(order: Order) -> tuple[Order, ...]:
    return order[:1], order[1:]


def _minority_third(order: Order) -> tuple[Order, ...]:
    third = max((len(order) - 1) // 3, 1)
    return order[:third], order[third:]


def _bridge(order: Order) -> tuple[Order, ...]:
    return order[: len(order) // 2], order[len(order) // 2 + 1 :]


GROUPED: Mapping[str, Callable[[Order], tuple[Order, ...]]] = {
    "halves": _halves,
    "isolate": _isolate,
    "minority-third": _minority_third,
    "bridge": _bridge,
}


@dataclass
class Chain(Cut):
    """Every node reaches only its neighbours; `side` is its place."""

    def severs(self, src: NodeId, dst: NodeId) -> bool:
        a, b = self.side[src], self.side[dst]
        return abs(a - b) > 1 and (a < b or not self.oneway)


@dataclass
class Ring(Cut):
    """Every node hears a majority, its neighbours on a ring, and no two hear the same; `side` is its place.

    With an even number to hear, the ring goes one way further than the other, and links are cut in one direction.
    """

    def severs(self, src: NodeId, dst: NodeId) -> bool:
        a, b = self.side[src], self.side[dst]
        count = len(self.side)
        majority = count // 2 + 1
        before = (b - a) % count  # how many places src stands before dst
        heard = before <= majority // 2 or count - before <= (majority - 1) // 2
        return not heard and (a < b or not self.oneway)


STRUNG: Mapping[str, type[Cut]] = {"majorities-ring": Ring, "chain": Chain}


def reach(cut: Cut, nodes: Sequence[NodeId]) -> tuple[str, ...]:
    """Return who reaches whom: a row per node it is sent from, a column per node it is sent to, 1 if it arrives."""
    return tuple("".join("01"[a == b or not cut.severs(a, b)] for b in nodes) for a in nodes)
