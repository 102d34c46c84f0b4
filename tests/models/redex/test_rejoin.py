"""REJOIN: who withdraws for want of room comes back, and nobody withdraws whom the channel needs."""

from __future__ import annotations

from typing import Any

import pytest
from redex_hardened_steps import beat, follow, made, now, receive, tick

from models.redex import wire
from models.redex.facts import UnderCapacity
from models.redex.messages import CHANNEL_CLOSED
from models.redex.roles import FOLLOWER, IDLE
from sim.machine import Operate


def overfull(*switches: str, others: bool = True) -> Any:
    """Return a follower, of three, that was given a chunk for which it has no room."""
    one = made(*switches, capacity_events=2)
    follow(one, "n2", 50, term=0, tail=9)
    if others:
        receive(one, "n3", beat(FOLLOWER), 60)
    tick(one, 100)
    chunk = wire.SyncResponse("redex", 0, 0, tuple((seq, "x", 0) for seq in range(9)), 11)
    receive(one, "n2", chunk, 110)
    return one


def test_a_node_without_room_withdraws_and_comes_back_after_a_window() -> None:
    one = overfull("REJOIN")
    assert one.role == IDLE
    tick(one, 400)
    assert one.role == IDLE
    tick(one, 410)
    assert one.role == FOLLOWER


def test_without_it_it_stays_away() -> None:
    one = overfull("NOW")
    tick(one, 60_000)
    assert one.role == IDLE


def test_while_there_is_no_room_at_all_it_stays_away() -> None:
    one = overfull("REJOIN")
    for _ in range(2):
        one.log.write("x", 0)
    tick(one, 410)
    assert one.role == IDLE


@pytest.mark.parametrize(("switch", "role"), [("REJOIN", FOLLOWER), ("NOW", IDLE)])
def test_nobody_withdraws_without_whom_no_majority_is_left(switch: str, role: str) -> None:
    one = overfull(switch, others=False)
    assert one.role == role
    assert one.gauges.under_capacity_total == 1


def test_staying_for_that_is_counted_and_stated_all_the_same() -> None:
    one = made("REJOIN", capacity_events=1)
    follow(one, "n2", 50, term=0, tail=9)
    tick(one, 100)
    effects = receive(one, "n2", wire.SyncResponse("redex", 0, 0, ((0, "x", 0), (1, "x", 0)), 11), 110)
    assert [e.fact for e in effects if getattr(e, "fact", None)] == [UnderCapacity(1)]


@pytest.mark.parametrize(("others", "role"), [(True, IDLE), (False, FOLLOWER)])
def test_a_leader_whose_file_is_closed_sends_nobody_away_whom_the_channel_needs(others: bool, role: str) -> None:
    one = made("REJOIN")
    follow(one, "n2", 50, term=0, tail=9)
    if others:
        receive(one, "n3", beat(FOLLOWER), 60)
    tick(one, 100)
    receive(one, "n2", wire.SyncNack("redex", 0, CHANNEL_CLOSED, 0, 11), 110)
    assert one.role == role


def test_who_was_sent_away_by_an_operator_does_not_come_back() -> None:
    one = made("REJOIN")
    one.step(Operate(1, "close"), now(100))
    tick(one, 60_000)
    assert one.role == IDLE
