"""Distributions as quantiles on the grid of sim.normal, so that one interpolation draws from any of them.

Decimal's logarithm and exponential are correctly rounded, so a grid is the same on every machine. A grid ends at the
tail probability 2**-34: nothing beyond that quantile is ever drawn. Between grid points quantiles are linear, which
moves a mean by less than two thousandths.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache

from .normal import OCTAVES, STEPS, interpolate, lognormal

Grid = tuple[tuple[int, ...], tuple[int, ...]]  # quantiles above and below the median
_WHOLE = 2 * STEPS << (OCTAVES + 1)  # the probability 1: in this unit every tail of the grid is a whole number
_TAILS = tuple(
    (2 * STEPS - i % STEPS) << (OCTAVES - i // STEPS) for i in range(OCTAVES * STEPS + 1)
)  # each tail probability
_EXACT = Context(prec=30)


def _grid(quantile: Callable[[int, int], int]) -> Grid:
    """Return the grid of a quantile function of a probability and its rest to 1."""
    return tuple(quantile(_WHOLE - tail, tail) for tail in _TAILS), tuple(quantile(t, _WHOLE - t) for t in _TAILS)


def _log_of_share(parts: int) -> Decimal:
    return _EXACT.ln(_EXACT.divide(Decimal(parts), Decimal(_WHOLE)))


def _nearest(value: Decimal) -> int:
    return int(value.to_integral_value())


@lru_cache(maxsize=64)
def exponential(mean: int) -> Grid:
    """Return the exponential distribution with this mean."""
    return _grid(lambda _, rest: _nearest(_EXACT.multiply(Decimal(-mean), _log_of_share(rest))))


@lru_cache(maxsize=64)
def pareto(least: int, alpha_ppm: int) -> Grid:
    """Return the Pareto distribution of this smallest value; the tail's exponent in millionths."""

    def quantile(_: int, rest: int) -> int:
        power = _EXACT.divide(_EXACT.multiply(_log_of_share(rest), Decimal(-1_000_000)), Decimal(alpha_ppm))
        return _nearest(_EXACT.multiply(Decimal(least), _EXACT.exp(power)))

    return _grid(quantile)


@lru_cache(maxsize=64)
def bimodal(fast: int, slow: int, share: Fraction, sigma_ppm: int) -> Grid:
    """Return a mixture of two lognormal distributions by their medians and the share of the slow one.

    Where there is a gap between the modes, one cell of the grid lies across it: some draws, at most a 32nd of the
    smaller share, fall into the gap.
    """
    modes = [(_Rest(lognormal(fast, sigma_ppm)), 1 - share), (_Rest(lognormal(slow, sigma_ppm)), share)]
    points = sorted({x for mode, _ in modes for x in (mode.values[0] - 1, *mode.values)})
    rests = [-sum(weight * mode.at(x) for mode, weight in modes) for x in points]  # rising

    def quantile(_: int, rest: int) -> int:
        i = bisect_left(rests, -rest)
        if i in (0, len(points)):
            return points[min(i, len(points) - 1)]
        into = Fraction(-rest - rests[i - 1]) / (rests[i] - rests[i - 1])
        return points[i - 1] + int((points[i] - points[i - 1]) * into)

    return _grid(quantile)


class _Rest:
    """The probability above a value, of a distribution on the grid: linear where its quantiles are."""

    def __init__(self, grid: Grid) -> None:
        above, below = grid
        self.values = (*below[:0:-1], *above)
        self._rests = (*(_WHOLE - tail for tail in _TAILS[:0:-1]), *_TAILS)

    def at(self, x: int) -> Fraction:
        """Return the probability in units of the grid."""
        i = bisect_right(self.values, x)
        if i in (0, len(self.values)):
            return Fraction(0 if i else _WHOLE)
        low, high = self.values[i - 1], self.values[i]
        return self._rests[i - 1] - Fraction((self._rests[i - 1] - self._rests[i]) * (x - low), high - low)


def empirical(samples: Sequence[int]) -> Grid:
    """Return the distribution of measured values in rising order, linear between one and the next."""
    last = len(samples) - 1

    def quantile(part: int, _: int) -> int:
        i, into = divmod(part * last, _WHOLE)
        return samples[i] + ((samples[min(i + 1, last)] - samples[i]) * into // _WHOLE)

    return _grid(quantile)


_UNIT = 1 << 40


def exponential_draw(word: int, mean: int) -> int:
    """Return an exponentially distributed number by one word; any mean costs the same."""
    return mean * interpolate(word, *exponential(_UNIT)) >> 40
