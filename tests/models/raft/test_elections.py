"""Elections: paper 5.1, 5.2 and 5.4.1, and of the dissertation 4.2.3 and 9.6."""

import pytest
from raft_steps import (
    FIVE,
    PreVoteReply,
    RequestPreVote,
    RequestVote,
    VoteReply,
    append,
    entries,
    facts,
    leader,
    now,
    places,
    receive,
    ring,
    sent,
    server,
    settled,
)

from models.raft.facts import Voted
from models.raft.messages import AppendEntries
from sim.machine import Boot, CancelAlarm, Cluster, Persist, Send, SetAlarm
from sim.units import MS

PAPER = {"pre_vote": "none", "check_quorum": "none", "disregards": "nobody"}


# 5.2: servers start as followers, and stay so while they hear from a leader or candidate.


def test_a_server_begins_as_a_follower_that_waits():
    machine = server()
    assert (machine.role, machine.leader, machine.term) == ("follower", None, 0)


def test_an_election_timeout_is_drawn_from_its_range():
    from models.raft import Raft

    machine = Raft("n1", Cluster("n1", FIVE), election_timeout=["150ms", "300ms"])
    assert SetAlarm("election", (150 * MS, 300 * MS)) in machine.step(Boot({}, 1), now(0))


def test_a_heartbeat_puts_the_election_off():
    effects = receive(server(), "n2", append(1, 0, 0))
    assert SetAlarm("election", (150 * MS, 300 * MS)) in effects


# 5.2: to begin an election a follower increments its term, votes for itself and asks all others for their votes.


def test_a_candidate_begins_the_next_term_and_votes_for_itself():
    machine = server(**PAPER)
    effects = ring(machine, "election", 200)
    assert (machine.role, machine.term, machine.voted) == ("candidate", 1, "n1")
    assert facts(effects, Voted) == [Voted(1, "n1")]


def test_a_candidate_asks_everybody_and_says_how_its_log_ends():
    effects = ring(server(log=(1, 1, 2), term=2, **PAPER), "election", 200)
    assert sent(effects) == [(peer, RequestVote(3, 3, 2, False)) for peer in FIVE[1:]]


def test_a_candidate_leads_with_the_votes_of_a_majority_and_not_before():
    machine = server(**PAPER)
    ring(machine, "election", 200)
    receive(machine, "n2", VoteReply(1, True))
    assert machine.role == "candidate"
    receive(machine, "n3", VoteReply(1, True))
    assert machine.role == "leader"


def test_one_server_votes_no_more_than_once_however_often_it_is_heard():
    machine = server(**PAPER)
    ring(machine, "election", 200)
    for _ in range(3):
        receive(machine, "n2", VoteReply(1, True))
    assert machine.role == "candidate"


def test_a_vote_of_an_earlier_term_does_not_count():
    machine = server(**PAPER)
    for _ in range(2):
        ring(machine, "election", 200)
    for voter in ("n2", "n3"):
        receive(machine, voter, VoteReply(1, True))
    assert (machine.term, machine.role) == (2, "candidate")


def test_half_is_enough_for_who_breaks_the_rule():
    machine = server(("n1", "n2", "n3", "n4"), elected_by="half", **PAPER)
    ring(machine, "election", 200)
    receive(machine, "n2", VoteReply(1, True))
    assert machine.role == "leader"


def test_the_winner_tells_everybody_at_once_so_that_nobody_else_stands():
    machine = server(**PAPER)
    ring(machine, "election", 200)
    receive(machine, "n2", VoteReply(1, True))
    effects = receive(machine, "n3", VoteReply(1, True))
    assert [dst for dst, _ in sent(effects, AppendEntries)] == list(FIVE[1:])
    assert CancelAlarm("election") in effects
    assert SetAlarm("beat", 50 * MS, 50 * MS) in effects


def test_a_candidate_follows_a_leader_whose_term_is_no_less_than_its_own():
    machine = server(**PAPER)
    ring(machine, "election", 200)
    receive(machine, "n4", append(1, 0, 0))
    assert (machine.role, machine.leader) == ("follower", "n4")


def test_a_candidate_goes_on_when_a_leader_of_an_earlier_term_speaks():
    machine = server(**PAPER)
    for _ in range(2):
        ring(machine, "election", 200)
    receive(machine, "n4", append(1, 0, 0))
    assert (machine.role, machine.term) == ("candidate", 2)


def test_a_split_vote_ends_in_another_term():
    machine = server(**PAPER)
    ring(machine, "election", 200)
    effects = ring(machine, "election", 400)
    assert (machine.term, machine.role) == (2, "candidate")
    assert SetAlarm("election", (150 * MS, 300 * MS)) in effects


# 5.2: a server votes for one candidate a term, first come first served.


def test_a_server_votes_for_the_first_candidate_and_for_no_other():
    machine = server(**PAPER)
    assert sent(receive(machine, "n2", RequestVote(1, 0, 0, False))) == [("n2", VoteReply(1, True))]
    assert sent(receive(machine, "n3", RequestVote(1, 0, 0, False))) == [("n3", VoteReply(1, False))]


def test_the_same_candidate_may_ask_again():
    machine = server(**PAPER)
    receive(machine, "n2", RequestVote(1, 0, 0, False))
    effects = receive(machine, "n2", RequestVote(1, 0, 0, False))
    assert sent(effects) == [("n2", VoteReply(1, True))]
    assert facts(effects, Voted) == []


def test_who_votes_repeatedly_votes_for_another_candidate_too():
    machine = server(votes="repeatedly", **PAPER)
    receive(machine, "n2", RequestVote(1, 0, 0, False))
    assert sent(receive(machine, "n3", RequestVote(1, 0, 0, False))) == [("n3", VoteReply(1, True))]


def test_a_vote_is_durable_before_it_is_given():
    effects = receive(server(**PAPER), "n2", RequestVote(1, 0, 0, False))
    assert Persist("term", (1, "n2")) in effects
    assert max(places(effects, Persist)) < places(effects, Send, VoteReply)[0]


def test_a_vote_is_remembered_by_the_next_life():
    machine = server(**PAPER)
    machine.step(Boot({"term": (4, "n2")}, 2), now(0))
    assert sent(receive(machine, "n3", RequestVote(4, 0, 0, False))) == [("n3", VoteReply(4, False))]


def test_who_keeps_votes_in_memory_does_not_sync():
    effects = receive(server(vote_kept="in-memory", **PAPER), "n2", RequestVote(1, 0, 0, False))
    assert Persist("term", (1, "n2"), sync=False) in effects


# 5.1: terms are exchanged with every message; the larger one counts, and what is stale is refused.


def test_a_leader_that_hears_of_a_later_term_follows():
    machine = leader(**PAPER)
    receive(machine, "n2", RequestVote(7, 0, 0, False))
    assert (machine.role, machine.term, machine.leader) == ("follower", 7, None)


def test_a_leader_that_leads_on_ignores_the_later_term():
    machine = leader(deposed="leads-on", **PAPER)
    receive(machine, "n2", RequestVote(7, 0, 0, False))
    assert (machine.role, machine.term) == ("leader", 1)


def test_a_candidate_of_an_earlier_term_is_refused_and_told_the_later_one():
    machine = server(term=5, **PAPER)
    assert sent(receive(machine, "n2", RequestVote(4, 9, 4, False))) == [("n2", VoteReply(5, False))]


# 5.4.1: a vote is denied to a candidate whose log is behind: the later last term wins, then the longer log.


@pytest.mark.parametrize(
    ("last_term", "last_index", "granted"),
    [(3, 3, True), (3, 4, True), (4, 1, True), (3, 2, False), (2, 9, False)],
)
def test_a_vote_goes_to_whose_log_is_as_up_to_date(last_term, last_index, granted):
    machine = server(log=(1, 2, 3), term=4, **PAPER)
    assert sent(receive(machine, "n2", RequestVote(5, last_index, last_term, False))) == [("n2", VoteReply(5, granted))]


def test_anybody_gets_the_vote_of_who_breaks_the_rule():
    machine = server(log=(1, 2, 3), term=4, candidates="anybody", **PAPER)
    assert sent(receive(machine, "n2", RequestVote(5, 0, 0, False))) == [("n2", VoteReply(5, True))]


def test_who_is_refused_a_vote_does_not_put_the_voters_election_off():
    effects = receive(server(log=(1, 2, 3), term=4, **PAPER), "n2", RequestVote(5, 0, 0, False))
    assert not [e for e in effects if isinstance(e, SetAlarm)]


# D 9.6: a candidate first asks whether it would be elected, and only then begins a term.


def test_who_only_asks_whether_begins_no_term():
    machine = server(term=3)
    effects = ring(machine, "election", 200)
    assert (machine.term, machine.voted) == (3, None)
    assert sent(effects) == [(peer, RequestPreVote(4, 0, 0)) for peer in FIVE[1:]]


def test_a_majority_that_would_vote_lets_it_stand():
    machine = server(term=3)
    ring(machine, "election", 200)
    receive(machine, "n2", PreVoteReply(4, True))
    effects = receive(machine, "n3", PreVoteReply(4, True))
    assert machine.term == 4
    assert sent(effects, RequestVote) == [(peer, RequestVote(4, 0, 0, False)) for peer in FIVE[1:]]


def test_who_would_vote_is_not_bound_and_enters_no_term():
    machine = server(term=3)
    assert sent(receive(machine, "n2", RequestPreVote(4, 0, 0))) == [("n2", PreVoteReply(4, True))]
    assert (machine.term, machine.voted) == (3, None)


def test_nobody_would_vote_who_hears_the_leader():
    machine = server(term=3)
    receive(machine, "n5", append(3, 0, 0), 300)
    assert sent(receive(machine, "n2", RequestPreVote(4, 0, 0), 449)) == [("n2", PreVoteReply(3, False))]
    assert sent(receive(machine, "n2", RequestPreVote(4, 0, 0), 450)) == [("n2", PreVoteReply(4, True))]


def test_nobody_would_vote_for_a_log_that_is_behind():
    machine = server(log=(1, 2), term=2)
    assert sent(receive(machine, "n2", RequestPreVote(3, 1, 1))) == [("n2", PreVoteReply(2, False))]


def test_a_refusal_brings_a_later_term_along():
    machine = server(term=3)
    ring(machine, "election", 200)
    receive(machine, "n2", PreVoteReply(9, False))
    assert (machine.term, machine.role) == (9, "follower")


# D 4.2.3: a server that has heard its leader within the least election timeout does not look at a request for its vote.


def test_a_request_is_not_even_answered_while_the_leader_is_heard():
    machine = server()
    receive(machine, "n5", append(1, 0, 0), 300)
    assert receive(machine, "n2", RequestVote(2, 9, 1, False), 449) == []
    assert machine.term == 1


def test_a_request_is_heard_again_when_the_leader_is_not():
    machine = server()
    receive(machine, "n5", append(1, 0, 0), 300)
    assert sent(receive(machine, "n2", RequestVote(2, 9, 1, False), 450)) == [("n2", VoteReply(2, True))]


def test_an_election_that_the_leader_wants_is_not_disregarded():
    machine = server()
    receive(machine, "n5", append(1, 0, 0), 300)
    assert sent(receive(machine, "n2", RequestVote(2, 9, 1, True), 310)) == [("n2", VoteReply(2, True))]


def test_a_leader_that_a_majority_answers_disregards_candidates():
    machine = settled()
    assert receive(machine, "n2", RequestVote(9, 9, 9, False), 349) == []
    assert machine.role == "leader"


def test_who_disregards_nobody_votes_while_it_hears_its_leader():
    machine = server(disregards="nobody")
    receive(machine, "n5", append(1, 0, 0), 300)
    assert sent(receive(machine, "n2", RequestVote(2, 9, 1, False), 301)) == [("n2", VoteReply(2, True))]


def test_a_later_life_counts_as_having_just_heard_the_leader_and_the_first_does_not():
    first, later = server(), server()
    later.step(Boot({}, 2), now(100))
    assert sent(receive(first, "n2", RequestVote(1, 0, 0, False), 120)) == [("n2", VoteReply(1, True))]
    assert receive(later, "n2", RequestVote(1, 0, 0, False), 120) == []


def test_an_eager_server_votes_in_a_later_life_at_once():
    machine = server(boots="eager")
    machine.step(Boot({}, 2), now(100))
    assert sent(receive(machine, "n2", RequestVote(1, 0, 0, False), 120)) == [("n2", VoteReply(1, True))]


# D 4.2.2: who votes in no configuration does not stand.


def test_a_server_that_is_no_member_never_stands():
    machine = server(members=["n2", "n3"], **PAPER)
    assert ring(machine, "election", 200) == [SetAlarm("election", (150 * MS, 300 * MS))]
    assert machine.role == "follower"


def test_only_members_are_asked():
    machine = server(members=["n1", "n2", "n3"], **PAPER)
    assert [dst for dst, _ in sent(ring(machine, "election", 200))] == ["n2", "n3"]


def test_a_new_leader_begins_with_an_entry_of_its_own_term():
    machine = leader(log=(1, 1), **PAPER)
    assert machine.log.entries[-1] == entries(2)[0]
