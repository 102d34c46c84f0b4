"""Which store a symbol belongs to: a consistent-hash ring with virtual nodes (section 3.5)."""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Iterable
from functools import lru_cache

from .objects import ObjectId
from .xxh3 import xxh3_64

_VNODE = struct.Struct("<II")
_ESI = struct.Struct("<I")


@lru_cache(maxsize=65536)
def vnode_point(node: int, vnode: int) -> int:
    """Return the place of a virtual node on the ring."""
    return xxh3_64(_VNODE.pack(node, vnode))


def symbol_key(object_id: ObjectId, esi: int) -> int:
    """Return the place of a symbol on the ring."""
    return xxh3_64(object_id + _ESI.pack(esi))


class ConsistentHashRing:
    """Points of nodes in the order of their hashes; equal hashes, which the seed leaves open, in that of nodes."""

    def __init__(self, node_ids: Iterable[int], vnodes: int) -> None:
        self.vnodes = vnodes
        self._place(sorted(point for node in node_ids for point in self._of(node)))

    def _of(self, node: int) -> list[tuple[int, int]]:
        return sorted((vnode_point(node, v), node) for v in range(self.vnodes))

    def _place(self, points: list[tuple[int, int]]) -> None:
        self.ring = points
        self._points = [point for point, _ in points]

    def route(self, object_id: ObjectId, esi: int) -> int | None:
        """Return the one owner of a symbol, None on an empty ring."""
        if not self.ring:
            return None
        at = bisect_left(self._points, symbol_key(object_id, esi))
        return self.ring[at % len(self.ring)][1]

    def successors(self, object_id: ObjectId, esi: int, count: int) -> tuple[int, ...]:
        """Return the owner and the different nodes after it, so many in all or as many as there are."""
        found: dict[int, None] = {}
        start = bisect_left(self._points, symbol_key(object_id, esi))
        for step in range(len(self.ring)):
            found.setdefault(self.ring[(start + step) % len(self.ring)][1])
            if len(found) == count:
                break
        return tuple(found)

    def add_node(self, node_id: int) -> ConsistentHashRing:
        """Return a new ring with one node more; this one stays as it was.

        Who is in the ring is read off its points, so without virtual nodes the others are forgotten (EW-26). What has
        to move is promised by the sources and not returned.
        """
        grown = ConsistentHashRing((), self.vnodes)
        # Two sorted runs: to sort them is to merge them. A point that is there twice is kept once.
        grown._place(list(dict.fromkeys(sorted(self.ring + self._of(node_id)))))
        return grown

    def node_count(self) -> int:
        """Return how many different nodes have a point."""
        return len({node for _, node in self.ring})


class RingHistory:
    """The rings of a membership that changes, numbered from 0: the repair of EW-25 and EW-26.

    Members are remembered as such and can leave; a symbol is looked for at its owner of now, then at those before.
    """

    def __init__(self, node_ids: Iterable[int], vnodes: int) -> None:
        if vnodes < 1:
            raise ValueError(f"vnodes: found {vnodes}, allowed: a whole number from 1")
        self.vnodes = vnodes
        self.members = tuple(sorted(set(node_ids)))
        self.rings = [ConsistentHashRing(self.members, vnodes)]

    @property
    def version(self) -> int:
        return len(self.rings) - 1

    @property
    def latest(self) -> ConsistentHashRing:
        return self.rings[-1]

    def join(self, node: int) -> None:
        """Begin a version with one member more."""
        self._change({*self.members, node})

    def leave(self, node: int) -> None:
        """Begin a version without a member, whose symbols the others take."""
        self._change(set(self.members) - {node})

    def _change(self, members: set[int]) -> None:
        self.members = tuple(sorted(members))
        self.rings.append(ConsistentHashRing(self.members, self.vnodes))

    def lookup(self, object_id: ObjectId, esi: int, count: int = 1) -> tuple[int, ...]:
        """Return where a symbol may be, the likeliest first; of nodes that have left none."""
        found: dict[int, None] = {}
        for ring in reversed(self.rings):
            for node in ring.successors(object_id, esi, count):
                if node in self.members:
                    found.setdefault(node)
        return tuple(found)
