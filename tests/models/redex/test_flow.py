from __future__ import annotations

from fractions import Fraction

import pytest

from models.redex.budget import BACKGROUND, BandwidthBudget
from models.redex.flow import Pacing, Shares
from sim.units import S


def budget() -> BandwidthBudget:
    return BandwidthBudget(100, Fraction(1), Fraction(3, 10), 0)


def test_while_a_request_is_in_flight_no_second_one_leaves() -> None:
    pacing = Pacing(timeout=200)
    pacing.asked("n1", "n1", 7, 1000)
    assert not pacing.free("n1", 1199)
    assert pacing.free("n1", 1200)


def test_an_answer_makes_room_for_the_next_request_and_that_of_another_does_not() -> None:
    pacing = Pacing(timeout=200)
    pacing.asked("n1", "n1", 7, 1000)
    pacing.landed(6)
    assert not pacing.free("n1", 1001)
    pacing.landed(7)
    assert pacing.free("n1", 1001)


def test_another_leader_may_be_asked_meanwhile() -> None:
    pacing = Pacing(timeout=200)
    pacing.asked("n1", "n1", 7, 1000)
    assert pacing.free("n2", 1001)


def silent(times: int) -> Pacing:
    pacing = Pacing(timeout=200)
    for i in range(times + 1):
        pacing.asked("n1", "n1", i, 200 * i)
    return pacing


def test_a_leader_that_leaves_three_requests_unanswered_is_asked_every_fourth_time_only() -> None:
    assert not silent(2).detour()
    pacing = silent(3)
    detours = []
    for i in range(8):
        detours.append(pacing.detour())
        pacing.asked("n1", "n2" if detours[-1] else "n1", 100 + i, 10_000 + 200 * i)
    assert detours.count(False) == 2


def test_an_answer_of_the_leader_ends_the_detours_and_one_of_another_does_not() -> None:
    pacing = silent(4)
    pacing.asked("n1", "n2", 50, 9000)
    pacing.landed(50)
    assert pacing.unanswered > 3
    pacing.asked("n1", "n1", 51, 9100)
    pacing.landed(51)
    assert pacing.unanswered == 0


def test_another_leader_begins_without_a_record() -> None:
    pacing = silent(4)
    pacing.asked("n3", "n3", 50, 9000)
    assert pacing.unanswered == 0


def test_a_leader_that_asked_for_patience_is_given_it() -> None:
    pacing = Pacing(timeout=200)
    pacing.hold_off("n1", 1500)
    assert not pacing.free("n1", 1499)
    assert pacing.free("n1", 1500)


def test_a_follower_spends_its_own_share_alone() -> None:
    shares = Shares(budget)
    assert shares.of("n2").try_consume(100, "foreground", 0)
    assert shares.of("n3").try_consume(100, "foreground", 0)
    assert not shares.of("n2").try_consume(1, "foreground", 0)


@pytest.mark.parametrize(("since", "left"), [(4, 100), (5, 40)])
def test_what_did_not_arrive_is_given_back(since: int, left: int) -> None:
    shares = Shares(budget)
    shares.of("n2").try_consume(60, "foreground", 0)
    shares.shipped("n2", 5, 60)
    shares.asked("n2", since)
    assert shares.of("n2").available == left


def test_a_shipment_is_settled_once() -> None:
    shares = Shares(budget)
    shares.of("n2").try_consume(60, "foreground", 0)
    shares.shipped("n2", 5, 30)
    shares.asked("n2", 0)
    shares.asked("n2", 0)
    assert shares.of("n2").available == 70


def test_the_most_that_is_ever_admitted_depends_on_the_class() -> None:
    assert (budget().most("foreground"), budget().most(BACKGROUND)) == (100, 30)


@pytest.mark.parametrize(("bandwidth_class", "cost"), [("foreground", 100), (BACKGROUND, 30)])
def test_after_the_wait_that_a_refusal_names_a_cost_is_admitted_and_not_before(bandwidth_class: str, cost: int) -> None:
    made = budget()
    assert made.try_consume(99, "foreground", 0)
    wait = made.wait(cost, bandwidth_class)
    assert not made.try_consume(cost, bandwidth_class, wait - 1)
    assert made.try_consume(cost, bandwidth_class, wait)
    assert 0 < wait <= S
