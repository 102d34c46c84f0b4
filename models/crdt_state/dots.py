"""Two data types made of dots: an observed-remove set and a multi-value register.

A dot, an actor and a number, names one write for ever. A replica holds the dots that are alive and, for each actor,
up to which number it has seen dots: what it has seen and does not hold is superseded. Merging keeps what both hold
and what one holds and the other has not seen. The step that is easy to omit: an actor's numbers must never be used
twice, so a life that forgot them needs a new name (the choice `identity`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

Dot = tuple[str, int]
V = TypeVar("V", str, bytes)
Wire = tuple[tuple[tuple[str, int, V], ...], tuple[tuple[str, int], ...]]  # living dots with values; seen


class Dots(Generic[V]):
    """What is alive, and what was seen."""

    __slots__ = ("alive", "seen")

    def __init__(self, wire: Wire[V] = ((), ())) -> None:
        self.alive: dict[Dot, V] = {(actor, number): value for actor, number, value in wire[0]}
        self.seen: dict[str, int] = dict(wire[1])

    def merge(self, other: Dots[V]) -> None:
        """Merge another replica's dots: a join, so it is idempotent, commutative and associative."""
        mine: dict[str, int] = self.seen
        theirs: dict[str, int] = other.seen
        kept = {d: v for d, v in self.alive.items() if d in other.alive or d[1] > theirs.get(d[0], 0)}
        kept |= {d: v for d, v in other.alive.items() if d[1] > mine.get(d[0], 0)}
        self.alive = kept
        self.seen = {actor: max(mine.get(actor, 0), theirs.get(actor, 0)) for actor in (*mine, *theirs)}

    def wire(self) -> Wire[V]:
        """Return the whole state as it travels, in an order of its own: equal replicas have equal wires."""
        alive = sorted((actor, number, value) for (actor, number), value in self.alive.items())
        return tuple(alive), tuple(sorted(self.seen.items()))

    def covers(self, other: Dots[V]) -> bool:
        """Return whether everything that the other has seen was seen here, too."""
        return all(number <= self.seen.get(actor, 0) for actor, number in other.seen.items())

    def _put(self, actor: str, value: V, superseded: Iterable[Dot]) -> None:
        for dot in tuple(superseded):
            del self.alive[dot]
        number = self.seen.get(actor, 0) + 1
        self.seen[actor] = number
        self.alive[actor, number] = value


class MvRegister(Dots[bytes]):
    """A register that keeps every value that no later write has seen."""

    __slots__ = ()

    def write(self, value: bytes, actor: str) -> None:
        """Write; supersedes every value that this replica holds."""
        self._put(actor, value, self.alive)

    def values(self) -> tuple[bytes, ...]:
        """Return the values, more than one if writes were concurrent, in byte order."""
        return tuple(sorted(set(self.alive.values())))


class OrSet(Dots[str]):
    """A set in which an addition that a removal has not seen survives it."""

    __slots__ = ()

    def add(self, element: str, actor: str) -> None:
        self._put(actor, element, [dot for dot, value in self.alive.items() if value == element])

    def remove(self, element: str) -> bool:
        """Remove what was seen of an element, and return whether it was there."""
        dots = [dot for dot, value in self.alive.items() if value == element]
        for dot in dots:
            del self.alive[dot]
        return bool(dots)

    def elements(self) -> tuple[str, ...]:
        return tuple(sorted(set(self.alive.values())))
