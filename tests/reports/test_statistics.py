"""The estimates beside slow twins: sums of binomial terms, resampling, and how often an interval holds the truth."""

from math import comb
from random import Random

import pytest

from reports.statistics import at_least, mcnemar, mean, median, paired_proportions, proportion


@pytest.mark.parametrize("n", [1, 2, 7, 40, 150])
@pytest.mark.parametrize("share", [0.0, 0.001, 0.2, 0.5, 0.93, 1.0])
def test_a_tail_of_the_binomial_distribution_is_the_sum_of_its_terms(n, share):
    for k in range(n + 2):
        terms = sum(comb(n, i) * share**i * (1 - share) ** (n - i) for i in range(k, n + 1))
        assert at_least(k, n, share) == pytest.approx(terms, abs=1e-11)


def test_a_proportion_has_wilsons_interval():
    # Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263 and 15 of 148.
    assert proportion(81, 263) == pytest.approx((0.3080, 0.2553, 0.3662), abs=5e-5)
    assert proportion(15, 148) == pytest.approx((0.1014, 0.0624, 0.1605), abs=5e-5)


def test_nothing_counted_has_the_rule_of_three():
    assert proportion(0, 1000) == (0.0, 0.0, 0.003)
    assert proportion(1000, 1000) == (1.0, 0.997, 1.0)
    assert proportion(0, 2) == (0.0, 0.0, 1.0)


def test_of_nothing_there_is_no_estimate():
    assert (proportion(0, 0), median(()), paired_proportions(0, 0, 0)) == (None, None, None)


def test_a_proportions_interval_holds_the_truth_nearly_always():
    random = Random(1)
    held = 0
    for _ in range(2000):
        _, low, high = proportion(sum(random.random() < 0.07 for _ in range(120)), 120)
        held += low <= 0.07 <= high
    assert 0.93 <= held / 2000 <= 0.98


@pytest.mark.parametrize("n", [7, 30, 101, 400])
def test_a_medians_interval_is_what_resampling_comes_to(n):
    random = Random(n)
    numbers = sorted(random.randrange(10**6) for _ in range(n))
    _, low, high = median(numbers)
    medians = sorted(sorted(random.choices(numbers, k=n))[n // 2] for _ in range(4000))
    ranks = [sum(m < bound for m in medians) / 4000 for bound in (low, high)]
    ranks += [sum(m <= bound for m in medians) / 4000 for bound in (low, high)]
    if n % 2:
        assert ranks[0] - 0.012 <= 0.025 <= ranks[2] + 0.012
    assert ranks[1] - 0.012 <= 0.975 <= ranks[3] + 0.012


def test_a_medians_interval_holds_the_truth_nearly_always():
    random = Random(2)
    held = 0
    for _ in range(1000):
        _, low, high = median(sorted(round(random.expovariate(1 / 1000)) for _ in range(41)))
        held += low <= 693 <= high
    assert 0.92 <= held / 1000 <= 0.98


def test_a_median_of_few_numbers_has_no_interval():
    assert median((1, 2, 3, 4)) == (2.5, None, None)
    assert median((1, 2, 3, 4, 5, 6))[1:] == (1.0, 6.0)


def test_a_difference_between_pairs_counts_those_that_differ():
    estimate, low, high = paired_proportions(2, 12, 50)
    assert estimate == pytest.approx(0.2)
    assert 0 < low < 0.2 < high < 0.4


def test_pairs_that_never_differ_may_still_differ_a_little():
    estimate, low, high = paired_proportions(0, 0, 100)
    assert estimate == 0
    assert -0.03 < low < 0 < high < 0.03


def test_an_interval_of_pairs_holds_the_truth_nearly_always():
    random = Random(3)
    held = 0
    for _ in range(2000):
        pairs = [random.random() for _ in range(80)]
        _, low, high = paired_proportions(sum(x < 0.05 for x in pairs), sum(x > 0.85 for x in pairs), 80)
        held += low <= 0.1 <= high
    assert 0.93 <= held / 2000 <= 0.98


def test_a_median_of_very_many_numbers_takes_no_time():
    middle, low, high = median(range(10**6))
    assert middle == 499999.5
    assert (low, high) == pytest.approx((499_020, 500_980), abs=2)


def test_the_interval_of_a_mean_narrows_with_more_values() -> None:
    wide, narrow = mean([1.0, 2.0] * 4), mean([1.0, 2.0] * 64)
    assert wide[2] - wide[1] > narrow[2] - narrow[1]


@pytest.mark.parametrize(("only_one", "only_other"), [(0, 3), (1, 9), (12, 30), (7, 7), (0, 0)])
def test_mcnemars_test_is_two_tails_of_tosses_of_a_coin(only_one: int, only_other: int) -> None:
    n, least = only_one + only_other, max(only_one, only_other)
    expected = min(1.0, 2 * sum(comb(n, k) for k in range(least, n + 1)) / 2**n)
    assert mcnemar(only_one, only_other) == pytest.approx(expected, rel=1e-9)
    assert mcnemar(only_other, only_one) == mcnemar(only_one, only_other)
