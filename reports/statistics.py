"""Estimates with intervals, at 95 %: proportions, means, medians, and what sets apart runs that met the same weather.

Pure functions of numbers, and nothing is drawn: the bootstrap interval of a median is computed, not sampled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import exp, lgamma, log, log1p, sqrt
from statistics import fmean, stdev

Z = 1.959963984540054  # two-sided 95 % of the normal distribution
TAIL = 0.025
FEW = 6  # 1 - 2 ** (1 - n) is at least 95 % from here on


def proportion(count: int, of: int) -> tuple[float, float, float] | None:
    """Return a proportion and its Wilson interval, None of nothing.

    Where nothing was counted the upper end is the rule of three's, 3/n; where all was, the lower end likewise.
    """
    if not of:
        return None
    share, squared = count / of, Z * Z
    middle = (share + squared / (2 * of)) / (1 + squared / of)
    half = Z * sqrt(share * (1 - share) / of + squared / (4 * of * of)) / (1 + squared / of)
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    if not count:
        low, high = 0.0, min(1.0, 3 / of)
    elif count == of:
        low, high = max(0.0, 1 - 3 / of), 1.0
    return share, low, high


def median(ordered: Sequence[float]) -> tuple[float, float | None, float | None] | None:
    """Return the median of numbers in rising order and its bootstrap percentile interval, None of nothing.

    The k-th smallest of n draws with replacement is at most the j-th number with the probability that k or more of the
    draws are among the first j: the interval of infinitely many resamples, whoever computes it. Not even the whole
    range of less than six numbers holds the median with 95 %, so these have no interval.
    """
    n = len(ordered)
    if not n:
        return None
    low, high = (n + 1) // 2, n // 2 + 1
    middle = (ordered[low - 1] + ordered[high - 1]) / 2
    if n < FEW:
        return middle, None, None
    first = _first(n, lambda j: at_least(low, n, j / n) >= TAIL)
    last = _first(n, lambda j: at_least(high, n, j / n) >= 1 - TAIL)
    return middle, float(ordered[first - 1]), float(ordered[last - 1])


def mean(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the mean and its interval at 95 %, from the normal approximation; of one value no more than itself."""
    middle = fmean(values)
    half = Z * stdev(values) / sqrt(len(values)) if len(values) > 1 else 0.0
    return middle, middle - half, middle + half


def quantile(ordered: Sequence[int], percent: int) -> int | None:
    """Return the nearest-rank quantile of numbers in rising order, None of none."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)] if ordered else None


def _first(n: int, holds: Callable[[int], bool]) -> int:
    """Return the first of 1..n for which a condition holds that then goes on holding; n if it never does before."""
    low, high = 1, n
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


def paired_proportions(only_one: int, only_other: int, of: int) -> tuple[float, float, float] | None:
    """Return how much more often something is so under the other of two settings, with an interval, None of nothing.

    `only_one` and `only_other` count the pairs in which it is so under just one setting, `of` all pairs. Agresti and
    Min's interval (Statistics in Medicine 24, 2005): half a pair is added to each of the four kinds.
    """
    if not of:
        return None
    n = of + 2
    shift = (only_other - only_one) / n
    half = Z * sqrt(max(0.0, (only_one + only_other + 1) - n * shift * shift)) / n
    return (only_other - only_one) / of, max(-1.0, shift - half), min(1.0, shift + half)


def mcnemar(only_one: int, only_other: int) -> float:
    """Return how probable it is that chance parts pairs so unequally or more, where either setting is as likely.

    McNemar's test of the pairs in which something is so under just one of two settings, in its exact form: two-sided,
    from the binomial distribution. Pairs that agree tell nothing; without any others it is 1.
    """
    return min(1.0, 2 * at_least(max(only_one, only_other), only_one + only_other, 0.5))


# -- the binomial distribution -----------------------------------------------------------------------------


def at_least(k: int, n: int, share: float) -> float:
    """Return the probability of k or more successes in n draws: the regularised incomplete beta function."""
    if k <= 0:
        return 1.0
    if k > n or share <= 0:
        return 0.0
    if share >= 1:
        return 1.0
    a, b = float(k), float(n - k + 1)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(share) + b * log1p(-share))
    if share < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, share) / a
    return 1 - front * _fraction(b, a, 1 - share) / b


def _fraction(a: float, b: float, x: float) -> float:
    """Return the continued fraction of the incomplete beta function by Lentz's method."""
    tiny = 1e-300
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > tiny else tiny)
    value = d
    for m in range(1, 10_000):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 + term * d
            d = 1 / (d if abs(d) > tiny else tiny)
            c = 1 + term / c
            c = c if abs(c) > tiny else tiny
            value *= c * d
        if abs(c * d - 1) < 1e-14:
            break
    return value
