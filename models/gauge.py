"""A gauge of clocks and disks: it states what its clocks show and what its disk keeps, and its properties compare.

Every node has an alarm that rings on its own monotonic clock. At each ring it asks its peers to read their clocks, so
that a node whose alarms stand still is read all the same; or, with `writes`, it puts one more key on its disk. No
machine can see true time. The properties can: a record's `at` is true time, and a fault's record says what was done.
"""

from __future__ import annotations

from collections.abc import Generator, Hashable, Mapping
from typing import Any, NamedTuple

from sim.machine import Alarm, Boot, Cluster, Machine, NodeId, Now, Persisted, on
from sim.property import NOTHING, always, eventually, sometimes
from sim.units import MS, S, duration

MILLION = 1_000_000
WALL_START = 1_704_067_200 * S  # the properties take the date at which scenarios begin by default
JUDGE = Generator[Any, Any, None]


class Look(NamedTuple):
    """The only message: read your clocks."""

    n: int


class Rang(NamedTuple):
    """The alarm rang."""

    n: int


class Read(NamedTuple):
    """What both clocks show, in ns."""

    monotonic: int
    wall: int


class Kept(NamedTuple):
    """Write number n is durable."""

    n: int


class Failed(NamedTuple):
    """Write number n has failed, and the node was told."""

    n: int
    why: str


class Found(NamedTuple):
    """A new life found these writes, each a number and its value; the value of write n is n."""

    writes: tuple[tuple[Any, Any], ...]


class View(NamedTuple):
    """How often the alarm rang in this life."""

    rings: int


class Gauge(Machine):
    """One node; `every` is the time between two rings, `tell` asks to be told of writes."""

    View = View
    FACTS = (Rang, Read, Kept, Failed, Found)

    def __init__(
        self, node: NodeId, cluster: Cluster, *, every: str = "50ms", writes: bool = False, tell: bool = False
    ) -> None:
        super().__init__(node, cluster)
        try:
            self.every = duration(every)
        except ValueError as error:
            raise ValueError(f"every: {error}") from None
        self.writes = writes
        self.tell = tell
        self.rings = 0
        self.written = 0

    @on(Boot)
    def boot(self, durable: Mapping[Hashable, Any], life: int, now: Now) -> None:
        found = sorted((key, value) for key, value in durable.items() if isinstance(key, int))
        self.written = max((key for key, _ in found), default=0)
        if life > 1:
            self.note(Found(tuple(found)))
        self.alarm("ring", self.every, self.every)

    @on(Alarm, "ring")
    def ring(self, about: Any, now: Now) -> None:
        self.rings += 1
        self.note(Rang(self.rings))
        if not self.writes:
            self.broadcast(Look(self.rings))
        else:
            self.written += 1
            self.persist(self.written, self.written, tell=self.tell)
            self.note(Kept(self.written))  # behind the persist: stated once the write is durable, and not if it fails

    @on(Look)
    def look(self, src: NodeId, msg: Look, now: Now) -> None:
        self.note(Read(now.monotonic, now.wall))

    @on(Persisted)
    def persisted(self, key: int, why: str | None, now: Now) -> None:
        if why is not None:
            self.note(Failed(key, why))


# -- clocks ------------------------------------------------------------------------------------------------


class _Told:
    """What a node's clocks show if they do what the faults on them say, in millionths of a ns to have no rounding.

    Of `mend = "slew"` it knows nothing, so it forgets the wall clock when such a fault is over.
    """

    def __init__(self) -> None:
        self.at = 0
        self.shown = {"monotonic": 0, "wall": WALL_START * MILLION}
        self.ppm = {"monotonic": MILLION, "wall": MILLION}
        self.frozen = {"monotonic": 0, "wall": 0}
        self.slews: dict[int, tuple[int, int]] = {}  # by fault: its end and its ppm
        self.strobes: dict[int, int] = {}
        self.jitters: dict[int, int] = {}
        self.known = True

    def go(self, at: int) -> None:
        """Let time pass; a slew that has come to its end ends on the way."""
        for fault, (end, ppm) in sorted(self.slews.items(), key=lambda s: s[1]):
            if end <= at:
                self._pass(end)
                self.ppm["wall"] -= ppm
                del self.slews[fault]
        self._pass(at)

    def _pass(self, at: int) -> None:
        for which, ppm in self.ppm.items():
            self.shown[which] += 0 if self.frozen[which] else max(ppm, 0) * (at - self.at)
        self.at = at

    def take(self, fault: int, fields: Mapping[str, Any], by: int) -> None:
        """Begin a fault (1) or mend it (-1)."""
        for which in ("monotonic", "wall"):
            if fields.get("which") in ("both", which):
                self.ppm[which] += by * fields.get("drift", 0)
                self.frozen[which] += by * bool(fields.get("freeze"))
        if by < 0:
            self.ppm["wall"] -= self.slews.pop(fault, (0, 0))[1]
            self.strobes.pop(fault, None)
            self.jitters.pop(fault, None)
            self.known = self.known and fields.get("mend") != "slew"
            return
        if fields.get("reset"):
            self.shown["wall"] = (WALL_START + self.at if fields["reset"] == "true-time" else 0) * MILLION
        self.shown["wall"] += fields.get("jump", 0) * MILLION
        if slew := fields.get("slew", 0):
            rate = fields["rate"]
            self.slews[fault] = (self.at + abs(slew) * MILLION // rate, rate if slew > 0 else -rate)
            self.ppm["wall"] += self.slews[fault][1]
        if fields.get("strobe"):
            self.strobes[fault] = fields["strobe"]
        if fields.get("jitter"):
            self.jitters[fault] = fields["jitter"]

    def wrong(self, read: Any) -> str | None:
        """Return how a reading differs by more than a microsecond from what it should be."""
        off = read.monotonic - self.shown["monotonic"] // MILLION
        if abs(off) > 1000:
            return f"monotonic clock is {off} ns off what its faults say"
        if not self.known:
            return None
        wall = read.wall - self.shown["wall"] // MILLION
        swings = [0]
        for strobe in self.strobes.values():
            swings += [swing + strobe for swing in swings]
        off = min((wall - swing for swing in swings), key=abs)
        room = 1000 + sum(self.jitters.values())
        return f"wall clock is {off} ns off what its faults say" if abs(off) > room else None


@always("clocks show what the faults on them say", needs={"fault": "what phase", "read": "monotonic wall"})
def clocks_are_as_told(cluster: Any) -> JUDGE:
    """Reckon with the fields of the faults' records, and compare every reading; no node may have a rate of its own."""
    told = {node: _Told() for node in cluster.nodes}
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        if record.kind == "fault":
            if record.data.what == "clock" and record.data.phase in ("begin", "forever", "mend"):
                for node in record.data.nodes:
                    told[node].go(record.at)
                    told[node].take(record.data.fault, record.data.fields, -1 if record.data.phase == "mend" else 1)
        else:
            clock = told[record.node]
            clock.go(record.at)
            wrong = clock.wrong(record.data)
            said = None if wrong is None else f"{record.node}'s {wrong}"


def _ms(ns: int) -> str:
    sign, ns = ("-", -ns) if ns < 0 else ("", ns)
    return f"{sign}{ns // MS}.{ns % MS // 1000:03d} ms"


@sometimes("a monotonic clock was a millisecond off or more", needs={"read": "monotonic wall"})
def monotonic_is_off(cluster: Any) -> JUDGE:
    """Compare with true time; all nodes boot at its beginning."""
    said: Any = NOTHING
    while True:
        record = yield said
        off = record.data.monotonic - record.at
        said = NOTHING if abs(off) < MS else f"{record.node}'s monotonic clock is {_ms(off)} off"


@sometimes("a wall clock was a millisecond off or more", needs={"read": "wall"})
def wall_is_off(cluster: Any) -> JUDGE:
    """Compare with true time."""
    said: Any = NOTHING
    while True:
        record = yield said
        off = record.data.wall - WALL_START - record.at
        said = NOTHING if abs(off) < MS else f"{record.node}'s wall clock is {_ms(off)} off"


@eventually("all wall clocks are right to a millisecond", needs={"read": "wall"}, within="0s")
def wall_is_right_again(cluster: Any) -> JUDGE:
    """Look at the last reading of every node."""
    off: dict[str, int] = {}
    while True:
        wrong = [f"{node}'s is {_ms(off[node])} off" for node in sorted(off) if abs(off[node]) >= MS]
        record = yield NOTHING if not off else ", ".join(wrong) or None
        off[record.node] = record.data.wall - WALL_START - record.at


@sometimes("a wall clock went back and forth, and back and forth again", needs={"read": "wall"})
def wall_swings(cluster: Any) -> JUDGE:
    """Count how often a wall clock was seen to go back; going forth lies between."""
    last: dict[str, int] = {}
    back: dict[str, int] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        wall = record.data.wall
        back[record.node] = back.get(record.node, 0) + (wall < last.get(record.node, wall))
        last[record.node] = wall
        said = NOTHING if back[record.node] < 2 else f"{record.node}'s wall clock went back twice"


@sometimes("a node's alarm was silent for a second, and rang again", needs={"rang": "n"})
def alarm_waits(cluster: Any) -> JUDGE:
    """Look at the true time between two rings."""
    return _long_waits("{node}'s alarm was silent for {wait}")


def _long_waits(sentence: str) -> JUDGE:
    """See that a second or more passes between two records of a node."""
    last: dict[str, int] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        wait = record.at - last.get(record.node, record.at)
        last[record.node] = record.at
        said = NOTHING if wait < S else sentence.format(node=record.node, wait=_ms(wait))


@always("no alarm rings while its clock stands still", needs={"rang": "n", "fault": "what phase"})
def frozen_alarms_are_silent(cluster: Any) -> JUDGE:
    """Judge every ring of a node whose monotonic clock a fault has frozen, up to the instant at which it is mended."""
    frozen: dict[str, int] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        if record.kind != "fault":
            said = f"{record.node}'s alarm rang, and its clock stands still" if frozen.get(record.node) else None
        elif record.data.fields.get("freeze") and record.data.fields["which"] != "wall":
            by = {"begin": 1, "forever": 1, "mend": -1}.get(record.data.phase, 0)
            for node in record.data.nodes:
                frozen[node] = frozen.get(node, 0) + by


# -- nodes -------------------------------------------------------------------------------------------------


@sometimes("ten messages in a row each waited longer than the one before", needs={"send": "dst", "step": "input"})
def queue_grows(cluster: Any) -> JUDGE:
    """Follow at each node the time from a message's send to its step."""
    sent: dict[int, int] = {}
    last: dict[str, int] = {}
    rising: dict[str, int] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        if record.kind == "send":
            sent[record.seq] = record.at
        elif record.data.input == "receive":
            wait = record.at - sent.pop(record.cause, record.at)
            rising[record.node] = rising.get(record.node, 0) + 1 if wait > last.get(record.node, wait) else 0
            last[record.node] = wait
            if rising[record.node] >= 10:
                said = f"a message waited {_ms(wait)} for {record.node}, each of ten before it less"


@always("a crash takes the nodes that its fault names, and no other", needs={"crash": "how", "fault": "what phase"})
def crash_takes_whom_it_names(cluster: Any) -> JUDGE:
    """Judge every crash by the record that led to it; a stop in order has none of a fault."""
    named: dict[int, tuple[str, ...]] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        if record.kind == "fault":
            if record.data.phase in ("begin", "forever"):
                named[record.seq] = tuple(record.data.nodes)
        elif record.data.how != "stopped":
            wrong = record.node not in named.get(record.cause, ())
            said = f"{record.node} crashed, and no fault names it" if wrong else None


@sometimes("a crash left no majority", needs={"fault": "what phase"})
def majority_is_lost(cluster: Any) -> JUDGE:
    """Name what was lost, as the fault's record does."""
    said: Any = NOTHING
    while True:
        record = yield said
        fields = record.data.fields
        said = NOTHING
        if record.data.phase in ("begin", "forever") and fields.get("majority") is False:
            said = f"{' '.join(record.data.nodes)} are lost, {fields['left']} of {len(cluster.nodes)} nodes are left"


# -- disks -------------------------------------------------------------------------------------------------


@sometimes("a node was told that its write failed", needs={"failed": "n why"})
def failure_is_told(cluster: Any) -> JUDGE:
    """See a failed write that was told."""
    said: Any = NOTHING
    while True:
        record = yield said
        said = f"{record.node} was told: {record.data.why}"


@sometimes("a node crashed of a write that failed", needs={"crash": "how"})
def failure_crashes(cluster: Any) -> JUDGE:
    """See a crash that was no fault's and no stop."""
    said: Any = NOTHING
    while True:
        record = yield said
        how = record.data.how
        said = f"{record.node} crashed: {how}" if how in ("full", "eio") else NOTHING


@sometimes("a write became durable only a second after the one before", needs={"kept": "n"})
def writes_stall(cluster: Any) -> JUDGE:
    """Look at the time between two writes of a node."""
    return _long_waits("{node} waited {wait} for its disk")


@always("a new life finds every write that was durable", needs={"kept": "n", "found": "writes"})
def kept_is_found(cluster: Any) -> JUDGE:
    """Judge what each life finds by the writes that the lives before it stated as durable."""
    kept: dict[str, set[int]] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        mine = kept.setdefault(record.node, set())
        if record.name == "kept":
            mine.add(record.data.n)
        else:
            lacks = sorted(mine - {key for key, _ in record.data.writes})
            said = f"{record.node} lacks {len(lacks)} writes, the first is {lacks[0]}" if lacks else None


@always("a new life finds every write as it was written", needs={"found": "writes"})
def kept_is_unchanged(cluster: Any) -> JUDGE:
    """Judge the values that each life finds: the value of write n is n."""
    said: Any = NOTHING
    while True:
        record = yield said
        wrong = [(key, value) for key, value in record.data.writes if key != value]
        said = None
        if wrong:
            said = f"{record.node} reads {wrong[0][1]} where it wrote {wrong[0][0]}; {len(wrong)} writes are changed"


PROPERTIES = (
    clocks_are_as_told,
    monotonic_is_off,
    wall_is_off,
    wall_is_right_again,
    wall_swings,
    alarm_waits,
    frozen_alarms_are_silent,
    queue_grows,
    crash_takes_whom_it_names,
    majority_is_lost,
    failure_is_told,
    failure_crashes,
    writes_stall,
    kept_is_found,
    kept_is_unchanged,
)
machine = Gauge
