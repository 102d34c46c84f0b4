"""What delays a network has: distributions and measured regions, as numbers that integer arithmetic draws from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple, Protocol

from .machine import NodeId
from .normal import lognormal
from .units import US

INSIDE_REGION = 250 * US  # the least one-way delay between two nodes of one region
Grid = tuple[tuple[int, ...], tuple[int, ...]]


class Delay(NamedTuple):
    """One link's delay in ns: at least `low`, plus up to `span`, plus a draw from a grid of quantiles."""

    low: int
    span: int = 0
    grid: Grid | None = None

    def nominal(self) -> int:
        """Return the median."""
        return self.low + self.span // 2 + (0 if self.grid is None else self.grid[0][0])


class Latency(Protocol):
    """What delays a network has between any two different nodes; None is no way."""

    def between(self, src: NodeId, dst: NodeId) -> Delay | None: ...


@dataclass(frozen=True)
class Uniform:
    """The same range of delays everywhere, in ns; a constant if both ends are equal."""

    low: int
    high: int

    def between(self, src: NodeId, dst: NodeId) -> Delay:
        return Delay(self.low, self.high - self.low)


@dataclass(frozen=True)
class Lognormal:
    """A lognormal delay everywhere: its median in ns and the sigma of its logarithm in millionths."""

    median: int
    sigma_ppm: int
    low: int = 0  # added to every draw

    def between(self, src: NodeId, dst: NodeId) -> Delay:
        return Delay(self.low, 0, lognormal(self.median, self.sigma_ppm))


@dataclass(frozen=True)
class Regions:
    """One-way delays in ns between regions, the region of each node, and jitter as a share of the delay."""

    one_way: Mapping[tuple[str, str], int]
    place: Mapping[NodeId, str]
    jitter: Fraction = Fraction(0)

    def between(self, src: NodeId, dst: NodeId) -> Delay:
        low = max(
            self.one_way[self.place[src], self.place[dst]], INSIDE_REGION if self.place[src] == self.place[dst] else 0
        )
        return Delay(low, int(low * self.jitter))


@dataclass(frozen=True)
class Drawn:
    """Delays drawn from the same quantiles everywhere, and `low` ns added to each."""

    grid: Grid
    low: int = 0

    def between(self, src: NodeId, dst: NodeId) -> Delay:
        return Delay(self.low, 0, self.grid)


class Ends(NamedTuple):
    """Some links: those from `src` to `dst`, and unless `oneway` those back."""

    src: frozenset[NodeId]
    dst: frozenset[NodeId]
    oneway: bool = False

    def picks(self, a: NodeId, b: NodeId) -> bool:
        """Return whether the link from a to b is one of them."""
        return (a in self.src and b in self.dst) or (not self.oneway and a in self.dst and b in self.src)


@dataclass(frozen=True)
class ByLink:
    """One latency, and others on some links; the last that picks a link counts."""

    base: Latency
    others: tuple[tuple[Ends, Latency], ...]

    def between(self, src: NodeId, dst: NodeId) -> Delay | None:
        mine = next((latency for ends, latency in reversed(self.others) if ends.picks(src, dst)), self.base)
        return mine.between(src, dst)
