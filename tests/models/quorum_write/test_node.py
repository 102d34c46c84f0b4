"""Reads, the sync daemon, hints, spares, members and status."""

from typing import Any

import pytest

from models.quorum_write.facts import Hinted, Joined, Quorum, Status
from models.quorum_write.messages import DaemonPush, Query, QueryReply, SyncAck, SyncDigest, SyncPush
from models.quorum_write.rows import Row
from sim.faults import FOREVER, Crash, LinkFault, PacketFault, Partition, Planned
from sim.machine import Alarm, Answer, Ask, Boot, Now, Operate, Persisted, Receive, Send, SetAlarm
from sim.units import MS, S

ROW = Row("m1", "v", 5, "n2")
LATER = ROW._replace(value="w", stamp=9)
READ = Ask("c", 1, "read", ("k",))
LOST = Planned(PacketFault(link=("n1", "n3"), message="SyncPush", nth=1), at=0)
WRITE = (1, "n1", "write", ("k", "v"))


def cut(*groups: Any, lasting: int | None = None) -> Planned:
    return Planned(Partition(groups=groups), at=0, lasting=lasting)


# -- reads -------------------------------------------------------------------------------------------------


def test_a_local_read_asks_nobody(steps: Any) -> None:
    node = steps.make(preload=["k"])
    assert node.step(READ, Now()) == [Answer("c", 1, "ok", "old")]
    assert node.step(Ask("c", 2, "read", ("j",)), Now()) == [Answer("c", 2, "ok", None)]


def test_a_quorum_read_asks_everybody_and_takes_the_latest_of_r(steps: Any) -> None:
    node = steps.make(reads="quorum")
    effects = node.step(READ, Now())
    name = next(iter(node.readings))
    assert effects == [
        SetAlarm(name, 2 * S, about=name),
        Send("n2", Query(name, "k")),
        Send("n3", Query(name, "k")),
    ]
    effects = node.step(Receive("n3", QueryReply(name, "k", (LATER,))), Now())
    assert steps.answers(effects) == [("ok", "w")]
    assert node.step(Receive("n2", QueryReply(name, "k", (ROW,))), Now()) == []


@pytest.mark.parametrize(("params", "need"), [({}, 2), ({"w": 3}, 1), ({"w": 1}, 3), ({"r": 1}, 1)])
def test_a_read_quorum_meets_every_write_quorum_unless_r_says_otherwise(
    steps: Any, params: dict[str, int], need: int
) -> None:
    node = steps.make(reads="quorum", **params)
    effects = node.step(READ, Now())
    for peer in ("n2", "n3")[: need - 1]:
        assert steps.answers(effects) == []
        effects = node.step(Receive(peer, QueryReply(next(iter(node.readings)), "k", ())), Now())
    assert steps.answers(effects) == [("ok", None)]


def test_a_replica_answers_a_query_with_what_it_holds(steps: Any) -> None:
    node = steps.make("n2", preload=["k"])
    [(_, reply)] = steps.sends(node.step(Receive("n1", Query("read n1.1.1", "k")), Now()))
    assert (reply.read, reply.cell[0].value) == ("read n1.1.1", "old")


def test_a_read_that_finds_no_quorum_fails_at_its_deadline(steps: Any) -> None:
    node = steps.make(reads="quorum")
    node.step(READ, Now())
    effects = node.step(Alarm(name := next(iter(node.readings)), name), Now(2 * S))
    assert steps.answers(effects) == [("fail", "read quorum not met (got 1, need 2)")]
    assert node.readings == {}


@pytest.mark.parametrize(
    ("repair", "pushed", "told"),
    [("never", [], [("ok", "w")]), ("after", ["n2"], [("ok", "w")]), ("before", ["n2", "n3"], [])],
)
def test_what_a_read_does_for_replicas_that_lack_what_it_returns(
    steps: Any, repair: str, pushed: list[str], told: list[Any]
) -> None:
    node = steps.make(reads="quorum", read_repair=repair, r=2)
    node.step(Receive("n3", DaemonPush((("k", LATER),))), Now())
    node.step(READ, Now())
    name = next(iter(node.readings))
    effects = node.step(Receive("n2", QueryReply(name, "k", (ROW,))), Now())
    assert [dst for dst, msg in steps.sends(effects) if isinstance(msg, SyncPush)] == pushed
    assert steps.answers(effects) == told


def test_a_read_with_write_back_answers_when_w_replicas_hold_what_it_returns(steps: Any) -> None:
    node = steps.make(reads="quorum", read_repair="before")
    node.step(READ, Now())
    name = next(iter(node.readings))
    node.step(Receive("n2", QueryReply(name, "k", (LATER,))), Now())
    assert name not in node.readings  # this node took the row itself: with n2 there are two
    assert node.rows.values("k") == ("w",)


@pytest.mark.parametrize(("repair", "inverted"), [("never", True), ("before", False)])
def test_only_a_write_back_keeps_a_later_read_from_being_older(run: Any, repair: str, inverted: bool) -> None:
    # What n2 writes reaches the others half a second later. A read at n2 sees it; one at n3 asks itself and n1.
    slow = LinkFault(src="n2", delay=500 * MS, oneway=True, messages=("SyncPush",))
    aside = LinkFault(src="n2", dst="n3", delay=400 * MS, oneway=True, messages=("QueryReply",))
    reads = [(20, "n2", "read", ("k",)), (60, "n3", "read", ("k",))]
    seen = run(
        [(1, "n2", "write", ("k", "v")), *reads],
        faults=[Planned(slow, at=0), Planned(aside, at=0)],
        reads="quorum",
        r=2,
        read_repair=repair,
        per_node={"n2": {"w": 3}},
    )
    _, first, second = seen.outcome.history.operations
    assert (first.value, second.value) == ("v", None)
    assert (first.ended < second.invoked) is inverted


def test_siblings_are_told_together(steps: Any) -> None:
    node = steps.make(conflicts="siblings", store_compare="hybrid-clock")
    node.step(Receive("n2", DaemonPush((("k", ROW), ("k", LATER._replace(origin="n3"))))), Now())
    assert steps.answers(node.step(READ, Now())) == [("ok", ("v", "w"))]


# -- the daemon --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("daemon", "keys"), [("originated", ["k"]), ("all", ["j", "k"])])
def test_a_cycle_pushes_what_this_node_wrote_or_all_that_it_holds(steps: Any, daemon: str, keys: list[str]) -> None:
    node = steps.make(daemon=daemon)
    node.step(Receive("n2", DaemonPush((("j", ROW),))), Now())
    steps.wrote(node)
    sent = steps.sends(node.step(Alarm("sync"), Now()))
    assert [dst for dst, _ in sent] == ["n2", "n3"]
    assert [key for key, _ in sent[0][1].rows] == keys


def test_a_cycle_of_changes_pushes_them_once(steps: Any) -> None:
    node = steps.make(daemon="all", daemon_rows="changed")
    steps.wrote(node)
    assert steps.sends(node.step(Alarm("sync"), Now()))
    assert steps.sends(node.step(Alarm("sync"), Now())) == []


def test_two_nodes_that_compare_what_they_hold_end_with_the_same(steps: Any) -> None:
    one, other = steps.make("n1", daemon="symmetric"), steps.make("n2", daemon="symmetric")
    one.step(Receive("n3", DaemonPush((("k", ROW), ("j", LATER)))), Now())
    other.step(Receive("n3", DaemonPush((("k", LATER), ("i", ROW)))), Now())
    waiting = [("n1", dst, msg) for dst, msg in steps.sends(one.step(Alarm("sync"), Now())) if dst == "n2"]
    nodes = {"n1": one, "n2": other}
    while waiting:
        src, dst, msg = waiting.pop(0)
        waiting += [(dst, to, said) for to, said in steps.sends(nodes[dst].step(Receive(src, msg), Now()))]
    assert one.digest == other.digest
    assert {key: one.rows.values(key) for key in "ijk"} == {"i": ("v",), "j": ("w",), "k": ("w",)}


def test_a_digest_is_answered_once(steps: Any) -> None:
    node = steps.make("n1")
    assert steps.sends(node.step(Receive("n2", SyncDigest((), False)), Now())) == [("n2", SyncDigest((), True))]
    assert steps.sends(node.step(Receive("n2", SyncDigest((), True)), Now())) == []


@pytest.mark.parametrize(("daemon", "copies"), [("originated", 1), ("all", 2), ("symmetric", 2)])
def test_whoever_the_coordinator_left_behind_is_reached_if_others_push_too(run: Any, daemon: str, copies: int) -> None:
    dead = Planned(Crash(nodes=("n1",)), at=20 * MS, lasting=FOREVER)
    seen = run([WRITE], faults=[LOST, dead], daemon=daemon, sync_interval="1s")
    assert sum(values == ("v",) for values in seen.values().values()) == copies


# -- hints and spares --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("handoff", "values"), [("none", ()), ("hinted", ("v",))])
def test_who_was_away_gets_the_row_from_a_hint(run: Any, handoff: str, values: tuple[str, ...]) -> None:
    away = cut(("n1", "n2"), "n3", lasting=1500 * MS)
    seen = run([WRITE], faults=[away], handoff=handoff)
    assert seen.values()["n3"] == values


def test_a_hint_survives_a_crash_and_goes_when_it_was_taken(run: Any) -> None:
    away = cut(("n1", "n2"), "n3", lasting=1500 * MS)
    crash = Planned(Crash(nodes=("n1",)), at=100 * MS, lasting=100 * MS)
    seen = run([WRITE], faults=[away, crash], handoff="hinted")
    assert seen.values()["n3"] == ("v",)
    assert seen.nodes["n1"].hints == {}
    assert [fact.kept for fact in seen.told(Hinted)] == [True, False]


def test_a_hint_is_replaced_by_a_later_row_and_not_by_an_earlier_one(steps: Any) -> None:
    node = steps.make(handoff="hinted")
    for row in (ROW, LATER, ROW):
        node.take_hint("n3", "k", row)
    assert node.hints == {("n3", "k"): LATER}
    answer = SyncAck("hint n1", "k", "n3", ROW.stamp, ROW, b"", "", 0)
    node.step(Receive("n3", answer), Now())
    assert node.hints == {("n3", "k"): LATER}
    node.step(Receive("n3", answer._replace(pushed=LATER.stamp)), Now())
    assert node.hints == {}


SLOPPY = {"replicas": 3, "handoff": "hinted", "finalise_at": "next-tick"}


@pytest.mark.parametrize(("quorum", "outcome"), [("strict", "fail"), ("sloppy", "ok")])
def test_a_spare_stands_in_where_the_quorum_is_sloppy(run: Any, quorum: str, outcome: str) -> None:
    away = cut(("n1", "n4"), ("n2", "n3"), lasting=2500 * MS)
    seen = run([WRITE], until=6000, nodes=4, faults=[away], quorum=quorum, **SLOPPY)
    assert seen.answers()[0][0] == outcome
    assert {seen.values()[name] for name in ("n1", "n2", "n3")} == {("v",)}


def test_a_spare_gives_up_what_it_kept_for_another(run: Any) -> None:
    away = cut(("n1", "n4"), ("n2", "n3"), lasting=2500 * MS)
    seen = run([WRITE], until=6000, nodes=4, faults=[away], quorum="sloppy", **SLOPPY)
    [quorum] = seen.told(Quorum)
    assert quorum.nodes == ("n1", "n4")
    assert (seen.nodes["n4"].hints, seen.nodes["n4"].keys) == ({}, 0)


def test_a_sloppy_quorum_is_met_by_no_read_quorum(run: Any) -> None:
    # W + R > N, and the read meets the write nowhere: the write stands on n1 and the spare.
    away = cut(("n1", "n4"), ("n2", "n3"), lasting=2500 * MS)
    read = (400, "n2", "read", ("k",))
    seen = run([WRITE, read], nodes=4, faults=[away], quorum="sloppy", reads="quorum", **SLOPPY)
    assert seen.answers() == [("ok", 2), ("ok", None)]


# -- members and status ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("membership", "told"), [("fixed", [("ok", 2)]), ("epochs", [])])
def test_an_open_attempt_follows_the_members_only_with_epochs(steps: Any, membership: str, told: list[Any]) -> None:
    node = steps.make(nodes=6, replicas=3, membership=membership)
    steps.wrote(node)
    effects = []
    for new in ("n4", "n5", "n6"):
        effects += node.step(Operate(9, "join", {"node": new}), Now())
    assert [dst for dst, _ in steps.sends(effects)] == ["n4", "n5", "n6"]
    assert steps.notes(effects, Joined)[-1].members == tuple(f"n{i}" for i in range(1, 7))
    assert steps.answers(steps.ack(node, "n2")) == told


def test_with_epochs_a_later_write_asks_for_a_majority_of_the_members(steps: Any) -> None:
    node = steps.make(nodes=5, replicas=3, membership="epochs")
    for new in ("n4", "n5", "n5"):
        node.step(Operate(9, "join", {"node": new}), Now())
    steps.wrote(node)
    assert steps.answers(steps.ack(node, "n2")) == []
    assert steps.answers(steps.ack(node, "n5")) == [("ok", 3)]


def test_a_status_says_what_both_questions_say_now(steps: Any) -> None:
    for verdict, told in (("tracker", Status("n1.1.2", False, "ok")), ("latched", Status("n1.1.2", True, "ok"))):
        node = steps.make(verdict=verdict)
        steps.wrote(node)
        steps.ack(node, "n2")
        assert steps.notes(node.step(Operate(9, "status"), Now(9 * S)), Status) == [told]


def test_a_new_life_has_no_attempts_and_its_hints(steps: Any) -> None:
    node = steps.make(handoff="hinted")
    later = node.step(Boot({("hint", "n3", "k"): ROW}, 2), Now())
    assert SetAlarm("handoff", S) in later
    assert steps.sends(node.step(Alarm("handoff"), Now())) == [("n3", SyncPush("hint n1", "k", ROW))]


def test_what_a_disk_says_of_a_hint_or_a_token_is_taken_note_of_and_nothing_more(steps: Any) -> None:
    node = steps.make()
    assert node.step(Persisted(("hint", "n3", "k"), "full"), Now()) == []
