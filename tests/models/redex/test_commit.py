from __future__ import annotations

from models.redex.commit import Holdings, Reading, Waiting
from sim.machine import Ask


def ask(op: int) -> Ask:
    return Ask("c1", op, "append", ("x",))


def test_a_majority_holds_what_enough_logs_with_the_leaders_own_reach() -> None:
    holdings = Holdings()
    assert holdings.majority(9, 2) == 0
    holdings.hold("n2", 4)
    holdings.hold("n3", 7)
    assert (holdings.majority(9, 2), holdings.majority(9, 3)) == (7, 4)
    assert (holdings.who(7), holdings.who(4)) == (("n3",), ("n2", "n3"))


def test_what_a_peer_held_once_in_a_reign_it_holds() -> None:
    holdings = Holdings()
    holdings.hold("n2", 5)
    holdings.hold("n2", 3)
    assert holdings.majority(9, 2) == 5


def test_a_new_reign_knows_of_nobody() -> None:
    holdings = Holdings()
    holdings.hold("n2", 5)
    holdings.begin()
    assert holdings.majority(9, 2) == 0


def test_writes_below_a_sequence_wait_no_more() -> None:
    waiting = Waiting()
    waiting.writes = {3: ask(1), 4: ask(2)}
    assert waiting.written(4) == [(3, ask(1))]
    assert waiting.writes == {4: ask(2)}


def test_an_operation_that_waits_is_known_by_client_and_number() -> None:
    waiting = Waiting()
    waiting.writes[3] = ask(1)
    assert waiting.has(ask(1))
    assert not waiting.has(ask(2))


def test_a_read_waits_until_a_majority_followed_after_it_was_asked() -> None:
    waiting = Waiting()
    waiting.reads = [Reading(ask(1), 100), Reading(ask(2), 200)]
    assert waiting.readable(99) == []
    assert waiting.readable(199) == [ask(1)]
    assert waiting.reads == [Reading(ask(2), 200)]
