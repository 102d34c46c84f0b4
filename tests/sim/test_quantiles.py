"""Distributions against their closed forms.

100,000 draws each. For a quantile at p with density f, the standard error is sqrt(p (1 - p) / 100,000) / f; for a mean
it is the standard deviation / 316. Four of these and the grid's own error (below 0.2 %) are allowed, so a figure of a
sound distribution fails with probability 6e-5 for another stream; the stream here is fixed.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import islice, pairwise
from math import exp, log, sqrt
from statistics import NormalDist
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.chance import WORD, Chance
from sim.normal import OCTAVES, STEPS, interpolate
from sim.quantiles import bimodal, empirical, exponential, exponential_draw, pareto

N = 100_000
MEAN = 10_000_000
Z = NormalDist()


def draws(grid: Any) -> list[int]:
    return sorted(interpolate(word, *grid) for word in islice(Chance(21).stream("test"), N))


def quantile(drawn: list[int], part: float) -> int:
    return drawn[int(part * len(drawn))]


def close(found: float, exact: float, standard_error: float) -> bool:
    return abs(found - exact) < 4 * standard_error + 0.002 * exact


def test_an_exponential_has_its_mean_median_and_p99() -> None:
    drawn = draws(exponential(MEAN))
    assert close(sum(drawn) / N, MEAN, MEAN / sqrt(N))
    for part in (0.5, 0.99):
        density = (1 - part) / MEAN
        assert close(quantile(drawn, part), -MEAN * log(1 - part), sqrt(part * (1 - part) / N) / density)


@pytest.mark.parametrize("alpha", [2.5, 3, 8])
def test_a_pareto_has_its_mean_median_and_p99(alpha: float) -> None:
    drawn = draws(pareto(MEAN, int(alpha * 1_000_000)))
    deviation = MEAN * sqrt(alpha / (alpha - 2)) / (alpha - 1)
    assert close(sum(drawn) / N, MEAN * alpha / (alpha - 1), deviation / sqrt(N))
    for part in (0.5, 0.99):
        exact = MEAN * (1 - part) ** (-1 / alpha)
        density = alpha * (1 - part) / exact
        assert close(quantile(drawn, part), exact, sqrt(part * (1 - part) / N) / density)
    assert drawn[0] >= MEAN


def test_a_bimodal_has_the_mixtures_mean_median_and_p99() -> None:
    fast, slow, share, sigma = 5_000_000, 50_000_000, 0.1, 0.2
    drawn = draws(bimodal(fast, slow, Fraction(1, 10), 200_000))
    mean = (fast * (1 - share) + slow * share) * exp(sigma**2 / 2)
    square = (fast**2 * (1 - share) + slow**2 * share) * exp(2 * sigma**2)
    assert close(sum(drawn) / N, mean, sqrt((square - mean**2) / N))
    # The modes are 11 sigma apart: a quantile of the whole is one of its mode.
    for part, mode, weight, inner in ((0.5, fast, 0.9, 0.5 / 0.9), (0.99, slow, 0.1, 0.9)):
        exact = mode * exp(sigma * Z.inv_cdf(inner))
        density = weight * Z.pdf(Z.inv_cdf(inner)) / (sigma * exact)
        assert close(quantile(drawn, part), exact, sqrt(part * (1 - part) / N) / density)


@pytest.mark.parametrize("share", [Fraction(1, 1000), Fraction(1, 10), Fraction(1, 2), Fraction(9, 10)])
def test_a_bimodal_takes_the_slow_mode_as_often_as_it_should(share: Fraction) -> None:
    # Only the cell of the grid in which one mode ends and the other begins mixes them: a 32nd of the smaller share.
    drawn = draws(bimodal(1_000, 1_000_000, share, 10_000))
    slow = sum(value > 500_000 for value in drawn)
    slack = 4 * sqrt(N * share * (1 - share)) + N * min(share, 1 - share) / 32
    assert abs(slow - N * share) < slack


def test_modes_that_overlap_mix_as_they_should() -> None:
    # Of two modes of one median nothing is to be seen: a lognormal.
    drawn = draws(bimodal(MEAN, MEAN, Fraction(3, 10), 500_000))
    assert close(sum(drawn) / N, MEAN * exp(0.125), MEAN * exp(0.125) * sqrt((exp(0.25) - 1) / N))
    for part in (0.5, 0.9, 0.99):
        exact = MEAN * exp(0.5 * Z.inv_cdf(part))
        assert close(quantile(drawn, part), exact, sqrt(part * (1 - part) / N) * 0.5 * exact / Z.pdf(Z.inv_cdf(part)))


def test_an_empirical_distribution_has_its_samples_mean_median_and_p99() -> None:
    samples = [i * i for i in range(1001)]
    drawn = draws(empirical(samples))
    mean = sum((a + b) / 2 for a, b in pairwise(samples)) / 1000
    assert close(sum(drawn) / N, mean, 300_000 / sqrt(N))
    for part in (0.5, 0.99):
        assert close(quantile(drawn, part), samples[int(1000 * part)], sqrt(part * (1 - part) / N) * 2000 * 1000 * part)
    assert 0 <= drawn[0] <= drawn[-1] <= 1_000_000


def test_a_single_sample_is_a_constant() -> None:
    assert set(draws(empirical([42]))) == {42}


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=60).map(sorted), st.integers(0, WORD - 1))
def test_an_empirical_draw_lies_between_the_smallest_and_the_largest_sample(samples: list[int], word: int) -> None:
    assert samples[0] <= interpolate(word, *empirical(samples)) <= samples[-1]


@given(st.integers(0, WORD - 1), st.integers(0, WORD - 1))
def test_grids_rise(a: int, b: int) -> None:
    # Words of the upper half rise towards the median, those of the lower half too.
    a, b = sorted((a & (1 << 63) - 1, b & (1 << 63) - 1))
    for grid in (exponential(MEAN), pareto(MEAN, 2_000_000)):
        assert interpolate(a | 1 << 63, *grid) >= interpolate(b | 1 << 63, *grid)
        assert interpolate(a, *grid) <= interpolate(b, *grid)


def test_every_grid_begins_at_one_median_and_has_the_tables_length() -> None:
    for above, below in (exponential(MEAN), pareto(MEAN, 1_000_000), empirical([1, 5, 9])):
        assert above[0] == below[0]
        assert len(above) == len(below) == OCTAVES * STEPS + 1


def test_the_grid_of_an_exponential_is_exact_to_the_unit() -> None:
    above, below = exponential(10**9)
    for i in range(0, len(above), 7):
        octave, step = divmod(i, STEPS)
        tail = 2.0 ** -(octave + 1) * (1 - step / (2 * STEPS))
        assert abs(above[i] + 10**9 * log(tail)) <= 1
        assert tail < 1e-6 or abs(below[i] + 10**9 * log(1 - tail)) <= 1


def test_an_exponential_draw_of_any_mean_is_that_of_one_grid_scaled() -> None:
    words = list(islice(Chance(4).stream("test"), 1000))
    for mean in (1, 777, 10**6, 10**12):
        for word in words:
            assert abs(exponential_draw(word, mean) - interpolate(word, *exponential(mean))) <= 2 + mean // 10**10
