"""VOTE, with the terms in which votes are given."""

from __future__ import annotations

from typing import Any

import pytest
from redex_hardened_steps import beat, canvass, crown, follow, made, notes, now, receive, sends, tick, vote

from models.redex import wire
from models.redex.claims import Voted
from models.redex.roles import CANDIDATE, FOLLOWER, IDLE, LEADER
from sim.machine import Alarm, Operate, Persist, SetAlarm
from sim.units import MS


def candidate(*switches: str, **params: Any) -> Any:
    """Return a node that asks whether it would be voted for."""
    one = made(*switches, **params)
    for at in (200, 300):
        tick(one, at)
    one.step(Alarm("stand"), now(330))
    assert one.role == CANDIDATE
    return one


def granted(effects: Any) -> bool:
    ((_, said),) = sends(effects, wire.Vote)
    return bool(said.granted)


# -- standing ----------------------------------------------------------------------------------------------


def test_a_follower_that_misses_its_leader_waits_for_its_rank_before_it_stands() -> None:
    one = made()
    tick(one, 200)
    (alarm,) = [e for e in tick(one, 300) if isinstance(e, SetAlarm)]
    assert alarm == SetAlarm("stand", 20 * MS + 12)
    assert one.role == FOLLOWER


def test_a_leader_heard_meanwhile_makes_it_stay() -> None:
    one = made()
    for at in (200, 300):
        tick(one, at)
    follow(one, "n2", 310)
    one.step(Alarm("stand"), now(330))
    assert one.role == FOLLOWER


def test_who_is_not_sure_of_a_majority_begins_no_term() -> None:
    one = candidate()
    assert one.term == 0
    effects = receive(one, "n2", vote(1, pre=True), 340)
    assert one.term == 1
    assert Persist("ballot", (1, "n1")) in effects
    assert notes(effects, Voted) == [Voted(1, "n1")]
    assert [msg.pre for _, msg in sends(effects, wire.VoteRequest)] == [False, False]


def test_a_majority_of_votes_makes_a_leader() -> None:
    one = candidate()
    receive(one, "n2", vote(1, pre=True), 340)
    receive(one, "n3", vote(1), 350)
    assert (one.role, one.term) == (LEADER, 1)


@pytest.mark.parametrize(("switches", "role"), [(("VOTE", "SEED"), FOLLOWER), (("TERM", "SEED"), LEADER)])
def test_a_node_alone_is_no_majority_and_without_votes_needs_none(switches: Any, role: str) -> None:
    one = made(*switches)
    for at in (200, 300):
        tick(one, at)
    assert one.role == role


def test_a_candidate_that_is_not_answered_asks_again_after_a_while() -> None:
    one = candidate()
    effects = one.step(Alarm("stand"), now(900))
    assert len(sends(effects, wire.VoteRequest)) == 2
    assert SetAlarm("stand", (300 * MS, 600 * MS)) in effects


def test_votes_of_an_earlier_round_do_not_count() -> None:
    one = candidate()
    receive(one, "n2", vote(1, pre=True), 340)
    receive(one, "n2", vote(1, pre=True), 350)
    assert one.role == CANDIDATE


def test_a_refusal_in_a_later_term_ends_the_candidacy() -> None:
    one = candidate()
    receive(one, "n2", vote(4, granted=False, pre=True), 340)
    assert (one.role, one.term) == (FOLLOWER, 4)


# -- voting ------------------------------------------------------------------------------------------------


def test_a_vote_is_on_disk_before_it_is_given() -> None:
    effects = receive(made(), "n2", canvass(1), 10)
    assert granted(effects)
    kinds = [type(e).__name__ for e in effects if isinstance(e, Persist) or sends([e], wire.Vote)]
    assert kinds == ["Persist", "Persist", "Send"]


def test_a_node_votes_once_in_a_term_and_for_the_same_again() -> None:
    one = made()
    assert granted(receive(one, "n2", canvass(1), 10))
    assert not granted(receive(one, "n3", canvass(1), 20))
    assert granted(receive(one, "n2", canvass(1), 30))


def test_a_vote_outlives_a_crash() -> None:
    one = made(life=2, durable={"ballot": (1, "n2")})
    assert not granted(receive(one, "n3", canvass(1), 20))


def test_without_terms_a_vote_is_forgotten_as_soon_as_it_is_given() -> None:
    one = made("VOTE", term="none")
    assert granted(receive(one, "n2", canvass(0), 10))
    assert granted(receive(one, "n3", canvass(0), 20))


@pytest.mark.parametrize(("last_term", "tail"), [(1, 9), (2, 1)])
def test_nobody_votes_for_a_log_that_is_behind_its_own(last_term: int, tail: int) -> None:
    log = {("log", 0): (1, "a"), ("log", 1): (2, "b"), "ballot": (2, None)}
    one = made(life=2, durable=log)
    assert not granted(receive(one, "n2", canvass(3, last_term, tail), 10))
    assert granted(receive(one, "n3", canvass(3, 2, 2), 20))


def test_who_hears_a_leader_gives_others_no_hope() -> None:
    one = made()
    follow(one, "n3", 10)
    assert not granted(receive(one, "n2", canvass(2, pre=True), 300))
    assert granted(receive(one, "n2", canvass(2, pre=True), 310))


def test_a_term_that_somebody_has_begun_is_entered_even_under_a_leader() -> None:
    one = made()
    follow(one, "n3", 10)
    assert granted(receive(one, "n2", canvass(2), 20))
    assert one.term == 2


def test_a_leader_gives_way_to_a_later_term() -> None:
    one = made()
    crown(one, 400)
    assert not granted(receive(one, "n2", canvass(one.term + 1, pre=True), 410))
    receive(one, "n2", canvass(one.term + 1, 9, 9), 420)
    assert one.role == FOLLOWER


def test_a_hope_is_given_in_a_later_term_only() -> None:
    one = made(life=2, durable={"ballot": (3, None)})
    assert not granted(receive(one, "n2", canvass(3, pre=True), 10))
    assert granted(receive(one, "n2", canvass(4, pre=True), 20))
    assert one.term == 3


def test_a_vote_leaves_a_reign_time_to_begin() -> None:
    one = made()
    receive(one, "n2", canvass(1), 290)
    tick(one, 300)
    assert [e for e in tick(one, 400) if isinstance(e, SetAlarm)] == []


def test_an_idle_node_neither_stands_nor_votes() -> None:
    one = made(placed="never")
    assert one.role == IDLE
    assert receive(one, "n2", canvass(1), 10) == []


def test_a_strangers_canvass_is_dropped() -> None:
    assert receive(made(), "n9", canvass(1), 10) == []


def test_a_candidate_tells_a_leader_of_an_earlier_term_about_the_later_one() -> None:
    one = candidate()
    receive(one, "n2", vote(1, pre=True), 340)
    one.step(Alarm("stand"), now(900))
    effects = receive(one, "n3", beat(LEADER, term=0), 910)
    assert [(dst, msg.term) for dst, msg in sends(effects, wire.SyncHeartbeat)] == [("n3", 1)]


def test_a_candidate_that_withdraws_stands_no_more() -> None:
    one = candidate()
    one.step(Operate(1, "close"), now(350))
    one.step(Alarm("stand"), now(900))
    assert (one.role, one.canvass) == (IDLE, None)
