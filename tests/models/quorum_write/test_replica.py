"""What a node does for others: rows on disk, pushes applied, answers."""

from typing import Any

import pytest

from models.quorum_write.facts import Held
from models.quorum_write.messages import SyncAck, SyncPush
from models.quorum_write.rows import Row
from sim.machine import Alarm, Boot, Cluster, Note, Now, Persist, Persisted, Receive, Send, SetAlarm

PUSH = SyncPush("a1", "k", Row("m1", "v", 5, "n1"))


def test_a_push_is_durable_before_it_is_acknowledged(steps: Any) -> None:
    node = steps.make("n2")
    effects = node.step(Receive("n1", PUSH), Now(wall=7))
    assert effects == [
        Persist(("row", "k"), (PUSH.row,), tell=True),
        Note(Held("k", "m1", 5, ("v",))),
        Send("n1", SyncAck("a1", "k", "n2", 5, PUSH.row, b"", "", 7)),
    ]


def test_a_push_that_says_nothing_new_is_acknowledged_and_not_written(steps: Any) -> None:
    node = steps.make("n2")
    node.step(Receive("n1", PUSH), Now())
    effects = node.step(Receive("n1", PUSH), Now())
    assert [type(effect) for effect in effects] == [Send]


def test_a_push_that_loses_is_answered_with_success_and_what_is_kept(steps: Any) -> None:
    node = steps.make("n2")
    node.step(Receive("n1", PUSH._replace(row=PUSH.row._replace(stamp=9, value="w"))), Now())
    [(_, answer)] = steps.sends(node.step(Receive("n1", PUSH), Now()))
    assert answer.ok
    assert (answer.stored.value, answer.stored.stamp, answer.pushed) == ("w", 9, 5)


def test_a_push_under_another_id_is_answered_with_the_id_that_is_kept(steps: Any) -> None:
    node = steps.make("n2")
    node.step(Receive("n1", PUSH), Now())
    [(_, answer)] = steps.sends(node.step(Receive("n1", PUSH._replace(row=Row("m2", "w", 9, "n1"))), Now()))
    assert (answer.stored.id, answer.stored.value) == ("m1", "w")


def test_a_write_that_fails_is_undone_and_refused(steps: Any) -> None:
    node = steps.make("n2")
    node.step(Receive("n1", PUSH), Now())
    node.step(Persisted(("row", "k")), Now())
    node.step(Receive("n1", PUSH._replace(attempt="a2", row=PUSH.row._replace(value="w", stamp=6))), Now())
    [(_, answer)] = steps.sends(node.step(Persisted(("row", "k"), "full"), Now()))
    assert (answer.attempt, answer.ok, answer.why) == ("a2", False, "failed")
    assert node.rows.values("k") == ("v",)


@pytest.mark.parametrize(("insists", "synced"), [("as-wired", False), ("always", True)])
def test_who_acknowledges_at_once_has_the_row_in_memory_alone_unless_durable_acks_insist(
    steps: Any, insists: str, synced: bool
) -> None:
    node = steps.make("n2", acks="at-once", durable_ack=insists)
    effects = node.step(Receive("n1", PUSH), Now())
    [persist] = [effect for effect in effects if isinstance(effect, Persist)]
    assert persist.sync is synced
    assert bool(steps.notes(effects, Held)) is synced


def test_what_was_acknowledged_at_once_is_flushed_later(steps: Any) -> None:
    node = steps.make("n2", acks="at-once", flush_every="1s")
    assert SetAlarm("flush", 10**9) in node.step(Receive("n1", PUSH), Now())
    effects = node.step(Alarm("flush"), Now())
    assert any(isinstance(effect, Persist) and effect.sync for effect in effects)
    assert steps.notes(effects, Held) == [Held("k", "m1", 5, ("v",))]


def test_a_certificate_is_another_in_every_life(steps: Any) -> None:
    node = steps.make("n2", peer_ids="certificate")
    [(_, answer)] = steps.sends(node.step(Receive("n1", PUSH), Now()))
    node.step(Boot({}, 2), Now())
    [(_, again)] = steps.sends(node.step(Receive("n1", PUSH), Now()))
    assert (answer.peer, again.peer) == ("n2#1", "n2#2")


@pytest.mark.parametrize(("skew", "why"), [("ignored", ""), ("reported", "stamp")])
def test_a_stamp_far_ahead_of_the_clock_is_refused_only_where_skew_is_looked_at(
    steps: Any, skew: str, why: str
) -> None:
    node = steps.make("n2", skew=skew, clock_skew_warn="30s")
    ahead = PUSH._replace(row=PUSH.row._replace(stamp=30 * 10**9 + 1))
    assert [msg.why for _, msg in steps.sends(node.step(Receive("n1", ahead), Now(wall=0)))] == [why]
    assert [msg.why for _, msg in steps.sends(node.step(Receive("n1", ahead), Now(wall=1)))] == [""]


def test_a_new_life_finds_its_rows(steps: Any) -> None:
    node = steps.make("n2")
    node.step(Boot({("row", "k"): (PUSH.row,)}, 2), Now())
    assert (node.keys, node.rows.values("k")) == (1, ("v",))


def test_a_hybrid_clock_goes_on_above_what_the_disk_kept(steps: Any) -> None:
    node = steps.make("n1", store_compare="hybrid-clock")
    node.step(Boot({("row", "k"): (PUSH.row._replace(stamp=100),)}, 2), Now())
    steps.wrote(node, now=Now(wall=7))
    assert node.rows.cell("k")[0].stamp == 101


def test_preloaded_keys_are_on_every_replica_under_one_id(steps: Any) -> None:
    held = {name: steps.make(name, preload=["k"]).rows.cell("k") for name in ("n1", "n2", "n3")}
    assert len(set(held.values())) == 1
    assert held["n1"][0].id == "m-k"


def test_a_spare_holds_nothing_and_sends_clients_on(steps: Any) -> None:
    from sim.machine import Answer, Ask

    spare = steps.make("n3", preload=["k"], replicas=2)
    assert spare.keys == 0
    for action, args in (("write", ("k", "v")), ("read", ("k",))):
        assert spare.step(Ask("c", 1, action, args), Now()) == [Answer("c", 1, "elsewhere", None, "n1")]


def test_the_view_changes_with_values_and_not_with_ids(steps: Any) -> None:
    one, other = steps.make("n2"), steps.make("n3")
    one.step(Receive("n1", PUSH), Now())
    other.step(Receive("n1", PUSH._replace(row=PUSH.row._replace(id="m2"))), Now())
    assert one.digest == other.digest != steps.make("n2").digest
    assert list(one.contents()) == list(other.contents())


@pytest.mark.parametrize(
    ("params", "lanes"),
    [
        ({}, ["inbox", "timers"]),
        ({"drain": "timers-first"}, ["timers", "inbox"]),
        ({"drain": "timers-first", "verdict": "latched"}, ["inbox"]),
    ],
)
def test_the_order_of_draining_is_a_wiring_that_a_latched_verdict_overrides(
    params: dict[str, str], lanes: list[str], steps: Any
) -> None:
    assert [lane.name for lane in steps.make(**params).LANES] == lanes


def test_a_cluster_of_one_has_no_others() -> None:
    from models.quorum_write.node import machine

    assert machine("n1", Cluster("n1", ("n1",))).others == []
