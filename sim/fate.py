"""What becomes of a packet: four keyed words of its link and its ordinal there, read by what is in force.

A packet's fate is taken before anything else is asked, so what happens to one packet never moves the fate of another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from struct import Struct
from typing import Any, NamedTuple

from .chance import HALF, LOW, threshold
from .latency import Delay, Grid
from .normal import interpolate
from .weather import Burst, Reorder, held_back, late


@dataclass(frozen=True)
class Change:
    """What a link fault adds to a link: shares add up as independent causes, delays add in ns, limits bind all.

    `messages` limits it to some message types, by class name; empty is all of them. `bandwidth` is in bytes per second,
    `queue` the bytes that may wait for it, `mtu` the bytes of the longest message; None is no limit.
    """

    loss: Fraction = Fraction(0)
    delay: int = 0
    jitter: int = 0
    duplicate: Fraction = Fraction(0)
    corrupt: Fraction = Fraction(0)
    refuse: bool = False
    messages: tuple[str, ...] = ()
    burst: Burst | None = None
    reorder: Reorder | None = None
    bandwidth: int | None = None
    queue: int | None = None
    mtu: int | None = None

    def special(self) -> bool:
        """Return whether every packet must be asked about, whatever its fate."""
        return bool(self.messages) or self.refuse or self.bandwidth is not None or self.mtu is not None


class Shape(NamedTuple):
    """The numbers by which four words become a fate: a delay, and thresholds out of 2**32.

    `late` decides on holding back (see sim.weather.late).
    """

    low: int
    span: int
    grid: Grid | None
    loss: int
    corrupt: int
    twice: int
    late: tuple[tuple[int, int, int], ...] = ()


def _either(shares: Sequence[Fraction]) -> int:
    """Return the threshold of at least one of several independent causes."""
    some = [share for share in shares if share]
    if len(some) < 2:  # every new link asks: no arithmetic on fractions where there is nothing to combine
        return threshold(some[0]) if some else 0
    none = Fraction(1)
    for share in some:
        none *= 1 - share
    return threshold(1 - none)


def shape(delay: Delay, changes: Sequence[Change]) -> Shape:
    """Return what a link does to a packet under these changes."""
    reorders = [c.reorder for c in changes if c.reorder is not None]
    return Shape(
        delay.low + sum(c.delay for c in changes),
        delay.span + sum(c.jitter for c in changes),
        delay.grid,
        _either([c.loss for c in changes]),
        _either([c.corrupt for c in changes]),
        _either([c.duplicate for c in changes]),
        late(reorders) if reorders else (),
    )


def nominal(delay: Delay, changes: Sequence[Change]) -> Shape:
    """Return what a link does to every packet if nothing is drawn: it arrives, once, after the median delay."""
    drawn = shape(delay, changes)
    return Shape(drawn.low + drawn.span // 2 + (0 if drawn.grid is None else drawn.grid[0][0]), 0, None, 0, 0, 0)


# A fate is a delay in ns; or, for whatever is not one clean delivery, a tuple of (delay, spoil word) copies, spoil 0
# meaning that the copy is sound. The empty tuple is a lost packet.
Fate = int | tuple[tuple[int, int], ...]
LOST: Fate = ()


# A packet has four words of 64 bits. Reading one half of one word of every packet of a block, and nothing else, costs
# a quarter of reading all words and shifting them.
_LOSS, _CORRUPT = "4xI24x", "I28x"  # the upper and the lower half of the first
_DELAY, _QUANTILE = "12xI16x", "8xQ16x"  # the upper half of the second, and all of it
_TWICE, _LATE = "20xI8x", "16xI12x"  # the upper and the lower half of the third
_word = Struct("<Q").unpack_from


def first_word(raw: bytes) -> int:
    """Return the first of some words."""
    word: int = _word(raw)[0]
    return word


@cache
def _column(form: str, packets: int) -> Callable[[bytes], tuple[int, ...]]:
    return Struct("<" + form * packets).unpack


def decode(raw: bytes, shape: Shape) -> list[Fate]:
    """Return the fates of consecutive packets, each from four words in 32 bytes.

    The words decide loss and corruption; delay; duplicate and reordering; the copy's delay.
    """
    low, span, grid, loss, corrupt, twice, bounds = shape
    count = len(raw) // 32
    fates: list[Any]
    if grid is not None:
        above, below = grid
        words = _column(_QUANTILE, count)(raw)
        fates = [low + (((b & LOW) * span) >> 32) + interpolate(b, above, below) for b in words]
    elif span:
        fates = [low + (b * span >> 32) for b in _column(_DELAY, count)(raw)]
    else:
        fates = [low] * count
    # Few packets are anything but one clean delivery: find these in one pass for each misfortune.
    lost = [i for i, a in enumerate(_column(_LOSS, count)(raw)) if a < loss] if loss else ()
    spoilt: Sequence[int] = ()
    if corrupt and loss < HALF:
        spoilt = [i for i, a in enumerate(_column(_CORRUPT, count)(raw)) if a < corrupt]
    again = [i for i, c in enumerate(_column(_TWICE, count)(raw)) if c < twice] if twice else ()
    if bounds:
        for i, c in enumerate(_column(_LATE, count)(raw)):
            if c < bounds[-1][0]:
                fates[i] += held_back(c, bounds)
    for i in spoilt:
        fates[i] = ((fates[i], _word(raw, 32 * i)[0] | 1),)
    for i in again:
        (d,) = _word(raw, 32 * i + 24)
        if grid is None:
            late = low + ((d >> 32) * span >> 32)
        else:
            late = low + (((d & LOW) * span) >> 32) + interpolate(d, *grid)
        first = fates[i] if isinstance(fates[i], tuple) else ((fates[i], 0),)
        fates[i] = (*first, (late, 0))
    for i in lost:
        fates[i] = LOST
    return fates
