"""Reads: paper 8, and of the dissertation 6.4."""

from raft_steps import acknowledge, answers, ask, leader, operate, receive, ring, sent, server, settled

from models.raft.messages import AppendEntries, AppendReply
from sim.units import MS


def leased(**params):
    """Return a leader whose heartbeat of 250 ms a majority has answered, at 260 ms."""
    machine = settled(reads="lease", **params)
    ring(machine, "beat", 250)
    for peer in ("n2", "n3"):
        acknowledge(machine, peer, 260)
    return machine


def test_a_follower_sends_readers_to_its_leader():
    effects = ask(server(), "read", "k")
    assert answers(effects) == [(1, "elsewhere", None)]


# By a round of heartbeats (8, D 6.4).


def test_a_read_waits_for_heartbeats_that_left_after_it_came():
    machine = settled()
    assert answers(ask(machine, "read", "k")) == []
    before = machine.round - 1
    receive(machine, "n2", AppendReply(1, True, 1, before))
    assert answers(receive(machine, "n3", AppendReply(1, True, 1, before))) == []
    acknowledge(machine, "n2")
    assert answers(acknowledge(machine, "n3")) == [(1, "ok", None)]


def test_an_answer_that_refuses_entries_confirms_the_leader_no_less():
    machine = settled()
    ask(machine, "read", "k")
    receive(machine, "n2", AppendReply(1, False, 1, machine.round))
    assert answers(receive(machine, "n3", AppendReply(1, False, 1, machine.round))) == [(1, "ok", None)]


def test_a_read_adds_nothing_to_the_log():
    machine = settled()
    effects = ask(machine, "read", "k")
    assert machine.log.last == 1
    assert [msg.entries for _, msg in sent(effects, AppendEntries)] == [()] * 4


def test_reads_that_come_while_a_round_is_under_way_share_the_next():
    machine = settled()
    ask(machine, "read", "k", op=1)
    assert sent(ask(machine, "read", "k", op=2, client="c2")) == []
    assert sent(ask(machine, "read", "k", op=3, client="c3")) == []
    acknowledge(machine, "n2")
    effects = acknowledge(machine, "n3")
    assert answers(effects) == [(1, "ok", None)]
    assert len(sent(effects, AppendEntries)) == 4
    acknowledge(machine, "n2")
    assert answers(acknowledge(machine, "n3")) == [(2, "ok", None), (3, "ok", None)]


def test_a_new_leader_reads_nothing_before_its_first_entry_is_committed():
    machine = leader(log=(1,))
    assert ask(machine, "read", "k") == []
    acknowledge(machine, "n2")
    assert answers(acknowledge(machine, "n3")) == []
    acknowledge(machine, "n2")
    assert answers(acknowledge(machine, "n3")) == [(1, "ok", None)]


def test_who_does_not_wait_reads_what_it_happens_to_know():
    machine = leader(log=(1,), read_waits="nothing")
    ask(machine, "read", "k")
    for peer in ("n2", "n3"):
        effects = receive(machine, peer, AppendReply(2, False, 1, machine.round))
    assert (answers(effects), machine.commit) == ([(1, "ok", None)], 0)


def test_a_leader_that_does_not_check_answers_at_once():
    assert answers(ask(leader(reads="unchecked"), "read", "k")) == [(1, "ok", None)]


def test_a_read_may_be_an_entry_like_any_other():
    machine = settled(reads="log")
    ask(machine, "write", "k", "a", op=1)
    ask(machine, "read", "k", op=2, client="c2")
    acknowledge(machine, "n2")
    assert answers(acknowledge(machine, "n3")) == [(1, "ok", None), (2, "ok", "a")]


def test_reads_of_a_leader_that_is_deposed_are_not_answered():
    machine = settled()
    ask(machine, "read", "k")
    assert answers(receive(machine, "n2", AppendReply(2, False, 0, 1))) == []
    assert machine.reads == []


# By a lease (D 6.4.1): from when the heartbeats left that a majority answered, for what clocks leave of a timeout.


def test_a_lease_answers_at_once():
    assert answers(ask(leased(), "read", "k", ms=300)) == [(1, "ok", None)]


def test_a_lease_is_over_a_timeout_after_the_heartbeat_less_what_clocks_may_be_off():
    assert leased().settings.lease == 135 * MS
    assert answers(ask(leased(), "read", "k", ms=384)) == [(1, "ok", None)]
    assert answers(ask(leased(), "read", "k", ms=385)) == []


def test_a_lease_that_counts_from_answers_lasts_longer():
    assert answers(ask(leased(lease_from="answered"), "read", "k", ms=394)) == [(1, "ok", None)]


def test_a_new_leader_has_no_lease_before_a_majority_answers_it():
    machine = leader(reads="lease", read_waits="nothing")
    assert answers(ask(machine, "read", "k", ms=201)) == []


def test_a_leader_that_has_handed_over_has_no_lease_any_more():
    machine = leased(check_quorum="none")
    operate(machine, "transfer", to="n2", ms=265)
    ring(machine, "transfer", 565)
    ring(machine, "beat", 570)
    for peer in ("n2", "n3"):
        acknowledge(machine, peer, 575)
    assert answers(ask(machine, "read", "k", ms=580)) == []


def test_a_leader_that_keeps_its_lease_then_answers_at_once():
    machine = leased(transfers="keep-leases", check_quorum="none")
    operate(machine, "transfer", to="n2", ms=265)
    ring(machine, "transfer", 565)
    ring(machine, "beat", 570)
    for peer in ("n2", "n3"):
        acknowledge(machine, peer, 575)
    assert answers(ask(machine, "read", "k", ms=580)) == [(1, "ok", None)]
