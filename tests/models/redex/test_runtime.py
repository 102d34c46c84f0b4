"""Steps of one node: exactly what it wants from the world. H is 100 ms, so W is 300 ms.

Tests named after a row of section 8.1 say so.
"""

from __future__ import annotations

from typing import Any

import pytest

from models.redex import Redex
from models.redex.facts import Accepted, Configured, Skipped, Stored, Struck, Turned
from models.redex.messages import (
    BACKPRESSURE,
    BAD_RANGE,
    CHANNEL_CLOSED,
    NOT_LEADER,
    SyncHeartbeat,
    SyncNack,
    SyncRequest,
    SyncResponse,
)
from sim.machine import (
    OPERATOR,
    Alarm,
    Answer,
    Ask,
    Boot,
    Cluster,
    Effect,
    Forget,
    Note,
    Now,
    Operate,
    Persist,
    Receive,
    Send,
    SetAlarm,
)
from sim.units import MS, S

CHUNK = 65_536


def now(ms: int, *words: int) -> Now:
    return Now(ms * MS, 1_700_000_000_000 * MS + ms * MS, words)


def beat(role: str, tail: int, ms: int = 0) -> SyncHeartbeat:
    return SyncHeartbeat("redex", tail, role, 1_700_000_000_000 + ms)


def beats(role: str, tail: int, ms: int, *dsts: str) -> list[Effect]:
    return [Send(dst, beat(role, tail, ms)) for dst in dsts]


def tick(machine: Redex, ms: int, *words: int) -> Any:
    return machine.step(Alarm("tick"), now(ms, *words))


def hear(machine: Redex, src: str, role: str, tail: int, ms: int) -> Any:
    return machine.step(Receive(src, beat(role, tail)), now(ms))


def receive(machine: Redex, src: str, msg: Any, ms: int) -> Any:
    return machine.step(Receive(src, msg), now(ms))


def follow(machine: Redex, leader: str, tail: int, ms: int, token: int = 77) -> None:
    """Let a follower hear a leader that is ahead, and ask it."""
    hear(machine, leader, "leader", tail, ms)
    sent = tick(machine, ms, token)
    assert sent[-1].msg.request_id == token


def pull(since: int = 0, token: int = 77, chunk: int = CHUNK, channel: str = "redex") -> SyncRequest:
    return SyncRequest(channel, since, chunk, token, "foreground")


def chunk(first: int, *payloads: str, token: int = 77, channel: str = "redex") -> SyncResponse:
    return SyncResponse(channel, first, 0, tuple(enumerate(payloads, first)), token)


def nack(code: int, since: int = 0, floor: int = 0, token: int = 77) -> SyncNack:
    return SyncNack("redex", since, code, floor, token)


# -- booting and placement ---------------------------------------------------------------------------------


def boot(life: int = 1, durable: Any = None, node: str = "n1", **params: Any) -> tuple[Redex, list[Effect]]:
    machine = Redex(node, Cluster(node, ("n1", "n2")), **params)
    return machine, list(machine.step(Boot(durable or {}, life), now(0)))


def test_the_first_leader_walks_the_legal_path_at_its_first_boot() -> None:
    machine, effects = boot()
    assert effects == [
        Note(Configured(100 * MS)),
        Note(Turned("idle", "follower", "CapabilitySelected")),
        Note(Turned("follower", "candidate", "MissedHeartbeats")),
        Note(Turned("candidate", "leader", "ElectionWon")),
        SetAlarm("tick", 100 * MS, 100 * MS),
    ]
    assert machine.role == "leader"


def test_the_first_tick_comes_one_heartbeat_after_the_phase() -> None:
    assert boot(phase="13ms")[1][-1] == SetAlarm("tick", 113 * MS, 100 * MS)
    assert boot(phase="random")[1][-1] == SetAlarm("tick", (100 * MS, 200 * MS - 1), 100 * MS)


@pytest.mark.parametrize(
    ("placed", "life", "role"),
    [
        ("first-boot", 1, "leader"),
        ("first-boot", 2, "idle"),
        ("every-boot", 2, "follower"),
        ("never", 1, "idle"),
    ],
)
def test_the_outside_placement_acts_at_some_boots(placed: str, life: int, role: str) -> None:
    assert boot(life, placed=placed)[0].role == role


def test_another_node_or_nobody_may_be_the_first_leader() -> None:
    assert boot(first_leader="n2")[0].role == "follower"
    assert boot(first_leader="n2", node="n2")[0].role == "leader"
    assert boot(first_leader="none")[0].role == "follower"


def test_preloaded_events_are_stored_at_the_first_boot_and_accepted_by_nobody() -> None:
    machine, effects = boot(preload=2)
    assert effects[1:3] == [Note(Stored(0, "c0")), Note(Stored(1, "c1"))]
    assert machine.log.entries == {0: "c0", 1: "c1"}
    assert boot(2, preload=2)[0].log.entries == {}


def test_a_kept_log_is_persisted_and_read_back() -> None:
    machine, _ = boot(file="kept", retention_max_events=1, preload=1)
    assert machine.step(Ask("c1", 1, "append", ("x",)), now(1)) == [
        Persist(("log", 1), "x"),
        Note(Stored(1, "x")),
        Forget(("log", 0)),
        Note(Accepted(1, 1, "x")),
        Answer("c1", 1, "ok", 1),
    ]
    again, _ = boot(2, {("log", 1): "x", ("next",): 5}, file="kept")
    assert (again.log.entries, again.tail, again.first_retained) == ({1: "x"}, 5, 1)


def test_a_kept_log_that_skips_ahead_keeps_its_tail_and_forgets_what_it_drops() -> None:
    follower, _ = boot(file="kept", skip_over="drop", preload=1, first_leader="none")
    follow(follower, "n2", 9, 100)
    assert receive(follower, "n2", nack(BAD_RANGE, 1, 7), 110) == [
        Forget(("log", 0)),
        Persist(("next",), 7),
        Note(Skipped(1, 7)),
    ]


# -- the tick (3.2) ----------------------------------------------------------------------------------------


def test_leader_emits_heartbeat_to_peers_each_tick(node: Any) -> None:
    """Row 1: to each other member and never to itself."""
    leader = node(role="leader", preload=2)
    assert tick(leader, 100) == beats("leader", 2, 100, "n2", "n3")


def test_a_follower_heartbeats_its_role_and_tail(node: Any) -> None:
    assert tick(node("n2", preload=2), 100) == beats("follower", 2, 100, "n1", "n3")


@pytest.mark.parametrize("role", ["idle", "candidate"])
def test_an_idle_node_and_a_candidate_say_nothing(node: Any, role: str) -> None:
    machine = node(role="idle")
    machine.role = role
    assert tick(machine, 100) == []


def test_a_candidate_may_heartbeat_and_stand_again(node: Any) -> None:
    machine = node(role="idle", beats="candidates-too", candidate="stands-again")
    machine.role = "candidate"
    assert tick(machine, 100) == [
        *beats("candidate", 0, 100, "n2", "n3"),
        Note(Turned("candidate", "leader", "ElectionWon")),
    ]


def test_replica_on_tick_stamps_inputs_default_bandwidth_class_on_sync_request(node: Any) -> None:
    """Row 37: exactly one request, to the leader, after the heartbeats."""
    follower = node(bandwidth_class="background")
    hear(follower, "n2", "leader", 50, 90)
    assert tick(follower, 100, 77) == [
        *beats("follower", 0, 100, "n2", "n3"),
        Send("n2", SyncRequest("redex", 0, CHUNK, 77, "background")),
    ]
    assert follower.outstanding.tokens == {("n2", 77): 100 * MS}


def test_a_tick_forgets_strikes_of_long_ago(node: Any) -> None:
    follower = node()
    for _ in range(4):
        follower.backoff.record_empty("n2", 0)
    tick(follower, 60_900)
    assert "n2" in follower.backoff.leaders
    tick(follower, 61_000)
    assert follower.backoff.leaders == {}


@pytest.mark.parametrize("tail", [1, 2])
def test_a_follower_that_is_level_or_ahead_asks_for_nothing(node: Any, tail: int) -> None:
    follower = node(preload=2)
    hear(follower, "n2", "leader", tail, 90)
    assert tick(follower, 100) == beats("follower", 2, 100, "n2", "n3")


def test_a_request_under_way_does_not_hold_back_the_next(node: Any) -> None:
    follower = node()
    follow(follower, "n2", 50, 100, 77)
    assert tick(follower, 200, 78)[-1] == Send("n2", pull(0, 78))
    assert len(follower.outstanding.tokens) == 2


def test_replica_with_silent_leader_runs_election_and_promotes_self(node: Any) -> None:
    """Row 5: heartbeats of that tick still say `follower`, and belief and tokens go."""
    follower = node()
    follow(follower, "n2", 50, 100)
    assert tick(follower, 399, 78)[-1] == Send("n2", pull(0, 78))
    assert tick(follower, 400) == [
        *beats("follower", 0, 400, "n2", "n3"),
        Note(Turned("follower", "candidate", "MissedHeartbeats")),
        Note(Turned("candidate", "leader", "ElectionWon")),
    ]
    assert (follower.leader, follower.outstanding.tokens) == (None, {})
    assert tick(follower, 500) == beats("leader", 0, 500, "n2", "n3")


def test_a_follower_may_ask_a_silent_leader_a_last_time(node: Any) -> None:
    follower = node(asks="always")
    hear(follower, "n2", "leader", 50, 100)
    assert Send("n2", pull()) in tick(follower, 400, 77)


def test_a_follower_that_elects_a_peer_follows_nobody(node: Any) -> None:
    """A measured round trip of 0 and a smaller number: the peer wins, and nothing tells it (W16)."""
    follower = Redex("n2", Cluster("n2", ("n1", "n2", "n3"), lambda _: 0), first_leader="none")
    follower.step(Boot({}, 1), now(0))
    hear(follower, "n3", "leader", 0, 100)
    hear(follower, "n1", "follower", 0, 399)
    assert tick(follower, 400)[2:] == [
        Note(Turned("follower", "candidate", "MissedHeartbeats")),
        Note(Turned("candidate", "follower", "ElectionLost")),
    ]
    assert follower.leader is None


def test_post_election_failed_transition_preserves_believed_leader(node: Any) -> None:
    """Row 36: a node driven to idle stays idle through silence."""
    machine = node()
    hear(machine, "n2", "leader", 0, 100)
    machine.step(Operate(1, "close"), now(110))
    assert tick(machine, 500) == []
    assert machine.role == "idle"


def test_a_follower_that_believes_in_nobody_waits_for_ever(node: Any) -> None:
    assert tick(node(), 600_000) == beats("follower", 0, 600_000, "n2", "n3")


def test_a_follower_that_believes_in_nobody_may_stand(node: Any) -> None:
    follower = node(deaf="stands")
    tick(follower, 299)
    assert follower.role == "follower"
    tick(follower, 300)
    assert follower.role == "leader"


def test_leader_on_tick_clamps_advertised_tail_to_max_peer_tail(node: Any) -> None:
    """Row 8."""
    leader = node(role="leader", preload=100)
    hear(leader, "n2", "follower", 50, 10)
    hear(leader, "n3", "follower", 20, 10)
    tick(leader, 100)
    assert leader.recorded_tail == 50


def test_leader_on_tick_falls_back_to_local_tail_with_no_peers(node: Any) -> None:
    """Row 9, and that the record never falls."""
    leader = node(role="leader", preload=77)
    tick(leader, 100)
    assert leader.recorded_tail == 77
    hear(leader, "n2", "follower", 50, 110)
    tick(leader, 200)
    assert leader.recorded_tail == 77


# -- heartbeats (4.1) --------------------------------------------------------------------------------------


def test_inbound_heartbeat_records_into_tracker(node: Any) -> None:
    """Row 2: a follower hears a leader and does nothing else."""
    follower = node()
    assert hear(follower, "n2", "leader", 5, 100) == []
    assert (follower.role, follower.leader, follower.tracker.tail_of("n2")) == ("follower", "n2", 5)


def test_peer_leader_observation_demotes_loser_to_replica(node: Any) -> None:
    """Row 3, and that the loser believes in the winner already."""
    leader = node(role="leader", preload=42)
    assert hear(leader, "n2", "leader", 99, 100) == [Note(Turned("leader", "follower", "PeerLeaderObserved"))]
    assert leader.leader == "n2"


def test_peer_leader_tail_tie_lower_node_id_wins(node: Any) -> None:
    """Row 4, from both sides."""
    assert hear(node("n1", role="leader", preload=42), "n2", "leader", 42, 100) == []
    loser = node("n2", role="leader", preload=42)
    assert hear(loser, "n1", "leader", 42, 100) == [Note(Turned("leader", "follower", "PeerLeaderObserved"))]


def test_a_leader_ignores_followers_that_are_ahead(node: Any) -> None:
    leader = node(role="leader")
    assert hear(leader, "n2", "follower", 99, 100) == []
    assert leader.role == "leader"


def test_channel_id_mismatch_drops_heartbeat(node: Any) -> None:
    """Row 17."""
    follower = node()
    assert receive(follower, "n2", SyncHeartbeat("other", 9, "leader", 0), 100) == []
    assert (follower.leader, follower.tracker.peers) == (None, {})


# -- requests (4.2) ----------------------------------------------------------------------------------------


def test_a_leader_serves_what_it_holds(node: Any) -> None:
    leader = node(role="leader", preload=3)
    assert receive(leader, "n2", pull(1), 100) == [Send("n2", chunk(1, "c1", "c2"))]


def test_leader_serve_path_admits_foreground_under_tight_budget(node: Any) -> None:
    """Row 39: a request at the tail of an empty log gets an empty response and no nack."""
    assert receive(node(role="leader"), "n2", pull(0), 100) == [Send("n2", chunk(0))]


def test_a_response_that_is_not_admitted_is_backpressure(node: Any) -> None:
    class Tight(Redex):
        def _admit(self, response: SyncResponse) -> bool:
            return False

    leader = Tight("n1", Cluster("n1", ("n1", "n2")))
    leader.step(Boot({}, 1), now(0))
    assert receive(leader, "n2", pull(0), 100) == [Send("n2", nack(BACKPRESSURE))]


def test_sync_request_post_op_role_flip_emits_notleader_nack(node: Any) -> None:
    """Row 29: a leader that relinquished is idle and answers NotLeader."""
    machine = node(role="leader")
    machine.step(Operate(1, "relinquish"), now(50))
    assert machine.role == "idle"
    assert receive(machine, "n2", pull(4), 100) == [Send("n2", nack(NOT_LEADER, 4))]


def test_sync_request_with_wrong_channel_id_is_dropped(node: Any) -> None:
    """Row 30."""
    assert receive(node(role="leader"), "n2", pull(channel="other"), 100) == []


# -- responses (4.3) ---------------------------------------------------------------------------------------


def test_a_chunk_at_the_tail_is_stored(node: Any) -> None:
    follower = node()
    follow(follower, "n2", 2, 100)
    assert receive(follower, "n2", chunk(0, "a", "b"), 110) == [Note(Stored(0, "a")), Note(Stored(1, "b"))]
    assert (follower.tail, follower.recorded_tail, follower.outstanding.tokens) == (2, 2, {})


def test_a_duplicate_of_a_response_has_no_second_effect(node: Any) -> None:
    follower = node()
    follow(follower, "n2", 2, 100)
    receive(follower, "n2", chunk(0, "a"), 110)
    assert receive(follower, "n2", chunk(1, "a"), 111) == []


def test_a_response_with_an_expired_token_is_dropped(node: Any) -> None:
    follower = node()
    follow(follower, "n2", 2, 100)
    assert receive(follower, "n2", chunk(0, "a"), 30_100) == []
    assert follower.tail == 0


def test_a_response_of_another_channel_leaves_the_token(node: Any) -> None:
    follower = node()
    follow(follower, "n2", 2, 100)
    assert receive(follower, "n2", chunk(0, "a", channel="other"), 110) == []
    assert ("n2", 77) in follower.outstanding.tokens


def test_inbound_from_non_replica_set_peer_is_dropped(node: Any) -> None:
    """Row 31: neither its response nor its heartbeat nor its request has any effect."""
    follower = node()
    follower.outstanding.record("n99", 77, 0)
    assert hear(follower, "n99", "leader", 9, 100) == []
    assert receive(follower, "n99", chunk(0, "a"), 100) == []
    assert receive(follower, "n99", nack(NOT_LEADER), 100) == []
    assert receive(node(role="leader"), "n99", pull(), 100) == []
    assert (follower.leader, follower.tail, len(follower.outstanding.tokens)) == (None, 0, 1)


def test_sync_response_from_non_leader_replica_peer_is_dropped(node: Any) -> None:
    """Row 32, and its token is spent all the same."""
    follower = node()
    follower.outstanding.record("n3", 77, 0)
    hear(follower, "n2", "leader", 9, 100)
    assert receive(follower, "n3", chunk(0, "a"), 110) == []
    assert (follower.tail, follower.outstanding.tokens) == (0, {})


def test_a_response_in_another_role_is_dropped_and_its_token_spent(node: Any) -> None:
    machine = node()
    follow(machine, "n2", 2, 100)
    machine.step(Operate(1, "close"), now(105))
    assert receive(machine, "n2", chunk(0, "a"), 110) == []
    assert (machine.tail, machine.outstanding.tokens) == (0, {})


def test_a_stale_chunk_is_dropped_without_a_strike(node: Any) -> None:
    follower = node(preload=1)
    follow(follower, "n2", 3, 100)
    assert receive(follower, "n2", chunk(0, "a", "b"), 110) == []
    assert (follower.tail, follower.backoff.leaders) == (1, {})


def test_a_gap_before_the_chunk_is_skipped_over(node: Any) -> None:
    follower = node(preload=2)
    follow(follower, "n2", 9, 100)
    assert receive(follower, "n2", chunk(7, "h", "i"), 110) == [
        Note(Skipped(2, 7)),
        Note(Stored(7, "h")),
        Note(Stored(8, "i")),
    ]
    assert (follower.tail, follower.skip_ahead_total, follower.first_retained) == (9, 1, 0)


def test_skipping_over_a_gap_does_not_forgive_strikes(node: Any) -> None:
    follower = node()
    follower.backoff.record_empty("n2", 0)
    follow(follower, "n2", 9, 100)
    receive(follower, "n2", chunk(7, "h"), 110)
    assert follower.backoff.leaders["n2"].empty == 1


def test_an_empty_response_is_a_strike_while_the_leader_claims_more(node: Any) -> None:
    follower = node()
    effects = []
    for i in range(5):
        follower.outstanding.record("n2", i, 0)
        hear(follower, "n2", "leader", 50, 100)
        effects.append(list(receive(follower, "n2", chunk(0, token=i), 110)))
    assert effects == [[Note(Struck("n2", i + 1, window))] for i, window in enumerate((0, 0, 0, S, 2 * S))]
    assert tick(follower, 200, 9) == beats("follower", 0, 200, "n2", "n3"), "no request inside the window"
    hear(follower, "n2", "leader", 50, 2109)
    assert tick(follower, 2110, 9)[-1] == Send("n2", pull(0, 9)), "a probe when it is over"


def test_progress_forgives_all_strikes(node: Any) -> None:
    follower = node()
    follower.backoff.record_empty("n2", 0)
    follow(follower, "n2", 1, 100)
    receive(follower, "n2", chunk(0, "a"), 110)
    assert follower.backoff.leaders == {}


def test_empty_response_does_not_strike_on_stale_heartbeat(node: Any) -> None:
    """Row 10: the leader claimed 200, but 10 s ago."""
    follower = node()
    hear(follower, "n2", "leader", 200, 0)
    for i in range(5):
        follower.outstanding.record("n2", i, 10_000 * MS)
        assert receive(follower, "n2", chunk(0, token=i), 10_000) == []
    assert follower.backoff.leaders == {}


def test_an_empty_response_of_a_leader_that_claims_no_more_is_no_strike(node: Any) -> None:
    follower = node(preload=2)
    follower.outstanding.record("n2", 77, 0)
    hear(follower, "n2", "leader", 2, 100)
    assert receive(follower, "n2", chunk(2), 110) == []


# -- nacks (4.4) -------------------------------------------------------------------------------------------


def test_sync_nack_notleader_clears_believed_leader(node: Any) -> None:
    """Row 34, and every token of that leader goes; the role stays."""
    follower = node()
    follow(follower, "n2", 9, 100)
    follower.outstanding.record("n2", 78, 0)
    assert receive(follower, "n2", nack(NOT_LEADER), 110) == []
    assert (follower.leader, follower.outstanding.tokens, follower.role) == (None, {}, "follower")


def test_sync_nack_badrange_skips_local_tail(node: Any) -> None:
    """Row 35, in role idle: no role check stands in the way."""
    machine = node(role="idle")
    machine.outstanding.record("n2", 77, 0)
    hear(machine, "n2", "leader", 200, 90)
    assert receive(machine, "n2", nack(BAD_RANGE, 42, 100), 100) == [Note(Skipped(0, 100))]
    assert (machine.tail, machine.skip_ahead_total) == (100, 1)


def test_a_bad_range_without_a_floor_burns_one_sequence(node: Any) -> None:
    follower = node(preload=2)
    follow(follower, "n2", 9, 100)
    assert receive(follower, "n2", nack(BAD_RANGE, 2), 110) == [Note(Skipped(2, 3))]


def test_a_bad_range_with_a_floor_below_the_tail_changes_nothing_but_is_counted(node: Any) -> None:
    follower = node(preload=5)
    follow(follower, "n2", 9, 100)
    assert receive(follower, "n2", nack(BAD_RANGE, 5, 3), 110) == []
    assert (follower.tail, follower.skip_ahead_total) == (5, 1)


def test_backpressure_changes_nothing_so_the_next_tick_asks_again(node: Any) -> None:
    follower = node()
    follow(follower, "n2", 9, 100)
    assert receive(follower, "n2", nack(BACKPRESSURE), 110) == []
    assert tick(follower, 200, 78)[-1] == Send("n2", pull(0, 78))


def test_channel_closed_makes_a_node_idle(node: Any) -> None:
    follower = node()
    follow(follower, "n2", 9, 100)
    assert receive(follower, "n2", nack(CHANNEL_CLOSED), 110) == [Note(Turned("follower", "idle", "ChannelClose"))]


def test_a_nack_of_a_node_that_is_not_believed_in_leaves_its_token(node: Any) -> None:
    follower = node()
    follow(follower, "n2", 9, 100)
    hear(follower, "n3", "leader", 9, 105)
    assert receive(follower, "n2", nack(NOT_LEADER), 110) == []
    assert (follower.leader, sorted(follower.outstanding.tokens)) == ("n3", [("n2", 77)])


def test_a_nack_without_a_token_is_dropped(node: Any) -> None:
    follower = node()
    hear(follower, "n2", "leader", 9, 100)
    assert receive(follower, "n2", nack(NOT_LEADER), 110) == []
    assert follower.leader == "n2"


# -- clients and operators ---------------------------------------------------------------------------------


def test_a_leader_accepts_a_write_as_soon_as_it_is_in_its_own_log(node: Any) -> None:
    leader = node(role="leader", preload=2)
    assert leader.step(Ask("c1", 5, "append", ("x",)), now(1)) == [
        Note(Stored(2, "x")),
        Note(Accepted(5, 2, "x")),
        Answer("c1", 5, "ok", 2),
    ]


def test_a_leader_keeps_no_more_than_its_cap_after_a_write(node: Any) -> None:
    leader = node(role="leader", preload=3, retention_max_events=2)
    leader.step(Ask("c1", 5, "append", ("x",)), now(1))
    assert leader.log.entries == {2: "c2", 3: "x"}


@pytest.mark.parametrize("action", ["append", "read"])
def test_a_follower_sends_clients_to_the_leader_it_believes_in(node: Any, action: str) -> None:
    follower = node()
    ask = Ask("c1", 5, action, ("x",) if action == "append" else ())
    assert follower.step(ask, now(1)) == [Answer("c1", 5, "elsewhere")]
    hear(follower, "n2", "leader", 0, 2)
    assert follower.step(ask, now(3)) == [Answer("c1", 5, "elsewhere", hint="n2")]


def test_a_leader_reads_what_it_retains(node: Any) -> None:
    leader = node(role="leader", preload=2)
    assert leader.step(Ask("c1", 5, "read"), now(1)) == [Answer("c1", 5, "ok", ("c0", "c1"))]


@pytest.mark.parametrize(
    ("action", "role", "outcome", "after"),
    [
        ("relinquish", "leader", "ok", "idle"),
        ("relinquish", "follower", "fail", "follower"),
        ("select", "idle", "ok", "follower"),
        ("select", "leader", "fail", "leader"),
        ("close", "leader", "ok", "idle"),
        ("close", "follower", "ok", "idle"),
        ("close", "idle", "ok", "idle"),
    ],
)
def test_an_operator_may_ask_for_legal_turns_only(node: Any, action: str, role: str, outcome: str, after: str) -> None:
    machine = node(role=role)
    effects = machine.step(Operate(3, action), now(1))
    assert effects[-1] == Answer(OPERATOR, 3, outcome, after)
    assert len(effects) == (2 if role != after else 1)


def test_contents_are_what_the_log_retains(node: Any) -> None:
    leader = node(role="leader", preload=3, retention_max_events=2)
    leader.step(Ask("c1", 5, "append", ("x",)), now(1))
    assert [seq for seq, _ in leader.contents()] == [2, 3]


def test_lanes_put_clients_first_and_the_tick_between_answers_and_heartbeats() -> None:
    assert [(lane.name, lane.room) for lane in Redex.LANES] == [
        ("client", 1024),
        ("priority", 128),
        ("tick", 1),
        ("low", 1024),
    ]


# -- parameters --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "complaint"),
    [
        ({"heartbeat": "fast"}, 'heartbeat: found "fast", allowed: a time'),
        ({"heartbeat": "0s"}, "heartbeat: found '0s', allowed: a time above 0"),
        ({"phase": "later"}, 'phase: found "later", allowed: a time'),
        ({"chunk_max": "64"}, 'chunk_max: found "64", allowed: a size'),
        ({"chunk_max": 0}, "chunk_max: found 0, allowed: a whole number from 1"),
        ({"retention_max_events": 0}, "retention_max_events: found 0, allowed: a whole number from 1"),
        ({"preload": -1}, "preload: found -1, allowed: a whole number from 0"),
        ({"first_leader": "n9"}, "first_leader: found 'n9', allowed: n1, n2 or none"),
        ({"follow": "loudest"}, "follow: found 'loudest', allowed: latest, sticky"),
        ({"skip_over": "burn"}, "skip_over: found 'burn', allowed: keep, drop"),
        ({"file": ["heap"]}, "file: found ['heap'], allowed: heap, kept"),
    ],
)
def test_a_bad_parameter_is_named_with_what_is_allowed(params: Any, complaint: str) -> None:
    with pytest.raises(ValueError) as error:
        boot(**params)
    assert str(error.value).startswith(complaint)
