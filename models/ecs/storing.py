"""What a node holds: objects, symbols on their way to becoming objects, and what a store owes to a leader."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar

from sim.machine import Cluster, Effect, Input, Machine, NodeId, Now, Operate, fingerprint, on

from .blake3 import blake3
from .choices import Parameters
from .coding import encode
from .config import FOLLOWER, LEADER
from .facts import Acknowledged, Collected, Created, Held, SymbolRejected
from .fencing import Acceptor, Vote
from .messages import Stale, StoreAck, SymbolPush
from .objects import CAPSULE, SEGMENT, ObjectId, build, kind_of, object_id
from .ring import ConsistentHashRing, RingHistory
from .symbols import Assembly, AuthenticatedSymbol, symbol

CANDIDATE = "candidate"  # a leader to be, under fencing


@lru_cache(maxsize=64)
def key_of(secret: str) -> bytes:
    """Return the key of keyed tags."""
    return blake3(secret.encode())


@lru_cache(maxsize=4096)
def coded(oid: ObjectId, data: bytes, k: int, count: int, key: bytes | None) -> tuple[AuthenticatedSymbol, ...]:
    """Return the first symbols of an object, tagged."""
    return tuple(symbol(oid, esi, part, key) for esi, part in enumerate(encode(data, k, range(count))))


@lru_cache(maxsize=256)
def ring_of(members: tuple[int, ...], vnodes: int) -> ConsistentHashRing:
    """Return a ring; nodes of many lives share it, for it never changes."""
    return ConsistentHashRing(members, vnodes)


def named(name: str, found: Any, cluster: Cluster) -> tuple[NodeId, ...]:
    """Return nodes by name. Raises ValueError on a name that no node has."""
    names = (found,) if isinstance(found, str) else tuple(found)
    for node in names:
        if node not in cluster.nodes:
            raise ValueError(f"{name}: found {node!r}, allowed: {', '.join(cluster.nodes)}")
    return names


class Storing(Machine):
    """Objects and symbols at one node. `leaders` and `stores` are the nodes configured as such."""

    ACTS: ClassVar[Mapping[str, tuple[str, ...]]] = {"collect": ("name",), "join": ("member",), "leave": ("member",)}

    def __init__(self, node: NodeId, cluster: Cluster, parameters: Parameters) -> None:
        super().__init__(node, cluster)
        p = self.p = parameters
        self.number = cluster.number(node)
        self.leaders = (
            cluster.nodes if p.leaders == "all" else named("leaders", p.leaders or cluster.nodes[:1], cluster)
        )
        self.stores = named("stores", cluster.nodes[: p.total] if p.stores is None else p.stores, cluster)
        self.store_ids = tuple(cluster.number(store) for store in self.stores)
        self.fenced = p.epochs == "fenced"
        self.key = key_of(p.secret) if p.auth == "keyed" else None
        self.ring: ConsistentHashRing | RingHistory = (
            RingHistory(self.store_ids, p.vnodes) if p.membership == "versioned" else ring_of(self.store_ids, p.vnodes)
        )
        self.role = LEADER if node in self.leaders else FOLLOWER
        self.life = 1
        self.epoch_seen = 0
        self.acceptor = Acceptor()
        self.held: dict[ObjectId, bytes] = {}
        self.shares: dict[ObjectId, dict[int, bytes]] = {}  # of stores that need not decode
        self.deleted: set[ObjectId] = set()
        self._assemblies: dict[ObjectId, Assembly] = {}
        self._filters = p.security_enabled or self.key is not None
        self._writes_first = p.persistence == "before-ack"
        self._afterwards: list[tuple[Hashable, Any]] = []

    @property
    def objects(self) -> int:
        return len(self.held)

    def contents(self) -> Iterable[tuple[Hashable, str]]:
        return [(oid, fingerprint(data)) for oid, data in sorted(self.held.items())]

    # -- the disk ------------------------------------------------------------------------------------------

    def step(self, input: Input, now: Now) -> Sequence[Effect]:
        """Take one input. What is written without waiting for it comes behind everything that the step says."""
        effects = super().step(input, now)
        if self._afterwards:
            for key, value in self._afterwards:
                self.persist(key, value)
            self._afterwards.clear()
        return effects

    def write(self, key: Hashable, value: Any) -> None:
        """Write as durability says: before what is said next, or behind all that this step says, or not at all."""
        if self._writes_first:
            self.persist(key, value)
        elif self.p.durability == "db":
            self._afterwards.append((key, value))

    def restore(self, durable: Mapping[Hashable, Any]) -> None:
        """Begin a life with what the disk kept."""
        kept = [(key, value) for key, value in durable.items() if isinstance(key, tuple)]
        self.held = {key[1]: value for key, value in sorted(kv for kv in kept if kv[0][0] == "object")}
        self.deleted = {key[1] for key, _ in kept if key[0] == "deleted"}
        for key, value in kept:
            if key[0] == "symbol":
                self.shares.setdefault(key[1], {})[key[2]] = value
            elif key[0] == "vote":
                self.acceptor.votes[key[1]] = Vote(*value)
        self.acceptor.promised = durable.get("promised", 0)
        self.epoch_seen = max(self.acceptor.promised, durable.get("epoch", 0))

    # -- objects -------------------------------------------------------------------------------------------

    def create(self, kind: str, body: bytes) -> ObjectId:
        """Make an object and hold it."""
        data = build(kind, body)
        oid = object_id(data)
        self.note(Created(oid, kind))
        self.hold(oid, data, "created")
        return oid

    def hold(self, oid: ObjectId, data: bytes, how: str) -> None:
        """Hold an object from now on."""
        if oid not in self.held:
            self.held[oid] = data
            self.write(("object", oid), data)
            self.note(Held(oid, how))

    def preload(self) -> None:
        """Make the objects that this node has from the first."""
        found = self.p.preload
        for name in [f"o{i}" for i in range(found)] if isinstance(found, int) else found:
            self.create(SEGMENT, str(name).encode())

    def drop(self, oid: ObjectId) -> None:
        """Delete an object; with tombstones, for good."""
        if self.p.deletes == "tombstones" and oid not in self.deleted:
            self.deleted.add(oid)
            self.write(("deleted", oid), True)
        self._assemblies.pop(oid, None)
        if self.held.pop(oid, None) is not None:
            self.forget(("object", oid))
            self.note(Collected(oid))

    @on(Operate, "collect")
    def collect(self, act: Operate, now: Now) -> None:
        """Delete the object, preloaded or committed, that was made of this name."""
        body = str(act.args["name"]).encode()
        for kind in (SEGMENT, CAPSULE):
            self.drop(object_id(build(kind, body)))
        self.answer(act, "ok")

    # -- symbols -------------------------------------------------------------------------------------------

    def symbols_of(self, oid: ObjectId) -> tuple[AuthenticatedSymbol, ...]:
        """Return the symbols of an object that is held."""
        return coded(oid, self.held[oid], self.p.k, self.p.k + self.p.repair, self.key)

    def take(self, one: AuthenticatedSymbol, k: int, how: str) -> bool:
        """Take in a symbol; return whether its object is held now, also if it was before."""
        if (self._filters and not one.verify(self.key)) or one.object_id in self.deleted:
            self.note(SymbolRejected(one.object_id, one.esi))
            return False
        if one.object_id in self.held:
            return True
        assembly = self._assemblies.get(one.object_id)
        if assembly is None:
            assembly = self._assemblies[one.object_id] = Assembly(one.object_id, k, self.p.symbols)
        if not assembly.add(one.esi, one.data):
            self.note(SymbolRejected(one.object_id, one.esi))
        if not assembly.enough():
            return False
        data = assembly.decode()
        if data is None:
            if assembly.rule == "first":
                del self._assemblies[one.object_id]  # one of them is false, and nobody can say which
            return False
        del self._assemblies[one.object_id]
        self.hold(one.object_id, data, how)
        return True

    def arrived(self, oid: ObjectId, src: NodeId, session: int | None, now: Now) -> None:
        """Go on with an object that is held now, or that came again; later rooms say how."""

    def see_epoch(self, epoch: int) -> None:
        """Take notice of an epoch; a leader of an older one gives way, in a later room."""
        self.epoch_seen = max(self.epoch_seen, epoch)

    # -- a store -------------------------------------------------------------------------------------------

    def owners(self, oid: ObjectId, esi: int) -> tuple[int, ...]:
        """Return the stores that a symbol goes to."""
        ring = self.ring.latest if isinstance(self.ring, RingHistory) else self.ring
        if self.p.placement == "by-object":
            return ring.successors(oid, 0, max(self.p.total, 1))
        if self.p.routing == "full":
            return self.store_ids
        owner = ring.route(oid, esi)
        return () if owner is None else (owner,)

    @on(SymbolPush)
    def pushed(self, src: NodeId, msg: SymbolPush, now: Now) -> None:
        if self.fenced and msg.epoch < self.acceptor.promised:
            self.send(src, Stale(self.acceptor.promised))
            return
        held = self.take(msg.symbol, msg.k, "pushed")
        if self.number in self.store_ids and (self._has_share(msg) if self.p.sufficient == "share" else held):
            self.acknowledge(src, msg)
        if held:
            self.arrived(msg.object_id, src, None, now)

    def _has_share(self, msg: SymbolPush) -> bool:
        """Keep a symbol as it is, and return whether this store now has all that are its own."""
        oid = msg.object_id
        if self._filters and not msg.symbol.verify(self.key):
            return False
        share = self.shares.setdefault(oid, {})
        if msg.esi not in share:
            share[msg.esi] = msg.data
            self.write(("symbol", oid, msg.esi), msg.data)
        return all(esi in share for esi in range(msg.k + self.p.repair) if self.number in self.owners(oid, esi))

    def acknowledge(self, leader: NodeId, msg: SymbolPush) -> None:
        """Tell a leader that this store has enough symbols of a commit."""
        if self.fenced:
            vote = Vote(msg.epoch, msg.capsule_id, msg.timestamp_ns)
            if not self.acceptor.accept(msg.commit_seq, vote):
                self.send(leader, Stale(self.acceptor.promised))
                return
            self.see_epoch(msg.epoch)
            self.write("promised", self.acceptor.promised)
            self.write(("vote", msg.commit_seq), tuple(vote))
        durable = self._writes_first or self.p.durability == "db"
        self.note(Acknowledged(self.number, msg.commit_seq, msg.capsule_id, durable))
        self.send(leader, StoreAck(self.number, msg.commit_seq, msg.capsule_id, msg.epoch))

    @on(Operate, "join")
    def join(self, act: Operate, now: Now) -> None:
        """Put a node into this node's ring."""
        member = self.cluster.number(act.args["member"])
        if isinstance(self.ring, RingHistory):
            self.ring.join(member)
        else:
            self.ring = self.ring.add_node(member)
        self.answer(act, "ok")

    @on(Operate, "leave")
    def leave(self, act: Operate, now: Now) -> None:
        """Take a node out of this node's ring; one that knows its members by their points cannot."""
        if isinstance(self.ring, RingHistory):
            self.ring.leave(self.cluster.number(act.args["member"]))
            self.answer(act, "ok")
        else:
            self.answer(act, "fail")

    def kind(self, oid: ObjectId) -> str | None:
        """Return the kind of an object that is held."""
        return kind_of(self.held[oid])
