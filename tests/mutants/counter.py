"""A counter that is replicated by merging: sound as it stands, and wrong in one way per bug.

Each node counts its own increments; a state is the tuple of all nodes' counts and two states are merged by the
larger count of each node. Every state travels with the operations that it reflects.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sim.machine import Alarm, Ask, Boot, Cluster, Machine, NodeId, Now, fingerprint, on
from sim.units import MS

NONE = "none"
BUGS = {
    "overwrites": "merging takes the other state as it is",
    "adds": "merging adds the counts, so that what arrives twice counts twice",
    "keeps-own": "merging keeps the node's own state wherever it has counted anything",
    "averages": "merging takes the mean of the counts, rounded up",
    "counts-silently": "an increment that arrives while a merge is fresh is counted and not told",
    "never-gossips-back": "a node that has heard of others sends nothing any more",
}


class State(NamedTuple):
    counts: tuple[int, ...]
    ops: tuple[int, ...]  # which operations it reflects


class Merged(NamedTuple):
    left: tuple[int, ...]
    right: tuple[int, ...]
    result: tuple[int, ...]


class Reflects(NamedTuple):
    updates: str
    state: tuple[int, ...]


class View(NamedTuple):
    digest: str
    total: int


class Counter(Machine):
    View = View
    FACTS = (Merged, Reflects)
    ACTIONS = {"increment": ("value",), "read": ()}

    def __init__(self, node: NodeId, cluster: Cluster, bug: str = NONE) -> None:
        super().__init__(node, cluster)
        if bug not in (NONE, *BUGS):
            raise ValueError(f"bug: found {bug!r}, allowed: {NONE}, {', '.join(BUGS)}")
        self.bug = bug
        self.me = cluster.number(node)
        self.counts = (0,) * len(cluster.nodes)
        self.ops: tuple[int, ...] = ()
        self.heard = False

    @property
    def total(self) -> int:
        return sum(self.counts)

    @property
    def digest(self) -> str:
        return fingerprint(self.counts)

    @on(Boot)
    def boot(self, durable: Mapping[Any, Any], life: int, now: Now) -> None:
        self.counts, self.ops = durable.get("state", (self.counts, self.ops))
        self.alarm("gossip", (20 * MS, 100 * MS), every=100 * MS)

    @on(Ask, "increment")
    def increment(self, ask: Ask, now: Now) -> None:
        value = 1
        counts = list(self.counts)
        counts[self.me] += value
        told = self.ops if self.bug == "counts-silently" and self.heard else tuple(sorted((*self.ops, ask.op)))
        self.heard = False
        self.become(tuple(counts), told)
        self.answer(ask, "ok")

    @on(Ask, "read")
    def read(self, ask: Ask, now: Now) -> None:
        self.answer(ask, "ok", self.total)

    @on(Alarm, "gossip")
    def gossip(self, about: Any, now: Now) -> None:
        if not (self.bug == "never-gossips-back" and self.heard):
            self.send(self.peers[now.word() * len(self.peers) >> 64], State(self.counts, self.ops))

    @on(State)
    def learn(self, src: NodeId, msg: State, now: Now) -> None:
        self.heard = True
        merged = self.merge(self.counts, msg.counts)
        self.note(Merged(self.counts, msg.counts, merged))
        self.become(merged, tuple(sorted({*self.ops, *msg.ops})))

    def merge(self, left: tuple[int, ...], right: tuple[int, ...]) -> tuple[int, ...]:
        pairs = list(zip(left, right, strict=True))
        match self.bug:
            case "overwrites":
                return right
            case "adds":
                return tuple(a + b for a, b in pairs)
            case "keeps-own":
                return tuple(a or b for a, b in pairs)
            case "averages":
                return tuple((a + b + 1) // 2 for a, b in pairs)
            case _:
                return tuple(max(a, b) for a, b in pairs)

    def become(self, counts: tuple[int, ...], ops: tuple[int, ...]) -> None:
        if (counts, ops) != (self.counts, self.ops):
            self.counts, self.ops = counts, ops
            self.persist("state", (counts, ops))
            self.note(Reflects(fingerprint(ops), counts))


machine = Counter
