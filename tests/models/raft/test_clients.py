"""Operations of clients, and that each happens once: paper 8, dissertation 6.3."""

from raft_steps import acknowledge, answers, append, ask, facts, now, receive, sent, server, settled, write

from models._log_facts import Accepted, Applied
from models.raft.messages import AppendEntries, VoteReply
from sim.machine import Alarm, Answer


def committed(machine, action, *args, op, client="c1"):
    """Ask, let a majority hold it, and return what is answered."""
    first = ask(machine, action, *args, op=op, client=client)
    acknowledge(machine, "n2")
    return answers([*first, *acknowledge(machine, "n3")])


def test_a_follower_says_who_leads():
    machine = server()
    receive(machine, "n4", append(1, 0, 0))
    assert ask(machine, "write", "k", "a") == [Answer("c1", 1, "elsewhere", None, "n4")]


def test_a_client_is_answered_when_its_operation_is_applied_and_not_before():
    machine = settled()
    assert answers(ask(machine, "write", "k", "a")) == []
    assert answers(acknowledge(machine, "n2")) == []
    assert answers(acknowledge(machine, "n3")) == [(1, "ok", None)]


def test_what_is_acknowledged_says_where_it_stands():
    machine = settled()
    ask(machine, "write", "k", "a", op=5)
    acknowledge(machine, "n2")
    assert facts(acknowledge(machine, "n3"), Accepted) == [Accepted(5, 2, ("c1", 5, "write", ("k", "a")))]


def test_an_operation_that_is_asked_for_again_is_answered_and_does_not_happen_again():
    machine = settled()
    committed(machine, "append", "k", "a", op=1)
    assert answers(ask(machine, "append", "k", "a", op=1)) == [(1, "ok", None)]
    assert machine.store.values == {"k": ("a",)}
    assert machine.log.last == 2


def test_an_operation_that_stands_in_the_log_twice_takes_effect_once():
    machine = server()
    effects = receive(machine, "n2", append(1, 0, 0, (write(1, "a", 1), write(1, "b", 2), write(1, "a", 1)), commit=3))
    assert facts(effects, Applied) == [Applied(1, 1), Applied(2, 2)]
    assert machine.store.values == {"k": "b"}


def test_without_sessions_it_takes_effect_again():
    machine = server(sessions="none")
    effects = receive(machine, "n2", append(1, 0, 0, (write(1, "a", 1), write(1, "b", 2), write(1, "a", 1)), commit=3))
    assert facts(effects, Applied) == [Applied(1, 1), Applied(2, 2), Applied(1, 3)]


def test_sessions_of_two_clients_are_apart():
    machine = settled()
    committed(machine, "write", "k", "a", op=5, client="c1")
    assert committed(machine, "write", "k", "b", op=4, client="c2") == [(4, "ok", None)]
    assert machine.store.values == {"k": "b"}


def test_a_new_leader_remembers_what_was_answered():
    machine = server(pre_vote="none")
    receive(machine, "n2", append(1, 0, 0, (write(1, "a", 1),), commit=1))
    machine.step(Alarm("election"), now(900))
    for voter in ("n3", "n4"):
        receive(machine, voter, VoteReply(2, True), 900)
    assert machine.role == "leader"
    assert answers(ask(machine, "write", "k", "a", op=1, ms=910)) == [(1, "ok", None)]


def test_a_comparison_that_fails_changes_nothing_and_says_so():
    machine = settled()
    committed(machine, "write", "k", "a", op=1)
    assert committed(machine, "cas", "k", "x", "y", op=2) == [(2, "ok", False)]
    assert committed(machine, "cas", "k", "a", "b", op=3) == [(3, "ok", True)]
    assert machine.store.values == {"k": "b"}


def test_clients_of_a_leader_that_is_deposed_hear_nothing():
    machine = settled()
    ask(machine, "write", "k", "a")
    assert answers(receive(machine, "n2", append(2, 1, 1, (write(2, "b", 9, "c9"),), commit=2))) == []
    assert machine.waiting == {}


def test_every_operation_costs_one_message_to_each_other_server():
    assert len(sent(ask(settled(), "write", "k", "a"), AppendEntries)) == 4
