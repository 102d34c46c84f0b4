"""Steps of one node: exactly what it wants from the world. H is 100 ms, so W is 300 ms.

Rows of section 8 are in test_conformance.
"""

from __future__ import annotations

from typing import Any

import pytest
from redex_steps import beats, chunk, follow, hear, nack, now, pull, receive, served, tick, turn

from models._log_facts import Accepted
from models.redex import Redex
from models.redex.facts import (
    Configured,
    DivergenceSuspected,
    Skipped,
    Stopped,
    Stored,
    Struck,
    Tagged,
    Turned,
    UnderCapacity,
)
from models.redex.messages import (
    BACKPRESSURE,
    BAD_RANGE,
    NOT_LEADER,
    Shutdown,
)
from sim.machine import (
    OPERATOR,
    Answer,
    Ask,
    Boot,
    Cluster,
    Effect,
    Forget,
    Note,
    Operate,
    Persist,
    Refused,
    Send,
    SetAlarm,
    Stop,
)
from sim.units import MS, S

# -- booting and placement ---------------------------------------------------------------------------------


def boot(life: int = 1, durable: Any = None, node: str = "n1", **params: Any) -> tuple[Redex, list[Effect]]:
    machine = Redex(node, Cluster(node, ("n1", "n2")), **params)
    return machine, list(machine.step(Boot(durable or {}, life), now(0)))


def test_the_first_leader_walks_the_legal_path_at_its_first_boot() -> None:
    machine, effects = boot()
    assert effects == [
        Note(Configured(100 * MS)),
        *turn("idle", "follower", "CapabilitySelected"),
        *turn("follower", "candidate", "MissedHeartbeats"),
        *turn("candidate", "leader", "ElectionWon"),
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
    again, _ = boot(2, {("log", 1): "x"}, file="kept")
    assert (again.log.entries, again.tail, again.first_retained) == ({1: "x"}, 2, 1)


# -- the tick (3.2) ----------------------------------------------------------------------------------------


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
        *turn("candidate", "leader", "ElectionWon"),
    ]


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


def test_a_follower_may_ask_a_silent_leader_a_last_time(node: Any) -> None:
    follower = node(asks="always")
    hear(follower, "n2", "leader", 50, 100)
    assert Send("n2", pull()) in tick(follower, 400, 77)


def test_a_follower_that_believes_in_nobody_waits_for_ever(node: Any) -> None:
    assert tick(node(), 600_000) == beats("follower", 0, 600_000, "n2", "n3")


def test_a_follower_that_believes_in_nobody_may_stand(node: Any) -> None:
    follower = node(deaf="stands")
    tick(follower, 299)
    assert follower.role == "follower"
    tick(follower, 300)
    assert follower.role == "leader"


# -- heartbeats (4.1) --------------------------------------------------------------------------------------


def test_a_leader_ignores_followers_that_are_ahead(node: Any) -> None:
    leader = node(role="leader")
    assert hear(leader, "n2", "follower", 99, 100) == []
    assert leader.role == "leader"


# -- requests (4.2) ----------------------------------------------------------------------------------------


def test_a_leader_serves_what_it_holds(node: Any) -> None:
    leader = node(role="leader", preload=3)
    assert receive(leader, "n2", pull(1), 100) == [served("n2", chunk(1, "c1", "c2"))]


def test_a_response_that_is_not_admitted_is_backpressure(node: Any) -> None:
    leader = node(role="leader", bandwidth="46B/s")
    assert receive(leader, "n2", pull(0), 100) == [Send("n2", nack(BACKPRESSURE))]
    assert (leader.budget.available, leader.gauges.sync_bytes_total) == (46, 0)


def test_what_is_shipped_is_taken_from_the_budget_and_counted(node: Any) -> None:
    leader = node(role="leader", preload=1, bandwidth="200B/s", bandwidth_fraction="1/2")
    assert receive(leader, "n2", pull(0), 100) == [served("n2", chunk(0, "c0"))]
    assert (leader.budget.available, leader.gauges.sync_bytes_total) == (100 - 61, 61)


def test_without_a_budget_nothing_is_refunded(node: Any) -> None:
    assert node(role="leader").step(Refused("n2", chunk(0), "refused"), now(100)) == []


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


def test_a_response_of_another_channel_leaves_the_token(node: Any) -> None:
    follower = node()
    follow(follower, "n2", 2, 100)
    assert receive(follower, "n2", chunk(0, "a", channel="other"), 110) == []
    assert ("n2", 77) in follower.outstanding.tokens


def test_a_stale_chunk_is_dropped_without_a_strike(node: Any) -> None:
    follower = node(preload=1)
    follow(follower, "n2", 3, 100)
    assert receive(follower, "n2", chunk(0, "a", "b"), 110) == []
    assert (follower.tail, follower.backoff.leaders) == (1, {})


def test_a_suspicious_gap_is_warned_of_and_skipped_all_the_same(node: Any) -> None:
    follower = node(suspects="beyond-floor")
    follow(follower, "n2", 9, 100)
    assert receive(follower, "n2", chunk(7, "h"), 110) == [
        Note(Skipped(0, 7)),
        Note(DivergenceSuspected(7)),
        Note(Stored(7, "h")),
    ]


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


def test_an_empty_response_of_a_leader_that_claims_no_more_is_no_strike(node: Any) -> None:
    follower = node(preload=2)
    follower.outstanding.record("n2", 77, 0)
    hear(follower, "n2", "leader", 2, 100)
    assert receive(follower, "n2", chunk(2), 110) == []


# -- nacks (4.4) -------------------------------------------------------------------------------------------


def test_a_bad_range_without_a_floor_burns_one_sequence(node: Any) -> None:
    follower = node(preload=2)
    follow(follower, "n2", 9, 100)
    assert receive(follower, "n2", nack(BAD_RANGE, 2), 110) == [Note(Skipped(2, 3))]


def test_a_bad_range_with_a_floor_below_the_tail_changes_nothing_but_is_counted(node: Any) -> None:
    follower = node(preload=5)
    follow(follower, "n2", 9, 100)
    assert receive(follower, "n2", nack(BAD_RANGE, 5, 3), 110) == []
    assert (follower.tail, follower.gauges.skip_ahead_total) == (5, 1)


def test_backpressure_changes_nothing_so_the_next_tick_asks_again(node: Any) -> None:
    follower = node()
    follow(follower, "n2", 9, 100)
    assert receive(follower, "n2", nack(BACKPRESSURE), 110) == []
    assert tick(follower, 200, 78)[-1] == Send("n2", pull(0, 78))


def test_a_nack_without_a_token_is_dropped(node: Any) -> None:
    follower = node()
    hear(follower, "n2", "leader", 9, 100)
    assert receive(follower, "n2", nack(NOT_LEADER), 110) == []
    assert follower.leader == "n2"


# -- the chain tag (6.10) ----------------------------------------------------------------------------------


def test_the_tag_shows_the_tail_that_was_recorded_by_the_last_turn_and_ticks_leave_it(node: Any) -> None:
    follower = node(preload=3)
    assert follower.sink.tip == 0
    hear(follower, "n2", "leader", 3, 0)
    tick(follower, 100)
    assert (follower.recorded_tail, follower.sink.tip) == (3, 0)
    assert tick(follower, 300)[-1] == Note(Tagged(3, True))


def test_a_node_that_turns_idle_twice_withdraws_once(node: Any) -> None:
    machine = node()
    assert Note(Tagged(None, True)) in machine.step(Operate(1, "close"), now(1))
    assert machine.step(Operate(2, "close"), now(2)) == [Answer(OPERATOR, 2, "ok", "idle")]


def test_a_turn_whose_tag_fails_has_happened_and_the_operator_is_unsure(node: Any) -> None:
    machine = node(tag_sink_fails_after=1)
    assert machine.step(Operate(1, "close"), now(1)) == [
        Note(Turned("follower", "idle", "ChannelClose")),
        Note(Tagged(None, False)),
        Answer(OPERATOR, 1, "unsure", "idle"),
    ]
    assert machine.sink.tip == 0, "discovery still shows it"


def test_a_candidates_tag_may_be_withdrawn_on_the_way(node: Any) -> None:
    follower = node(candidate_tag="withdrawn")
    hear(follower, "n2", "leader", 0, 0)
    assert tick(follower, 300)[2:] == [
        Note(Turned("follower", "candidate", "MissedHeartbeats")),
        Note(Tagged(None, True)),
        *turn("candidate", "leader", "ElectionWon"),
    ]


# -- disk pressure (6.5) -----------------------------------------------------------------------------------


def full(node: Any, **params: Any) -> Any:
    """Return a follower with two events and room for one more, and its answer to a chunk of two."""
    follower = node(preload=2, capacity_events=3, **params)
    follow(follower, "n2", 4, 100)
    return follower, receive(follower, "n2", chunk(2, "c", "d"), 110)


def test_a_chunk_that_does_not_fit_is_not_stored_and_the_follower_withdraws(node: Any) -> None:
    follower, effects = full(node)
    assert effects == [Note(UnderCapacity(1)), *turn("follower", "idle", "DiskPressureWithdraw")]
    assert (follower.tail, follower.gauges.under_capacity_total, follower.backoff.leaders) == (2, 1, {})


def test_of_a_chunk_that_does_not_fit_a_prefix_may_be_stored(node: Any) -> None:
    follower, effects = full(node, batch="prefix")
    assert effects[:2] == [Note(Stored(2, "c")), Note(UnderCapacity(1))]
    assert (follower.tail, follower.role) == (3, "idle")


def test_evicting_without_a_cap_frees_nothing_so_the_next_chunk_fails_again(node: Any) -> None:
    """W24: once a heartbeat, and no strike."""
    follower, effects = full(node, under_capacity="evict-oldest")
    assert effects == [Note(UnderCapacity(1))]
    assert tick(follower, 200, 78)[-1] == Send("n2", pull(2, 78))
    assert receive(follower, "n2", chunk(2, "c", "d", token=78), 210) == [Note(UnderCapacity(2))]
    assert (follower.role, follower.backoff.leaders) == ("follower", {})


def test_evicting_down_to_a_cap_makes_room_for_the_next_try(node: Any) -> None:
    caps = {"retention_max_events": 1, "sweeps": "on-demand", "under_capacity": "evict-oldest"}
    follower, _ = full(node, **caps)
    assert (follower.log.entries, follower.role) == ({1: "c1"}, "follower")
    tick(follower, 200, 78)
    assert receive(follower, "n2", chunk(2, "c", "d", token=78), 210) == [Note(Stored(2, "c")), Note(Stored(3, "d"))]


def test_the_second_try_after_a_gap_is_no_disk_pressure(node: Any) -> None:
    follower = node(preload=2, capacity_events=3)
    follow(follower, "n2", 9, 100)
    assert receive(follower, "n2", chunk(7, "h", "i", floor=7), 110) == [Note(Skipped(2, 7))]
    assert (follower.tail, follower.role, follower.gauges.under_capacity_total) == (7, "follower", 0)


def test_a_leader_whose_log_is_full_fails_the_write_and_stays(node: Any) -> None:
    leader = node(role="leader", preload=2, capacity_events=2)
    assert leader.step(Ask("c1", 5, "append", ("x",)), now(1)) == [
        Answer("c1", 5, "fail", "2 events and 1 more, allowed: 2")
    ]
    assert leader.role == "leader"


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


def test_anyone_may_take_writes(node: Any) -> None:
    """P19: nothing in the log itself looks at a role."""
    assert node(writers="anyone").step(Ask("c1", 5, "append", ("x",)), now(1))[-1] == Answer("c1", 5, "ok", 0)


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
    assert len(effects) == (3 if role != after else 1)


def test_retention_may_wait_for_an_operator(node: Any) -> None:
    leader = node(role="leader", retention_max_events=2, sweeps="on-demand", preload=3)
    leader.step(Ask("c1", 5, "append", ("x",)), now(1))
    assert list(leader.log.entries) == [0, 1, 2, 3]
    assert leader.step(Operate(3, "sweep"), now(2)) == [Answer(OPERATOR, 3, "ok", 2)]
    assert list(leader.log.entries) == [2, 3]


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


# -- the end of a life (6.9) -------------------------------------------------------------------------------


def test_a_cancel_is_answered_when_the_channel_is_closed_and_a_second_one_at_once(node: Any) -> None:
    machine = node()
    assert machine.step(Operate(3, "cancel"), now(1)) == [Send("n1", Shutdown(), tell=True)]
    assert machine.step(Operate(4, "cancel"), now(1)) == [Answer(OPERATOR, 4, "ok", "follower")]
    assert receive(machine, "n1", Shutdown(), 1) == [
        *turn("follower", "idle", "ChannelClose"),
        Note(Stopped("idle")),
        Answer(OPERATOR, 3, "ok", "idle"),
        Stop(),
    ]


def test_a_cancel_without_room_for_it_ends_in_the_role_of_the_moment(node: Any) -> None:
    machine = node()
    machine.step(Operate(3, "cancel"), now(1))
    assert machine.step(Refused("n1", Shutdown(), "lane-full"), now(1)) == [
        Note(Stopped("follower")),
        Answer(OPERATOR, 3, "ok", "follower"),
        Stop(),
    ]


def test_a_dropped_node_just_ends(node: Any) -> None:
    assert node().step(Operate(3, "drop"), now(1)) == [Answer(OPERATOR, 3, "ok", "follower"), Stop()]


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
        ({"tag_sink_fails_after": -1}, "tag_sink_fails_after: found -1, allowed: a whole number from 0"),
        ({"tag_sink_failures": 0}, "tag_sink_failures: found 0, allowed: a whole number from 1"),
        ({"capacity_events": 0}, "capacity_events: found 0, allowed: a whole number from 1"),
        ({"capacity_events": 2, "preload": 3}, "capacity_events: found 2, allowed: a whole number from 3"),
        ({"bandwidth": "9"}, 'bandwidth: found "9", allowed: a rate'),
        ({"bandwidth_fraction": "2"}, 'bandwidth_fraction: found "2", allowed: a share'),
        ({"background_fraction": "most"}, 'background_fraction: found "most", allowed: a share'),
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
