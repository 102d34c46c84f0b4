"""Phase 1, what it obliges to, proposing, and clients; sections are those of Paxos Made Simple."""

from typing import Any

import pytest

from models._store import Command
from models.multipaxos import MultiPaxos
from models.multipaxos.messages import NOOP, Accept, Accepts, Prepare, Promise, Refuse
from sim.machine import Answer, Ask, Cluster, Persist

A, B = Command("c", 1, "write", ("k", "a")), Command("d", 2, "write", ("k", "b"))
WRITE, READ = Ask("c", 1, "write", ("k", "a")), Ask("c", 5, "read", ("k",))


def test_proposers_use_disjoint_numbers_each_above_what_it_has_heard(stepped: Any) -> None:  # 2.5
    ballots = []
    for name in ("n1", "n2", "n3"):
        node = stepped(name)
        node.given("n1" if name != "n1" else "n2", Accept(4, (), 0))
        node.rings("election")
        ballots.append(node.machine.ballot)
    assert ballots == [6, 7, 8]


def test_a_number_is_on_disk_before_anybody_hears_of_it(stepped: Any, sent: Any) -> None:
    effects = stepped().rings("election")
    at = [i for i, effect in enumerate(effects) if effect == Persist("promised", 3)]
    assert [dst for dst, _ in sent(effects[at[0] :], Prepare)] == ["n1", "n2", "n3"]


def test_less_than_a_majority_of_promises_is_not_enough(stepped: Any) -> None:
    node = stepped()
    node.rings("election")
    node.given("n2", Promise(3, ()))
    node.given("n2", Promise(3, ()))
    assert node.machine.role == "candidate"


def test_promises_of_another_number_do_not_count(stepped: Any) -> None:
    node = stepped()
    node.rings("election")
    node.given("n2", Promise(3, ()))
    node.given("n3", Promise(0, ()))
    assert node.machine.role == "candidate"


def test_a_leader_adopts_the_value_with_the_highest_number(stepped: Any) -> None:  # 2.2, P2c
    node = stepped()
    node.rings("election")
    node.given("n2", Promise(3, ((0, 1, A),)))
    node.given("n3", Promise(3, ((0, 2, B),)))
    assert node.machine.proposed == {0: B}


def test_it_fills_gaps_with_no_ops(stepped: Any, sent: Any) -> None:  # 3
    effects = stepped().leads((1, 2, B))
    assert sent(effects, Accept)[0] == ("n1", Accept(3, ((0, NOOP), (1, B)), 0))


def test_without_the_rule_it_leaves_them(stepped: Any) -> None:
    node = stepped(gaps="left")
    node.leads((1, 2, B))
    assert (node.machine.proposed, node.machine.next) == ({1: B}, 2)


def test_without_adoption_it_takes_every_instance_for_free(stepped: Any) -> None:
    node = stepped(adopts="nothing")
    node.leads((0, 2, B))
    assert (node.machine.proposed, node.machine.next) == ({}, 0)


def test_an_operation_is_proposed_in_the_next_instance_and_answered_when_it_is_chosen(stepped: Any, sent: Any) -> None:
    node = stepped()
    node.leads((0, 2, B))
    assert sent(node.asked(WRITE), Accept)[1] == ("n2", Accept(3, ((1, A),), 0))
    node.given("n2", Accepts(3, (0, 1)))
    assert Answer("c", 1, "ok") in node.given("n3", Accepts(3, (0, 1)))


def test_one_acceptor_counts_once(stepped: Any) -> None:
    node = stepped()
    node.leads()
    node.asked(WRITE)
    node.given("n2", Accepts(3, (0,)))
    node.given("n2", Accepts(3, (0,)))
    assert node.machine.chosen == {}


def test_an_operation_waits_for_those_before_it(stepped: Any) -> None:
    node = stepped()
    node.leads((0, 2, B))
    node.asked(WRITE)
    for src in ("n2", "n3"):
        effects = node.given(src, Accepts(3, (1,)))
    assert (effects, node.machine.commit) != ([], 1)
    assert not [effect for effect in effects if isinstance(effect, Answer)]


def test_a_read_is_a_command_like_any_other(stepped: Any, sent: Any) -> None:
    node = stepped()
    node.leads()
    assert sent(node.asked(READ), Accept)[0] == ("n1", Accept(3, ((0, Command("c", 5, "read", ("k",))),), 0))


def test_without_the_rule_a_leader_reads_alone(stepped: Any) -> None:
    node = stepped(reads="unchecked")
    node.leads()
    assert node.asked(READ) == [Answer("c", 5, "ok")]


def test_who_does_not_lead_says_who_does(stepped: Any) -> None:
    node = stepped()
    node.given("n2", Accept(4, (), 0))
    assert node.asked(WRITE) == [Answer("c", 1, "elsewhere", hint="n2")]


@pytest.mark.parametrize("msg", [Refuse(4), Prepare(4, 0), Accept(4, (), 0)], ids=lambda msg: type(msg).__name__)
def test_a_leader_that_hears_of_a_higher_number_stands_down(stepped: Any, msg: Any) -> None:
    node = stepped()
    node.leads()
    node.given("n2", msg)
    assert node.machine.role == "follower"


def test_an_operation_under_way_is_not_proposed_again(stepped: Any, sent: Any) -> None:
    node = stepped()
    node.leads()
    node.asked(WRITE)
    assert node.asked(WRITE) == []


def test_who_has_not_accepted_is_asked_again_with_the_next_beat(stepped: Any, sent: Any) -> None:
    node = stepped()
    node.leads()
    node.asked(WRITE)
    node.given("n2", Accepts(3, (0,)))
    asked = [dst for dst, msg in sent(node.rings("beat"), Accept) if msg.proposals]
    assert asked == ["n1", "n3"]


def test_a_heartbeat_must_come_before_the_timeout() -> None:
    with pytest.raises(ValueError, match="heartbeat: found '1s'"):
        MultiPaxos("n1", Cluster("n1", ("n1",)), heartbeat="1s")
