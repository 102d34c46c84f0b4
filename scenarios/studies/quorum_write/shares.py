"""Shares of trials and quantiles with their intervals, and what independence says of them in closed form.

A study has many rows, and of intervals at 95 % every twentieth misses what is true. So the intervals of a study hold
together: each is at 95 % by Bonferroni's count of them all.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from math import comb, exp, sqrt
from statistics import NormalDist

from reports import statistics


def together(many: int) -> float:
    """Return the chance of missing what is true that each of so many intervals may have for all to hold with 95 %."""
    return 0.05 / many


def interval(hits: int, trials: int, miss: float) -> tuple[float, float, float]:
    """Return the share of hits and its exact interval (Clopper and Pearson), which misses what is true so rarely.

    Wilson's is too narrow for shares that nearly always, or hardly ever, hit. Of no trials anything from 0 to 1.
    """
    if trials == 0:
        return 0.5, 0.0, 1.0
    low = 0.0 if hits == 0 else _beta_quantile(miss / 2, hits, trials - hits + 1)
    high = 1.0 if hits == trials else _beta_quantile(1 - miss / 2, hits + 1, trials - hits)
    return hits / trials, low, high


def _beta_quantile(share: float, a: int, b: int) -> float:
    low, high = 0.0, 1.0
    while high - low > 1e-12:
        middle = (low + high) / 2
        low, high = (middle, high) if statistics.at_least(a, a + b - 1, middle) < share else (low, middle)
    return (low + high) / 2


def quantile(values: Sequence[float], share: float, miss: float) -> tuple[float, float, float]:
    """Return an empirical quantile of sorted values, and order statistics that miss the true one so rarely."""
    count = len(values)
    half = NormalDist().inv_cdf(1 - miss / 2) * sqrt(count * share * (1 - share))
    ranks = (count * share, count * share - half, count * share + half)
    at = [min(max(round(rank), 0), count - 1) for rank in ranks]
    return values[at[0]], values[at[1]], values[at[2]]


def at_least(many: int, of: int, share: float) -> float:
    """Return the probability that of so many independent trials at least so many succeed."""
    return sum(comb(of, k) * share**k * (1 - share) ** (of - k) for k in range(max(many, 0), of + 1))


def missed(n: int, w: int, r: int) -> float:
    """Return the probability that r nodes drawn from n meet none of w nodes drawn before: C(n - w, r) / C(n, r)."""
    return comb(n - w, r) / comb(n, r)


def acked_within(ms: float, mean_ms: float, loss: float) -> float:
    """Return the probability that one peer's acknowledgement comes so soon, delays being exponential both ways."""
    if ms <= 0:
        return 0.0
    x = ms / mean_ms
    return (1 - loss) ** 2 * (1 - exp(-x) * (1 + x))  # the sum of two exponential delays is Erlang's


def ack_quantile(share: float, n: int, w: int, mean_ms: float, loss: float) -> float:
    """Return within how many ms that share of the acknowledged writes is acknowledged, found by bisection."""
    whole = at_least(w - 1, n - 1, (1 - loss) ** 2)
    grid = range(1, 60 * 1000)
    step = mean_ms / 500

    def reached(i: int) -> float:
        return at_least(w - 1, n - 1, acked_within(i * step, mean_ms, loss)) / whole

    return grid[min(bisect_left(grid, share, key=reached), len(grid) - 1)] * step if w > 1 else 0.0
