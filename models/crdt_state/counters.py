"""Counters that only merge (3.1, 3.2). Whoever increments may name any slot: nothing here knows who is asking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .digests import U64_MAX

Pairs = tuple[tuple[str, int], ...]


class GCounter:
    """A counter that grows: a slot for each node, of which merging takes the larger."""

    __slots__ = ("counts",)

    def __init__(self, counts: Mapping[str, int] | Iterable[tuple[str, int]] = ()) -> None:
        self.counts: dict[str, int] = dict(counts)

    def increment(self, node: str) -> None:
        """Add 1 to a node's slot."""
        self.increment_by(node, 1)

    def increment_by(self, node: str, by: int) -> None:
        """Add to a node's slot. Raises OverflowError beyond 64 bits, where the original panics or wraps."""
        total = self.counts.get(node, 0) + by
        if by < 0 or total > U64_MAX:
            raise OverflowError(f"slot {node}: found {total} after adding {by}, allowed: 0 to 2**64 - 1, growing")
        self.counts[node] = total

    def value(self) -> int:
        return sum(self.counts.values())

    def merge(self, other: GCounter) -> None:
        """Take the larger of each slot; a slot of 0 is created, too."""
        self.absorb(other.counts.items())

    def absorb(self, pairs: Iterable[tuple[str, int]]) -> None:
        """Merge the slots of a message."""
        counts = self.counts
        for node, count in pairs:
            if count >= counts.get(node, 0):
                counts[node] = count

    def pairs(self) -> Pairs:
        """Return the slots above 0 in order of their names: two counters are equal if these are."""
        return tuple(sorted((node, count) for node, count in self.counts.items() if count))


class PnCounter:
    """A counter that goes up and down: two that grow."""

    __slots__ = ("negative", "positive")

    def __init__(self) -> None:
        self.positive = GCounter()
        self.negative = GCounter()

    def increment(self, node: str) -> None:
        self.positive.increment(node)

    def decrement(self, node: str) -> None:
        self.negative.increment(node)

    def value(self) -> int:
        """Return ups less downs, which may be negative."""
        return self.positive.value() - self.negative.value()

    def merge(self, other: PnCounter) -> None:
        self.positive.merge(other.positive)
        self.negative.merge(other.negative)
