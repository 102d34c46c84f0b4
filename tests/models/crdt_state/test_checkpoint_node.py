"""The plane of checkpoints at one node, coordinator or not: requests, parts, cuts, retries and restarts."""

from __future__ import annotations

from typing import Any

import pytest
from crdt_state_steps import act, boot, kept, notes, now, ring, sends, tell

from models.crdt_state import CrdtState
from models.crdt_state.checkpoint import make_node_checkpoint
from models.crdt_state.facts import Aborted, Completed, Rejected, Submitted
from models.crdt_state.messages import CheckpointRequest, Marker, Rejoined, SubmitCheckpoint, SubmitResult, Transfer
from sim.machine import Boot, Cluster, SetAlarm

RETRY = {"ckpt_retry": "until-answered"}


def coordinator(**params: Any) -> CrdtState:
    return boot("n3", "checkpoint", expected=["n1", "n2"], coordinator="n3", **params)


def member(name: str = "n1", **params: Any) -> CrdtState:
    return boot(name, "checkpoint", expected=["n1", "n2"], coordinator="n3", **params)


def part(node: str, name: str = "ckpt-1", time: int = 1, **how: Any) -> SubmitCheckpoint:
    return SubmitCheckpoint(make_node_checkpoint(name, node, time, b"balance=100", **how))


def test_only_the_coordinator_has_a_timer() -> None:
    timers = {}
    for node in ("n1", "n3"):
        machine = CrdtState(node, Cluster(node, ("n1", "n2", "n3")), planes="checkpoint", coordinator="n3")
        timers[node] = [effect.name for effect in machine.step(Boot({}), now()) if isinstance(effect, SetAlarm)]
    assert timers == {"n1": [], "n3": ["checkpoint"]}


def test_a_request_goes_to_every_expected_node_and_numbers_go_up() -> None:
    machine = coordinator()
    assert sends(ring(machine, "checkpoint")) == [(n, CheckpointRequest("ckpt-1")) for n in ("n1", "n2")]
    assert sends(act(machine, "checkpoint"))[0][1] == CheckpointRequest("ckpt-2")


def test_whoever_is_not_the_coordinator_requests_nothing() -> None:
    assert sends(act(member(), "checkpoint")) == []


def test_a_request_makes_a_part_at_once_and_a_second_one_another() -> None:
    machine = member()
    for _ in range(2):
        effects = tell(machine, "n3", CheckpointRequest("ckpt-1"))
        ((dst, submitted),) = sends(effects)
        assert dst == "n3" and submitted.part.state_bytes == b"balance=100"
        assert notes(effects, Submitted) == [Submitted("ckpt-1", 0, submitted.part.merkle_root)]


def test_a_part_holds_what_the_other_planes_hold() -> None:
    machine = boot("n1", ["log", "state", "checkpoint"])
    act(machine, "update", value="x")
    state = machine.snapshot(7).decode()
    assert state.startswith("balance=7 log=") and state.endswith("state=x")


def test_the_last_part_completes_a_checkpoint_and_nobody_is_told_as_specified() -> None:
    machine = coordinator()
    assert notes(tell(machine, "n1", part("n1")), Completed) == []
    effects = tell(machine, "n2", part("n2", time=2))
    (whole,) = notes(effects, Completed)
    assert (whole.min_logical_time, whole.max_logical_time, whole.is_complete) == (1, 2, True)
    assert (machine.latest, machine.completed, sends(effects)) == ("ckpt-1", 1, [])


def test_results_may_be_sent() -> None:
    machine = coordinator(submit_result="sent")
    spoilt = SubmitCheckpoint(part("n1").part._replace(merkle_root="0"))
    told = [sends(tell(machine, msg.part.node_id, msg))[0][1] for msg in (part("n1"), part("n2"), spoilt)]
    assert [result.result for result in told] == ["pending", "complete", "rejected"]
    assert (told[2].expected, len(told[2].actual)) == ("0", 16)


def test_a_transfer_moves_an_amount() -> None:
    one, other = member("n1"), member("n2")
    ((dst, transfer),) = sends(act(one, "transfer", to="n2", amount=10))
    tell(other, "n1", transfer)
    assert (dst, one.balance, other.balance, one.offset) == ("n2", 90, 110, 1)


def test_a_cut_is_made_before_a_transfer_of_after_it_takes_effect() -> None:
    machine = member("n2", ckpt_barrier="markers")
    effects = tell(machine, "n1", Transfer(10, cut=1))
    assert sends(effects) == [("n1", Marker("ckpt-1", 1, 0))]
    ((_, submitted),) = sends(tell(machine, "n1", Marker("ckpt-1", 1, 0)))
    assert (submitted.part.state_bytes, machine.balance) == (b"balance=100", 110)


def test_what_was_under_way_is_part_of_a_cut() -> None:
    machine = member("n2", ckpt_barrier="markers")
    assert sends(tell(machine, "n3", CheckpointRequest("ckpt-1", 1))) == [("n1", Marker("ckpt-1", 1, 0))]
    assert sends(tell(machine, "n1", Marker("ckpt-1", 1, 1))) == []
    ((_, submitted),) = sends(tell(machine, "n1", Transfer(10, cut=0)))
    assert submitted.part.state_bytes == b"balance=110"


def test_without_a_barrier_a_request_has_no_number() -> None:
    numbers = [sends(act(coordinator(ckpt_barrier=word), "checkpoint"))[0][1].number for word in ("none", "markers")]
    assert numbers == [0, 1]


def test_a_part_is_sent_until_it_is_answered() -> None:
    machine = member(**RETRY)
    first = sends(tell(machine, "n3", CheckpointRequest("ckpt-1")))
    assert sends(ring(machine, "resend")) == first
    assert sends(tell(machine, "n3", CheckpointRequest("ckpt-1"))) == first
    tell(machine, "n3", SubmitResult("ckpt-1", "pending"))
    assert sends(ring(machine, "resend")) == []


def test_a_coordinator_asks_again_whom_it_has_not_heard_and_gives_up_in_the_end() -> None:
    machine = coordinator(**RETRY)
    act(machine, "checkpoint")
    tell(machine, "n1", part("n1"))
    assert sends(ring(machine, "resend", ms=500)) == [("n2", CheckpointRequest("ckpt-1"))]
    effects = ring(machine, "resend", ms=4001)
    assert (notes(effects, Aborted), sends(effects)) == ([Aborted("ckpt-1")], [])
    late = tell(machine, "n2", part("n2"))
    assert notes(late, Rejected) == [Rejected("ckpt-1", "n2", "given up")]
    assert [msg.result for _, msg in sends(late)] == ["rejected"]


def test_a_coordinator_that_retries_remembers_its_numbers_and_one_as_specified_does_not() -> None:
    for params, name in (({}, "ckpt-1"), (RETRY, "ckpt-2")):
        disk = kept(act(coordinator(**params), "checkpoint"))
        again = coordinator(life=2, durable=disk, **params)
        assert sends(act(again, "checkpoint"))[0][1].checkpoint_id == name


def test_a_finished_id_is_answered_complete_also_when_it_comes_late() -> None:
    machine = coordinator(ckpt_done="remembered", **RETRY)
    for node in ("n1", "n2"):
        tell(machine, node, part(node))
    effects = tell(machine, "n1", part("n1"))
    assert sends(effects) == [("n1", SubmitResult("ckpt-1", "complete"))]
    assert (notes(effects, Completed), machine.completed) == ([], 1)


@pytest.mark.parametrize("told", [Rejoined(2), part("n1", life=2)])
def test_a_restart_of_a_member_begins_a_checkpoint_anew(told: Any) -> None:
    machine = coordinator(ckpt_epoch="restarts")
    act(machine, "checkpoint")
    tell(machine, "n1", part("n1", life=1))
    effects = tell(machine, "n1", told)
    assert notes(effects, Aborted) == [Aborted("ckpt-1")]
    assert {msg for _, msg in sends(effects)} == {CheckpointRequest("ckpt-2")}
    assert notes(tell(machine, "n2", part("n2", life=1)), Rejected)[0].part_of == "n2"


def test_as_specified_parts_of_two_lives_make_one_checkpoint() -> None:
    machine = coordinator()
    tell(machine, "n1", part("n1"))
    tell(machine, "n1", part("n1", time=9))
    assert notes(tell(machine, "n2", part("n2")), Completed)[0].max_logical_time == 9


def test_a_node_that_rejoins_says_so_to_the_coordinator() -> None:
    machine = CrdtState("n1", Cluster("n1", ("n1", "n2")), planes="checkpoint", coordinator="n2", ckpt_epoch="restarts")
    assert sends(machine.step(Boot({}, 2), now())) == [("n2", Rejoined(2))]


def test_a_stranger_is_told_that_it_is_none() -> None:
    effects = tell(coordinator(ckpt_members="expected"), "n9", part("n9"))
    assert notes(effects, Rejected) == [Rejected("ckpt-1", "n9", "not a member")]
