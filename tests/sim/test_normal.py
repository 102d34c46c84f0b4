from itertools import islice
from math import exp
from statistics import NormalDist

from hypothesis import given
from hypothesis import strategies as st

from sim.chance import WORD, Chance
from sim.normal import NORMAL, OCTAVES, STEPS, interpolate, lognormal, normal

Z = NormalDist()


def word_of(tail: float, above: bool = True) -> int:
    """Return the word that stands for a tail probability."""
    return int(tail * WORD) - 1 | (1 << 63 if above else 0)


def test_the_table_is_the_inverse_normal_distribution_on_its_grid() -> None:
    assert len(NORMAL) == OCTAVES * STEPS + 1
    for i, value in enumerate(NORMAL):
        octave, step = divmod(i, STEPS)
        tail = 2.0 ** -(octave + 1) * (1 - step / (2 * STEPS))
        assert abs(value / 1e9 + Z.inv_cdf(tail)) < 2e-9 * max(1, value / 1e9), i


def test_the_table_ends_at_6_4_standard_deviations() -> None:
    assert round(NORMAL[-1] / 1e9, 1) == 6.4


@given(st.integers(0, WORD - 1), st.integers(0, WORD - 1))
def test_a_larger_tail_never_lies_further_out(a: int, b: int) -> None:
    a, b = sorted((a & (1 << 63) - 1, b & (1 << 63) - 1))
    assert normal(a | 1 << 63) >= normal(b | 1 << 63)


@given(st.integers(0, WORD - 1))
def test_the_two_sides_mirror_each_other(word: int) -> None:
    assert normal(word ^ 1 << 63) == -normal(word) or abs(normal(word ^ 1 << 63) + normal(word)) <= 1


def test_the_extreme_words_are_the_median_and_the_ends_of_the_table() -> None:
    assert normal((1 << 64) - 1) == normal((1 << 63) - 1) == 0
    assert normal(1 << 63) == NORMAL[-1]
    assert normal(0) == -NORMAL[-1]


def test_interpolation_between_grid_points_stays_within_a_fifth_of_a_thousandth() -> None:
    for word in islice(Chance(5).stream("test"), 5000):
        tail = ((word & (1 << 63) - 1) + 1) / WORD
        assert abs(abs(normal(word)) / 1e9 + Z.inv_cdf(tail)) < 2e-4


def test_a_lognormal_grid_gives_the_closed_form_at_every_quantile() -> None:
    above, below = lognormal(10_000_000, 500_000)
    for tail in (0.5, 0.25, 0.1, 0.01, 0.001):
        for sign, up in ((1, True), (-1, False)):
            exact = 10_000_000 * exp(sign * 0.5 * -Z.inv_cdf(tail))
            assert abs(interpolate(word_of(tail, up), above, below) / exact - 1) < 2e-4


def test_draws_of_a_lognormal_have_its_median_p90_and_p99() -> None:
    # 100,000 draws: the standard error of the p99 quantile of this distribution is 0.6 %; 4 of them are allowed.
    above, below = lognormal(10_000_000, 500_000)
    drawn = sorted(interpolate(w, above, below) for w in islice(Chance(9).stream("test"), 100_000))
    for part, allowed in ((0.5, 0.008), (0.9, 0.012), (0.99, 0.024)):
        exact = 10_000_000 * exp(0.5 * Z.inv_cdf(part))
        assert abs(drawn[int(part * len(drawn))] / exact - 1) < allowed


def test_a_lognormal_without_spread_is_its_median() -> None:
    above, below = lognormal(777, 0)
    assert set(above) == set(below) == {777}
