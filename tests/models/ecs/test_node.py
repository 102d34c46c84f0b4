"""The networked node, stepped: who is told what, in which order, and what a life begins with."""

from __future__ import annotations

from inspect import signature
from typing import Any

import pytest

from models.ecs import PROFILES, SWITCHES, Ecs
from models.ecs.choices import WORDS
from models.ecs.facts import Acknowledged, Applied, Published, Received, Restored, SessionEnded, SymbolRejected
from models.ecs.messages import (
    Fence,
    Fenced,
    Gone,
    InventoryReply,
    InventoryRequest,
    MarkerAnnounce,
    Stale,
    StoreAck,
    SymbolPush,
    SymbolReply,
    SymbolRequest,
    TipReply,
    TipRequest,
)
from models.ecs.objects import EcsInternalError, build, object_id, oid
from scenarios.findings.ecs_steps import NAMES, Bench, committed
from scenarios.findings.measure import models as documented
from scenarios.findings.stored import load
from scenarios.run import prepare
from sim.machine import Alarm, Answer, Ask, Boot, Cluster, Note, Now, Operate, Persist, Point, Receive, Send
from sim.world import run

LEADER: dict[str, Any] = {"stores": NAMES[1:], "required": 2, "total": 3, "k": 1, "repair": 0}
FOLLOWER: dict[str, Any] = {"leaders": "n1", "k": 1, "repair": 0}


def commit(bench: Bench, seq: int, acks: int = 2) -> None:
    """Let a leader commit, and so many stores acknowledge."""
    bench.feed(Ask("c", seq, "append", (f"c{seq}",)))
    capsule, _ = committed(seq)
    for number in range(1, 1 + acks):
        bench.hear(NAMES[number], StoreAck(number, seq, object_id(capsule), bench.machine.epoch))


def published(bench: Bench) -> list[int]:
    return [fact.seq for fact in bench.stated(Published)]


def applied(bench: Bench) -> list[int]:
    return [fact.seq for fact in bench.stated(Applied)]


# -- parameters --------------------------------------------------------------------------------------------


def test_every_parameter_is_in_the_signature_with_its_default() -> None:
    parameters = signature(Ecs).parameters
    assert list(parameters)[:2] == ["node", "cluster"]
    assert all(parameters[name].default == words[0] for name, words in WORDS.items())


@pytest.mark.parametrize("name", WORDS)
def test_a_word_that_is_none_of_a_parameters_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}: found 'perhaps', allowed: "):
        Ecs("n1", Cluster("n1", NAMES), **{name: "perhaps"})


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"k": 0}, "k: found 0, allowed: a whole number from 1"),
        ({"repair": 300}, "repair: found 300, allowed: with k = 2 at most 254"),
        ({"leaders": "n9"}, "leaders: found 'n9', allowed: n1, n2, n3, n4"),
        ({"ae": "soon"}, "ae: found"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused(given: dict[str, Any], what: str) -> None:
    with pytest.raises(ValueError, match=what):
        Ecs("n1", Cluster("n1", NAMES), **given)


def test_many_writers_need_to_be_asked_for() -> None:
    with pytest.raises(EcsInternalError, match="multi-writer"):
        Ecs("n1", Cluster("n1", NAMES), mode="multi-writer")
    Ecs("n1", Cluster("n1", NAMES), mode="multi-writer", multi_writer_explicit=True)


def test_every_switch_turns_on_what_is_not_specified() -> None:
    defaults = {name: parameter.default for name, parameter in signature(Ecs).parameters.items()}
    for switch in SWITCHES.values():
        assert all(defaults[name] != word for name, word in switch.items())
    assert PROFILES["as-specified"] == {}


def test_every_switch_mends_some_weakness_alone() -> None:
    assert "ecs" in documented()
    mending = {switch for row in load("ecs")["rows"] for switch in row["mended_by"]}
    # Session ids keep late replies out, which no schedule of the specification has: see below.
    assert set(SWITCHES) - mending == {"session_ids"}


# -- commits -----------------------------------------------------------------------------------------------


def test_a_commit_goes_to_every_store_and_is_announced_when_two_have_it() -> None:
    leader = Bench({}, **LEADER)
    commit(leader, 1, acks=1)
    assert (len(leader.said(SymbolPush)), published(leader)) == (3, [])
    commit(leader, 2, acks=0)
    leader.hear("n3", StoreAck(2, 1, object_id(committed(1)[0])))
    assert published(leader) == [1]
    assert len(leader.said(MarkerAnnounce)) == 3


def test_the_client_is_told_before_anybody_else() -> None:
    machine = Ecs("n1", Cluster("n1", NAMES), **(LEADER | {"required": 0}))
    machine.step(Boot({}, 1), Now())
    effects = machine.step(Ask("c", 7, "append", ("x",)), Now(1, 2))
    kinds = [type(e.fact) if isinstance(e, Note) else type(e) for e in effects]
    order = [kinds.index(kind) for kind in (Published, Answer, Point)]
    assert order == sorted(order)
    announced = next(i for i, e in enumerate(effects) if isinstance(e, Send) and type(e.msg) is MarkerAnnounce)
    durable = next(i for i, e in enumerate(effects) if isinstance(e, Persist) and e.key[0] == "marker")
    assert order[-1] < announced < durable  # what a crash in between makes of it is EW-2 and EW-22


@pytest.mark.parametrize(("word", "seqs"), [("independent", [2]), ("in-order", [])])
def test_a_gate_waits_for_the_one_before_it_if_publication_is_in_order(word: str, seqs: list[int]) -> None:
    leader = Bench({"publication": word}, **LEADER)
    commit(leader, 1, acks=1)
    commit(leader, 2)
    assert published(leader) == seqs


def test_what_waited_is_published_in_order() -> None:
    leader = Bench({"publication": "in-order"}, **LEADER)
    commit(leader, 1, acks=1)
    commit(leader, 2)
    leader.hear("n3", StoreAck(2, 1, object_id(committed(1)[0])))
    assert published(leader) == [1, 2]


@pytest.mark.parametrize(("acks", "seqs"), [("store", [1]), ("seq", [2]), ("capsule", []), ("epoch", [])])
def test_what_an_acknowledgement_of_another_capsule_counts_for(acks: str, seqs: list[int]) -> None:
    leader = Bench({}, **(LEADER | {"acks": acks, "required": 1}))
    commit(leader, 1, acks=0)
    commit(leader, 2, acks=0)
    leader.hear("n2", StoreAck(1, 2, oid(9)))
    assert published(leader) == seqs


@pytest.mark.parametrize(("given", "pushes"), [({}, 0), ({"commit_retry": "200ms"}, 1)])
def test_pushes_are_repeated_to_who_has_not_acknowledged(given: dict[str, Any], pushes: int) -> None:
    leader = Bench(given, **(LEADER | {"required": 3}))
    commit(leader, 1)
    leader.sent.clear()
    if given:
        leader.feed(Alarm("retry"))
    assert len(leader.said(SymbolPush)) == pushes


@pytest.mark.parametrize(("word", "seqs"), [("configured", [1]), ("enforced", [])])
def test_a_follower_that_is_asked_commits_unless_roles_are_enforced(word: str, seqs: list[int]) -> None:
    follower = Bench({"roles": word}, "n2", **(FOLLOWER | {"stores": "n2", "required": 1}))
    follower.feed(Ask("c", 1, "append", ("c1",)))
    assert published(follower) == seqs


@pytest.mark.parametrize(("word", "fell"), [("wall", True), ("monotone", False)])
def test_timestamps_when_the_clock_steps_back(word: str, fell: bool) -> None:
    machine = Ecs("n1", Cluster("n1", NAMES), timestamps=word, stores="n2", required=0)
    machine.step(Boot({}, 1), Now())
    stamps = []
    for wall in (1000, 10):
        effects = machine.step(Ask("c", wall, "append", (str(wall),)), Now(0, wall))
        stamps += [e.fact.timestamp_ns for e in effects if isinstance(e, Note) and isinstance(e.fact, Published)]
    assert (stamps[1] < stamps[0]) == fell


@pytest.mark.parametrize(("routing", "placement", "stores"), [
    ("full", "by-symbol", [12] * 3), ("ring", "by-symbol", None), ("ring", "by-object", [12] * 3),
])  # fmt: skip
def test_where_symbols_go(routing: str, placement: str, stores: list[int] | None) -> None:
    machine = Ecs("n1", Cluster("n1", NAMES), **(LEADER | {"k": 12, "routing": routing, "placement": placement}))
    machine.step(Boot({}, 1), Now())
    effects = machine.step(Ask("c", 1, "append", ("x",)), Now())
    sent = [e.dst for e in effects if isinstance(e, Send) and type(e.msg) is SymbolPush]
    counts = sorted(sent.count(node) for node in NAMES[1:])
    assert counts == stores if stores else sum(counts) == 12 and max(counts) < 12


def test_with_one_owner_per_symbol_no_store_ever_has_k() -> None:
    stores = [Bench({}, node, **(LEADER | {"leaders": "n1", "k": 10, "routing": "ring"})) for node in NAMES[1:]]
    leader = Bench({}, **(LEADER | {"k": 10, "routing": "ring"}))
    effects = leader.machine.step(Ask("c", 1, "append", ("c1",)), Now())
    for effect in effects:
        if isinstance(effect, Send):
            stores[NAMES.index(effect.dst) - 1].hear("n1", effect.msg)
    assert [len(store.said(StoreAck)) for store in stores] == [0, 0, 0]


def test_a_store_that_owes_its_share_alone_acknowledges_that() -> None:
    given = LEADER | {"k": 10, "routing": "ring", "sufficient": "share"}
    stores = [Bench({}, node, **(given | {"leaders": "n1"})) for node in NAMES[1:]]
    leader = Bench({}, **given)
    for effect in leader.machine.step(Ask("c", 1, "append", ("c1",)), Now()):
        if isinstance(effect, Send):
            stores[NAMES.index(effect.dst) - 1].hear("n1", effect.msg)
    assert [len(store.said(StoreAck)) for store in stores] == [1, 1, 1]
    assert not any(store.machine.held for store in stores)  # and yet nobody could decode it


# -- followers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("word", "seqs"), [("consume-token", [1]), ("buffered", [1, 2])])
def test_a_marker_that_comes_before_its_capsule(word: str, seqs: list[int]) -> None:
    follower = Bench({"application": word}, "n2", **FOLLOWER)
    one, two = committed(1), committed(2)
    follower.hear("n1", *follower.pushed(one[0], 1), MarkerAnnounce(*one[1]), MarkerAnnounce(*two[1]))
    follower.hear("n1", *follower.pushed(two[0], 2), MarkerAnnounce(*two[1]))
    assert applied(follower) == seqs
    assert len(follower.stated(Received)) == 3


@pytest.mark.parametrize(("word", "seqs"), [("consume-token", [2, 1]), ("buffered", [1, 2])])
def test_markers_that_come_in_the_wrong_order(word: str, seqs: list[int]) -> None:
    follower = Bench({"application": word}, "n2", **FOLLOWER)
    for seq in (2, 1):
        data, marker = committed(seq)
        follower.hear("n1", *follower.pushed(data, seq), MarkerAnnounce(*marker))
    assert applied(follower) == seqs


@pytest.mark.parametrize(("given", "times"), [({}, 2), ({"application": "buffered"}, 1), ({"seen": "kept"}, 1)])
def test_a_marker_that_comes_again_in_the_next_life(given: dict[str, Any], times: int) -> None:
    data, marker = committed(1)
    machine = Ecs("n2", Cluster("n2", NAMES), **(FOLLOWER | given))
    disk: dict[Any, Any] = {}
    tallies = []
    for life in (1, 2):
        inputs = [Boot(disk, life)]
        bench = Bench(given, "n2", **FOLLOWER)
        inputs += [Receive("n1", push) for push in bench.pushed(data, 1)] + [Receive("n1", MarkerAnnounce(*marker))]
        for one in inputs:
            for effect in machine.step(one, Now()):
                if isinstance(effect, Persist):
                    disk[effect.key] = effect.value
                elif isinstance(effect, Note) and isinstance(effect.fact, Applied):
                    tallies.append(effect.fact.tally)
        machine = Ecs("n2", Cluster("n2", NAMES), **(FOLLOWER | given))
    assert tallies == list(range(1, times + 1))


def test_a_life_says_how_far_the_state_is_that_it_found() -> None:
    machine = Ecs("n2", Cluster("n2", NAMES), **FOLLOWER)
    effects = machine.step(Boot({"state": (3, oid(1), 2)}, 2), Now())
    assert Note(Restored(2, 3)) in effects


@pytest.mark.parametrize(("filters", "taken"), [(False, 1), (True, 0)])
def test_a_spoilt_symbol_is_taken_unless_the_filter_is_on(filters: bool, taken: int) -> None:
    follower = Bench({}, "n2", security_enabled=filters, **FOLLOWER)
    (push,) = follower.pushed(committed(1)[0], 1)
    follower.hear("n1", push.corrupted(9))
    assert len(follower.machine.held) == taken
    assert len(follower.stated(SymbolRejected)) == 1 - taken


@pytest.mark.parametrize(("given", "kept"), [
    ({}, True), ({"durability": "volatile"}, False), ({"durability": "volatile", "persistence": "before-ack"}, True),
])  # fmt: skip
def test_what_a_store_has_acknowledged_and_what_its_disk_has(given: dict[str, Any], kept: bool) -> None:
    data = committed(1)[0]
    machine = Ecs("n2", Cluster("n2", NAMES), **(FOLLOWER | {"stores": "n2"} | given))
    machine.step(Boot({}, 1), Now())
    (push,) = Bench({}, "n2", **FOLLOWER).pushed(data, 1)
    effects = machine.step(Receive("n1", push), Now())
    written = [i for i, e in enumerate(effects) if isinstance(e, Persist)]
    said = next(i for i, e in enumerate(effects) if isinstance(e, Send))
    assert bool(written) == kept
    assert not kept or (written[0] < said) == ("persistence" in given)
    fact = next(e.fact for e in effects if isinstance(e, Note) and isinstance(e.fact, Acknowledged))
    assert fact.durable == kept


# -- sessions ----------------------------------------------------------------------------------------------


def session(bench: Bench) -> int:
    """Open a session with n1 and return its id."""
    bench.feed(Alarm("ae"))
    number: int = bench.said(TipRequest)[-1].session_id
    return number


def tip(bench: Bench, number: int) -> TipReply:
    return TipReply(number, oid(9), 0, ())


def test_a_session_pulls_what_is_missing_and_ends() -> None:
    follower = Bench({}, "n2", **FOLLOWER)
    number = session(follower)
    data = committed(1)[0]
    follower.hear("n1", tip(follower, number), InventoryReply(number, (object_id(data),)))
    assert follower.said(SymbolRequest)[-1].needed == (object_id(data),)
    follower.hear("n1", *follower.replied(data))
    assert [fact.how for fact in follower.stated(SessionEnded)] == ["complete"]
    assert follower.machine.held[object_id(data)] == data


@pytest.mark.parametrize(("word", "how"), [("abort", ["aborted"]), ("ignore", [])])
def test_a_tip_that_comes_twice(word: str, how: list[str]) -> None:
    follower = Bench({"session_error": word}, "n2", **FOLLOWER)
    number = session(follower)
    follower.hear("n1", tip(follower, number), tip(follower, number))
    assert [fact.how for fact in follower.stated(SessionEnded)] == how


@pytest.mark.parametrize(("word", "asked"), [("unread", 1), ("checked", 0)])
def test_a_reply_to_an_older_session(word: str, asked: int) -> None:
    follower = Bench({"session_ids": word}, "n2", **FOLLOWER)
    number = session(follower)
    follower.hear("n1", tip(follower, number - 1))
    assert len(follower.said(InventoryRequest)) == asked


@pytest.mark.parametrize(("word", "sent"), [("pull", 0), ("both", 1)])
def test_what_only_the_initiator_holds(word: str, sent: int) -> None:
    follower = Bench({"exchange": word}, "n2", preload=1, **FOLLOWER)
    number = session(follower)
    follower.hear("n1", tip(follower, number), InventoryReply(number, ()))
    assert len(follower.said(SymbolReply)) == sent


@pytest.mark.parametrize(("word", "answers"), [("plain", []), ("tombstones", [Gone])])
def test_an_object_that_was_deleted_is_said_to_be_gone(word: str, answers: list[type]) -> None:
    node = Bench({"deletes": word}, "n1", preload=["x"])
    (one,) = node.machine.held
    node.feed(Operate(1, "collect", {"name": "x"}))
    node.hear("n2", SymbolRequest(7, (one, oid(5))))
    assert [type(message) for message in node.sent] == answers


@pytest.mark.parametrize(("word", "count"), [("all", 1), ("published", 0)])
def test_whether_others_are_told_of_a_commit_that_is_not_published(word: str, count: int) -> None:
    leader = Bench({"inventory": word}, **LEADER)
    commit(leader, 1, acks=1)
    leader.hear("n2", InventoryRequest(1))
    assert len(leader.said(InventoryReply)[-1].object_ids) == count
    commit(leader, 2)
    leader.hear("n2", InventoryRequest(1))
    assert len(leader.said(InventoryReply)[-1].object_ids) == 2 + count  # the marker and the capsule of the second


def test_only_buckets_that_differ_are_listed() -> None:
    mine, theirs = Bench({"pruning": "checkpointed"}, preload=40), Bench({"pruning": "checkpointed"}, preload=41)
    mine.hear("n2", InventoryRequest(1, theirs.machine.digests()))
    reply = mine.said(InventoryReply)[-1]
    (extra,) = set(theirs.machine.held) - set(mine.machine.held)
    assert reply.buckets == (extra[0] % 16,)
    assert 0 < len(reply.object_ids) < 40


# -- epochs ------------------------------------------------------------------------------------------------

FENCED: dict[str, Any] = {**SWITCHES["fencing"], **LEADER}


def test_a_leader_to_be_asks_the_stores_and_writes_its_epoch_first() -> None:
    machine = Ecs("n1", Cluster("n1", NAMES), **FENCED)
    effects = machine.step(Boot({}, 1), Now())
    assert machine.role == "candidate"
    asked = [i for i, e in enumerate(effects) if isinstance(e, Send) and type(e.msg) is Fence]
    assert len(asked) == 3
    assert effects.index(Persist("epoch", 4)) < asked[0]


def test_a_new_leader_publishes_again_what_a_store_has_accepted() -> None:
    bench = Bench({}, "n1", **FENCED)
    machine = Ecs("n1", Cluster("n1", NAMES), **FENCED)
    machine.step(Boot({}, 1), Now())
    data, marker = committed(1)
    vote = (1, 2, marker.capsule_id, 77)
    sent = []
    for store in (1, 2):
        sent += machine.step(Receive(NAMES[store], Fenced(store, machine.epoch, (vote,))), Now(5, 5))
    assert machine.role == "leader"
    assert next(e.msg for e in sent if isinstance(e, Send) and type(e.msg) is SymbolRequest).needed == vote[2:3]
    (push,) = bench.pushed(data, 1)
    reply = SymbolReply(0, push.object_id, 1, push.esi, push.data, push.auth_tag)
    pushes = [e.msg for e in machine.step(Receive("n2", reply), Now(6, 6)) if isinstance(e, Send)]
    assert {(p.commit_seq, p.timestamp_ns, p.epoch) for p in pushes} == {(1, 77, machine.epoch)}


def test_a_hole_is_filled_with_an_empty_commit() -> None:
    machine = Ecs("n1", Cluster("n1", NAMES), **FENCED)
    machine.step(Boot({}, 1), Now())
    _, marker = committed(2)
    for store in (1, 2):
        effects = machine.step(
            Receive(NAMES[store], Fenced(store, machine.epoch, ((2, 2, marker.capsule_id, 7),))), Now()
        )
    capsules = {e.msg.capsule_id for e in effects if isinstance(e, Send) and type(e.msg) is SymbolPush}
    assert capsules == {object_id(build("CommitCapsule", b""))}


def test_a_marker_without_a_vote_does_not_move_the_clock() -> None:
    machine = Ecs("n1", Cluster("n1", NAMES), **FENCED)
    machine.step(Boot({("marker", 2**60): (oid(1), 5, 0)}, 2), Now())  # as a flipped bit would make it
    for store in (1, 2):
        machine.step(Receive(NAMES[store], Fenced(store, machine.epoch, ())), Now())
    assert (machine.role, machine.next_seq) == ("leader", 1)


def test_a_store_refuses_an_older_epoch_and_says_which_has_begun() -> None:
    store = Bench(SWITCHES["fencing"], "n2", **(LEADER | {"leaders": "n1"}))
    store.hear("n4", Fence(7))
    (push,) = store.pushed(committed(1)[0], 1)
    store.hear("n1", push._replace(epoch=4))
    assert store.sent[-1] == Stale(7)
    assert not store.said(StoreAck)


@pytest.mark.parametrize("message", [Stale(99), Fence(99), MarkerAnnounce(1, oid(1), 0, 99)])
def test_a_leader_gives_way_to_a_later_epoch(message: Any) -> None:
    leader = Bench({}, **FENCED)
    assert leader.machine.role == "leader"
    commit(leader, 1, acks=0)
    leader.hear("n4", message)
    assert leader.machine.role == "follower"
    assert not leader.machine.gates


def test_a_marker_is_announced_again_under_the_epoch_of_who_announces_it() -> None:
    leader = Ecs("n1", Cluster("n1", NAMES), **FENCED)
    _, marker = committed(1)
    leader.step(Boot({("marker", 1): (marker.capsule_id, 5, 4), "epoch": 4, "role": "leader"}, 2), Now())
    for store in (1, 2):
        leader.step(Receive(NAMES[store], Fenced(store, leader.epoch, ())), Now())
    effects = leader.step(Alarm("markers"), Now())
    assert leader.epoch > 4
    assert {e.msg.epoch for e in effects if isinstance(e, Send) and type(e.msg) is MarkerAnnounce} == {leader.epoch}


@pytest.mark.parametrize("role", ["leader", "follower"])
@pytest.mark.parametrize(("word", "seqs"), [("none", []), ("durable", list(range(1, 11)))])
def test_a_life_says_first_what_an_earlier_one_has_published(role: str, word: str, seqs: list[int]) -> None:
    machine = Ecs("n1", Cluster("n1", NAMES), **(FENCED | {"outbox": word}))
    log: dict[Any, Any] = {("marker", seq): (committed(seq)[1].capsule_id, 5, 4) for seq in range(1, 11)}
    effects = machine.step(Boot({**log, "role": role, "state": (10, oid(1), 10)}, 2), Now())
    stated = [e.fact for e in effects if isinstance(e, Note) and isinstance(e.fact, Published)]
    assert [fact.seq for fact in stated] == seqs
    # Before the state that was made of it, and before what waits for the disk.
    assert effects.index(Note(Restored(10, 10))) == len(stated)


def test_a_follower_halts_at_a_second_capsule_of_a_sequence() -> None:
    follower = Bench(SWITCHES["fencing"], "n2", **FOLLOWER)
    data, marker = committed(1)
    follower.hear("n1", MarkerAnnounce(*marker, 4), MarkerAnnounce(1, oid(9), 0, 4))
    follower.hear("n1", *follower.pushed(data, 1), MarkerAnnounce(*committed(2)[1], 4))
    assert follower.machine.halted
    assert applied(follower) == []


# -- the ring of a node ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("word", "outcome"), [("points", "fail"), ("versioned", "ok")])
def test_a_member_leaves_only_a_ring_that_knows_its_members(word: str, outcome: str) -> None:
    machine = Ecs("n1", Cluster("n1", NAMES), **(LEADER | {"membership": word, "routing": "ring"}))
    machine.step(Boot({}, 1), Now())
    (answer,) = machine.step(Operate(1, "leave", {"member": "n4"}), Now())
    assert answer.outcome == outcome  # type: ignore[attr-defined]
    owners = {machine.owners(oid(1), esi)[0] for esi in range(50)}
    assert (3 in owners) == (outcome == "fail")


# -- every switch under fire -------------------------------------------------------------------------------


@pytest.mark.parametrize("switch", SWITCHES)
@pytest.mark.parametrize("scenario", ["ecs/hardened_storm", "ecs/deleted_and_missing_look_alike"])
def test_no_switch_alone_breaks_a_node(switch: str, scenario: str) -> None:
    experiment = prepare(scenario, (("profile", switch), ("stop", "8s")))
    assert run(experiment.plan(3), 3, None).model_error is None


def test_a_goodbye_to_an_earlier_session_is_no_error() -> None:
    follower = Bench(SWITCHES["tombstones"], "n2", **FOLLOWER)
    number = session(follower)
    follower.hear("n1", Gone(number, oid(5)))
    assert follower.stated(SessionEnded) == []
