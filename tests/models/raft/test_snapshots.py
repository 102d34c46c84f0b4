"""Snapshots in place of logs: paper 7."""

from raft_steps import (
    AppendReply,
    acknowledge,
    append,
    ask,
    entries,
    facts,
    now,
    operate,
    places,
    receive,
    ring,
    sent,
    server,
    settled,
    terms,
    write,
)

from models.raft.facts import Snapped, Stored
from models.raft.messages import AppendEntries, InstallSnapshot
from sim.machine import Boot, Forget, Persist, Persisted, Send

FOUR = tuple(write(1, f"v{i}", i) for i in range(1, 5))


def filled(**params):
    """Return a follower with four entries, three of them committed."""
    machine = server(**params)
    receive(machine, "n2", append(1, 0, 0, FOUR, commit=3))
    return machine


def snapshot():
    """Return what a server that has committed three entries would send of them."""
    machine = filled()
    operate(machine, "snapshot")
    return machine.snapshot()


def test_a_snapshot_stands_for_what_is_committed_and_no_more():
    machine = filled()
    effects = operate(machine, "snapshot")
    assert (machine.log.base, machine.log.last, facts(effects, Snapped)) == (3, 4, [Snapped(3, False)])


def forgotten(effects):
    return [e.key for e in effects if isinstance(e, Forget)]


def test_the_entries_go_when_their_snapshot_is_durable_and_no_sooner():
    machine = filled()
    assert forgotten(operate(machine, "snapshot")) == []
    saved = machine.step(Persisted(("saved", 3)), now(201))
    assert forgotten(saved) == [("saved", 3), ("log", 1), ("log", 2), ("log", 3)]


def test_the_entries_stay_if_it_is_not_known_to_be_durable():
    machine = filled()
    operate(machine, "snapshot")
    assert forgotten(machine.step(Persisted(("saved", 3), "full"), now(201))) == [("saved", 3)]


def test_a_new_life_forgets_what_no_log_holds_together():
    machine = server()
    kept = {("log", i): tuple(FOUR[i - 1]) for i in (2, 4)} | {("log", 6): tuple(FOUR[3]), ("saved", 3): True}
    effects = machine.step(Boot({"term": (1, None), "snapshot": snapshot(), **kept}, 2), now(0))
    assert machine.log.last == 4
    assert forgotten(effects) == [("log", 2), ("log", 6), ("saved", 3)]


def test_one_is_taken_whenever_enough_was_committed():
    machine = filled(snapshot_every=3)
    assert machine.log.base == 3


def test_who_snapshots_everything_loses_what_is_not_applied():
    machine = filled(snapshot_every=3, snapshot_of="everything")
    assert (machine.log.base, machine.store.values) == (4, {"k": "v3"})


def test_a_new_life_begins_with_the_snapshot_and_goes_on_with_the_log():
    machine = server()
    machine.step(Boot({"term": (1, None), "snapshot": snapshot(), ("log", 4): tuple(FOUR[3])}, 2), now(0))
    assert (machine.log.base, machine.log.last, machine.commit) == (3, 4, 3)
    assert machine.store.values == {"k": "v3"}


def test_the_place_before_a_new_entry_is_checked_against_the_snapshot():
    machine = filled()
    operate(machine, "snapshot")
    effects = receive(machine, "n2", append(1, 3, 1, (FOUR[3],), commit=4))
    assert sent(effects, AppendReply) == [("n2", AppendReply(1, True, 4, 1))]


def test_entries_from_before_the_snapshot_are_passed_over():
    machine = filled()
    operate(machine, "snapshot")
    effects = receive(machine, "n2", append(1, 0, 0, FOUR, commit=4))
    assert sent(effects, AppendReply) == [("n2", AppendReply(1, True, 4, 1))]
    assert (machine.commit, terms(machine)) == (4, [1])


# 7: a leader that no longer has the entry to send sends its snapshot.


def lagging():
    """Return a leader whose first two entries are a snapshot, and n5 that lacks them."""
    machine = settled()
    ask(machine, "write", "k", "a")
    for peer in ("n2", "n3"):
        acknowledge(machine, peer)
    operate(machine, "snapshot")
    return machine, receive(machine, "n5", AppendReply(1, False, 1, machine.round))


def test_a_follower_that_lags_too_far_is_sent_the_snapshot():
    machine, effects = lagging()
    ((dst, msg),) = sent(effects)
    assert (dst, msg) == ("n5", InstallSnapshot(1, machine.snapshot(), machine.round))


def test_while_it_is_on_its_way_heartbeats_go_on_and_fit_any_log():
    machine, _ = lagging()
    beats = [msg for dst, msg in sent(ring(machine, "beat", 250)) if dst == "n5"]
    assert beats == [append(1, 0, 0, (), 0, machine.round)]


def test_it_is_sent_again_when_it_takes_too_long():
    machine, _ = lagging()
    for peer in ("n2", "n3"):
        acknowledge(machine, peer, 450)
    machine.heard = now(450).monotonic
    assert [dst for dst, _ in sent(ring(machine, "beat", 501), InstallSnapshot)] == ["n5"]


def test_once_it_is_installed_entries_follow():
    machine, _ = lagging()
    ask(machine, "write", "k", "b", op=2)
    effects = receive(machine, "n5", AppendReply(1, True, 2, machine.round))
    assert [(dst, msg.prev_index) for dst, msg in sent(effects, AppendEntries)] == [("n5", 2)]


def install(machine, term=1):
    return receive(machine, "n2", InstallSnapshot(term, snapshot(), 5))


def test_a_follower_without_the_log_takes_the_snapshot_for_it():
    machine = server()
    effects = install(machine)
    assert (machine.log.base, machine.commit, machine.store.values) == (3, 3, {"k": "v3"})
    assert sent(effects) == [("n2", AppendReply(1, True, 3, 5))]


def test_it_is_durable_before_it_is_acknowledged():
    effects = install(server())
    synced = [i for i, e in enumerate(effects) if isinstance(e, Persist) and e.sync]
    assert max(synced) < places(effects, Send)[0]


def test_what_it_stands_for_counts_as_stored():
    assert facts(install(server()), Stored) == [Stored(i, 1, FOUR[i - 1].payload) for i in (1, 2, 3)]


def test_entries_behind_the_snapshot_stay():
    machine = server()
    receive(machine, "n2", append(1, 0, 0, FOUR, commit=1))
    install(machine)
    assert (machine.log.base, machine.log.last) == (3, 4)


def test_who_discards_them_forgets_what_it_has_acknowledged():
    machine = server(snapshot_suffix="discarded")
    receive(machine, "n2", append(1, 0, 0, FOUR, commit=1))
    install(machine)
    assert (machine.log.base, machine.log.last) == (3, 3)


def test_a_log_that_differs_goes_altogether_and_its_end_first():
    machine = server(log=(1, 2, 2, 2, 2), term=2)
    effects = receive(machine, "n3", InstallSnapshot(3, snapshot(), 5))
    assert (machine.log.base, machine.log.last) == (3, 3)
    behind = [i for i, e in enumerate(effects) if isinstance(e, Forget) and e.key[1] > 3]
    written = next(i for i, e in enumerate(effects) if isinstance(e, Persist) and e.key == "snapshot")
    assert len(behind) == 2
    assert max(behind) < written


def test_a_snapshot_that_says_nothing_new_changes_nothing():
    machine = filled()
    effects = install(machine)
    assert sent(effects) == [("n2", AppendReply(1, True, 3, 5))]
    assert (machine.log.base, machine.log.last) == (0, 4)


def test_a_snapshot_of_an_earlier_term_is_refused():
    machine = server(term=4)
    assert sent(install(machine)) == [("n2", AppendReply(4, False, 0, 5))]
    assert machine.log.last == 0


# D 6.3: what has happened is part of the state, or it would happen again.


def test_a_snapshot_holds_what_clients_were_answered():
    machine = server()
    install(machine)
    effects = receive(machine, "n2", append(1, 3, 1, (write(1, "v2", 2),), commit=4))
    assert machine.store.values == {"k": "v3"}
    assert facts(effects, Stored) == [Stored(4, 1, ("c1", 2, "write", ("k", "v2")))]


def test_without_that_it_happens_again():
    machine = filled(snapshot_sessions="left-out")
    operate(machine, "snapshot")
    other = server()
    receive(other, "n2", InstallSnapshot(1, machine.snapshot(), 5))
    receive(other, "n2", append(1, 3, 1, (write(1, "v2", 2),), commit=4))
    assert other.store.values == {"k": "v2"}


def test_contents_are_the_whole_log_whatever_stands_for_it():
    machine = filled()
    before = list(machine.contents())
    operate(machine, "snapshot")
    assert list(machine.contents()) == before


def test_what_a_snapshot_weighs_does_not_depend_on_how_much_it_stands_for():
    short, long = snapshot(), (*snapshot()[:-1], snapshot()[-1] * 50)
    assert InstallSnapshot(1, short, 1).size == InstallSnapshot(1, long, 1).size


def test_a_message_weighs_what_its_entries_weigh():
    assert append(1, 0, 0, entries(1)).size < append(1, 0, 0, FOUR).size
