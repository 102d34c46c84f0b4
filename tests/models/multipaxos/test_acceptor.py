"""What an acceptor promises and accepts; sections are those of Paxos Made Simple."""

from typing import Any

from models._store import Command
from models.multipaxos.messages import Accept, Accepts, Prepare, Promise, Refuse, Voted
from sim.machine import Note, Persist, Send

A = Command("c", 1, "write", ("k", "a"))


def test_a_promise_is_durable_before_it_is_given(stepped: Any) -> None:  # 2.5
    effects = stepped().given("n2", Prepare(4, 0))
    assert effects[-3:] == [Persist("promised", 4), Note(Voted(4, "n2")), Send("n2", Promise(4, ()))]


def test_a_lower_number_is_refused_with_the_one_promised(stepped: Any) -> None:  # 2.2, phase 1b
    node = stepped()
    node.given("n2", Prepare(7, 0))
    assert node.given("n3", Prepare(5, 0)) == [Send("n3", Refuse(7))]


def test_a_number_is_promised_once(stepped: Any) -> None:
    node = stepped()
    node.given("n2", Prepare(4, 0))
    assert node.given("n2", Prepare(4, 0)) == [Send("n2", Refuse(4))]


def test_a_promise_tells_what_was_accepted_from_the_instance_on(stepped: Any, sent: Any) -> None:
    node = stepped()
    node.given("n2", Accept(4, ((0, A), (3, A)), 0))
    assert sent(node.given("n3", Prepare(5, 1)), Promise) == [("n3", Promise(5, ((3, 4, A),)))]


def test_what_is_accepted_is_durable_before_it_is_said(stepped: Any) -> None:
    effects = stepped().given("n2", Accept(4, ((0, A),), 0))
    assert effects.index(Persist(("accepted", 0), (4, tuple(A)))) < effects.index(Send("n2", Accepts(4, (0,))))


def test_nothing_is_accepted_below_the_promise(stepped: Any) -> None:  # 2.2, P1a
    node = stepped()
    node.given("n3", Prepare(5, 0))
    assert node.given("n2", Accept(4, ((0, A),), 0)) == [Send("n2", Refuse(5))]
    assert node.machine.accepted == {}


def test_without_the_rule_it_is(stepped: Any, sent: Any) -> None:
    node = stepped(promises="ignored")
    node.given("n3", Prepare(5, 0))
    assert sent(node.given("n2", Accept(4, ((0, A),), 0)), Accepts) == [("n2", Accepts(4, (0,)))]


def test_a_later_life_keeps_promises_and_what_was_accepted(stepped: Any) -> None:
    node = stepped(durable={"promised": 5, ("accepted", 2): (4, tuple(A))}, life=2)
    assert (node.machine.promised, node.machine.accepted) == (5, {2: (4, A)})
