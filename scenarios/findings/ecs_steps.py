"""What shows the weaknesses of ecs that need no network: machines, and the rooms they are made of, stepped by hand."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from models.ecs import Ecs, tla
from models.ecs import quorum as quorums
from models.ecs.coding import encode
from models.ecs.config import ReplicationConfig, validate_config
from models.ecs.events import APPLIED, PUBLISHED, RECEIVED, TraceEvent, sheaf_consistency_check
from models.ecs.facts import Forked, Published
from models.ecs.messages import (
    Fenced,
    InventoryReply,
    InventoryRequest,
    MarkerAnnounce,
    StoreAck,
    SymbolPush,
    SymbolReply,
    TipReply,
    TipRequest,
)
from models.ecs.objects import (
    CAPSULE,
    CommitMarker,
    EcsInternalError,
    ObjectId,
    build,
    marker_object,
    object_id,
    oid,
)
from models.ecs.ring import ConsistentHashRing, RingHistory
from models.ecs.session import AntiEntropySession, ReplicaTip
from models.ecs.symbols import Assembly, symbol
from reports.export.tla import Commit, replayable
from sim.checks.sheaf import sheaf_consistent
from sim.jury import Jury
from sim.machine import Alarm, Ask, Boot, Cluster, Input, Note, Now, Persist, Persisted, Receive, Send
from sim.trace import Header, Record
from sim.units import S

from .weakness import Figures

Params = Mapping[str, Any]
NAMES = ("n1", "n2", "n3", "n4")


class Bench:
    """One node without a world: what it tells itself it hears at once, and what it writes is durable at once."""

    def __init__(self, params: Params, node: str = "n1", **own: Any) -> None:
        self.machine = Ecs(node, Cluster(node, NAMES), **{**params, **own})
        self.sent: list[Any] = []
        self.facts: list[Any] = []
        self.feed(Boot({}, 1))
        if self.machine.role == "candidate":
            for store in self.machine.stores:
                self.feed(Receive(store, Fenced(self.machine.cluster.number(store), self.machine.epoch, ())))

    def feed(self, *inputs: Input) -> None:
        """Give the node inputs, one after another."""
        for one in inputs:
            for effect in self.machine.step(one, Now(S, S, words=(1,))):
                if isinstance(effect, Note):
                    self.facts.append(effect.fact)
                elif isinstance(effect, Persist) and effect.tell:
                    self.feed(Persisted(effect.key))
                elif isinstance(effect, Send):
                    if effect.dst == self.machine.node:
                        self.feed(Receive(effect.dst, effect.msg))
                    else:
                        self.sent.append(effect.msg)

    def hear(self, src: str, *messages: Any) -> None:
        self.feed(*(Receive(src, message) for message in messages))

    def said(self, kind: type) -> list[Any]:
        """Return the messages of a class that have left."""
        return [message for message in self.sent if type(message) is kind]

    def stated(self, kind: type) -> list[Any]:
        return [fact for fact in self.facts if type(fact) is kind]

    def symbols(self, data: bytes) -> list[Any]:
        """Return as many symbols of an object as decode it, as a peer with the same key would make them."""
        one = object_id(data)
        parts = encode(data, self.machine.p.k, range(self.machine.p.k))
        return [symbol(one, esi, part, self.machine.key) for esi, part in enumerate(parts)]

    def pushed(self, data: bytes, seq: int) -> list[SymbolPush]:
        k, capsule = self.machine.p.k, object_id(data)
        return [
            SymbolPush(s.object_id, CAPSULE, s.esi, s.data, s.auth_tag, k, seq, capsule) for s in self.symbols(data)
        ]

    def replied(self, data: bytes) -> list[SymbolReply]:
        session = self.said(TipRequest)[-1].session_id
        return [SymbolReply(session, s.object_id, self.machine.p.k, *s[1:]) for s in self.symbols(data)]


def committed(seq: int) -> tuple[bytes, CommitMarker]:
    """Return a capsule and its marker."""
    data = build(CAPSULE, f"c{seq}".encode())
    return data, CommitMarker(seq, object_id(data), S)


# -- sessions ----------------------------------------------------------------------------------------------


def stray_object(params: Params) -> Figures:
    """Give a session that needs nothing an object that it did not ask for."""
    session = AntiEntropySession(strays=params.get("strays", "counted"))
    session.exchange_tips(ReplicaTip(oid(0), 0), ReplicaTip(oid(0), 0))
    session.compute_missing({oid(1)}, {oid(1)})
    before = session.phase
    session.record_decoded(oid(9))
    return {"phase before": before, "phase after": session.phase}


def tips_that_say_something(params: Params) -> Figures:
    """Let a follower meet a peer at its own position with another root, then one with the very same tip."""
    follower = Bench(params, "n2", leaders="n1")
    data, marker = committed(1)
    follower.hear("n1", *follower.pushed(data, 1), MarkerAnnounce(*marker))
    mine = follower.machine.tip()
    follower.feed(Alarm("ae"))
    first = follower.said(TipRequest)[-1].session_id
    follower.hear("n1", TipReply(first, oid(77), mine.marker_position, mine.index_segment_tips))
    other = Bench(params, "n2", leaders="n1")
    other.feed(Alarm("ae"))
    other.hear("n1", TipReply(other.said(TipRequest)[-1].session_id, *other.machine.tip()))
    return {
        "forks flagged": len(follower.stated(Forked)),
        "inventories asked of an equal peer": len(other.said(InventoryRequest)),
    }


def position_after_a_pull(params: Params) -> Figures:
    """Let a follower pull two commits whose markers come before their capsules, and complete its session."""
    follower = Bench(params, "n2", leaders="n1", k=1, repair=0)
    commits = [committed(seq) for seq in (1, 2)]
    objects = [*(marker_object(marker) for _, marker in commits), *(data for data, _ in commits)]
    follower.feed(Alarm("ae"))
    session = follower.said(TipRequest)[-1].session_id
    follower.hear("n1", TipReply(session, oid(9), 10, ()))
    follower.hear("n1", InventoryReply(session, tuple(sorted(map(object_id, objects)))))
    for data in objects:
        follower.hear("n1", *follower.replied(data))
    return {"position claimed": follower.machine.position, "applied without a gap": follower.machine.upto}


# -- quorums -----------------------------------------------------------------------------------------------


def strangers_accept(params: Params) -> Figures:
    """Let two stores that nobody has ever configured acknowledge a commit of policy 2 of 3."""
    leader = Bench(params, stores=NAMES[1:], required=2, total=3)
    leader.feed(Ask("c", 1, "append", ("a",)))
    capsule, epoch = object_id(build(CAPSULE, b"a")), leader.machine.epoch
    leader.hear("n2", *(StoreAck(store, 1, capsule, epoch) for store in (777, 999)))
    return {"published on the word of strangers": len(leader.stated(Published))}


def quorums_that_need_not_meet(params: Params) -> Figures:
    """Ask for policies of which two quorums share no store, and look at the default."""
    accepted = 0
    for required, total in ((1, 3), (2, 4)):
        try:
            quorums.policy(required, total, params.get("policies", "any"))
            accepted += 1
        except EcsInternalError:
            pass
    default = ReplicationConfig().quorum
    return {"policies accepted of 1/3 and 2/4": accepted, "copies by default": default.required}


def numbers_nobody_looks_at(params: Params) -> Figures:
    """Validate 0 of 0 and 5 of 3, then run a leader with the first."""
    valid = 0
    for required, total in ((0, 0), (5, 3)):
        try:
            config = ReplicationConfig(quorum=quorums.QuorumPolicy(required, total))
            validate_config(config, params.get("policies", "any"))
            valid += 1
        except EcsInternalError:
            pass
    opened = 0
    try:
        leader = Bench(params, stores="n2", required=0, total=0)
        leader.feed(Ask("c", 1, "append", ("a",)))
        opened = len(leader.stated(Published))
    except EcsInternalError:
        pass
    return {"configurations that validate": valid, "gates opened by nobody": opened}


# -- the ring ----------------------------------------------------------------------------------------------


def _owners(ring: ConsistentHashRing, one: ObjectId, count: int) -> list[int]:
    return [ring.route(one, esi) or 0 for esi in range(count)]


def _repair(owners: Sequence[int], k: int, enough: Any) -> int:
    """Return how many symbols beyond k it takes until the stores' counts are enough."""
    counts = dict.fromkeys((1, 2, 3), 0)
    for made, owner in enumerate(owners, 1):
        counts[owner] += 1
        if made >= k and enough(sorted(counts.values())):
            return made - k
    raise ValueError(f"more than {len(owners)} symbols are needed")


def one_owner_per_symbol(params: Params) -> Figures:
    """Route symbols of 100 objects to three stores, and count what it takes for a quorum of two to be of use."""
    ring = ConsistentHashRing((1, 2, 3), 100)
    figures: dict[str, Any] = {}
    by_object = params.get("placement") == "by-object"

    def placed(one: ObjectId, count: int) -> list[tuple[int, ...]]:
        if by_object:
            return [ring.successors(one, 0, 3)] * count
        return [(owner,) for owner in _owners(ring, one, count)]

    first = placed(oid(1), 10)
    counts = [sum(store in stores for stores in first) for store in (1, 2, 3)]
    figures["symbols of oid 1 per store, k 10"] = "/".join(map(str, sorted(counts)))
    figures["stores that hold k"] = sum(count >= 10 for count in counts)
    figures["single losses survived"] = sum(
        sum(bool(set(stores) - {lost}) for stores in first) >= 10 for lost in (1, 2, 3)
    )
    for k in (4, 10, 32):
        owners = [_owners(ring, oid(n), 256) for n in range(100)]
        # Any two stores decode if the two with the fewest do; two stores hold k each if the second most does.
        pairs = [_repair(own, k, lambda c, k=k: c[0] + c[1] >= k) for own in owners]
        each = [_repair(own, k, lambda c, k=k: c[1] >= k) for own in owners]
        figures[f"repair for any two, k {k}"] = f"median {median(pairs):g}, max {max(pairs)}"
        figures[f"repair for k on two, k {k}"] = f"median {median(each):g}, max {max(each)}"
    return figures


def ring_views_diverge(params: Params) -> Figures:
    """Write 1000 symbols of oid 1 by a ring of three, and look them up by one of four."""
    old = ConsistentHashRing((1, 2, 3), 100)
    new = old.add_node(4)
    history = RingHistory((1, 2, 3), 100)
    history.join(4)
    missed = 0
    for esi in range(1000):
        versioned = params.get("membership") == "versioned"
        asked = history.lookup(oid(1), esi) if versioned else new.successors(oid(1), esi, 1)
        missed += old.route(oid(1), esi) not in asked
    return {"symbols not found": missed}


def dead_nodes_keep_their_share(params: Params) -> Figures:
    """Lose store 3 for good, route 1000 symbols of oid 1, and add a node to a ring without virtual nodes."""
    if params.get("membership") == "versioned":
        history = RingHistory((1, 2, 3), 100)
        history.leave(3)
        ring = history.latest
        try:
            forgotten = 3 - len(RingHistory((1, 2), 0).members)
        except ValueError:
            forgotten = 0
    else:
        ring = ConsistentHashRing((1, 2, 3), 100)
        forgotten = 3 - ConsistentHashRing((1, 2), 0).add_node(3).node_count()
    return {"symbols routed to the dead": _owners(ring, oid(1), 1000).count(3), "members forgotten": forgotten}


# -- symbols -----------------------------------------------------------------------------------------------


def forged_symbols(params: Params) -> Figures:
    """Send a store symbols that anybody can make, with the filter on; then spoilt ones to one as it comes."""
    data = build(CAPSULE, b"genuine")
    store = Bench(params, "n2", leaders="n1", stores=("n2",), security_enabled=True)
    one, k = object_id(data), store.machine.p.k
    forged = [symbol(one, esi, part) for esi, part in enumerate(encode(build(CAPSULE, b"forged"), k, range(k)))]
    verified = sum(f.verify(store.machine.key) for f in forged)
    store.hear("n3", *(SymbolPush(one, CAPSULE, f.esi, f.data, f.auth_tag, k, 1, one) for f in forged))
    careless = Bench(params, "n2", leaders="n1", stores=("n2",))
    spoilt = [push.corrupted(5) for push in careless.pushed(data, 1)]
    careless.hear("n1", *spoilt)
    return {
        "forged symbols that verify": verified,
        "objects held that are not what their id says": sum(
            object_id(held) != name for bench in (store, careless) for name, held in bench.machine.held.items()
        ),
    }


def one_symbol_four_times(params: Params) -> Figures:
    """Give a decoder that needs four symbols the same one four times, by the rule and by the other reading."""
    data = build(CAPSULE, b"thirteen bytes")
    part = encode(data, 4, (0,))[0]

    def decoded(rule: str) -> int:
        assembly = Assembly(object_id(data), 4, rule)
        for _ in range(4):
            assembly.add(0, part)
        return int(assembly.enough() and assembly.decode() is not None)

    return {"objects decoded": decoded(params.get("symbols", "counted")), "counting distinct ones": decoded("distinct")}


# -- checks over traces ------------------------------------------------------------------------------------

A, B = oid(1), oid(2)
MISSED: Mapping[str, tuple[TraceEvent, ...]] = {
    "a fork": (
        TraceEvent(1, 1, A, PUBLISHED), TraceEvent(1, 1, A, APPLIED),
        TraceEvent(2, 1, B, PUBLISHED), TraceEvent(2, 1, B, APPLIED),
    ),
    "another object": (TraceEvent(1, 1, A, PUBLISHED), TraceEvent(1, 1, B, APPLIED)),
    "applied before published": (TraceEvent(1, 1, A, APPLIED), TraceEvent(1, 1, A, PUBLISHED)),
    "a gap": (
        TraceEvent(1, 1, A, PUBLISHED), TraceEvent(2, 1, A, APPLIED),
        TraceEvent(1, 9, B, PUBLISHED), TraceEvent(1, 9, B, APPLIED), TraceEvent(1, 1, A, APPLIED),
        TraceEvent(2, 9, B, APPLIED),
    ),
    "no follower received it": (TraceEvent(1, 1, A, PUBLISHED), TraceEvent(1, 1, A, APPLIED)),
    "applied twice": (
        TraceEvent(1, 1, A, PUBLISHED), TraceEvent(1, 1, A, APPLIED),
        TraceEvent(2, 1, A, APPLIED), TraceEvent(2, 1, A, APPLIED),
    ),
}  # fmt: skip
_Commit = namedtuple("_Commit", "seq payload")


def anomalies_missed(params: Params) -> Figures:
    """Show both forms of the sheaf check six histories that are none."""
    facts = dict.fromkeys(("published", "received", "applied"), _Commit._fields)
    header = Header(("n1", "n2"), 60 * S, None, facts=facts)
    corrected = 0
    for events in MISSED.values():
        jury = Jury([sheaf_consistent], header)
        jury.hear_all(
            Record(i, i, "note", f"n{e.node_id}", None, e.event_type.lower(), _Commit(e.commit_seq, e.object_id))
            for i, e in enumerate(events, 1)
        )
        corrected += jury.findings()[0].verdict != "violated"
    published = sum(sheaf_consistency_check(events).is_consistent for events in MISSED.values())
    return {"histories": len(MISSED), "missed as published": published, "missed as corrected": corrected}


def text_without_a_behaviour(params: Params) -> Figures:
    """Export three events in the published form and in the one that TLC replays."""
    events = [TraceEvent(1, 1, A, PUBLISHED), TraceEvent(2, 1, A, RECEIVED), TraceEvent(2, 1, A, APPLIED)]
    text = tla.export_tla_trace(events)
    other = replayable(("n1", "n2"), [Commit(e.event_type, f"n{e.node_id}", e.commit_seq, e.object_id) for e in events])
    return {
        "Next": text.count("Next =="),
        "UNCHANGED": text.count("UNCHANGED"),
        "steps of 3 events": text.count("Step") - text.count("\\* Step"),
        "Next, replayable": other.count("Next =="),
        "UNCHANGED, replayable": other.count("UNCHANGED"),
    }


# -- growth ------------------------------------------------------------------------------------------------


def _after(params: Params, commits: int) -> tuple[int, int, int]:
    """Return a follower's tokens, a leader's gates and the ids in a reply to an equal peer, after so many commits."""
    leader = Bench(params, stores="n1", k=1, repair=0)
    follower = Bench(params, "n2", leaders="n1", k=1, repair=0)
    for seq in range(1, commits + 1):
        leader.feed(Ask("c", seq, "append", (f"c{seq}",)))
        data, marker = committed(seq)
        follower.hear("n1", *follower.pushed(data, seq), MarkerAnnounce(*marker))
    digests = leader.machine.digests() if params.get("pruning") == "checkpointed" else ()
    leader.hear("n2", InventoryRequest(1, digests))
    ids = len(leader.said(InventoryReply)[-1].object_ids)
    return follower.machine.dedup.seen_count(), len(leader.machine.gates), ids


def growth(params: Params) -> Figures:
    """Make 50 commits, and 100."""
    fifty, hundred = _after(params, 50), _after(params, 100)
    names = ("tokens", "gates", "ids sent to an equal peer")
    return {
        f"{name} after {count}": value
        for count, values in ((50, fifty), (100, hundred))
        for name, value in zip(names, values, strict=True)
    }
