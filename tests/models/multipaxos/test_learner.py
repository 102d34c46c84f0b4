"""What is chosen and takes effect; sections are those of Paxos Made Simple."""

from typing import Any

from models._store import Command
from models.multipaxos.messages import NOOP, Accept, Chosen, Learn
from sim.machine import Send

A, B = Command("c", 1, "write", ("k", "a")), Command("d", 2, "write", ("k", "b"))


def test_what_was_accepted_under_the_leaders_number_is_known_when_it_is_chosen(stepped: Any) -> None:
    node = stepped()
    node.given("n2", Accept(4, ((0, A),), 0))
    node.given("n2", Accept(4, (), 1))
    assert node.machine.chosen == {0: A}
    assert node.machine.store.values == {"k": "a"}


def test_what_was_accepted_under_another_number_is_asked_for(stepped: Any) -> None:  # 2.3
    node = stepped()
    node.given("n2", Accept(4, ((0, A),), 0))
    assert node.given("n3", Accept(5, (), 1))[-1] == Send("n3", Learn(0))
    assert node.machine.chosen == {}


def test_without_the_rule_it_is_taken_for_chosen(stepped: Any) -> None:
    node = stepped(learns="own")
    node.given("n2", Accept(4, ((0, A),), 0))
    node.given("n3", Accept(5, (), 1))
    assert node.machine.chosen == {0: A}


def test_who_is_asked_tells_all_that_it_knows_without_a_gap(stepped: Any) -> None:
    node = stepped()
    node.given("n2", Chosen(0, (A, NOOP)))
    node.given("n2", Chosen(3, (B,)))
    assert node.given("n3", Learn(1)) == [Send("n3", Chosen(1, (NOOP,)))]


def test_a_command_takes_effect_when_all_before_it_have(stepped: Any) -> None:  # 3
    node = stepped()
    node.given("n2", Chosen(1, (B,)))
    assert (node.machine.commit, node.machine.tail, node.machine.store.values) == (0, 2, {})
    node.given("n2", Chosen(0, (A,)))
    assert (node.machine.commit, node.machine.store.values) == (2, {"k": "b"})


def test_without_the_rule_it_takes_effect_at_once(stepped: Any) -> None:
    node = stepped(applies="as-chosen")
    node.given("n2", Chosen(1, (B,)))
    assert node.machine.store.values == {"k": "b"}


def test_a_command_that_was_chosen_twice_takes_effect_once(stepped: Any) -> None:
    node = stepped()
    node.given("n2", Chosen(0, (A, B, A)))
    assert node.machine.store.values == {"k": "b"}


def test_a_no_op_changes_nothing(stepped: Any) -> None:
    node = stepped()
    node.given("n2", Chosen(0, (NOOP,)))
    assert (node.machine.commit, node.machine.digest) == (1, "")
