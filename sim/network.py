"""Links between nodes: delay, loss, duplication, corruption, cuts, and what becomes of packets in flight.

Every packet's fate is four keyed words of its link and its ordinal there, taken before anything else is asked, so
what happens to one packet never moves the fate of another. A packet in flight is itself the entry in the event
queue. Cuts, weather and rules are judged when a packet is sent; on arrival its link's epoch is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache
from heapq import heappush
from struct import Struct
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from .chance import HALF, LOW, Chance, threshold
from .kernel import FAULT, PACKET, Kernel
from .machine import NodeId, Receive, Refused
from .normal import interpolate, lognormal
from .recorder import Recorder
from .trace import BadValue
from .units import US, S
from .weather import NEVER, Burst, Flapping, Flaps, Reorder, Storm, held_back, late

if TYPE_CHECKING:
    from .host import Host

IN_FLIGHT = ("deliver", "drop", "hold")
INSIDE_REGION = 250 * US  # the least one-way delay between two nodes of one region
SIZE = 100  # bytes of a message whose class does not say
Grid = tuple[tuple[int, ...], tuple[int, ...]]


# -- latency -----------------------------------------------------------------------------------------------


class Delay(NamedTuple):
    """One link's delay in ns: at least `low`, plus up to `span`, plus a draw from a grid of quantiles."""

    low: int
    span: int = 0
    grid: Grid | None = None

    def nominal(self) -> int:
        """Return the median."""
        return self.low + self.span // 2 + (0 if self.grid is None else self.grid[0][0])


class Latency(Protocol):
    """What delays a network has between any two different nodes; None is no way."""

    def between(self, src: NodeId, dst: NodeId) -> Delay | None: ...


@dataclass(frozen=True)
class Uniform:
    """The same range of delays everywhere, in ns; a constant if both ends are equal."""

    low: int
    high: int

    def between(self, src: NodeId, dst: NodeId) -> Delay:
        return Delay(self.low, self.high - self.low)


@dataclass(frozen=True)
class Lognormal:
    """A lognormal delay everywhere: its median in ns and the sigma of its logarithm in millionths."""

    median: int
    sigma_ppm: int
    low: int = 0  # added to every draw

    def between(self, src: NodeId, dst: NodeId) -> Delay:
        return Delay(self.low, 0, lognormal(self.median, self.sigma_ppm))


@dataclass(frozen=True)
class Regions:
    """One-way delays in ns between regions, the region of each node, and jitter as a share of the delay."""

    one_way: Mapping[tuple[str, str], int]
    place: Mapping[NodeId, str]
    jitter: Fraction = Fraction(0)

    def between(self, src: NodeId, dst: NodeId) -> Delay:
        low = max(
            self.one_way[self.place[src], self.place[dst]], INSIDE_REGION if self.place[src] == self.place[dst] else 0
        )
        return Delay(low, int(low * self.jitter))


@dataclass(frozen=True)
class Drawn:
    """Delays drawn from the same quantiles everywhere, and `low` ns added to each."""

    grid: Grid
    low: int = 0

    def between(self, src: NodeId, dst: NodeId) -> Delay:
        return Delay(self.low, 0, self.grid)


class Ends(NamedTuple):
    """Some links: those from `src` to `dst`, and unless `oneway` those back."""

    src: frozenset[NodeId]
    dst: frozenset[NodeId]
    oneway: bool = False

    def picks(self, a: NodeId, b: NodeId) -> bool:
        """Return whether the link from a to b is one of them."""
        return (a in self.src and b in self.dst) or (not self.oneway and a in self.dst and b in self.src)


@dataclass(frozen=True)
class ByLink:
    """One latency, and others on some links; the last that picks a link counts."""

    base: Latency
    others: tuple[tuple[Ends, Latency], ...]

    def between(self, src: NodeId, dst: NodeId) -> Delay | None:
        mine = next((latency for ends, latency in reversed(self.others) if ends.picks(src, dst)), self.base)
        return mine.between(src, dst)


# -- links -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """What a link fault adds to a link: shares add up as independent causes, delays add in ns, limits bind all.

    `messages` limits it to some message types, by class name; empty is all of them. `bandwidth` is in bytes per second,
    `queue` the bytes that may wait for it, `mtu` the bytes of the longest message; None is no limit.
    """

    loss: Fraction = Fraction(0)
    delay: int = 0
    jitter: int = 0
    duplicate: Fraction = Fraction(0)
    corrupt: Fraction = Fraction(0)
    refuse: bool = False
    messages: tuple[str, ...] = ()
    burst: Burst | None = None
    reorder: Reorder | None = None
    bandwidth: int | None = None
    queue: int | None = None
    mtu: int | None = None

    def special(self) -> bool:
        """Return whether every packet must be asked about, whatever its fate."""
        return bool(self.messages) or self.refuse or self.bandwidth is not None or self.mtu is not None


@dataclass(frozen=True)
class Line:
    """What some links are like on a good day: `said` replaces fields of the network's Change.

    With `messages` it is a change of its own instead, on top of it, for these message types.
    """

    ends: Ends
    said: Mapping[str, Any]
    messages: tuple[str, ...] = ()


class InForce(NamedTuple):
    """A change on the links that it picks; by `name` its weather is told from that of others on the same link."""

    picks: Callable[[NodeId, NodeId], bool]
    change: Change
    since: int
    name: int | str


class Shape(NamedTuple):
    """The numbers by which four words become a fate: a delay, and thresholds out of 2**32.

    `late` decides on holding back (see sim.weather.late).
    """

    low: int
    span: int
    grid: Grid | None
    loss: int
    corrupt: int
    twice: int
    late: tuple[tuple[int, int, int], ...] = ()


def _either(shares: Sequence[Fraction]) -> int:
    """Return the threshold of at least one of several independent causes."""
    some = [share for share in shares if share]
    if len(some) < 2:  # every new link asks: no arithmetic on fractions where there is nothing to combine
        return threshold(some[0]) if some else 0
    none = Fraction(1)
    for share in some:
        none *= 1 - share
    return threshold(1 - none)


def shape(delay: Delay, changes: Sequence[Change]) -> Shape:
    """Return what a link does to a packet under these changes."""
    reorders = [c.reorder for c in changes if c.reorder is not None]
    return Shape(
        delay.low + sum(c.delay for c in changes),
        delay.span + sum(c.jitter for c in changes),
        delay.grid,
        _either([c.loss for c in changes]),
        _either([c.corrupt for c in changes]),
        _either([c.duplicate for c in changes]),
        late(reorders) if reorders else (),
    )


# A fate is a delay in ns; or, for whatever is not one clean delivery, a tuple of (delay, spoil word) copies, spoil 0
# meaning that the copy is sound. The empty tuple is a lost packet.
Fate = int | tuple[tuple[int, int], ...]
LOST: Fate = ()


# A packet has four words of 64 bits. Reading one half of one word of every packet of a block, and nothing else, costs
# a quarter of reading all words and shifting them.
_LOSS, _CORRUPT = "4xI24x", "I28x"  # the upper and the lower half of the first
_DELAY, _QUANTILE = "12xI16x", "8xQ16x"  # the upper half of the second, and all of it
_TWICE, _LATE = "20xI8x", "16xI12x"  # the upper and the lower half of the third
_word = Struct("<Q").unpack_from


@cache
def _column(form: str, packets: int) -> Callable[[bytes], tuple[int, ...]]:
    return Struct("<" + form * packets).unpack


def decode(raw: bytes, shape: Shape) -> list[Fate]:
    """Return the fates of consecutive packets, each from four words in 32 bytes.

    The words decide loss and corruption; delay; duplicate and reordering; the copy's delay.
    """
    low, span, grid, loss, corrupt, twice, bounds = shape
    count = len(raw) // 32
    fates: list[Any]
    if grid is not None:
        above, below = grid
        words = _column(_QUANTILE, count)(raw)
        fates = [low + (((b & LOW) * span) >> 32) + interpolate(b, above, below) for b in words]
    elif span:
        fates = [low + (b * span >> 32) for b in _column(_DELAY, count)(raw)]
    else:
        fates = [low] * count
    # Few packets are anything but one clean delivery: find these in one pass for each misfortune.
    lost = [i for i, a in enumerate(_column(_LOSS, count)(raw)) if a < loss] if loss else ()
    spoilt: Sequence[int] = ()
    if corrupt and loss < HALF:
        spoilt = [i for i, a in enumerate(_column(_CORRUPT, count)(raw)) if a < corrupt]
    again = [i for i, c in enumerate(_column(_TWICE, count)(raw)) if c < twice] if twice else ()
    if bounds:
        for i, c in enumerate(_column(_LATE, count)(raw)):
            if c < bounds[-1][0]:
                fates[i] += held_back(c, bounds)
    for i in spoilt:
        fates[i] = ((fates[i], _word(raw, 32 * i)[0] | 1),)
    for i in again:
        (d,) = _word(raw, 32 * i + 24)
        if grid is None:
            late = low + ((d >> 32) * span >> 32)
        else:
            late = low + (((d & LOW) * span) >> 32) + interpolate(d, *grid)
        first = fates[i] if isinstance(fates[i], tuple) else ((fates[i], 0),)
        fates[i] = (*first, (late, 0))
    for i in lost:
        fates[i] = LOST
    return fates


class Packet(Receive):
    """A message on its way: what the machine will receive, and the entry in the event queue at once."""

    __slots__ = ("callbacks", "epoch", "link")
    _ok = True
    callbacks: Any
    epoch: int
    link: Link

    # The network makes an empty packet and fills it: half the time of an __init__ in Python, or of object.__new__.
    __init__ = object.__init__


def _corrupted(msg: Any, word: int) -> Any:
    try:
        return msg.corrupted(word)
    except Exception as error:
        raise BadValue(f"{msg.__class__.__name__}.corrupted() raised {type(error).__name__}: {error}") from error


def size_of(msg: Any) -> int:
    """Return a message's size in bytes, which its class may give. Raises BadValue."""
    size = getattr(msg, "size", SIZE)
    if type(size) is not int or size < 0:
        raise BadValue(f"{msg.__class__.__name__}.size: found {size!r}, allowed: whole bytes, at least 0")
    return size


class Rule(Protocol):
    """A judgement on single packets of one link, asked in order of installation; counts what it needs to count."""

    def judge(self, msg: Any, now: int) -> tuple[str, int] | None:
        """Return (do, by), do being drop, delay, duplicate or corrupt, or None."""


class Link:
    """One direction between two nodes."""

    __slots__ = (
        "_raw",
        "changes",
        "cuts",
        "delay",
        "dst",
        "epoch",
        "fates",
        "free",
        "held",
        "hold",
        "host",
        "rules",
        "shape",
        "src",
        "storms",
        "stranded",
        "stream",
        "until",
    )

    def __init__(self, src: NodeId, host: Host, delay: Delay, chance: Chance, always: Sequence[Change]) -> None:
        self.src = src
        self.dst = host.node
        self.host = host
        self.delay = delay
        self.stream = chance.stream("link", src, self.dst)
        self.fates: list[Fate] = []  # of the packets to come, the next one last
        self._raw = b""
        self.until = NEVER  # from when on something besides the fate must be asked
        self.cuts = 0
        self.epoch = 0  # a packet that left in an older epoch was dropped by a cut
        self.hold = 0
        self.stranded = ""  # in_flight of the reroute that left no way from src to dst
        self.held: list[tuple[Packet, Any]] = []
        self.changes: list[Change] = list(always)
        self.rules: list[Rule] = []
        self.storms: list[Storm] = []
        self.free = 0  # when everything that waits for the link's bandwidth will have been sent
        self.shape = shape(delay, self.changes)

    def refill(self) -> list[Fate]:
        self._raw = b""
        self.fates = decode(self.stream.raw(), self.shape)
        self.fates.reverse()
        return self.fates

    def raw(self) -> bytes:
        """Return the words of this block, made again: kept, they would be most of a link's memory."""
        self._raw = self._raw or self.stream.again()
        return self._raw

    def last_words(self) -> bytes:
        """Return the four words of the packet whose fate was taken last."""
        raw = self.raw()
        end = len(raw) - 32 * len(self.fates)
        return raw[end - 32 : end]

    def changed(self) -> None:
        """Decode what is left of this block anew; the words stay, so no later packet is reshuffled."""
        self.shape = shape(self.delay, [c for c in self.changes if not c.messages])
        raw = self.raw()
        self.fates = decode(raw[len(raw) - 32 * len(self.fates) :], self.shape)
        self.fates.reverse()
        if all(c.bandwidth is None for c in self.changes):
            self.free = 0
        self.watch()

    def watch(self) -> None:
        if self.cuts or self.rules or any(c.special() for c in self.changes):
            self.until = 0
        else:
            self.until = min((storm.until for storm in self.storms), default=NEVER)

    def enqueue(self, msg: Any, changes: Sequence[Change], now: int) -> tuple[str, int]:
        """Let a message wait for the bandwidth: return why it cannot be queued, or "" and when its last bit leaves.

        A message that finds the link idle needs no room in the queue.
        """
        rate = min((c.bandwidth for c in changes if c.bandwidth is not None), default=None)
        mtu = min((c.mtu for c in changes if c.mtu is not None), default=None)
        if rate is None and mtu is None:
            return "", now
        size = size_of(msg)
        if mtu is not None and size > mtu:
            return "too-big", now
        if rate is None:
            return "", now
        room = min((c.queue for c in changes if c.queue is not None), default=None)
        if room is not None and self.free > now and (self.free - now) * rate + size * S > room * S:
            return "queue-full", now
        self.free = max(self.free, now) - (-size * S // rate)
        return "", self.free


@dataclass
class Cut:
    """A partition in force: sides cannot reach each other; with `oneway` only earlier ones cannot reach later."""

    side: Mapping[NodeId, int]
    oneway: bool = False
    in_flight: str = "deliver"

    def severs(self, src: NodeId, dst: NodeId) -> bool:
        a, b = self.side.get(src), self.side.get(dst)
        return a is not None and b is not None and (a < b if self.oneway else a != b)


@dataclass(frozen=True, eq=False)
class Flap:
    """Links that go down and come back, each in its own time; in a pair both directions go down as one."""

    ends: Ends
    flapping: Flapping
    in_flight: str
    since: int
    name: int
    wings: list[Wing] = field(default_factory=list)


class Wing:
    """One link's part in a flap."""

    __slots__ = ("down", "flaps", "folded", "link")

    def __init__(self, link: Link, flaps: Flaps) -> None:
        self.link = link
        self.flaps = flaps
        self.down = False
        self.folded = False  # the flap is over


@dataclass
class Counts:
    """What became of packets; `why` counts every drop by its reason, those of clients' requests and answers too."""

    sent: int = 0
    delivered: int = 0  # steps on a Receive, per copy
    dropped: int = 0  # of what was sent, per copy
    why: dict[str, int] = field(default_factory=dict)


class UnknownNode(Exception):
    """A message was sent to a name that is no node."""


class Network:
    """All links. Knows hosts by name; knows nothing of protocols."""

    def __init__(
        self,
        kernel: Kernel,
        recorder: Recorder,
        chance: Chance,
        latency: Latency,
        hosts: Mapping[NodeId, Host],
        always: Change,
        lines: Sequence[Line] = (),
    ) -> None:
        self.kernel = kernel
        self.recorder = recorder
        self.chance = chance
        self.latency = latency
        self.hosts = hosts
        self.counts = Counts()
        self._always = [InForce(_everywhere, always, 0, "always")]
        self._lines = tuple(lines)
        self._watched = bool(lines) or always.special() or always.burst is not None  # what every new link must note
        self._cuts: list[Cut] = []
        self._changes: list[InForce] = []
        self._holds: list[Ends] = []
        self._flaps: list[Flap] = []
        self._rules: list[tuple[NodeId, NodeId, Rule]] = []
        self._queue, self._numbers = kernel.queue, kernel.numbers
        # SimPy calls an entry's callbacks with the entry: one tuple serves all packets.
        self._arrivals = (self.arrive,)
        self._spoils = (self._spoilt,)

    def send(self, host: Host, dst: NodeId, msg: Any, cause: int, tell: bool = False) -> None:
        """Send one message: record it, take its fate, then ask the link's cuts and rules."""
        try:
            link = host.links.get(dst)
        except TypeError:
            raise self._unknown(dst) from None
        if link is None and dst != host.node:
            link = self.link(host, dst)
        recorder = self.recorder
        now = self.kernel.now
        self.counts.sent += 1
        seq = recorder.seq = recorder.seq + 1
        if recorder.sends:
            recorder.sent(seq, now, host.node, cause, dst, msg)
        if link is None:
            self._to_self(host, msg, seq, tell)
            return
        fate = (link.fates or link.refill()).pop()
        if now >= link.until:
            self._ask(link, msg, fate, seq, now, tell)
        elif fate.__class__ is int:
            packet = Packet()
            packet.src = host.node
            packet.msg = msg
            packet.cause = seq
            packet.link = link
            packet.epoch = link.epoch
            packet.callbacks = self._arrivals
            heappush(self._queue, (now + fate, PACKET, next(self._numbers), packet))
        else:
            self._copies(link, msg, fate, seq, now)

    def _copies(self, link: Link, msg: Any, fate: Fate, seq: int, now: int) -> None:
        if isinstance(fate, int):
            fate = ((fate, 0),)
        if not fate:
            self.drop(link.dst, seq, "loss")
        for delay, spoil in fate:
            packet = Packet()
            packet.src, packet.msg, packet.cause, packet.link, packet.epoch = link.src, msg, seq, link, link.epoch
            packet.callbacks = self._arrivals
            if spoil and hasattr(msg, "corrupted"):
                packet.msg = _corrupted(msg, spoil)
            elif spoil:
                packet.callbacks = self._spoils
            heappush(self.kernel.queue, (now + delay, PACKET, next(self.kernel.numbers), packet))

    def _ask(self, link: Link, msg: Any, fate: Fate, seq: int, now: int, tell: bool) -> None:
        """Decide about a packet on a link with cuts, rules or changes for some message types."""
        name = msg.__class__.__name__
        mine = [c for c in link.changes if not c.messages or name in c.messages]
        if any(c.messages for c in mine):
            fate = decode(link.last_words(), shape(link.delay, mine))[0]
        verdicts = [
            v for rule in link.rules if (v := rule.judge(msg, now)) is not None
        ]  # every rule counts every packet
        if link.cuts:
            self.drop(link.dst, seq, "partition")
            return
        why, leaves = ("refused", now) if any(c.refuse for c in mine) else link.enqueue(msg, mine, now)
        if why:
            self.drop(link.dst, seq, why)
            if tell:
                self.hosts[link.src].tell(Refused(link.dst, msg, why), seq)
            return
        if link.storms:
            raging = any(storm.rages(now) for storm in link.storms if not storm.messages or name in storm.messages)
            link.watch()
            if raging:
                self.drop(link.dst, seq, "burst")
                return
        for do, by in verdicts:
            if do == "drop":
                self.drop(link.dst, seq, "packet")
                return
            copies = fate if isinstance(fate, tuple) else ((fate, 0),)
            if do == "delay":
                fate = tuple((delay + by, spoil) for delay, spoil in copies)
            elif do == "duplicate":
                fate = (*copies, *((delay + by, spoil) for delay, spoil in copies[:1]))
            else:
                fate = tuple((delay, spoil or _word(link.last_words())[0] | 1) for delay, spoil in copies)
        self._copies(link, msg, fate, seq, leaves)

    def arrive(self, packet: Packet) -> None:
        """Hand a packet to its host, inside this very event if the host is idle."""
        link = packet.link
        if packet.epoch != link.epoch:
            self.drop(link.dst, packet.cause, "partition")
        elif link.hold:
            link.held.append((packet, self._arrivals))
        else:
            host = link.host
            if host.idle:
                host.idle = False
                host.resume(packet)
            else:
                host.queue(packet)

    def _spoilt(self, packet: Packet) -> None:
        """Drop a corrupt packet of a type that does not ask for it: the receiver's checksum sees it."""
        link = packet.link
        if packet.epoch != link.epoch:
            self.drop(link.dst, packet.cause, "partition")
        elif link.hold:
            link.held.append((packet, self._spoils))
        else:
            self.drop(link.dst, packet.cause, "corrupt")

    def _to_self(self, host: Host, msg: Any, seq: int, tell: bool) -> None:
        packet = Packet()
        packet.src, packet.msg, packet.cause = host.node, msg, seq
        if not host.offer(packet) and tell:
            host.tell(Refused(host.node, msg, "lane-full"), seq)

    def drop(self, node: NodeId, cause: int | None, why: str, message: bool = True) -> None:
        """Record that something sent to a node will never be handled; only messages count as dropped messages."""
        recorder = self.recorder
        seq = recorder.seq = recorder.seq + 1
        self.counts.dropped += message
        self.counts.why[why] = self.counts.why.get(why, 0) + 1
        if recorder.drops:
            recorder.dropped(seq, self.kernel.now, node, cause, why)

    # -- links and levers ----------------------------------------------------------------------------------

    def link(self, host: Host, dst: NodeId) -> Link:
        """Return the link between two nodes, made when first asked for; it takes on whatever is in force."""
        link = host.links.get(dst)
        if link is None:
            to = self.hosts.get(dst)
            if to is None:
                raise self._unknown(dst)
            always = self._good_day(host.node, dst) if self._lines else self._always
            delay = self.latency.between(host.node, dst)
            link = Link(host.node, to, delay or Delay(0), self.chance, [entry.change for entry in always])
            host.links[dst] = link
            if delay is None:
                link.stranded = "deliver"
                self._sever(link, link.stranded)
            for cut in self._cuts:
                if cut.severs(link.src, dst):
                    link.cuts += 1
                    link.hold += cut.in_flight == "hold"
            if self._changes or self._watched:
                struck = [entry for entry in self._changes if entry.picks(link.src, dst)]
                link.changes += [entry.change for entry in struck]
                for entry in (*always, *struck):
                    self._brew(link, entry)
            for ends in self._holds:
                link.hold += ends.picks(link.src, dst)
            for flap in self._flaps:
                if flap.ends.picks(link.src, dst):
                    self._flap(flap, link)
            link.rules += [rule for src, to_, rule in self._rules if (src, to_) == (link.src, dst)]
            if link.cuts or self._changes or self._rules or self._watched:
                link.changed()
        return link

    def _good_day(self, src: NodeId, dst: NodeId) -> list[InForce]:
        """Return what is always in force on a link."""
        base, more = self._always[0].change, []
        for i, line in enumerate(self._lines):
            if not line.ends.picks(src, dst):
                continue
            if line.messages:
                change = replace(Change(messages=line.messages), **line.said)
                more.append(InForce(line.ends.picks, change, 0, f"line {i}"))
            else:
                base = replace(base, **line.said)
        return [self._always[0]._replace(change=base), *more]

    def _brew(self, link: Link, entry: InForce) -> None:
        """Give a link the bursts of a change, if it has any, as they are after the time since it began."""
        change = entry.change
        if change.burst is not None:
            words = iter(self.chance.stream("weather", link.src, link.dst, "burst", entry.name))
            link.storms.append(Storm(words, change.burst, entry.since, change.messages, entry))

    def _unknown(self, dst: Any) -> UnknownNode:
        return UnknownNode(f"sent to {dst!r}, which is no node; allowed: {', '.join(self.hosts)}")

    def links(self) -> list[Link]:
        return [link for host in self.hosts.values() for link in host.links.values()]

    def passage(self, src: NodeId, dst: NodeId) -> int | None:
        """Return how long a client's request takes between two nodes, or None if the way is cut."""
        if src == dst:
            return 0
        link = self.link(self.hosts[src], dst)
        return None if link.cuts else link.delay.nominal()

    def cut(self, cut: Cut) -> None:
        """Sever links; packets in flight fare as the cut says."""
        self._cuts.append(cut)
        for link in self.links():
            if cut.severs(link.src, link.dst):
                self._sever(link, cut.in_flight)

    def mend(self, cut: Cut) -> None:
        """Take back one cut; what another cut severs stays severed."""
        self._cuts.remove(cut)
        for link in self.links():
            if cut.severs(link.src, link.dst):
                self._rejoin(link, cut.in_flight)

    def reroute(self, latency: Latency, in_flight: str = "deliver") -> None:
        """Put new delays in force; a link without a way is severed until it has one again.

        Packets in flight keep the delay with which they left; on links that lose their way they fare as `in_flight`
        says.
        """
        self.latency = latency
        for link in self.links():
            delay = latency.between(link.src, link.dst)
            if delay is None:
                if not link.stranded:
                    link.stranded = in_flight
                    self._sever(link, in_flight)
                continue
            if link.stranded:
                self._rejoin(link, link.stranded)
                link.stranded = ""
            if delay != link.delay:
                link.delay = delay
                link.changed()

    def _sever(self, link: Link, in_flight: str) -> None:
        link.cuts += 1
        link.epoch += in_flight == "drop"
        link.hold += in_flight == "hold"
        link.watch()

    def _rejoin(self, link: Link, in_flight: str) -> None:
        link.cuts -= 1
        link.hold -= in_flight == "hold"
        link.watch()
        self._release(link)

    def _release(self, link: Link) -> None:
        if not link.hold and link.held:
            held, link.held = link.held, []
            for packet, callbacks in held:
                packet.callbacks = callbacks
                heappush(self.kernel.queue, (self.kernel.now, PACKET, next(self.kernel.numbers), packet))

    def hold(self, ends: Ends, sign: int) -> None:
        """Hold whatever would arrive over some links (sign 1), or no longer (sign -1): then it arrives at once."""
        if sign > 0:
            self._holds.append(ends)
        else:
            self._holds.remove(ends)
        for link in self.links():
            if ends.picks(link.src, link.dst):
                link.hold += sign
                self._release(link)

    def flap(self, ends: Ends, flapping: Flapping, in_flight: str) -> Flap:
        """Let some links go down and come back until `still` is called with the result."""
        flap = Flap(ends, flapping, in_flight, self.kernel.now, _free_name(flap.name for flap in self._flaps))
        self._flaps.append(flap)
        for link in self.links():
            if ends.picks(link.src, link.dst):
                self._flap(flap, link)
        return flap

    def still(self, flap: Flap) -> None:
        """End a flap: all its links are up, as far as it is concerned."""
        self._flaps.remove(flap)
        for wing in flap.wings:
            wing.folded = True
            if wing.down:
                self._rejoin(wing.link, flap.in_flight)

    def _flap(self, flap: Flap, link: Link) -> None:
        pair = (link.src, link.dst) if flap.ends.oneway or link.src < link.dst else (link.dst, link.src)
        words = iter(self.chance.stream("weather", *pair, "flap", flap.name))
        wing = Wing(link, Flaps(words, flap.flapping, flap.since))
        flap.wings.append(wing)

        def beat(_: Any) -> None:
            if wing.folded:
                return
            down = wing.flaps.down(self.kernel.now)
            if down != wing.down:
                wing.down = down
                (self._sever if down else self._rejoin)(link, flap.in_flight)
            self.kernel.post(wing.flaps.until, FAULT, beat)

        beat(None)

    def change(self, picks: Callable[[NodeId, NodeId], bool], change: Change, sign: int) -> None:
        """Put a change on the links that `picks` chooses (sign 1), or take it back (sign -1)."""
        if sign > 0:
            name = _free_name(entry.name for entry in self._changes if entry.change.burst is not None)
            entry = InForce(picks, change, self.kernel.now, name)
            self._changes.append(entry)
        else:
            entry = next(e for e in self._changes if e.picks == picks and e.change == change)
            self._changes.remove(entry)
        for link in self.links():
            if picks(link.src, link.dst):
                if sign > 0:
                    link.changes.append(change)
                    self._brew(link, entry)
                else:
                    link.changes.remove(change)
                    link.storms = [storm for storm in link.storms if storm.source is not entry]
                link.changed()

    def rule(self, src: NodeId, dst: NodeId, rule: Rule, sign: int) -> None:
        """Install a rule on one link (sign 1), or take it back (sign -1)."""
        entry = (src, dst, rule)
        if sign > 0:
            self._rules.append(entry)
        else:
            self._rules.remove(entry)
        link = self.hosts[src].links.get(dst)
        if link is not None:
            if sign > 0:
                link.rules.append(rule)
            else:
                link.rules.remove(rule)
            link.watch()


def _free_name(taken: Iterable[int | str]) -> int:
    """Return the smallest number that is not taken: a name that depends on nothing but the faults in force."""
    numbers = set(taken)
    return next(i for i in range(len(numbers) + 1) if i not in numbers)


def _everywhere(src: NodeId, dst: NodeId) -> bool:
    return True
