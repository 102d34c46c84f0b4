from __future__ import annotations

from models.redex.votes import Canvass, rank_delay, up_to_date


def test_a_majority_wins_with_the_candidates_own_vote() -> None:
    canvass = Canvass("n1", 3, True, need=2)
    assert not canvass.won
    canvass.grant("n2")
    assert canvass.won


def test_a_vote_that_comes_twice_counts_once() -> None:
    canvass = Canvass("n1", 3, False, need=3)
    canvass.grant("n2")
    canvass.grant("n2")
    assert not canvass.won


def test_a_cluster_of_one_has_won_at_once() -> None:
    assert Canvass("n1", 1, True, need=1).won


def test_the_later_last_term_is_more_recent_than_the_longer_log() -> None:
    assert up_to_date(3, 1, 2, 9)
    assert not up_to_date(2, 9, 3, 1)


def test_of_one_last_term_the_longer_log_is_more_recent_and_equal_is_enough() -> None:
    assert up_to_date(2, 5, 2, 5)
    assert not up_to_date(2, 4, 2, 5)


def test_who_is_nearer_to_a_majority_stands_earlier() -> None:
    assert rank_delay([10, 200, 300, 20], 3, 1000) == 2 * 20
    assert rank_delay([50, 60, 70, 80], 3, 1000) == 2 * 60


def test_a_round_trip_never_measured_counts_as_the_given_one() -> None:
    assert rank_delay([None, None], 2, 1000) == 2000


def test_a_node_alone_does_not_wait() -> None:
    assert rank_delay([], 1, 1000) == 0
