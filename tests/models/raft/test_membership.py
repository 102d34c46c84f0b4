"""Changes of membership: paper 6, dissertation 4."""

from raft_steps import (
    AppendReply,
    acknowledge,
    answers,
    append,
    ask,
    facts,
    leader,
    operate,
    receive,
    ring,
    sent,
    server,
    settled,
)

from models.raft.configuration import Configuration
from models.raft.facts import Configured
from models.raft.log import CONFIGURATION, Entry
from models.raft.messages import AppendEntries

THREE = ("n1", "n2", "n3")


def three(**params):
    """Return a leader of three of five servers, whose first entry is committed."""
    return settled(members=list(THREE), **params)


def configured(*voters, joining=()):
    return Entry(1, CONFIGURATION, (tuple(voters), tuple(joining)))


def test_servers_use_the_latest_configuration_in_their_log_committed_or_not():
    machine = server(members=list(THREE))
    receive(machine, "n2", append(1, 0, 0, (configured("n1", "n2", "n3", "n4"),)))
    assert machine.commit == 0
    assert machine.configuration == Configuration(("n1", "n2", "n3", "n4"))


def test_a_configuration_that_is_overwritten_is_in_use_no_more():
    machine = server(members=list(THREE))
    receive(machine, "n2", append(1, 0, 0, (configured("n1", "n2", "n3", "n4"),)))
    effects = receive(machine, "n3", append(2, 0, 0, (Entry(2, "noop", None),)))
    assert machine.configuration == Configuration(THREE)
    assert facts(effects, Configured) == [Configured(0, THREE, ())]


# D 4.2.1: a new server gets the log before it counts, in rounds; the last must be quick.


def test_a_new_server_is_sent_the_log_and_does_not_count_yet():
    machine = three()
    effects = operate(machine, "add", server="n4")
    assert [dst for dst, _ in sent(effects, AppendEntries)] == ["n4"]
    assert machine.configuration == Configuration(THREE)


def test_it_counts_once_it_has_what_there_was_when_a_quick_round_began():
    machine = three()
    operate(machine, "add", server="n4")
    effects = receive(machine, "n4", AppendReply(1, True, 1, 1), 210)
    assert machine.configuration == Configuration(("n1", "n2", "n3", "n4"))
    assert [dst for dst, _ in sent(effects, AppendEntries)] == ["n2", "n3", "n4"]


def test_a_slow_round_is_followed_by_another():
    machine = three()
    operate(machine, "add", server="n4")
    ask(machine, "write", "k", "a")
    receive(machine, "n4", AppendReply(1, True, 1, 1), 351)
    assert machine.configuration == Configuration(THREE)
    receive(machine, "n4", AppendReply(1, True, 2, 1), 360)
    assert machine.configuration == Configuration(("n1", "n2", "n3", "n4"))


def test_a_server_that_never_catches_up_is_not_added():
    machine = three()
    operate(machine, "add", server="n4", op=8)
    for i in range(10):
        ask(machine, "write", "k", "a", op=10 + i)
        effects = receive(machine, "n4", AppendReply(1, True, 1 + i, 1), 200 + 200 * (i + 1))
    assert answers(effects) == [(8, "fail", None)]
    assert "n4" not in machine.next


def test_a_server_that_does_not_answer_is_given_up():
    machine = three()
    operate(machine, "add", server="n4", op=8)
    assert answers(acknowledge(machine, "n2", 3200)) == []
    assert answers(acknowledge(machine, "n2", 3201)) == [(8, "fail", None)]


def test_without_catching_up_it_counts_at_once():
    machine = three(catch_up="none")
    operate(machine, "add", server="n4")
    assert machine.configuration == Configuration(("n1", "n2", "n3", "n4"))


# D 4.1: one server at a time, the one before being committed, and an entry of the leader's own term.


def changed(**params):
    machine = three(**params)
    operate(machine, "remove", server="n3", op=8)
    return machine


def test_a_change_is_done_when_it_is_committed_by_the_new_majority():
    machine = changed()
    assert machine.configuration == Configuration(("n1", "n2"))
    assert answers(acknowledge(machine, "n2")) == [(8, "ok", None)]


def test_a_removed_server_is_sent_nothing_any_more():
    machine = changed()
    assert [dst for dst, _ in sent(ring(machine, "beat", 250))] == ["n2"]


def test_a_second_change_waits_for_the_first():
    assert answers(operate(changed(), "remove", server="n2", op=9)) == [(9, "fail", "a change is under way")]


def test_who_lets_changes_overlap_begins_it():
    machine = changed(changes="overlapping")
    operate(machine, "add", server="n4", op=9)
    receive(machine, "n4", AppendReply(1, True, 2, 1))
    assert machine.configuration == Configuration(("n1", "n2", "n4"))


def test_a_new_leader_changes_nothing_before_it_has_committed():
    machine = leader(log=(1,), members=list(THREE))
    wrong = "no entry of this term is committed yet"
    assert answers(operate(machine, "remove", server="n3", op=8)) == [(8, "fail", wrong)]


def test_who_does_not_wait_changes_at_once():
    machine = leader(log=(1,), members=list(THREE), changes_wait="nothing")
    operate(machine, "remove", server="n3")
    assert machine.configuration == Configuration(("n1", "n2"))


# 6: between two configurations both must agree, each by a majority of its own.


def joint(**params):
    """Return a leader between {n1, n2, n3} and {n3, n4, n5}."""
    machine = three(**params)
    operate(machine, "reconfigure", servers=("n3", "n4", "n5"), op=8)
    for peer in ("n4", "n5"):
        receive(machine, peer, AppendReply(1, True, 1, 1))
    return machine


def test_the_joint_configuration_comes_first():
    machine = joint()
    assert machine.configuration == Configuration(THREE, ("n3", "n4", "n5"))
    assert machine.configuration.members == ("n1", "n2", "n3", "n4", "n5")


def test_the_old_majority_alone_commits_nothing():
    machine = joint()
    for peer in ("n2",):
        acknowledge(machine, peer)
    assert machine.commit == 1


def test_the_new_majority_alone_commits_nothing():
    machine = joint()
    for peer in ("n4", "n5"):
        acknowledge(machine, peer)
    assert machine.commit == 1


def test_both_commit_it_and_the_new_configuration_follows():
    machine = joint()
    for peer in ("n3", "n4"):
        acknowledge(machine, peer)
    assert machine.commit == 2
    assert machine.configuration == Configuration(("n3", "n4", "n5"))


def test_a_leader_that_is_no_member_of_the_new_one_leads_until_that_is_committed():
    machine = joint()
    for peer in ("n3", "n4"):
        acknowledge(machine, peer)
    assert machine.role == "leader"
    acknowledge(machine, "n4")
    effects = acknowledge(machine, "n5")
    assert (machine.commit, machine.role) == (3, "follower")
    assert answers(effects) == [(8, "ok", None)]


def test_a_leader_does_not_count_itself_where_it_is_no_member():
    machine = joint()
    for peer in ("n3", "n4"):
        acknowledge(machine, peer)
    acknowledge(machine, "n4")
    assert machine.commit == 2


def test_who_turns_directly_asks_the_new_majority_alone():
    machine = joint(reconfiguration="direct")
    assert machine.configuration == Configuration(("n3", "n4", "n5"))
    for peer in ("n4", "n5"):
        acknowledge(machine, peer)
    assert machine.commit == 2


def test_a_change_that_a_deposed_leader_began_is_in_doubt():
    machine = changed()
    assert answers(receive(machine, "n2", AppendReply(9, False, 0, 1))) == [(8, "unsure", None)]


def test_an_unknown_server_is_refused():
    wrong = "found n9, allowed: n1, n2, n3, n4, n5"
    assert answers(operate(three(), "add", server="n9", op=8)) == [(8, "fail", wrong)]


def test_who_is_a_member_already_is_added_without_an_entry():
    machine = three()
    assert answers(operate(machine, "add", server="n2", op=8)) == [(8, "ok", None)]
    assert machine.log.last == 1


def test_a_snapshot_holds_the_configuration_in_use():
    machine = changed()
    acknowledge(machine, "n2")
    operate(machine, "snapshot")
    assert machine.snapshot()[2:4] == (2, (("n1", "n2"), ()))
