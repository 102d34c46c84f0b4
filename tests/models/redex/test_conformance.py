"""Section 8 of the specification: each of its 57 rows is a test with the row's own name, in the order of the table.

Rows 1 to 39 are those of the runtime, 40 to 57 those of the election; what follows them are the behaviours that
the sources leave untested. Other tests of this folder go further; what is a row stands only here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import permutations
from typing import Any

import pytest
from redex_steps import CHUNK, beat, beats, chunk, follow, hear, nack, now, pull, receive, served, tick, turn

from models.redex import Redex
from models.redex.catchup import CatchupBackoff
from models.redex.election import NOBODY, SELF_WINS, Elected, elect
from models.redex.facts import Skipped, Stopped, Stored, Tagged, Turned, UnderCapacity
from models.redex.gauges import observe_lag
from models.redex.messages import (
    BACKPRESSURE,
    BAD_RANGE,
    CHANNEL_CLOSED,
    NOT_LEADER,
    Shutdown,
    SyncHeartbeat,
    SyncRequest,
)
from models.redex.tracker import HeartbeatTracker
from sim.faults import Operate as Act
from sim.faults import Pause, Planned
from sim.machine import OPERATOR, Answer, Boot, Cluster, Note, Now, Operate, Receive, Refused, Send, on
from sim.units import MS, S


class Peer(Redex):
    """A node that may be told to send n1 as many heartbeats, or nacks, as lanes must bear; by itself it is silent."""

    @on(Operate, "select")
    def select(self, act: Operate, now: Now) -> None:
        for _ in range(act.args["count"]):
            self.send("n1", beat("follower", 0))

    @on(Operate, "relinquish")
    def relinquish(self, act: Operate, now: Now) -> None:
        for i in range(act.args["count"]):
            self.send("n1", nack(NOT_LEADER, token=i))


def alone(run: Any, until: int, faults: list[Planned], machine: Any = Peer, **plan: Any) -> Any:
    """Run a leader n1 among peers that are idle, and say only what they are told to."""
    silent = {"n2": {"placed": "never"}, "n3": {"placed": "never"}}
    return run(3, until, faults, machine=machine, per_node=silent, **plan)


def act(action: str, ms: int, node: str = "n1", count: int = 0) -> Planned:
    return Planned(Act(nodes=(node,), action=action, args={"count": count} if count else {}), at=ms * MS)


def flood(ms: int, count: int) -> Planned:
    """Let n2 send so many heartbeats, which arrive 5 ms later and wait in the low lane if they must."""
    return act("select", ms, "n2", count)


def pause(begin: int, end: int) -> Planned:
    return Planned(Pause(nodes=("n1",)), at=begin * MS, lasting=(end - begin) * MS)


def stopped(seen: Any) -> list[tuple[int, str]]:
    """Return when n1 said that it was stopped, in ms, and in which role."""
    return [(at // MS, fact.role) for at, node, fact in seen.notes if node == "n1" and isinstance(fact, Stopped)]


def tags(seen: Any) -> list[int | None]:
    """Return the tips with which n1 was announced, None for a withdrawal."""
    return [fact.tip for _, node, fact in seen.notes if node == "n1" and isinstance(fact, Tagged)]


# -- 8.1: the runtime --------------------------------------------------------------------------------------


def test_leader_emits_heartbeat_to_peers_each_tick(node: Any) -> None:
    """To each other member and never to itself."""
    leader = node(role="leader", preload=2)
    assert tick(leader, 100) == beats("leader", 2, 100, "n2", "n3")


def test_inbound_heartbeat_records_into_tracker(node: Any) -> None:
    """A follower hears a leader and does nothing else."""
    follower = node()
    assert hear(follower, "n2", "leader", 5, 100) == []
    assert (follower.role, follower.leader, follower.tracker.tail_of("n2")) == ("follower", "n2", 5)


def test_peer_leader_observation_demotes_loser_to_replica(node: Any) -> None:
    """And that the loser believes in the winner already."""
    leader = node(role="leader", preload=42)
    assert hear(leader, "n2", "leader", 99, 100) == turn("leader", "follower", "PeerLeaderObserved")
    assert leader.leader == "n2"


def test_peer_leader_tail_tie_lower_node_id_wins(node: Any) -> None:
    """From both sides."""
    assert hear(node("n1", role="leader", preload=42), "n2", "leader", 42, 100) == []
    loser = node("n2", role="leader", preload=42)
    assert hear(loser, "n1", "leader", 42, 100) == turn("leader", "follower", "PeerLeaderObserved")


def test_replica_with_silent_leader_runs_election_and_promotes_self(node: Any) -> None:
    """Heartbeats of that tick still say `follower`, and belief and tokens go."""
    follower = node()
    follow(follower, "n2", 50, 100)
    assert tick(follower, 399, 78)[-1] == Send("n2", pull(0, 78))
    assert tick(follower, 400) == [
        *beats("follower", 0, 400, "n2", "n3"),
        *turn("follower", "candidate", "MissedHeartbeats"),
        *turn("candidate", "leader", "ElectionWon"),
    ]
    assert (follower.leader, follower.outstanding.tokens) == (None, {})
    assert tick(follower, 500) == beats("leader", 0, 500, "n2", "n3")


def test_post_election_tag_sink_failure_does_not_strand_candidate(node: Any) -> None:
    """The sink allows one announcement, the follower's: a candidate makes none, and the role moves all the same."""
    follower = node(tag_sink_fails_after=1)
    hear(follower, "n2", "leader", 0, 100)
    assert tick(follower, 400)[2:] == [
        Note(Turned("follower", "candidate", "MissedHeartbeats")),
        Note(Turned("candidate", "leader", "ElectionWon")),
        Note(Tagged(0, False)),
    ]
    assert (follower.role, follower.leader) == ("leader", None)


def test_shutdown_drives_idle_transition(run: Any) -> None:
    seen = alone(run, 300, [act("cancel", 250)])
    assert seen.turns[-1] == (250, "n1", "idle", "ChannelClose")
    assert stopped(seen) == [(250, "idle")]
    assert seen.views["n1"] is None


def test_leader_on_tick_clamps_advertised_tail_to_max_peer_tail(node: Any) -> None:
    leader = node(role="leader", preload=100)
    hear(leader, "n2", "follower", 50, 10)
    hear(leader, "n3", "follower", 20, 10)
    tick(leader, 100)
    assert leader.recorded_tail == 50


def test_leader_on_tick_falls_back_to_local_tail_with_no_peers(node: Any) -> None:
    """And that the record never falls."""
    leader = node(role="leader", preload=77)
    tick(leader, 100)
    assert leader.recorded_tail == 77
    hear(leader, "n2", "follower", 50, 110)
    tick(leader, 200)
    assert leader.recorded_tail == 77


def test_empty_response_does_not_strike_on_stale_heartbeat(node: Any) -> None:
    """The leader claimed 200, but 10 s ago."""
    follower = node()
    hear(follower, "n2", "leader", 200, 0)
    for i in range(5):
        follower.outstanding.record("n2", i, 10_000 * MS)
        assert receive(follower, "n2", chunk(0, token=i), 10_000) == []
    assert follower.backoff.leaders == {}


def test_catchup_backoff_threshold_and_reset() -> None:
    """Three empties, no backoff; the fourth, backoff; progress clears."""
    backoff = CatchupBackoff()
    for _ in range(3):
        assert backoff.record_empty("n2", 0).until is None
    assert not backoff.active("n2", 0)
    backoff.record_empty("n2", 0)
    assert backoff.active("n2", 0)
    backoff.record_progress("n2")
    assert not backoff.active("n2", 0)


def test_priority_lane_drains_under_low_priority_saturation(run: Any) -> None:
    """2048 heartbeats arrive at 105 and take 1 ms each: one is served, 1024 wait, and the cancel passes them all."""
    seen = alone(run, 3000, [flood(100, 2048), act("cancel", 120)], service={"n1": 1 * MS})
    assert stopped(seen) == [(122, "idle")]
    assert seen.outcome.drops["lane-full"] == 2048 - 1 - 1024
    assert seen.outcome.drops["crashed"] == 1 + 1024 - 15, "15 were served from 105 to 120"


def test_try_dispatch_returns_event_on_full_buffer(run: Any) -> None:
    """And exactly those above 1024 are given back."""
    seen = alone(run, 300, [pause(100, 200), flood(110, 1034)])
    assert seen.outcome.drops == {"lane-full": 10}


def test_cancel_with_full_inbox_does_not_hang(run: Any) -> None:
    seen = alone(run, 300, [pause(100, 200), flood(110, 1024), act("cancel", 150)])
    assert stopped(seen) == [(200, "idle")]
    assert seen.outcome.drops == {"crashed": 1024}


def test_dropping_handle_aborts_task(run: Any) -> None:
    """And the coordinator keeps its role, the chain tag stands, and nothing says `stopped`."""
    seen = alone(run, 1000, [act("drop", 250)])
    assert max(at for at, src, *_ in seen.sends if src == "n1") == 200 * MS
    assert [role for _, node, role, _ in seen.turns if node == "n1"] == ["follower", "candidate", "leader"]
    assert tags(seen) == [0, 0]
    assert (stopped(seen), seen.views["n1"]) == ([], None)


def test_dispatch_after_cancel_errors(run: Any) -> None:
    seen = alone(run, 300, [act("cancel", 150), flood(200, 3)])
    assert seen.outcome.drops == {"stopped": 3}


def test_channel_id_mismatch_drops_heartbeat(node: Any) -> None:
    follower = node()
    assert receive(follower, "n2", SyncHeartbeat("other", 9, "leader", 0), 100) == []
    assert (follower.leader, follower.tracker.peers) == (None, {})


def observed(role: str, ms: int, *beats: tuple[str, str, int]) -> tuple[str, int] | None:
    """Return what a node n1 observes at so many ms, of heartbeats heard at others, in ms too."""
    tracker = HeartbeatTracker(100 * MS)
    for src, said, at in beats:
        tracker.record(src, said, 0, at * MS)
    lag = observe_lag(role, "n1", ("n1", "n2", "n3"), tracker, ms * MS)
    return None if lag is None else (lag[0], lag[1] // MS)


def test_observe_lag_idle_emits_none() -> None:
    assert observed("idle", 1000, ("n2", "leader", 0)) is None


def test_observe_lag_candidate_emits_none() -> None:
    assert observed("candidate", 1000, ("n2", "leader", 0)) is None


def test_observe_lag_leader_with_no_peer_observations_emits_none() -> None:
    assert observed("leader", 1000) is None


def test_observe_lag_leader_picks_worst_replica() -> None:
    assert observed("leader", 1000, ("n2", "follower", 0), ("n3", "follower", 100)) == ("leader", 1000)


def test_observe_lag_replica_emits_believed_leader_lag() -> None:
    assert observed("follower", 250, ("n2", "leader", 0), ("n3", "follower", 240)) == ("follower", 250)


def test_observe_lag_replica_with_no_believed_leader_emits_none() -> None:
    assert observed("follower", 250) is None
    assert observed("follower", 250, ("n2", "follower", 0)) is None


def test_observe_lag_leader_skips_self_in_replica_set() -> None:
    assert observed("leader", 500, ("n1", "leader", -100), ("n2", "follower", 0)) == ("leader", 500)


def test_disk_pressure_withdraw_drives_idle_transition(node: Any) -> None:
    follower = node()
    follower._press(0)
    assert (follower.role, follower.gauges.under_capacity_total) == ("idle", 1)


def test_disk_pressure_evict_oldest_keeps_role_and_sweeps(node: Any) -> None:
    """Five events under a cap of one are still five until the sweep."""
    follower = node(preload=5, retention_max_events=1, under_capacity="evict-oldest")
    assert len(follower.log.entries) == 5
    follower._press(0)
    assert (follower.role, len(follower.log.entries), follower.gauges.under_capacity_total) == ("follower", 1, 1)


def test_disk_pressure_withdraw_from_leader_picks_channel_close_signal(node: Any) -> None:
    """The name says ChannelClose; what the code picks is another signal, and only the role was ever asserted."""
    leader = node(role="leader")
    leader._effects.clear()
    leader._press(0)
    assert leader._effects == [Note(UnderCapacity(1)), *turn("leader", "idle", "LeaderDiskPressureWithdraw")]


def test_disk_pressure_withdraw_is_idempotent_on_idle_already(node: Any) -> None:
    machine = node(role="idle")
    machine._press(0)
    assert (machine.role, machine.gauges.under_capacity_total) == ("idle", 1)


def test_sync_request_post_op_role_flip_emits_notleader_nack(node: Any) -> None:
    """A leader that relinquished is idle and answers NotLeader."""
    machine = node(role="leader")
    machine.step(Operate(1, "relinquish"), now(50))
    assert machine.role == "idle"
    assert receive(machine, "n2", pull(4), 100) == [Send("n2", nack(NOT_LEADER, 4))]


def test_sync_request_with_wrong_channel_id_is_dropped(node: Any) -> None:
    assert receive(node(role="leader"), "n2", pull(channel="other"), 100) == []


def test_inbound_from_non_replica_set_peer_is_dropped(node: Any) -> None:
    """Neither its response nor its heartbeat nor its request has any effect."""
    follower = node()
    follower.outstanding.record("n99", 77, 0)
    assert hear(follower, "n99", "leader", 9, 100) == []
    assert receive(follower, "n99", chunk(0, "a"), 100) == []
    assert receive(follower, "n99", nack(NOT_LEADER), 100) == []
    assert receive(node(role="leader"), "n99", pull(), 100) == []
    assert (follower.leader, follower.tail, len(follower.outstanding.tokens)) == (None, 0, 1)


def test_sync_response_from_non_leader_replica_peer_is_dropped(node: Any) -> None:
    """And its token is spent all the same."""
    follower = node()
    follower.outstanding.record("n3", 77, 0)
    hear(follower, "n2", "leader", 9, 100)
    assert receive(follower, "n3", chunk(0, "a"), 110) == []
    assert (follower.tail, follower.outstanding.tokens) == (0, {})


def test_is_stopped_is_false_before_first_cancel_completes(run: Any) -> None:
    """A second cancel while the first waits is answered at once and queues nothing; a third finds nobody."""
    faults = [pause(100, 300), act("cancel", 150), act("cancel", 160), act("cancel", 400)]
    seen = alone(run, 500, faults)
    assert stopped(seen) == [(300, "idle")]
    assert sum(isinstance(msg, Shutdown) for *_, msg in seen.sends) == 1
    assert seen.outcome.drops == {"stopped": 1}


def test_sync_nack_notleader_clears_believed_leader(node: Any) -> None:
    """And every token of that leader goes; the role stays."""
    follower = node()
    follow(follower, "n2", 9, 100)
    follower.outstanding.record("n2", 78, 0)
    assert receive(follower, "n2", nack(NOT_LEADER), 110) == []
    assert (follower.leader, follower.outstanding.tokens, follower.role) == (None, {}, "follower")


def test_sync_nack_badrange_skips_local_tail(node: Any) -> None:
    """In role idle: no role check stands in the way."""
    machine = node(role="idle")
    machine.outstanding.record("n2", 77, 0)
    hear(machine, "n2", "leader", 200, 90)
    assert receive(machine, "n2", nack(BAD_RANGE, 42, 100), 100) == [Note(Skipped(0, 100))]
    assert (machine.tail, machine.gauges.skip_ahead_total) == (100, 1)


def test_post_election_failed_transition_preserves_believed_leader(node: Any) -> None:
    """A node driven to idle stays idle through silence."""
    machine = node()
    hear(machine, "n2", "leader", 0, 100)
    machine.step(Operate(1, "close"), now(110))
    assert tick(machine, 500) == []
    assert machine.role == "idle"


def test_replica_on_tick_stamps_inputs_default_bandwidth_class_on_sync_request(node: Any) -> None:
    """Exactly one request, to the leader, after the heartbeats."""
    follower = node(bandwidth_class="background")
    hear(follower, "n2", "leader", 50, 90)
    assert tick(follower, 100, 77) == [
        *beats("follower", 0, 100, "n2", "n3"),
        Send("n2", SyncRequest("redex", 0, CHUNK, 77, "background")),
    ]
    assert follower.outstanding.tokens == {("n2", 77): 100 * MS}


def test_leader_serve_path_uses_class_aware_admission_for_background_request(node: Any) -> None:
    """Of 100 bytes an empty response would leave 53, and background traffic must leave 70."""
    leader = node(role="leader", bandwidth="100B/s", background_fraction="0.3")
    assert receive(leader, "n2", pull(0)._replace(bandwidth_class="background"), 100) == [
        Send("n2", nack(BACKPRESSURE))
    ]


def test_leader_serve_path_admits_foreground_under_tight_budget(node: Any) -> None:
    """A request at the tail of an empty log gets an empty response and no nack."""
    assert receive(node(role="leader", bandwidth="100B/s"), "n2", pull(0), 100) == [served("n2", chunk(0))]


# -- 8.2: the election -------------------------------------------------------------------------------------


def ask(members: Iterable[str], me: str, rtts: Mapping[str, int | None] | int, ill: Iterable[str] = ()) -> Elected:
    """Elect among nodes named by their numbers; round trips are in ms, by peer or the same for all."""

    def rtt(peer: str) -> int | None:
        assert peer != me, "the round trip to oneself is never asked"
        ms = rtts if isinstance(rtts, int) else rtts.get(peer)
        return None if ms is None else ms * MS

    return elect(members, me, int, rtt, lambda node: node not in ill)


def peer(name: str) -> Elected:
    return Elected(False, name)


def test_single_eligible_replica_wins() -> None:
    assert ask(["1"], "1", {}) == SELF_WINS


def test_empty_replica_set_yields_no_eligible() -> None:
    assert ask([], "1", {}) == NOBODY


def test_self_unhealthy_falls_to_peer() -> None:
    assert ask(["1", "2"], "1", 50, ill=["1"]) == peer("2")


def test_all_peers_unhealthy_falls_to_self() -> None:
    assert ask(["1", "2", "3"], "1", 5, ill=["2", "3"]) == SELF_WINS


def test_all_unhealthy_yields_no_eligible() -> None:
    assert ask(["1", "2"], "1", 5, ill=["1", "2"]) == NOBODY


def test_self_wins_against_distant_peers() -> None:
    assert ask(["1", "2", "3"], "3", {"1": 10, "2": 5}) == SELF_WINS


def test_lowest_rtt_peer_wins_when_self_excluded() -> None:
    assert ask(["1", "2", "3"], "9", {"1": 30, "2": 10, "3": 20}) == peer("2")


def test_tied_rtt_breaks_by_lex_node_id() -> None:
    assert ask(["30", "10", "20"], "99", 25) == peer("10")


def test_node_ids_compare_as_numbers() -> None:
    assert ask(["10", "9"], "99", 25) == peer("9")


def test_rtt_takes_priority_over_node_id() -> None:
    assert ask(["1", "2"], "9", {"1": 50, "2": 10}) == peer("2")


def test_peer_without_rtt_measurement_ranks_at_worst_rtt() -> None:
    assert ask(["1", "2", "3"], "9", {"1": 30, "2": 50, "3": None}) == peer("1")
    assert ask(["1", "2"], "9", {"1": None, "2": 50}) == peer("2")


def test_only_unmeasured_peers_still_elect_a_leader() -> None:
    assert ask(["3", "1", "2"], "9", {}) == peer("1")


def test_determinism_across_call_orders() -> None:
    assert {ask(order, "9", 20) for order in permutations(["1", "2", "3"])} == {peer("1")}


@pytest.mark.parametrize(("me", "other", "who"), [("5", "10", SELF_WINS), ("10", "5", peer("5"))])
def test_self_at_zero_rtt_beats_peer_at_zero_rtt_via_lex_node_id(me: str, other: str, who: Elected) -> None:
    assert ask([me, other], me, 0) == who


@pytest.mark.parametrize(("elected", "winner"), [(SELF_WINS, None), (peer("2"), "2"), (NOBODY, None)])
def test_winner_helper_strips_self_id(elected: Elected, winner: Any) -> None:
    assert elected.winner == winner


def test_is_self_helper() -> None:
    assert [e.is_self for e in (SELF_WINS, peer("2"), NOBODY)] == [True, False, False]


def test_cross_partition_independent_evaluation() -> None:
    assert ask(["1", "2"], "1", 5, ill=["2"]) == ask(["1", "2"], "2", 5, ill=["1"]) == SELF_WINS


def test_central_peer_at_zero_rtt_wins_across_all_voters() -> None:
    members = ["16", "32", "48", "64"]
    assert {ask(members, me, {"16": 0, "32": 7, "48": 7, "64": 7}) for me in members[1:]} == {peer("16")}


def test_symmetric_failover_yields_dual_self_winners_as_expected() -> None:
    members = ["1", "2", "3", "4"]
    assert {ask(members, me, 5, ill=["1"]) for me in members[1:]} == {SELF_WINS}


# -- behaviours that no test of the sources pins -----------------------------------------------------------


@pytest.mark.parametrize(("age", "tail"), [(30 * S - 1, 1), (30 * S, 0)])
def test_a_response_counts_while_its_token_is_strictly_younger_than_thirty_seconds(
    node: Any, age: int, tail: int
) -> None:
    follower = node()
    follow(follower, "n2", 2, 100)
    follower.step(Receive("n2", chunk(0, "a")), Now(100 * MS + age))
    assert (follower.tail, follower.outstanding.tokens) == (tail, {})


def test_the_registry_of_tokens_outgrows_its_soft_cap_and_purges_what_expired_alone(node: Any) -> None:
    """A request a tick and never an answer make 300 tokens in 30 s; from then on each insertion purges the oldest."""
    follower = node()
    sizes = []
    for i in range(1, 500):
        follow(follower, "n2", 9, 100 * i, token=i)
        sizes.append(len(follower.outstanding.tokens))
    assert sizes[:300] == list(range(1, 301))
    assert set(sizes[300:]) == {300}
    assert min(follower.outstanding.tokens.values()) == 20_000 * MS


def test_a_gap_before_the_chunk_is_skipped_over(node: Any) -> None:
    follower = node(preload=2)
    follow(follower, "n2", 9, 100)
    assert receive(follower, "n2", chunk(7, "h", "i", floor=7), 110) == [
        Note(Skipped(2, 7)),
        Note(Stored(7, "h")),
        Note(Stored(8, "i")),
    ]
    assert (follower.tail, follower.gauges.skip_ahead_total, follower.first_retained) == (9, 1, 0)


def test_a_kept_log_refuses_to_be_skipped_and_counts_the_attempt(node: Any) -> None:
    """W11: on either path, and the next tick repeats the request."""
    follower = node(file="kept", preload=2)
    follow(follower, "n2", 9, 100)
    assert receive(follower, "n2", chunk(7, "h", "i"), 110) == []
    assert tick(follower, 200, 78)[-1] == Send("n2", pull(2, 78))
    assert receive(follower, "n2", nack(BAD_RANGE, 2, 7, token=78), 210) == []
    assert (follower.tail, follower.gauges.skip_ahead_total, follower.backoff.leaders) == (2, 2, {})


def test_a_response_in_another_role_is_dropped_and_its_token_spent(node: Any) -> None:
    machine = node()
    follow(machine, "n2", 2, 100)
    machine.step(Operate(1, "close"), now(105))
    assert receive(machine, "n2", chunk(0, "a"), 110) == []
    assert (machine.tail, machine.outstanding.tokens) == (0, {})


def test_a_nack_of_a_node_that_is_not_believed_in_leaves_its_token(node: Any) -> None:
    follower = node()
    follow(follower, "n2", 9, 100)
    hear(follower, "n3", "leader", 9, 105)
    assert receive(follower, "n2", nack(NOT_LEADER), 110) == []
    assert (follower.leader, sorted(follower.outstanding.tokens)) == ("n3", [("n2", 77)])


def test_the_budget_leaks_if_the_reign_ends_between_admission_and_sending(node: Any) -> None:
    """Only this hook can end it there: in a world of steps nothing comes between."""

    class Deposed(Redex):
        def _admit(self, src: str, cost: int, bandwidth_class: str, at: int) -> bool:
            admitted = super()._admit(src, cost, bandwidth_class, at)
            self.role = "idle"
            return admitted

    leader = Deposed("n1", Cluster("n1", ("n1", "n2")), bandwidth="100B/s")
    leader.step(Boot({}, 1), now(0))
    assert receive(leader, "n2", pull(0), 100) == [Send("n2", nack(NOT_LEADER))]
    assert (leader.budget.available, leader.gauges.sync_bytes_total) == (53, 0)


def test_a_response_that_cannot_be_queued_is_refunded_but_stays_counted(node: Any) -> None:
    leader = node(role="leader", bandwidth="100B/s")
    receive(leader, "n2", pull(0), 100)
    assert leader.step(Refused("n2", chunk(0), "refused"), now(100)) == []
    assert (leader.budget.available, leader.gauges.sync_bytes_total) == (100, 47)


def test_a_tick_reads_the_gauge_of_its_role_and_one_without_an_observation_stands(node: Any) -> None:
    """A follower's gauge freezes when it is promoted, though the leader that it measured is long gone."""
    follower = node()
    tick(follower, 100)
    assert (follower.gauges.leader_lag, follower.gauges.follower_lag) == (None, None)
    hear(follower, "n2", "leader", 0, 150)
    tick(follower, 200)
    assert follower.gauges.follower_lag == 50 * MS
    tick(follower, 500)
    tick(follower, 600)
    assert (follower.role, follower.gauges.follower_lag, follower.gauges.leader_lag) == ("leader", 350 * MS, 450 * MS)


def test_a_peer_that_is_gone_pins_the_leaders_gauge(node: Any) -> None:
    leader = node(role="leader")
    hear(leader, "n2", "follower", 0, 0)
    hear(leader, "n3", "follower", 0, 59_990)
    tick(leader, 60_000)
    assert leader.gauges.leader_lag == 60 * S


@pytest.mark.parametrize(
    ("waiting", "role", "lost"), [(127, "idle", {}), (128, "leader", {"crashed": 128, "lane-full": 1})]
)
def test_a_cancel_that_finds_the_priority_lane_full_ends_the_node_in_its_role(
    run: Any, waiting: int, role: str, lost: dict[str, int]
) -> None:
    """With room for the Shutdown all that waits before it is handled; without, nothing is, and the chain tag stands."""
    seen = alone(run, 300, [pause(100, 200), act("relinquish", 110, "n2", waiting), act("cancel", 150)])
    assert stopped(seen) == [(200, role)]
    assert tags(seen) == ([0, 0, None] if role == "idle" else [0, 0])
    assert seen.outcome.drops == lost


def test_after_a_stall_the_priority_lane_comes_first_then_one_tick_then_the_low_lane(run: Any) -> None:
    """However many ticks were missed, and whatever came first."""
    order = []

    class Telling(Peer):
        def step(self, input: Any, now: Now) -> Any:
            if self.node == "n1" and now.monotonic == 750 * MS:
                order.append(type(input.msg).__name__ if isinstance(input, Receive) else input.name)
            return super().step(input, now)

    faults = [pause(250, 750), flood(300, 1), act("relinquish", 400, "n2", 1), flood(500, 1)]
    alone(run, 800, faults, machine=Telling)
    assert order == ["SyncNack", "tick", "SyncHeartbeat", "SyncHeartbeat"]


def test_a_follower_that_elects_a_peer_follows_nobody(node: Any) -> None:
    """A measured round trip of 0 and a smaller number: the peer wins, and nothing tells it (W16)."""
    follower = Redex("n2", Cluster("n2", ("n1", "n2", "n3"), lambda _: 0), first_leader="none")
    follower.step(Boot({}, 1), now(0))
    hear(follower, "n3", "leader", 0, 100)
    hear(follower, "n1", "follower", 0, 399)
    assert tick(follower, 400)[2:] == [
        *turn("follower", "candidate", "MissedHeartbeats"),
        *turn("candidate", "follower", "ElectionLost"),
    ]
    assert follower.leader is None


def test_a_node_outside_its_own_replica_set_finds_nobody_eligible_and_stays_a_candidate() -> None:
    """Nothing is applied and nothing cleared, and a tick in role candidate does nothing (W30)."""
    outsider = Redex("n9", Cluster("n9", ("n1", "n2")), first_leader="none")
    outsider.step(Boot({}, 1), now(0))
    hear(outsider, "n1", "leader", 0, 100)
    assert tick(outsider, 400)[2:] == [Note(Turned("follower", "candidate", "MissedHeartbeats"))]
    assert (outsider.leader, tick(outsider, 500)) == ("n1", [])


def test_a_failed_tag_between_follower_and_candidate_strands_the_candidate(node: Any) -> None:
    """W30: no election in this tick, and none ever after."""
    follower = node(candidate_tag="withdrawn", tag_sink_fails_after=1)
    hear(follower, "n2", "leader", 0, 0)
    assert tick(follower, 300)[2:] == [
        Note(Turned("follower", "candidate", "MissedHeartbeats")),
        Note(Tagged(None, False)),
    ]
    assert (tick(follower, 400), tick(follower, 60_000), follower.role) == ([], [], "candidate")
    assert follower.leader == "n2", "the belief is cleared only after an election"


def test_channel_closed_makes_a_node_idle(node: Any) -> None:
    follower = node()
    follow(follower, "n2", 9, 100)
    assert receive(follower, "n2", nack(CHANNEL_CLOSED), 110) == turn("follower", "idle", "ChannelClose")


def test_a_leader_whose_file_is_closed_tells_those_who_ask(node: Any) -> None:
    leader = node(role="leader")
    assert leader.step(Operate(3, "close_file"), now(1)) == [Answer(OPERATOR, 3, "ok", "leader")]
    assert receive(leader, "n2", pull(0), 100) == [Send("n2", nack(CHANNEL_CLOSED))]
