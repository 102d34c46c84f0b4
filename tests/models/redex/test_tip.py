"""TIP: discovery is told what a live peer holds now, and learns when that changes."""

from __future__ import annotations

from typing import Any

import pytest
from redex_hardened_steps import beat, made, notes, receive, tick

from models.redex.facts import Tagged
from models.redex.roles import FOLLOWER


def leader(*switches: str, **params: Any) -> Any:
    """Return a leader with three events, of which nobody has said that it holds them."""
    return made(*switches, first_leader="n1", preload=3, **params)


def told(one: Any, ms: int) -> list[int | None]:
    return [fact.tip for fact in notes(tick(one, ms), Tagged)]


@pytest.mark.parametrize(("tail", "tip"), [(1, 1), (3, 3)])
def test_a_leader_tells_what_a_peer_holds_of_its_own_log(tail: int, tip: int) -> None:
    one = leader("TIP")
    receive(one, "n2", beat(FOLLOWER, tail), 50)
    assert (told(one, 100), told(one, 200)) == ([tip], [])


def test_what_a_peer_has_lost_is_not_told_any_more() -> None:
    one = leader("TIP")
    for ms, tail in ((50, 3), (150, 1)):
        receive(one, "n2", beat(FOLLOWER, tail), ms)
        assert told(one, ms + 50) == [tail]


@pytest.mark.parametrize(("switch", "recorded"), [("TIP", 0), ("NOW", 3)])
def test_a_peer_that_is_not_heard_for_a_window_holds_nothing(switch: str, recorded: int) -> None:
    one = leader(switch)
    receive(one, "n2", beat(FOLLOWER, 3), 50)
    for ms in (100, 200, 300, 400):
        tick(one, ms)
    assert one.recorded_tail == recorded


@pytest.mark.parametrize(("switch", "recorded"), [("TIP", 0), ("NOW", 3)])
def test_a_leader_that_has_heard_nobody_claims_nothing(switch: str, recorded: int) -> None:
    one = leader(switch)
    tick(one, 100)
    assert one.recorded_tail == recorded


def test_a_peer_with_another_history_holds_nothing() -> None:
    one = leader("TIP", "MATCH")
    receive(one, "n2", beat(FOLLOWER, 3, mark="another"), 50)
    tick(one, 100)
    assert one.recorded_tail == 0
