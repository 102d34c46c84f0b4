"""What is committed, and what then happens: paper 5.3 and 5.4.2, and figure 8."""

from raft_steps import (
    AppendReply,
    acknowledge,
    answers,
    append,
    ask,
    entries,
    facts,
    leader,
    receive,
    ring,
    sent,
    server,
    settled,
    write,
)

from models._log_facts import Applied, Committed
from models.raft.facts import Quorum
from models.raft.messages import AppendEntries


def test_an_entry_is_committed_once_it_is_on_a_majority():
    machine = settled()
    ask(machine, "write", "k", "a")
    assert facts(acknowledge(machine, "n2"), Quorum) == []
    effects = acknowledge(machine, "n3")
    assert facts(effects, Quorum) == [Quorum(2, ("n1", "n2", "n3"))]
    assert machine.commit == 2


def test_it_takes_effect_and_its_client_is_answered():
    machine = settled()
    ask(machine, "write", "k", "a", op=7)
    acknowledge(machine, "n2")
    effects = acknowledge(machine, "n3")
    assert (facts(effects, Applied), answers(effects)) == ([Applied(7, 2)], [(7, "ok", None)])
    assert machine.store.values == {"k": "a"}


def test_half_commits_for_who_breaks_the_rule():
    machine = settled(("n1", "n2", "n3", "n4"), committed_by="half")
    ask(machine, "write", "k", "a")
    acknowledge(machine, "n2")
    assert machine.commit == 2


def test_a_leader_of_one_commits_alone():
    machine = leader(("n1",))
    assert answers(ask(machine, "write", "k", "a")) == [(1, "ok", None)]


# 5.4.2: copies of an earlier term's entry commit nothing; an entry of this term commits all before it.


def test_an_earlier_terms_entry_is_not_committed_by_its_copies():
    machine = leader(log=(1, 2))
    for peer in ("n2", "n3", "n4"):
        receive(machine, peer, AppendReply(3, True, 2, 1))
    assert machine.commit == 0


def test_an_entry_of_this_term_commits_all_before_it():
    machine = leader(log=(1, 2))
    receive(machine, "n2", AppendReply(3, True, 3, 1))
    effects = receive(machine, "n3", AppendReply(3, True, 3, 1))
    assert [fact.seq for fact in facts(effects, Committed)] == [1, 2, 3]


def test_any_term_commits_for_who_breaks_the_rule():
    machine = leader(log=(1, 2), commits="any-term")
    for peer in ("n2", "n3"):
        receive(machine, peer, AppendReply(3, True, 2, 1))
    assert machine.commit == 2


# 5.3: followers learn from the next message, and commit no more than they know to match.


def test_followers_are_told_with_the_next_message():
    machine = settled()
    ask(machine, "write", "k", "a")
    for peer in ("n2", "n3"):
        acknowledge(machine, peer)
    assert {msg.commit for _, msg in sent(ring(machine, "beat", 250), AppendEntries)} == {2}


def test_a_follower_applies_what_is_committed_in_order():
    machine = server()
    effects = receive(machine, "n2", append(1, 0, 0, (write(1, "a", 1), write(1, "b", 2)), commit=2))
    assert facts(effects, Applied) == [Applied(1, 1), Applied(2, 2)]
    assert machine.store.values == {"k": "b"}


def test_a_follower_commits_no_further_than_what_it_was_sent():
    machine = server(log=(1, 2), term=3)
    receive(machine, "n2", append(3, 1, 1, (), commit=2))
    assert machine.commit == 1


def test_a_follower_commits_all_it_has_for_who_breaks_the_rule():
    machine = server(log=(1, 2), term=3, follower_commits="own-log")
    receive(machine, "n2", append(3, 1, 1, (), commit=2))
    assert machine.commit == 2


def test_a_late_message_takes_no_commitment_back():
    machine = server(log=(1, 1), term=1)
    receive(machine, "n2", append(1, 2, 1, (), commit=2))
    receive(machine, "n2", append(1, 1, 1, (), commit=1))
    assert machine.commit == 2


def test_a_leader_without_clients_commits_what_earlier_terms_left():
    machine = leader(log=(1,))
    assert machine.log.entries == list(entries(1, 2))
    for peer in ("n2", "n3"):
        acknowledge(machine, peer)
    assert machine.commit == 2
