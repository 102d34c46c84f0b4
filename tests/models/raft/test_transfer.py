"""Leadership transfer: dissertation 3.10."""

from raft_steps import acknowledge, answers, append, ask, operate, receive, ring, sent, server, settled

from models.raft.messages import AppendReply, RequestVote, TimeoutNow


def test_the_target_is_told_to_stand_when_it_has_the_whole_log():
    machine = settled()
    ask(machine, "write", "k", "a")
    assert sent(operate(machine, "transfer", to="n3"), TimeoutNow) == []
    assert sent(acknowledge(machine, "n2"), TimeoutNow) == []
    assert sent(acknowledge(machine, "n3"), TimeoutNow) == [("n3", TimeoutNow(1))]


def test_it_is_told_once():
    machine = settled()
    assert sent(operate(machine, "transfer", to="n3"), TimeoutNow) == [("n3", TimeoutNow(1))]
    assert sent(acknowledge(machine, "n3"), TimeoutNow) == []


def test_meanwhile_the_leader_takes_no_operations():
    machine = settled()
    operate(machine, "transfer", to="n3")
    (answer,) = ask(machine, "write", "k", "a")
    assert (answer.outcome, answer.hint) == ("elsewhere", "n3")


def test_who_is_told_stands_at_once_without_asking_whether():
    machine = server(log=(1,), term=1)
    effects = receive(machine, "n2", TimeoutNow(1))
    assert [msg for _, msg in sent(effects)] == [RequestVote(2, 1, 1, True)] * 4


def test_who_is_told_in_an_earlier_term_does_not_stand():
    assert receive(server(term=2), "n2", TimeoutNow(1)) == []


def test_a_transfer_that_takes_longer_than_a_timeout_is_given_up():
    machine = settled()
    operate(machine, "transfer", to="n3", op=8)
    assert answers(ring(machine, "transfer", 500)) == [(8, "fail", None)]
    assert answers(ask(machine, "write", "k", "a", ms=501)) == []
    assert machine.log.last == 2


def test_leadership_goes_to_members_alone():
    machine = settled(members=["n1", "n2", "n3"], nodes=("n1", "n2", "n3", "n4"))
    assert answers(operate(machine, "transfer", to="n4", op=8)) == [(8, "fail", "found n4, allowed: a member")]


def test_the_operator_learns_who_leads_then():
    for other, outcome in (("n3", "ok"), ("n4", "fail")):
        machine = settled()
        operate(machine, "transfer", to="n3", op=8)
        assert answers(receive(machine, other, append(2, 1, 1))) == [(8, outcome, None)]


def test_a_leader_that_is_deposed_and_hears_nobody_does_not_know():
    machine = settled()
    operate(machine, "transfer", to="n3", op=8)
    assert answers(receive(machine, "n3", AppendReply(2, False, 0, 1))) == []
    assert answers(ring(machine, "transfer", 500)) == [(8, "unsure", None)]
