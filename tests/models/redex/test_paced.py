"""FLOW: one request under way, a share for each, and a detour round a leader that does not answer."""

from __future__ import annotations

from typing import Any

import pytest
from redex_hardened_steps import beat, follow, made, receive, sends, tick

from models.redex import wire
from models.redex.messages import BACKPRESSURE, NOT_LEADER
from models.redex.roles import FOLLOWER
from sim.machine import Ask, Now
from sim.units import MS


def asks(effects: Any) -> list[str]:
    return [dst for dst, _ in sends(effects, wire.SyncRequest)]


def behind(*switches: str, **params: Any) -> tuple[Any, list[str]]:
    """Return a follower that has heard of entries that it lacks, and whom it asked for them."""
    one = made(*switches, **params)
    term = 1 if one.fenced else 0
    return one, asks(follow(one, "n2", 50, term=term, tail=9, mark="m"))


# -- asking ------------------------------------------------------------------------------------------------


def test_a_follower_asks_as_soon_as_it_hears_of_more() -> None:
    assert behind("FLOW")[1] == ["n2"]
    one, asked = behind("NOW")
    assert asked == []
    assert asks(tick(one, 100)) == ["n2"]


def test_while_a_request_is_under_way_no_other_leaves_for_two_heartbeats() -> None:
    one, _ = behind("FLOW")
    assert [asks(tick(one, at)) for at in (100, 200, 250)] == [[], [], ["n2"]]


def test_without_it_a_request_leaves_in_every_tick() -> None:
    one, _ = behind("NOW")
    assert [asks(tick(one, at)) for at in (100, 200)] == [["n2"], ["n2"]]


@pytest.mark.parametrize(("switch", "asked"), [("FLOW", ["n2"]), ("NOW", [])])
def test_the_next_request_follows_a_productive_response_at_once(switch: str, asked: list[str]) -> None:
    one, _ = behind(switch)
    tick(one, 100)
    response = wire.SyncResponse("redex", 0, 0, ((0, "a", 0), (1, "b", 0)), 11)
    assert asks(receive(one, "n2", response, 110)) == asked


def test_an_empty_response_is_followed_by_nothing() -> None:
    one, _ = behind("FLOW")
    assert asks(receive(one, "n2", wire.SyncResponse("redex", 0, 0, (), 11), 110)) == []


def test_a_leader_without_budget_is_left_alone_as_long_as_it_says() -> None:
    one, _ = behind("FLOW")
    nack = wire.SyncNack("redex", 0, BACKPRESSURE, 0, 11, retry_after=150 * MS)
    receive(one, "n2", nack, 100)
    assert [asks(tick(one, at)) for at in (200, 249, 250)] == [[], [], ["n2"]]


# -- shipping ----------------------------------------------------------------------------------------------


def leader(*switches: str, **params: Any) -> Any:
    one = made(*switches, first_leader="n1", bandwidth="2000B/s", **params)
    for op in range(40):
        one.step(Ask("c1", op, "append", ("x" * 88,)), Now(0, 0, (1, 2, 3)))
    return one


def pull(since: int = 0, bandwidth_class: str = "foreground") -> wire.SyncRequest:
    return wire.SyncRequest("redex", since, 10**6, 7, bandwidth_class)


def shipped(effects: Any) -> list[int]:
    return [len(msg.events) for _, msg in sends(effects, wire.SyncResponse)]


@pytest.mark.parametrize(("bandwidth_class", "events"), [("foreground", 9), ("background", 2)])
def test_a_chunk_is_no_more_than_a_followers_share_can_ever_be(bandwidth_class: str, events: int) -> None:
    assert shipped(receive(leader("FLOW"), "n2", pull(0, bandwidth_class), 100)) == [events]


def test_without_it_a_chunk_that_is_more_than_the_budget_is_refused_for_ever() -> None:
    assert sends(receive(leader("NOW"), "n2", pull(), 10_000), wire.SyncNack)[0][1].error_code == BACKPRESSURE


def test_a_follower_that_takes_its_share_leaves_another_its_own() -> None:
    one = leader("FLOW")
    receive(one, "n2", pull(), 100)
    assert shipped(receive(one, "n3", pull(), 100)) == [9]


def test_a_refusal_says_when_to_come_back() -> None:
    one = leader("FLOW")
    receive(one, "n2", pull(), 100)
    ((_, nack),) = sends(receive(one, "n2", pull(9), 100), wire.SyncNack)
    assert 0 < nack.retry_after <= 1000 * MS
    assert shipped(receive(one, "n2", pull(9), 100 + nack.retry_after // MS + 1)) == [9]


def test_what_did_not_arrive_is_not_paid_for() -> None:
    one = leader("FLOW")
    receive(one, "n2", pull(), 100)
    assert shipped(receive(one, "n2", pull(), 100)) == [9]


def test_a_single_entry_that_is_more_than_a_share_is_shipped_all_the_same() -> None:
    one = made("FLOW", first_leader="n1", bandwidth="200B/s")
    one.step(Ask("c1", 1, "append", ("x" * 500,)), Now(0, 0, (1, 2, 3)))
    assert shipped(receive(one, "n2", pull(), 100)) == [1]


# -- a detour ----------------------------------------------------------------------------------------------


def unheard() -> Any:
    """Return a follower that hears its leader, whose requests are never answered, and that hears another follower."""
    one, asked = behind()
    for ms in range(100, 1100, 50):
        receive(one, "n3", beat(FOLLOWER, 9, term=1, leader="n2"), ms)
        asked += asks(follow(one, "n2", ms, tail=9, mark="m"))
    return one, asked


def test_who_is_not_answered_asks_another_follower_but_every_fourth_time() -> None:
    _, asked = unheard()
    assert asked == ["n2", "n2", "n2", "n2", "n2", "n3"]


def relay() -> tuple[Any, Any]:
    """Return a follower that has its leader's log, and that log."""
    one = made(life=2, durable={("log", 0): (1, "a"), ("log", 1): (1, "b"), "ballot": (1, None)})
    receive(one, "n2", beat("leader", 2, term=1, leader="n2", mark=one.log.tail_mark[1]), 10)
    return one, one.log


def test_a_follower_tells_others_what_of_its_log_is_its_leaders() -> None:
    one, log = relay()
    request = wire.SyncRequest("redex", 0, 10**6, 7, "foreground", 1, ((0, ""),))
    ((dst, said),) = sends(receive(one, "n3", request, 20), wire.SyncResponse)
    assert (dst, said.events, said.tail, said.tail_mark) == ("n3", ((0, "a", 1), (1, "b", 1)), 2, log.tail_mark[1])


def test_a_follower_that_does_not_know_whether_its_log_is_its_leaders_tells_nothing() -> None:
    one = made(life=2, durable={("log", 0): (1, "a"), "ballot": (1, None)})
    request = wire.SyncRequest("redex", 0, 10**6, 7, "foreground", 1, ((0, ""),))
    ((_, nack),) = sends(receive(one, "n3", request, 20), wire.SyncNack)
    assert nack.error_code == NOT_LEADER


def test_what_another_follower_tells_is_taken_but_nothing_is_cut_off_for_it() -> None:
    one, _ = unheard()
    _, log = relay()
    ours = wire.SyncResponse("redex", 0, 0, log.chunk(0, 10**6), 11, 1, 0, "", 2, log.tail_mark[1], one.log.tail_mark)
    receive(one, "n3", ours, 1100)
    assert one.tail == 2
    tick(one, 1300)
    short = ours._replace(first_seq=1, events=(), mark=log.mark(1), tail=1, asked=one.log.tail_mark)
    receive(one, "n3", short, 1310)
    assert one.tail == 2
