"""The writer, step by step as in section 1.3, and what each wiring and switch makes of a step."""

from typing import Any

import pytest

from models.quorum_write.facts import Committed, Counted, Drifted, Late, Quorum, Refusal, SkewSeen, Verdict, Wrote
from models.quorum_write.messages import SyncPush
from sim.faults import Crash, DiskFault, Partition, Planned
from sim.machine import Alarm, Answer, Ask, Boot, Now, Persist, Persisted, Refused, Send, SetAlarm
from sim.units import MS, S


def due(node: Any, at: int = 2 * S) -> Any:
    """Let the deadline of the latest attempt ring."""
    name = list(node.attempts)[-1]
    return node.step(Alarm(f"deadline {name}", name), Now(at))


def test_the_local_write_comes_first_and_the_pushes_when_it_is_durable(steps: Any) -> None:
    node = steps.make()
    effects = node.step(Ask("c", 1, "write", ("k", "v")), Now(3, 7))
    row = node.rows.cell("k")[0]
    assert (row.value, row.stamp, row.origin) == ("v", 7, "n1")
    assert Persist(("row", "k"), (row,), tell=True) in effects
    assert steps.sends(effects) == []
    effects = node.step(Persisted(("row", "k")), Now(5))
    push = SyncPush("n1.1.2", "k", row)
    assert steps.notes(effects, Committed) == [Committed("n1.1.2")]
    assert [e for e in effects if isinstance(e, (Send, SetAlarm))] == [
        Send("n2", push, tell=True),
        Send("n3", push, tell=True),
        SetAlarm("deadline n1.1.2", 2 * S, about="n1.1.2"),
    ]


def test_one_acknowledgement_of_two_others_is_enough(steps: Any) -> None:
    node = steps.make()
    steps.wrote(node)
    effects = steps.ack(node, "n2", Now(10))
    assert steps.answers(effects) == [("ok", 2)]
    assert steps.notes(effects, Counted)[0].node == "n2"
    [quorum] = steps.notes(effects, Quorum)
    assert (quorum.copies, quorum.nodes, quorum.members) == (2, ("n1", "n2"), ("n1", "n2", "n3"))


def test_a_later_acknowledgement_is_only_logged(steps: Any) -> None:
    node = steps.make()
    steps.wrote(node)
    steps.ack(node, "n2")
    effects = steps.ack(node, "n3")
    assert (steps.answers(effects), steps.notes(effects, Late)) == ([], [Late("n1.1.2", "n3")])


def test_an_acknowledgement_of_nothing_that_is_known_is_ignored(steps: Any) -> None:
    node = steps.make()
    steps.wrote(node)
    assert steps.ack(node, "n2", attempt="n1.0.9") == []


def test_a_local_failure_is_told_with_its_cause_and_sends_nothing(steps: Any) -> None:
    node = steps.make()
    node.step(Ask("c", 1, "write", ("k", "v")), Now())
    effects = node.step(Persisted(("row", "k"), "full"), Now())
    assert steps.answers(effects) == [("fail", "local write failed: full")]
    assert (steps.sends(effects), node.keys) == ([], 0)


@pytest.mark.parametrize(("at", "told"), [("deadline", []), ("next-tick", ["unreachable"])])
def test_an_alarm_at_the_deadline_itself_decides_nothing(steps: Any, at: str, told: list[str]) -> None:
    node = steps.make(finalise_at=at)
    effects = steps.wrote(node)
    [alarm] = [e for e in effects if isinstance(e, SetAlarm)]
    effects = due(node, alarm.after)
    assert [verdict.outcome for verdict in steps.notes(effects, Verdict)] == told


def test_a_coordinator_may_show_in_flight_as_a_timeout(steps: Any) -> None:
    node = steps.make(in_flight="fails")
    steps.wrote(node)
    assert steps.answers(due(node)) == [("fail", "quorum not met (got 1, need 2, reason Timeout)")]


def test_a_failure_keeps_the_row(steps: Any) -> None:
    node = steps.make()
    steps.wrote(node)
    assert steps.answers(due(node, 2 * S + 1)) == [("fail", "quorum not met (got 1, need 2, reason Unreachable)")]
    assert node.rows.values("k") == ("v",)


def test_a_failure_is_told_as_unknown_where_outcomes_have_three_states(steps: Any) -> None:
    node = steps.make(on_failure="tri-state")
    steps.wrote(node)
    assert [outcome for outcome, _ in steps.answers(due(node, 2 * S + 1))] == ["unsure"]


def test_an_existing_key_keeps_its_id(steps: Any) -> None:
    node = steps.make(preload=["k"])
    effects = steps.wrote(node)
    assert steps.notes(effects, Wrote)[0].id == "m-k"


def test_ids_of_keys_are_the_same_at_every_node(steps: Any) -> None:
    ids = {steps.notes(steps.wrote(steps.make(n, row_ids="of-key")), Wrote)[0].id for n in ("n1", "n2")}
    fresh = {steps.notes(steps.wrote(steps.make(n)), Wrote)[0].id for n in ("n1", "n2")}
    assert (len(ids), len(fresh)) == (1, 2)


def test_success_under_another_id_is_a_drift_and_counts_for_nothing(steps: Any) -> None:
    node = steps.make()
    steps.wrote(node)
    stored = node.rows.cell("k")[0]._replace(id="m9")
    effects = [*steps.ack(node, "n2", stored=stored), *steps.ack(node, "n3", stored=stored)]
    assert steps.notes(effects, Drifted) == [Drifted("n1.1.2", "n2"), Drifted("n1.1.2", "n3")]
    assert steps.answers(effects) == []


def test_a_refused_push_is_tried_once_more_with_the_same_row(steps: Any) -> None:
    node = steps.make()
    push = steps.sends(steps.wrote(node))[0][1]
    effects = node.step(Refused("n2", push, "refused"), Now())
    assert SetAlarm("retry n1.1.2", 250 * MS, about="n1.1.2") in effects
    assert steps.sends(node.step(Alarm("retry n1.1.2", "n1.1.2"), Now())) == [("n2", push)]
    again = node.step(Refused("n2", push, "refused"), Now())
    assert [type(e).__name__ for e in again] == ["Note"]
    assert steps.notes(again, Refusal) == [Refusal("n1.1.2", "n2", "refused")]


def test_a_failed_push_is_not_repeated_where_nothing_is(steps: Any) -> None:
    node = steps.make(retries="never")
    push = steps.sends(steps.wrote(node))[0][1]
    assert not [e for e in node.step(Refused("n2", push, "refused"), Now()) if isinstance(e, SetAlarm)]


def test_who_has_not_answered_is_asked_again_where_that_is_the_wiring(steps: Any) -> None:
    node = steps.make(w=3, retries="unanswered")
    effects = steps.wrote(node)
    assert SetAlarm("retry n1.1.2", 250 * MS, about="n1.1.2") in effects
    steps.ack(node, "n2")
    assert [dst for dst, _ in steps.sends(node.step(Alarm("retry n1.1.2", "n1.1.2"), Now()))] == ["n3"]


@pytest.mark.parametrize(("nack", "told"), [("ignored", []), ("counted", ["unreachable"])])
def test_refusals_of_all_peers_end_an_attempt_only_if_they_count(steps: Any, nack: str, told: list[str]) -> None:
    node = steps.make(nack=nack, retries="never")
    steps.wrote(node)
    effects = [*steps.ack(node, "n2", why="failed"), *steps.ack(node, "n3", why="failed")]
    assert [verdict.outcome for verdict in steps.notes(effects, Verdict)] == told


def test_peers_asked_with_the_local_write_may_have_answered_before_it_is_done(steps: Any) -> None:
    node = steps.make(pushes="with-local")
    effects = node.step(Ask("c", 1, "write", ("k", "v")), Now())
    assert [dst for dst, _ in steps.sends(effects)] == ["n2", "n3"]
    assert steps.answers(steps.ack(node, "n2")) == []
    assert steps.answers(node.step(Persisted(("row", "k")), Now())) == [("ok", 2)]


def test_local_first_is_local_first_whatever_the_wiring(steps: Any) -> None:
    node = steps.make(pushes="with-local", fanout="local-first")
    assert steps.sends(node.step(Ask("c", 1, "write", ("k", "v")), Now())) == []


def test_an_early_deadline_calls_a_slow_local_write_failed(steps: Any) -> None:
    node = steps.make(pushes="with-local", finalise_at="next-tick")
    node.step(Ask("c", 1, "write", ("k", "v")), Now())
    told = steps.answers(due(node, 2 * S + 1))
    assert told == [("fail", "local write failed: local commit not recorded before finalise")]
    assert node.rows.values("k") == ("v",)


@pytest.mark.parametrize(
    ("params", "after"),
    [
        ({}, 2 * S),
        ({"tracker_at": "before-local"}, 500 * MS),
        ({"tracker_at": "before-local", "deadline_from": "local-commit"}, 2 * S),
    ],
)
def test_what_a_slow_disk_leaves_of_the_deadline(steps: Any, params: dict[str, str], after: int) -> None:
    node = steps.make(**params)
    node.step(Ask("c", 1, "write", ("k", "v")), Now(0))
    effects = node.step(Persisted(("row", "k")), Now(1500 * MS))
    assert [e.after for e in effects if isinstance(e, SetAlarm)] == [after]


def test_a_polling_coordinator_asks_at_its_own_times(steps: Any) -> None:
    node = steps.make(integration="polling")
    assert SetAlarm("poll n1.1.2", 500 * MS, 500 * MS, "n1.1.2") in steps.wrote(node)
    assert steps.answers(steps.ack(node, "n2", Now(10 * MS))) == []
    assert steps.answers(node.step(Alarm("poll n1.1.2", "n1.1.2"), Now(500 * MS))) == [("ok", 2)]


def test_a_polling_coordinator_that_comes_late_finds_its_quorum_gone(steps: Any) -> None:
    node = steps.make(integration="polling")
    steps.wrote(node)
    steps.ack(node, "n2", Now(10 * MS))
    told = steps.answers(node.step(Alarm("poll n1.1.2", "n1.1.2"), Now(2 * S + 1)))
    assert told == [("fail", "quorum not met (got 2, need 2, reason Timeout)")]


def test_a_finalising_coordinator_answers_at_the_deadline_alone(steps: Any) -> None:
    node = steps.make(integration="finalising")
    steps.wrote(node)
    assert steps.answers(steps.ack(node, "n2")) == []
    assert steps.answers(due(node)) == [("ok", 2)]


def test_a_latched_verdict_is_told_once_whatever_the_clock_says(steps: Any) -> None:
    node = steps.make(verdict="latched", integration="polling")
    assert not [e for e in steps.wrote(node) if isinstance(e, SetAlarm) and e.name.startswith("poll")]
    assert steps.answers(steps.ack(node, "n2", Now(9 * S))) == [("ok", 2)]


def test_a_broadcast_to_everyone_counts_the_coordinator_twice_unless_acks_are_bound(steps: Any) -> None:
    for binding, told in (("peer-id", [("ok", 2)]), ("bound", [])):
        node = steps.make(broadcast="everyone", ack_binding=binding)
        assert [dst for dst, _ in steps.sends(steps.wrote(node))] == ["n1", "n2", "n3"]
        assert steps.answers(steps.ack(node, "n1")) == told


def test_as_few_peers_as_are_needed_are_drawn_by_the_words_of_the_step(steps: Any) -> None:
    asked = set()
    for word in (0, 2**63):
        node = steps.make(contacts="as-needed")
        asked.add(tuple(dst for dst, _ in steps.sends(steps.wrote(node, now=Now(words=(word,))))))
    assert asked == {("n2",), ("n3",)}


def test_acknowledgements_found_by_row_go_to_the_latest_attempt(steps: Any) -> None:
    for names, told in (("attempt", []), ("row", [("ok", 2)])):
        node = steps.make(preload=["k"], ack_names=names)
        steps.wrote(node, value="v1", op=1)
        first = next(iter(node.attempts))
        due(node, 2 * S + 1)
        steps.wrote(node, value="v2", op=2, now=Now(3 * S, 3 * S))
        assert steps.answers(steps.ack(node, "n2", Now(4 * S), attempt=first)) == told


def test_a_hybrid_clock_stamps_anew_what_a_peer_holds_later(steps: Any) -> None:
    node = steps.make(preload=["k"], store_compare="hybrid-clock")
    steps.wrote(node, now=Now(0, 100))
    kept = node.rows.cell("k")[0]._replace(value="w", stamp=900, origin="n2")
    effects = steps.ack(node, "n2", Now(5, 200), stored=kept)
    assert {msg.row.stamp for _, msg in steps.sends(effects)} == {901}
    assert node.rows.cell("k")[0].stamp == 901
    assert steps.answers(effects) == []
    assert steps.answers(steps.ack(node, "n2", Now(9, 200))) == [("ok", 2)]


def test_an_answer_to_what_was_stamped_before_counts_for_nothing_under_a_hybrid_clock(steps: Any) -> None:
    node = steps.make(store_compare="hybrid-clock")
    steps.wrote(node, now=Now(0, 100))
    assert steps.answers(steps.ack(node, "n2", pushed=99)) == []


def test_skew_is_seen_only_where_it_is_looked_at(steps: Any) -> None:
    for skew, seen in (("ignored", []), ("reported", [SkewSeen("n2", 31 * S, True)])):
        node = steps.make(skew=skew)
        steps.wrote(node)
        assert steps.notes(steps.ack(node, "n2", Now(0, 0), wall=31 * S), SkewSeen) == seen


# -- retries of clients ------------------------------------------------------------------------------------


def test_a_retry_is_a_second_write_unless_operations_have_tokens(steps: Any) -> None:
    for on_failure, many in (("keep", 2), ("tri-state", 1)):
        node = steps.make(on_failure=on_failure)
        effects = [*steps.wrote(node, now=Now(0, 1)), *steps.wrote(node, now=Now(5, 6))]
        assert len({fact.stamp for fact in steps.notes(effects, Wrote)}) == many


def test_a_retry_of_what_was_acknowledged_is_answered_at_once(steps: Any) -> None:
    node = steps.make(on_failure="tri-state")
    steps.wrote(node)
    steps.ack(node, "n2")
    assert node.step(Ask("c", 1, "write", ("k", "v")), Now()) == [Answer("c", 1, "ok")]


def test_a_retry_of_what_failed_goes_on_with_the_same_row(steps: Any) -> None:
    node = steps.make(on_failure="tri-state")
    first = steps.sends(steps.wrote(node))[0][1]
    due(node, 2 * S + 1)
    again = steps.sends(steps.wrote(node, now=Now(3 * S, 3 * S)))[0][1]
    assert (again.row, again.attempt != first.attempt) == (first.row, True)


def test_after_a_crash_what_was_open_is_taken_up_again(steps: Any) -> None:
    node = steps.make(on_failure="tri-state")
    effects = node.step(Ask("c", 1, "write", ("k", "v")), Now(0, 7))
    durable = {effect.key: effect.value for effect in effects if isinstance(effect, Persist)}
    later = steps.make(on_failure="tri-state")
    later.step(Boot(durable, 2), Now(9, 9))
    pushes = steps.sends(later.step(Persisted(("row", "k")), Now(9, 9)))
    assert [(dst, msg.row.value, msg.row.stamp) for dst, msg in pushes] == [("n2", "v", 7), ("n3", "v", 7)]
    later.step(Ask("c", 1, "write", ("k", "v")), Now(9, 9))
    assert steps.answers(steps.ack(later, "n2", Now(10, 10))) == [("ok", 2)]


def test_a_peer_that_has_the_row_knows_the_operation_too(steps: Any) -> None:
    node = steps.make(on_failure="tri-state")
    push = steps.sends(steps.wrote(node))[0][1]
    peer = steps.make("n2", on_failure="tri-state")
    from sim.machine import Receive

    peer.step(Receive("n1", push), Now())
    effects = [*peer.step(Ask("c", 1, "write", ("k", "v")), Now(5, 5)), *peer.step(Persisted(("row", "k")), Now())]
    assert steps.notes(effects, Wrote) == []


def test_a_failed_local_write_is_forgotten_so_that_its_retry_begins_anew(steps: Any) -> None:
    node = steps.make(on_failure="tri-state")
    node.step(Ask("c", 1, "write", ("k", "v")), Now())
    assert steps.answers(node.step(Persisted(("row", "k"), "full"), Now())) == [("fail", "local write failed: full")]
    assert steps.notes(node.step(Ask("c", 1, "write", ("k", "v")), Now(5, 5)), Wrote)


# -- in a world --------------------------------------------------------------------------------------------


def test_a_write_is_answered_one_round_trip_later(run: Any) -> None:
    seen = run([(1, "n1", "write", ("k", "v"))])
    assert seen.answers() == [("ok", 2)]
    assert [at for at, _, fact in seen.notes if isinstance(fact, Quorum)] == [11 * MS]
    assert set(seen.values().values()) == {("v",)}


def test_a_coordinator_without_peers_fails_a_tick_after_its_deadline(run: Any) -> None:
    cut = Planned(Partition(groups=("n1", "rest")), at=0)
    seen = run([(1, "n1", "write", ("k", "v"))], faults=[cut], finalise_at="next-tick")
    assert [(at, fact.outcome) for at, _, fact in seen.notes if isinstance(fact, Verdict)] == [
        (2001 * MS + 1, "unreachable")
    ]


def test_a_slow_disk_of_a_peer_delays_its_acknowledgement(run: Any) -> None:
    seen = run([(1, "n1", "write", ("k", "v"))], plan={"sync": {"n2": 40 * MS, "n3": 20 * MS}})
    assert [at for at, _, fact in seen.notes if isinstance(fact, Quorum)] == [31 * MS]


def test_a_full_disk_of_a_peer_is_retried_and_costs_nothing_if_another_acknowledges(run: Any) -> None:
    full = Planned(DiskFault(nodes=("n2",), full=True), at=0, lasting=100 * MS)
    seen = run([(1, "n1", "write", ("k", "v"))], faults=[full])
    assert seen.told(Refusal) == [Refusal("n1.1.2", "n2", "failed")]
    assert seen.values()["n2"] == ("v",)


def test_a_crash_of_the_coordinator_leaves_its_client_without_an_answer(run: Any) -> None:
    crash = Planned(Crash(nodes=("n1",)), at=7 * MS, lasting=100 * MS)
    seen = run([(1, "n1", "write", ("k", "v"))], faults=[crash])
    assert seen.answers() == [(None, None)]
    assert set(seen.values().values()) == {("v",)}
