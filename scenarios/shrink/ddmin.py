"""Delta debugging: the fewest of some things with which something still fails (Zeller and Hildebrandt, 2002)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def ddmin(things: Sequence[T], fails: Callable[[tuple[T, ...]], bool]) -> tuple[T, ...]:
    """Return some of the things, in order, with which `fails` is true, and without any one of which it is not.

    It must be true of all of them. Chunks are left out, the largest first and from the end, where a run has less to
    lose; as only what was left out is looked at, this is the half of the algorithm that tries complements.
    """
    kept = tuple(things)
    if kept and fails(()):
        return ()
    size = len(kept) // 2
    while size:
        before, end = len(kept), len(kept)
        while end > 0:
            start = max(end - size, 0)
            if len(kept) > end - start and fails(fewer := (*kept[:start], *kept[end:])):
                kept = fewer
            end = start
        # A chunk that could not be spared may be once others are gone; with single things that is looked into.
        if size > 1 or len(kept) == before:
            size //= 2
    return kept
