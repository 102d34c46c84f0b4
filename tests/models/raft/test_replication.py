"""The log: paper 5.3, and a leader whom nobody answers (dissertation 6.2)."""

import pytest
from raft_steps import (
    AppendReply,
    acknowledge,
    append,
    ask,
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
    terms,
)

from models.raft.facts import Stored
from models.raft.log import Entry
from models.raft.messages import AppendEntries
from sim.machine import Boot, Forget, Persist, Send


def reply(effects):
    ((_, msg),) = sent(effects, AppendReply)
    return msg


# 5.3: the leader appends the command to its log and then sends it to all other servers.


def test_an_entry_is_in_the_leaders_log_before_it_is_sent():
    effects = ask(settled(), "write", "k", "a")
    assert max(places(effects, Persist)) < min(places(effects, Send, AppendEntries))


def test_an_entry_goes_to_everybody_with_the_place_before_it():
    effects = ask(settled(), "write", "k", "a")
    some = (Entry(1, "command", ("c1", 1, "write", ("k", "a"))),)
    assert sent(effects, AppendEntries) == [(peer, append(1, 1, 1, some, 1, 2)) for peer in ("n2", "n3", "n4", "n5")]


def test_what_is_on_its_way_is_not_sent_again():
    machine = settled()
    ask(machine, "write", "k", "a", op=1)
    effects = ask(machine, "write", "k", "b", op=2)
    assert [(msg.prev_index, len(msg.entries)) for _, msg in sent(effects, AppendEntries)] == [(2, 1)] * 4


def test_a_message_holds_no_more_entries_than_a_batch():
    machine = leader(log=(1, 1, 1), batch=2)
    effects = receive(machine, "n2", AppendReply(2, False, 1, 1))
    assert [(m.prev_index, len(m.entries)) for _, m in sent(effects)] == [(0, 2)]


# 5.3: a follower refuses entries behind a place where its own log differs; this is what keeps logs matching.


@pytest.mark.parametrize(("prev", "prev_term", "ok"), [(2, 1, True), (2, 2, False), (3, 1, False), (0, 0, True)])
def test_a_follower_takes_entries_only_where_the_place_before_them_fits(prev, prev_term, ok):
    assert reply(receive(server(log=(1, 1), term=3), "n2", append(3, prev, prev_term, entries(3)))).ok == ok


def test_who_does_not_check_takes_entries_anywhere():
    machine = server(log=(1, 1), term=3, consistency="unchecked")
    assert reply(receive(machine, "n2", append(3, 7, 2, entries(3)))).ok
    assert terms(machine) == [1, 1, 3]


def test_a_follower_whose_log_is_too_short_says_where_it_ends():
    assert reply(receive(server(log=(1, 1), term=3), "n2", append(3, 7, 2))) == AppendReply(3, False, 3, 1)


def test_a_follower_that_differs_goes_back_over_the_whole_term():
    machine = server(log=(1, 2, 2, 2), term=3)
    assert reply(receive(machine, "n2", append(3, 4, 3))) == AppendReply(3, False, 2, 1)


def test_a_leader_tries_again_from_where_it_is_told():
    machine = leader(log=(1, 1, 3, 3))
    effects = receive(machine, "n2", AppendReply(4, False, 2, 1))
    assert sent(effects) == [("n2", append(4, 1, 1, entries(1, 3, 3, 4), 0, 1))]


def test_answers_to_what_was_sent_before_that_change_nothing():
    machine = leader(log=(1, 1, 3, 3))
    receive(machine, "n2", AppendReply(4, False, 2, 1))
    assert receive(machine, "n2", AppendReply(4, False, 2, 1)) == []


def test_a_heartbeat_repeats_what_may_be_lost():
    machine = leader(log=(1,))
    receive(machine, "n2", AppendReply(2, False, 1, 1))
    effects = ring(machine, "beat", 250)
    assert ("n2", append(2, 0, 0, entries(1, 2), 0, 2)) in sent(effects)


# 5.3: conflicting entries are deleted, and all behind them; what does not conflict stays.


def test_entries_that_differ_are_deleted_with_all_behind_them():
    machine = server(log=(1, 2, 2), term=3)
    effects = receive(machine, "n2", append(3, 1, 1, entries(3)))
    assert terms(machine) == [1, 3]
    assert [e.key for e in effects if isinstance(e, Forget)] == [("log", 3), ("log", 2)]


def test_a_late_message_does_not_delete_what_came_behind_it():
    machine = server(log=(1, 1, 1), term=1)
    assert reply(receive(machine, "n2", append(1, 0, 0, entries(1)))) == AppendReply(1, True, 1, 1)
    assert terms(machine) == [1, 1, 1]


def test_who_always_truncates_forgets_what_it_has_acknowledged():
    machine = server(log=(1, 1, 1), term=1, truncates="always")
    receive(machine, "n2", append(1, 0, 0, entries(1)))
    assert terms(machine) == [1]


def test_who_keeps_conflicts_keeps_its_own():
    machine = server(log=(1, 2), term=3, conflicts="kept")
    receive(machine, "n2", append(3, 1, 1, entries(3)))
    assert terms(machine) == [1, 2]


def test_entries_are_durable_before_they_are_acknowledged():
    effects = receive(server(), "n2", append(1, 0, 0, entries(1, 1)))
    assert [(e.key, e.sync) for e in effects if isinstance(e, Persist)][1:] == [(("log", 1), False), (("log", 2), True)]
    assert max(places(effects, Persist)) < places(effects, Send, AppendReply)[0]


def test_who_keeps_entries_in_memory_acknowledges_them_undurable():
    effects = receive(server(term=1, entries_kept="in-memory"), "n2", append(1, 0, 0, entries(1)))
    assert [e.sync for e in effects if isinstance(e, Persist)] == [False]


def test_a_leader_of_an_earlier_term_is_refused():
    machine = server(term=3)
    assert reply(receive(machine, "n2", append(2, 0, 0, entries(2)))) == AppendReply(3, False, 0, 1)
    assert (terms(machine), machine.leader) == ([], None)


def test_a_new_life_has_the_log_and_says_so():
    machine = server()
    effects = machine.step(Boot({("log", 1): (1, "noop", None), ("log", 3): (1, "noop", None)}, 2), now(0))
    assert facts(effects, Stored) == [Stored(1, 1, None)]
    assert terms(machine) == [1]


# D 6.2: a leader steps down if an election timeout passes in which no majority answers it.


def test_a_leader_whom_a_majority_answers_leads_on():
    machine = settled()
    ring(machine, "beat", 250)
    for peer in ("n2", "n3"):
        acknowledge(machine, peer, 255)
    ring(machine, "beat", 400)
    assert machine.role == "leader"


def test_a_leader_whom_nobody_answers_steps_down():
    machine = settled()
    ring(machine, "beat", 350)
    assert machine.role == "leader"
    ring(machine, "beat", 351)
    assert machine.role == "follower"


def test_what_counts_is_when_a_heartbeat_left_and_not_when_it_was_answered():
    machine = settled()
    ring(machine, "beat", 250)
    for peer in ("n2", "n3"):
        acknowledge(machine, peer, 349)
    ring(machine, "beat", 401)
    assert machine.role == "follower"


def test_without_the_rule_it_leads_on():
    machine = settled(check_quorum="none")
    ring(machine, "beat", 9_000)
    assert machine.role == "leader"


def test_a_leader_that_stepped_down_no_longer_beats():
    machine = settled()
    ring(machine, "beat", 351)
    assert ring(machine, "beat", 400) == []
