"""The studies of Raft with few trials: what they measure hangs together, and they can be wrong."""

from statistics import median

import pytest

from scenarios.studies.baselines import raft_figure_16 as figure
from scenarios.studies.baselines import receive_only_livelock as livelock
from scenarios.studies.spread import Spread
from sim.units import MS


def times(low: int, high: int, trials: int, one_way: int = figure.ONE_WAY) -> list[float]:
    return [figure.down_time(figure.Job(low, high, seed, one_way)) for seed in range(1, trials + 1)]


def test_without_randomness_nobody_is_elected_for_long() -> None:
    assert min(times(150, 150, 2)) > 10_000


def test_a_little_randomness_helps_and_more_helps_more() -> None:
    little, more = times(150, 155, 30), times(150, 200, 30)
    assert median(more) < median(little) < 1000


def test_no_crash_is_noticed_before_half_the_least_timeout_is_over() -> None:
    assert min(times(150, 300, 40)) > 75


def test_shorter_timeouts_find_a_leader_sooner() -> None:
    assert median(times(12, 24, 20)) < median(times(50, 100, 20)) < median(times(150, 300, 20))


def test_the_longer_requests_travel_the_more_elections_are_split() -> None:
    assert median(times(150, 155, 30, MS)) < median(times(150, 155, 30, 7 * MS))


def test_who_has_one_of_the_shorter_logs_does_not_win() -> None:
    # Of four followers the two with the longest logs can get three votes of five.
    winners = {figure.failover(figure.Job(150, 300, seed))[1] for seed in range(1, 30)}
    assert winners == {"n2", "n3"}


def test_the_worst_of_batches_lie_around_their_median() -> None:
    assert figure.worst_interval([1.0, 5.0, 2.0, 7.0, 3.0, 4.0], 3) == (5.0, 4.0, 7.0)


def test_figure_16_has_a_row_for_each_published_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figure, "TOP", ((150, 150), (150, 155), (150, 200)))
    monkeypatch.setattr(figure, "BOTTOM", ((12, 24),))
    result = figure.run(4, Spread())
    assert [row.published for row in result.rows if row.published is not None] == [1.0, 287.0, 513.0, 152.0, 35.0]
    assert set(result.charts) == {"randomness", "timeouts"}
    assert set(result.tables["timeouts"].column("timeouts_ms")) == {"12-24"}


@pytest.mark.parametrize(
    ("deaf", "rules", "deposed", "served"),
    [
        ("follower", "none", True, True),
        ("follower", "PreVote", False, True),
        ("follower", "disregard", False, True),
        ("leader", "PreVote", False, False),
        ("leader", "CheckQuorum", True, True),
        ("leader", "both", False, True),
    ],
)
def test_it_takes_both_rules_to_bear_a_server_that_hears_nothing(
    deaf: str, rules: str, deposed: bool, served: bool
) -> None:
    counted = livelock.count(livelock.Job(deaf, rules, 1))
    assert (counted.still_deposed, counted.still_acknowledged) == (deposed, served)


def test_every_case_of_the_livelock_has_its_rows() -> None:
    assert {case[1] for case in livelock.SAID} <= set(livelock.RULES)
    assert {case[0] for case in livelock.SAID} == set(livelock.DEAF)
