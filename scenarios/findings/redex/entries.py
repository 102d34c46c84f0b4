"""What the entries of redex share: how figures are read from a run, and when one is late."""

from __future__ import annotations

from collections.abc import Callable

from ..weakness import Evidence, Figure, Figures
from .seen import NEVER, Seen

Reader = Callable[[Seen], Figure]


def shown(**readers: Reader) -> Callable[[Evidence], Figures]:
    """Return what reads these figures from a run."""

    def figures(evidence: Evidence) -> Figures:
        seen = Seen(evidence)
        return {name: read(seen) for name, read in readers.items()}

    return figures


def above(name: str, bound: float) -> Callable[[Figures], bool]:
    """Return whether a figure is above a bound; what never happened is."""

    def weak(figures: Figures) -> bool:
        found = figures[name]
        return found == NEVER or (isinstance(found, (int, float)) and found > bound)

    return weak


def equals(name: str, value: Figure) -> Callable[[Figures], bool]:
    """Return whether a figure is this one."""
    return lambda figures: figures[name] == value
