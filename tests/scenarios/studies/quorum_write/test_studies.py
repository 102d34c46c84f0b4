"""Small versions of the studies of quorum_write, and the closed forms that they are measured against."""

from itertools import combinations
from math import isclose
from random import Random

import pytest

from scenarios.studies.quorum_write import availability, staleness
from scenarios.studies.quorum_write.shares import ack_quantile, at_least, interval, missed, quantile, together
from scenarios.studies.quorum_write.worlds import watch
from scenarios.studies.spread import Spread
from scenarios.studies.study import DIFFERS
from sim.units import MS


@pytest.mark.parametrize(("n", "w", "r"), [(3, 1, 1), (5, 2, 2), (5, 3, 3), (6, 2, 3)])
def test_the_closed_form_counts_the_sets_that_miss_each_other(n: int, w: int, r: int) -> None:
    pairs = [set(a).isdisjoint(b) for a in combinations(range(n), w) for b in combinations(range(n), r)]
    assert isclose(missed(n, w, r), sum(pairs) / len(pairs))


@pytest.mark.parametrize(("hits", "trials"), [(1, 10), (5, 10), (30, 100), (199, 200), (3, 900)])
def test_an_interval_ends_where_so_few_or_so_many_hits_become_unlikely(hits: int, trials: int) -> None:
    _, low, high = interval(hits, trials, 0.05)
    assert isclose(at_least(hits, trials, low), 0.025, rel_tol=1e-6)
    assert isclose(1 - at_least(hits + 1, trials, high), 0.025, rel_tol=1e-6)


def test_an_interval_reaches_to_the_end_where_nothing_or_all_was_hit() -> None:
    assert interval(0, 100, 0.05)[:2] == (0, 0)
    assert interval(100, 100, 0.05)[::2] == (1, 1)
    assert interval(0, 0, 0.05) == (0.5, 0.0, 1.0)


def test_intervals_that_hold_together_are_wider() -> None:
    one, many = (interval(30, 100, together(count)) for count in (1, 100))
    assert many[1] < one[1] < 0.3 < one[2] < many[2]


def test_a_quantile_lies_between_the_order_statistics_that_bound_it() -> None:
    assert quantile([float(i) for i in range(1000)], 0.5, 0.05) == (500.0, 469.0, 531.0)


def test_waits_are_those_of_sorted_sums_of_two_delays() -> None:
    random = Random(1)
    n, w = 5, 3
    waits = sorted(
        sorted(random.expovariate(0.1) + random.expovariate(0.1) for _ in range(n - 1))[w - 2] for _ in range(20000)
    )
    for part in (0.5, 0.99):
        _, low, high = quantile(waits, part, 0.002)
        assert low <= ack_quantile(part, n, w, 10, 0.0) <= high


def test_enough_of_some_is_a_binomial_tail() -> None:
    assert [at_least(k, 2, 0.5) for k in (-1, 0, 1, 2, 3)] == [1, 1, 0.75, 0.25, 0]


def test_a_world_tells_when_each_write_was_acknowledged_and_who_saw_it() -> None:
    seen = watch(3, {"reads": "quorum", "w": 2, "r": 2}, 1, reads=(0, 50 * MS), writes=20)
    assert sorted(seen.acked) == list(range(20))
    assert min(seen.acked.values()) > 0
    assert (seen.fresh, seen.stale) == ({0: 20, 50 * MS: 20}, {0: 0, 50 * MS: 0})


def test_a_small_study_of_staleness_agrees_with_its_references() -> None:
    result = staleness.run(200, Spread())
    assert [row.name for row in result.rows if row.verdict == DIFFERS] == []
    by_name = {row.name: row for row in result.rows}
    assert by_name["N=3 W=1 R=1, after 0 ms"].measured > 0.5
    assert by_name["N=3 W=2 R=2, after 0 ms"].measured == 0


def test_a_study_tells_other_quorums_from_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    real = staleness.watch
    monkeypatch.setattr(staleness, "watch", lambda n, params, *rest, **more: real(n, {**params, "r": 1}, *rest, **more))
    result = staleness.run(200, Spread())
    assert [row.name for row in result.rows if row.verdict == DIFFERS]


def test_a_small_study_of_availability_agrees_with_its_closed_forms() -> None:
    result = availability.run(200, Spread())
    assert [row.name for row in result.rows if row.verdict == DIFFERS] == []
    assert set(result.charts) == set(result.tables) == {"loss", "median", "p99", "partition"}


def test_more_acknowledgements_are_less_available_and_slower() -> None:
    result = availability.run(100, Spread())
    for chart, series, falls in (("loss", "0.3", True), ("median", "0", False)):
        values = [line[2] for line in result.tables[chart].rows if line[0] == series]
        assert values == sorted(values, reverse=falls)
