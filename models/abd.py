"""ABD: registers that are atomic as long as a majority answers, with no leader and no log.

Every node keeps, for each key, a value and its tag. A write asks a majority for their tags and stores its value under a
greater one on a majority. A read asks a majority, takes the value with the greatest tag, and stores that on a majority
before it answers: the step that is easy to omit, without which a later read may find an older value. Whichever node is
asked does all this; two operations at once need not know of each other.

The guarantee: reads and writes are linearizable under any crashes, losses and cuts, and end if a majority can be
reached. What it lacks: registers only, no read-modify-write; and a write that is asked for again is another write.

After Attiya, Bar-Noy and Dolev, Sharing Memory Robustly in Message-Passing Systems (JACM 1995); for several writers
Lynch and Shvartsman, Robust Emulation of Shared Memory Using Dynamic Quorum-Acknowledged Broadcasts (FTCS 1997). Both
have nodes that never come back; that a node keeps its values, and begins its tags anew in each life, is added here.
"""

from __future__ import annotations

from collections.abc import Generator, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sim.machine import Alarm, Ask, Boot, Cluster, Machine, NodeId, Now, on
from sim.property import NOTHING, always
from sim.units import duration

from ._parameters import quantity
from ._rules import Rule, broken, chosen, told

RULES: Mapping[str, Rule] = {
    "write_back": Rule(
        ("always", "if-differing", "never"), "ABD, read", "a reader answers what it found, wherever else it may lack"
    ),
    "quorum": Rule(("majority", "half"), "ABD, majorities", "one answer less than a majority is enough"),
    "counts": Rule(("nodes", "answers"), "ABD, majorities", "a second answer of one node counts as that of another"),
    "replaces": Rule(("older", "anything"), "ABD, write", "a node stores what comes last, whatever its tag"),
    "tags": Rule(("asked", "own"), "LS, write", "a writer goes by the tag that it knows itself"),
    "ties": Rule(("by-writer", "none"), "LS, write", "two writers' tags may be the same"),
    "lives": Rule(("told-apart", "alike"), "crashes", "a writer's tags may be those of its life before"),
    "kept": Rule(("durably", "in-memory"), "crashes", "a node acknowledges a value that its disk may still lose"),
}
PROFILES = {"as-published": {}, "write-back-if-differing": {"write_back": "if-differing"}, **broken(RULES)}
WITHOUT = told(RULES)


class Tag(NamedTuple):
    """What orders the values of a key: greater is later. `life` is that of the writer."""

    seq: int
    writer: int
    life: int


class Held(NamedTuple):
    """A value and its tag."""

    tag: Tag
    value: str | None


Request = tuple[int, int]  # the life of who asks, and a number
NEVER_WRITTEN = Held(Tag(0, 0, 0), None)


class Query(NamedTuple):
    """What do you hold under this key?"""

    request: Request
    key: str


class Reply(NamedTuple):
    """This is what I hold."""

    request: Request
    held: Held


class Store(NamedTuple):
    """Store this unless you hold a greater tag."""

    request: Request
    key: str
    held: Held


class Stored(NamedTuple):
    """I hold that tag, or a greater one, durably."""

    request: Request


class Tagged(NamedTuple):
    """A node holds a value under this tag."""

    key: str
    tag: Tag
    value: str | None


class View(NamedTuple):
    """The greatest sequence in any tag that a node holds, and how many operations it has begun and not ended."""

    newest: int
    open: int


@dataclass
class Operation:
    """A client's operation: who has answered what is asked now, and what it stores, once that is known."""

    ask: Ask
    answers: list[tuple[NodeId, Held]] = field(default_factory=list)
    storing: Held | None = None


class Abd(Machine):
    """One node: a replica, and the reader or writer for whoever asks it. It asks again every `retry`."""

    View = View
    FACTS = (Tagged,)
    ACTIONS = {"read": ("key",), "write": ("key", "value")}

    def __init__(
        self,
        node: NodeId,
        cluster: Cluster,
        *,
        retry: str = "100ms",
        write_back: str = "always",
        quorum: str = "majority",
        counts: str = "nodes",
        replaces: str = "older",
        tags: str = "asked",
        ties: str = "by-writer",
        lives: str = "told-apart",
        kept: str = "durably",
    ) -> None:
        self.words = chosen(RULES, locals())
        super().__init__(node, cluster)
        self.retry_ns = quantity("retry", retry, duration)
        if not self.retry_ns:
            raise ValueError(f"retry: found {retry!r}, allowed: a time above 0")
        self.quorum = cluster.majority() - (quorum == "half")
        self.number = cluster.number(node) + 1
        self.registers: dict[str, Held] = {}
        self.life = 1
        self.operations: dict[Request, Operation] = {}
        self.made = 0
        self.issued: dict[str, int] = {}  # the greatest sequence of this node's own tags, by key
        self.newest = 0

    @property
    def open(self) -> int:
        return len(self.operations)

    @on(Boot)
    def boot(self, durable: Mapping[Hashable, Any], life: int, now: Now) -> None:
        self.life = life
        for key, (tag, value) in durable.items():
            self.hold(str(key), Held(Tag(*tag), value))

    # -- the replica -------------------------------------------------------------------------------------

    def hold(self, key: str, held: Held) -> None:
        self.registers[key] = held
        self.newest = max(self.newest, held.tag.seq)
        self.note(Tagged(key, *held))

    @on(Query)
    def queried(self, src: NodeId, msg: Query, now: Now) -> None:
        self.send(src, Reply(msg.request, self.registers.get(msg.key, NEVER_WRITTEN)))

    @on(Store)
    def store(self, src: NodeId, msg: Store, now: Now) -> None:
        if msg.held.tag > self.registers.get(msg.key, NEVER_WRITTEN).tag or self.words["replaces"] == "anything":
            self.persist(msg.key, tuple(msg.held), sync=self.words["kept"] == "durably")
            self.hold(msg.key, msg.held)
        self.send(src, Stored(msg.request))

    # -- the reader and the writer -------------------------------------------------------------------------

    @on(Ask, "read")
    def read(self, ask: Ask, now: Now) -> None:
        self.begin(ask)

    @on(Ask, "write")
    def write(self, ask: Ask, now: Now) -> None:
        self.begin(ask)

    def begin(self, ask: Ask) -> None:
        if any(one.ask.op == ask.op and one.ask.client == ask.client for one in self.operations.values()):
            return  # asked again: the first one's answer will do
        if not self.operations:
            self.alarm("again", self.retry_ns, every=self.retry_ns)
        self.made += 1
        request = self.life, self.made
        operation = self.operations[request] = Operation(ask)
        if ask.action == "write" and self.words["tags"] == "own":
            operation.storing = self.next(ask, self.registers.get(ask.args[0], NEVER_WRITTEN).tag)
        self.ask_around(request)

    def ask_around(self, request: Request) -> None:
        """Ask every node that has not answered, this one too."""
        operation = self.operations[request]
        key, storing = operation.ask.args[0], operation.storing
        answered = {node for node, _ in operation.answers}
        for node in self.cluster.nodes:
            if node not in answered:
                self.send(node, Query(request, key) if storing is None else Store(request, key, storing))

    @on(Alarm, "again")
    def again(self, about: Any, now: Now) -> None:
        for request in self.operations:
            self.ask_around(request)

    @on(Reply)
    def replied(self, src: NodeId, msg: Reply, now: Now) -> None:
        operation = self.operations.get(msg.request)
        if operation is None or operation.storing is not None or not self.enough(operation, src, msg.held):
            return
        ask, latest = operation.ask, max((held for _, held in operation.answers), key=lambda held: held.tag)
        differ = any(held.tag != latest.tag for _, held in operation.answers)
        if ask.action == "write":
            operation.storing = self.next(ask, latest.tag)
        elif self.words["write_back"] == "always" or (differ and self.words["write_back"] == "if-differing"):
            operation.storing = latest
        else:
            self.end(msg.request, latest)
            return
        operation.answers = []
        self.ask_around(msg.request)

    @on(Stored)
    def stored(self, src: NodeId, msg: Stored, now: Now) -> None:
        operation = self.operations.get(msg.request)
        if operation is None or (storing := operation.storing) is None or not self.enough(operation, src, storing):
            return
        self.end(msg.request, storing)

    def enough(self, operation: Operation, src: NodeId, held: Held) -> bool:
        """Count an answer, and return whether there are enough."""
        if self.words["counts"] == "answers" or all(node != src for node, _ in operation.answers):
            operation.answers.append((src, held))
        return len(operation.answers) >= self.quorum

    def next(self, ask: Ask, greatest: Tag) -> Held:
        """Return a value under a tag above what was found and above this node's own: two writes may be under way."""
        key, value = ask.args
        self.issued[key] = max(greatest.seq, self.issued.get(key, 0)) + 1
        writer = self.number if self.words["ties"] == "by-writer" else 0
        return Held(Tag(self.issued[key], writer, self.life if self.words["lives"] == "told-apart" else 0), value)

    def end(self, request: Request, held: Held) -> None:
        ask = self.operations.pop(request).ask
        self.answer(ask, "ok", held.value if ask.action == "read" else None)
        if not self.operations:
            self.cancel("again")


@always("the same tag is the same value everywhere", needs={"tagged": "key tag value"})
def one_value_per_tag(cluster: Any) -> Generator[Any, Any, None]:
    """Judge every value held against the first one held anywhere under its tag."""
    first: dict[Any, tuple[Any, str]] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        key, tag, value = record.data.key, tuple(record.data.tag), record.data.value
        had, where = first.setdefault((key, tag), (value, str(record.node)))
        said = None if had == value else f"{key} is {value} on {record.node} and {had} on {where} under the tag {tag}"


PROPERTIES = (one_value_per_tag,)
machine = Abd
