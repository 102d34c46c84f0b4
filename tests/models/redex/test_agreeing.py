"""MATCH, COMMIT and SNAP, each alone where it can be."""

from __future__ import annotations

from typing import Any

import pytest
from redex_hardened_steps import ALL, answers, beat, crown, follow, made, notes, now, receive, sends, tick

from models._log_facts import Accepted, Committed
from models.redex import machine, wire
from models.redex.claims import Cut, Diverged, Quorum, Reset, Stored
from models.redex.matching import MarkedLog
from models.redex.messages import BAD_RANGE
from models.redex.roles import FOLLOWER, LEADER
from sim.machine import Ask, Boot, Cluster, Forget, Operate, Persist


def log(*entries: tuple[str, int]) -> MarkedLog:
    made = MarkedLog("error", "keep", None, None, False)
    for payload, term in entries:
        made.write(payload, term)
    return made


def mark(*entries: tuple[str, int]) -> str:
    return log(*entries).tail_mark[1]


def durable(*entries: tuple[str, int], term: int = 1) -> dict[Any, Any]:
    held: dict[Any, Any] = {("log", seq): (t, payload) for seq, (payload, t) in enumerate(entries)}
    return held | {"ballot": (term, None)}


def append(one: Any, op: int, payload: str, ms: int) -> Any:
    return one.step(Ask("c1", op, "append", (payload,)), now(ms))


def holds(entries: MarkedLog, leader: str = "n1", term: int = 1, upto: int | None = None) -> wire.SyncHeartbeat:
    """Return the heartbeat of a follower whose log this is."""
    seq = entries.next_seq if upto is None else upto
    return beat(FOLLOWER, seq, term=term, leader=leader, mark=entries.mark(seq))


def leads(entries: MarkedLog, commit: int = 0, term: int = 1) -> wire.SyncHeartbeat:
    return beat(LEADER, entries.next_seq, term=term, leader="n2", stamp=1, mark=entries.tail_mark[1], commit=commit)


def response(entries: MarkedLog, first: int, token: int = 11, term: int = 1, **fields: Any) -> wire.SyncResponse:
    """Return what a leader with this log answers, everything from `first` on."""
    events = entries.chunk(first, 10**6)
    return wire.SyncResponse(
        "redex", first, 0, events, token, term, 0, entries.mark(first) or "", entries.next_seq, entries.tail_mark[1]
    )._replace(**fields)


A, B, C = ("a", 1), ("b", 1), ("c", 1)
X, Y = ("x", 2), ("y", 2)


# -- MATCH: the follower -----------------------------------------------------------------------------------


def puller(*entries: tuple[str, int], leader: MarkedLog, commit: int = 0, term: int = 2) -> Any:
    """Return a follower with a log that has just asked a leader with another."""
    one = made(life=2, durable=durable(*entries, term=term))
    effects = receive(one, "n2", leads(leader, commit, term), 10)
    assert len(sends(effects, wire.SyncRequest)) == 1
    return one


def test_a_follower_with_an_equal_log_asks_nothing() -> None:
    one = made(life=2, durable=durable(A, B))
    effects = receive(one, "n2", leads(log(A, B)), 10)
    assert sends(effects, wire.SyncRequest) == []


@pytest.mark.parametrize("own", [(A, C), (A, B, C), (A,)])
def test_a_follower_with_another_log_asks_whatever_the_lengths(own: Any) -> None:
    puller(*own, leader=log(A, B))


def test_by_length_a_log_that_differs_is_not_noticed() -> None:
    one = made("FLOW", "TERM", "COMMIT", life=2, durable=durable(A, C))
    assert sends(receive(one, "n2", leads(log(A, B)), 10), wire.SyncRequest) == []


def test_what_differs_is_cut_off_and_what_the_leader_has_takes_its_place() -> None:
    leader = log(A, X, Y)
    one = puller(A, B, C, leader=leader)
    effects = receive(one, "n2", response(leader, 0, term=2), 20)
    assert notes(effects, Cut) == [Cut(1, 3)]
    assert notes(effects, Stored) == [Stored(1, 2, "x"), Stored(2, 2, "y")]
    assert one.log.entries == {0: "a", 1: "x", 2: "y"}
    assert [e for e in effects if isinstance(e, Forget)] == [Forget(("log", 2)), Forget(("log", 1))]


def test_what_is_the_same_is_kept_and_not_stored_again() -> None:
    leader = log(A, B, X)
    one = puller(A, B, leader=leader)
    assert notes(receive(one, "n2", response(leader, 0, term=2), 20), Stored) == [Stored(2, 2, "x")]


def test_what_lies_beyond_all_that_the_leader_has_is_cut_off() -> None:
    leader = log(A)
    one = puller(A, B, C, leader=leader)
    receive(one, "n2", response(leader, 1, term=2, asked=one.log.tail_mark), 20)
    assert one.tail == 1


def test_what_came_since_it_asked_is_not() -> None:
    leader = log(A)
    one = puller(A, B, C, leader=leader)
    receive(one, "n2", response(leader, 1, term=2, asked=(2, "of then")), 20)
    assert one.tail == 3


def test_a_response_that_begins_where_this_log_is_another_is_dropped() -> None:
    leader = log(A, X, Y)
    one = puller(A, B, leader=leader)
    receive(one, "n2", response(leader, 2, term=2), 20)
    assert one.log.entries == {0: "a", 1: "b"}


def test_what_is_committed_is_never_cut_off() -> None:
    one = puller(A, B, leader=log(A, B, C), commit=2)
    receive(one, "n2", response(log(A, B, C), 2, term=2, commit=2), 20)
    assert one.commit == 2
    other = log(A, X)
    receive(one, "n2", leads(other, 0, 2), 30)
    tick(one, 400)
    effects = receive(one, "n2", response(other, 0, term=2), 410)
    assert notes(effects, Diverged) == [Diverged("n2", 2)]
    assert one.log.entries == {0: "a", 1: "b", 2: "c"}


# -- MATCH: the leader -------------------------------------------------------------------------------------


def leader_of(*entries: tuple[str, int], **params: Any) -> Any:
    one = made(life=2, durable=durable(*entries), **params)
    crown(one, 400)
    return one


def pull(entries: MarkedLog, term: int, token: int = 7) -> wire.SyncRequest:
    return wire.SyncRequest("redex", entries.next_seq, 10**6, token, "foreground", term, entries.points())


def test_a_leader_answers_from_where_the_logs_part() -> None:
    one = leader_of(A, B, C)
    other = log(A, ("z", 1))
    ((dst, said),) = sends(receive(one, "n2", pull(other, one.term), 410), wire.SyncResponse)
    assert (dst, said.first_seq, said.mark) == ("n2", 1, mark(A))
    assert [event[1] for event in said.events][:2] == ["b", "c"]


def test_a_leader_answers_a_log_that_is_the_same_so_far_from_its_tail_on() -> None:
    one = leader_of(A, B, C)
    ((_, said),) = sends(receive(one, "n2", pull(log(A, B), one.term), 410), wire.SyncResponse)
    assert (said.first_seq, said.mark) == (2, mark(A, B))


# -- COMMIT ------------------------------------------------------------------------------------------------


def test_a_client_is_told_once_a_majority_holds_its_write() -> None:
    one = made()
    crown(one, 400)
    assert answers(append(one, 1, "w", 410)) == []
    effects = receive(one, "n2", holds(one.log, term=one.term), 420)
    assert notes(effects, Quorum) == [Quorum(0, ("n1", "n2"))]
    assert notes(effects, Committed) == [Committed(0, "w")]
    assert notes(effects, Accepted) == [Accepted(1, 0, "w")]
    assert answers(effects) == [("ok", 0)]


def test_without_it_the_client_is_told_at_once() -> None:
    one = made("NOW", first_leader="n1")
    assert answers(append(one, 1, "w", 410)) == [("ok", 0)]


def test_a_log_of_equal_length_that_differs_does_not_count() -> None:
    one = made()
    crown(one, 400)
    append(one, 1, "w", 410)
    assert answers(receive(one, "n2", holds(log(("v", 1)), term=one.term), 420)) == []


def test_by_length_it_does() -> None:
    one = made("COMMIT", first_leader="n1")
    append(one, 1, "w", 410)
    assert answers(receive(one, "n2", holds(log(("v", 1)), term=0), 420)) == [("ok", 0)]


def test_what_an_earlier_reign_left_is_committed_only_with_an_entry_of_this_one() -> None:
    one = leader_of(A, B)
    assert one.tail == 3, "the reign opens with an entry of its own"
    receive(one, "n2", holds(one.log, term=one.term, upto=2), 410)
    assert one.commit == 0
    receive(one, "n2", holds(one.log, term=one.term), 420)
    assert one.commit == 3


def test_a_reign_with_nothing_uncommitted_opens_without_a_word() -> None:
    one = made(preload=2)
    crown(one, 400)
    assert (one.tail, one.commit) == (2, 2)


def test_the_clients_of_a_reign_that_ends_are_told_that_nobody_knows() -> None:
    one = made()
    crown(one, 400)
    append(one, 1, "w", 410)
    one.step(Ask("c2", 2, "read"), now(415))
    assert answers(one.step(Operate(3, "relinquish"), now(420)))[:2] == [("unsure", None), ("elsewhere", None)]


def test_a_write_that_is_asked_again_while_it_waits_is_written_once() -> None:
    one = made()
    crown(one, 400)
    append(one, 1, "w", 410)
    append(one, 1, "w", 420)
    assert one.tail == 1


def test_a_follower_commits_what_its_leader_has_committed_as_far_as_their_logs_are_the_same() -> None:
    one = made(life=2, durable=durable(A, B))
    effects = receive(one, "n2", leads(log(A, B), commit=1), 10)
    assert notes(effects, Committed) == [Committed(0, "a")]


def test_a_follower_commits_nothing_of_a_log_that_it_cannot_compare() -> None:
    one = made(life=2, durable=durable(A, B))
    receive(one, "n2", leads(log(A, C), commit=2), 10)
    assert one.commit == 0


def test_a_follower_says_at_once_what_it_holds_now() -> None:
    leader = log(A, B)
    one = puller(A, leader=leader)
    said = sends(receive(one, "n2", response(leader, 1, term=2), 20), wire.SyncHeartbeat)
    assert [(dst, msg.tail_seq, msg.mark) for dst, msg in said] == [("n2", 2, mark(A, B))]


def test_a_read_waits_until_a_majority_has_followed_since() -> None:
    one = made(preload=1)
    crown(one, 400)
    assert answers(one.step(Ask("c1", 1, "read"), now(410))) == []
    echo = holds(one.log, term=one.term)
    assert answers(receive(one, "n2", echo._replace(echo=409 * 10**6), 420)) == []
    assert answers(receive(one, "n2", echo._replace(echo=410 * 10**6), 430)) == [("ok", ("c0",))]


def test_a_read_shows_neither_what_is_not_committed_nor_what_opens_a_reign() -> None:
    one = leader_of(A)
    receive(one, "n2", holds(one.log, term=one.term), 410)
    append(one, 1, "w", 415)
    one.step(Ask("c2", 2, "read"), now(420))
    effects = receive(one, "n2", holds(one.log, term=one.term, upto=2)._replace(echo=500 * 10**6), 500)
    assert answers(effects) == [("ok", ("a",))]


def test_what_is_not_committed_is_not_swept() -> None:
    one = made(retention_max_events=1)
    crown(one, 400)
    for op in range(3):
        append(one, op, f"w{op}", 410)
    assert len(one.log.entries) == 3
    receive(one, "n2", holds(one.log, term=one.term), 420)
    append(one, 3, "w3", 430)
    assert len(one.log.entries) == 1


def test_the_announced_tip_is_what_is_committed() -> None:
    one = made()
    crown(one, 400)
    append(one, 1, "w", 410)
    tick(one, 500)
    assert one.sink.tip == 0
    receive(one, "n2", holds(one.log, term=one.term)._replace(echo=450 * 10**6), 510)
    tick(one, 600)
    assert one.sink.tip == 1


# -- SNAP --------------------------------------------------------------------------------------------------


def floored(*switches: str) -> Any:
    """Return a leader of five entries that holds but one."""
    one = made(*switches, first_leader="n1", retention_max_events=1, file="heap")
    for op in range(5):
        append(one, op, f"w{op}", 410)
    return one


def test_a_follower_below_the_floor_is_told_to_begin_anew() -> None:
    one = floored("SNAP")
    request = wire.SyncRequest("redex", 0, 10**6, 7, "foreground")
    ((_, said),) = sends(receive(one, "n2", request, 500), wire.SyncResponse)
    assert (said.reset, said.first_seq, len(said.events)) == (True, 4, 1)


def test_without_it_the_follower_is_told_to_skip() -> None:
    request = wire.SyncRequest("redex", 0, 10**6, 7, "foreground")
    ((_, said),) = sends(receive(floored("NOW"), "n2", request, 500), wire.SyncNack)
    assert (said.error_code, said.leader_first_retained_seq) == (BAD_RANGE, 4)


def test_a_follower_that_begins_anew_says_what_it_lost_and_keeps_where_it_began_on_disk() -> None:
    leader = log(A, B, C)
    one = made("SNAP", life=2, durable=durable(A), file="kept")
    follow(one, "n2", 10, term=0, tail=3)
    tick(one, 100)
    reset = response(leader, 2, term=0, reset=True, below=1)
    effects = receive(one, "n2", reset, 110)
    assert notes(effects, Reset) == [Reset(0, 2)]
    assert Persist("base", (2, mark(A, B), 1)) in effects
    again = made("SNAP", life=3, durable={"base": (2, mark(A, B), 1), ("log", 2): (1, "c")}, file="kept")
    assert (again.log.entries, again.tail, again.first_retained) == ({2: "c"}, 3, 2)


def test_whatever_of_a_new_beginning_is_on_disk_a_life_finds_no_log_of_two_histories() -> None:
    other, leader = log(A, B, ("z", 1)), log(A, X, Y)
    one = puller(A, B, ("z", 1), leader=leader)
    effects = receive(one, "n2", response(leader, 2, term=2, reset=True, below=2), 20)
    disk = durable(A, B, ("z", 1), term=2)
    marks = {other.mark(seq) for seq in range(4)} | {leader.mark(seq) for seq in range(4)}
    for effect in effects:
        if isinstance(effect, Persist):
            disk[effect.key] = effect.value
        elif isinstance(effect, Forget):
            disk.pop(effect.key, None)
        assert made(life=3, durable=dict(disk)).log.tail_mark[1] in marks
    assert made(life=3, durable=dict(disk)).log.tail_mark == leader.tail_mark


def test_a_member_that_was_heard_lately_keeps_the_leader_from_sweeping_what_it_lacks() -> None:
    one = made("SNAP", first_leader="n1", retention_max_events=1)
    receive(one, "n2", beat(FOLLOWER, 2), 400)
    for op in range(5):
        append(one, op, f"w{op}", 410)
    assert sorted(one.log.entries) == [2, 3, 4]


def test_one_that_was_not_does_not() -> None:
    one = made("SNAP", first_leader="n1", retention_max_events=1)
    receive(one, "n2", beat(FOLLOWER, 2), 400)
    for op in range(5):
        append(one, op, f"w{op}", 710)
    assert sorted(one.log.entries) == [4]


def test_what_is_committed_is_not_given_up_for_a_log_that_begins_below() -> None:
    one = puller(A, B, leader=log(A, B, C), commit=2)
    receive(one, "n2", response(log(A, B, C), 2, term=2, commit=2), 20)
    tick(one, 400)
    receive(one, "n2", leads(log(A, X), 0, 2), 405)
    alien = response(log(A, X), 1, term=2, reset=True)._replace(mark="alien")
    effects = receive(one, "n2", alien, 410)
    assert notes(effects, Diverged) == [Diverged("n2", 2)]
    assert one.tail == 3


# -- a life begins -----------------------------------------------------------------------------------------


def test_a_revived_log_is_stated_again_for_a_crash_may_have_come_before_it_was() -> None:
    one = machine("n1", Cluster("n1", ("n1", "n2")), placed="every-boot", **ALL)
    effects = one.step(Boot(durable(A, B), 2), now(0))
    assert notes(effects, Stored) == [Stored(0, 1, "a"), Stored(1, 1, "b")]


def test_what_a_crash_left_beyond_a_gap_is_forgotten() -> None:
    one = machine("n1", Cluster("n1", ("n1", "n2")), placed="every-boot", **ALL)
    effects = one.step(Boot(durable(A) | {("log", 2): (1, "c")}, 2), now(0))
    assert Forget(("log", 2)) in effects
    assert one.tail == 1
