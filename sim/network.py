"""Links between nodes: delay, loss, duplication, corruption, cuts, and what becomes of packets in flight.

Every packet's fate is four keyed words of its link and its ordinal there, taken before anything else is asked, so
what happens to one packet never moves the fate of another. A packet in flight is itself the entry in the event
queue. Cuts and rules are judged when a packet is sent; on arrival its link's epoch is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from heapq import heappush
from struct import Struct
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from .chance import HALF, LOW, Chance, threshold
from .kernel import PACKET, Kernel
from .machine import NodeId, Receive, Refused
from .normal import interpolate, lognormal
from .recorder import Recorder
from .trace import BadValue
from .units import US

if TYPE_CHECKING:
    from .host import Host

NEVER = 1 << 100
IN_FLIGHT = ("deliver", "drop", "hold")
INSIDE_REGION = 250 * US  # the least one-way delay between two nodes of one region
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
    """What delays a network has between any two different nodes."""

    def between(self, src: NodeId, dst: NodeId) -> Delay: ...


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


# -- links -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """What a link fault adds to a link: shares add up as independent causes, delays add in ns.

    `messages` limits it to some message types, by class name; empty is all of them.
    """

    loss: Fraction = Fraction(0)
    delay: int = 0
    jitter: int = 0
    duplicate: Fraction = Fraction(0)
    corrupt: Fraction = Fraction(0)
    refuse: bool = False
    messages: tuple[str, ...] = ()


class Shape(NamedTuple):
    """The numbers by which four words become a fate: a delay, and thresholds out of 2**32."""

    low: int
    span: int
    grid: Grid | None
    loss: int
    corrupt: int
    twice: int


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
    return Shape(
        delay.low + sum(c.delay for c in changes),
        delay.span + sum(c.jitter for c in changes),
        delay.grid,
        _either([c.loss for c in changes]),
        _either([c.corrupt for c in changes]),
        _either([c.duplicate for c in changes]),
    )


# A fate is a delay in ns; or, for whatever is not one clean delivery, a tuple of (delay, spoil word) copies, spoil 0
# meaning that the copy is sound. The empty tuple is a lost packet.
Fate = int | tuple[tuple[int, int], ...]
LOST: Fate = ()


# A packet has four words of 64 bits. Reading one half of one word of every packet of a block, and nothing else, costs
# a quarter of reading all words and shifting them.
_LOSS, _CORRUPT = "4xI24x", "I28x"  # the upper and the lower half of the first
_DELAY, _QUANTILE = "12xI16x", "8xQ16x"  # the upper half of the second, and all of it
_TWICE = "20xI8x"  # the upper half of the third
_word = Struct("<Q").unpack_from


@cache
def _column(form: str, packets: int) -> Callable[[bytes], tuple[int, ...]]:
    return Struct("<" + form * packets).unpack


def decode(raw: bytes, shape: Shape) -> list[Fate]:
    """Return the fates of consecutive packets, each from four words in 32 bytes.

    The words decide loss and corruption; delay; duplicate and reordering; the copy's delay.
    """
    low, span, grid, loss, corrupt, twice = shape
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
        "held",
        "hold",
        "host",
        "rules",
        "shape",
        "src",
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
        self.held: list[tuple[Packet, Any]] = []
        self.changes: list[Change] = list(always)
        self.rules: list[Rule] = []
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
        self.watch()

    def watch(self) -> None:
        special = self.cuts or self.rules or any(c.messages or c.refuse for c in self.changes)
        self.until = 0 if special else NEVER


@dataclass
class Cut:
    """A partition in force: sides cannot reach each other; with `oneway` only earlier ones cannot reach later."""

    side: Mapping[NodeId, int]
    oneway: bool = False
    in_flight: str = "deliver"

    def severs(self, src: NodeId, dst: NodeId) -> bool:
        a, b = self.side.get(src), self.side.get(dst)
        return a is not None and b is not None and (a < b if self.oneway else a != b)


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
    ) -> None:
        self.kernel = kernel
        self.recorder = recorder
        self.chance = chance
        self.latency = latency
        self.hosts = hosts
        self.counts = Counts()
        self._always = (always,)
        self._cuts: list[Cut] = []
        self._changes: list[tuple[Callable[[NodeId, NodeId], bool], Change]] = []
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
            self._to_self(host, msg, seq)
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
        if any(c.refuse for c in mine):
            self.drop(link.dst, seq, "refused")
            if tell:
                self.hosts[link.src].tell(Refused(link.dst, msg, "refused"), seq)
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
        self._copies(link, msg, fate, seq, now)

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

    def _to_self(self, host: Host, msg: Any, seq: int) -> None:
        packet = Packet()
        packet.src, packet.msg, packet.cause = host.node, msg, seq
        host.offer(packet)

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
            link = host.links[dst] = Link(
                host.node, to, self.latency.between(host.node, dst), self.chance, self._always
            )
            for cut in self._cuts:
                if cut.severs(link.src, dst):
                    link.cuts += 1
                    link.hold += cut.in_flight == "hold"
            link.changes += [change for picks, change in self._changes if picks(link.src, dst)]
            link.rules += [rule for src, to_, rule in self._rules if (src, to_) == (link.src, dst)]
            if link.cuts or self._changes or self._rules:
                link.changed()
        return link

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
                link.cuts += 1
                link.epoch += cut.in_flight == "drop"
                link.hold += cut.in_flight == "hold"
                link.watch()

    def mend(self, cut: Cut) -> None:
        """Take back one cut; what another cut severs stays severed."""
        self._cuts.remove(cut)
        for link in self.links():
            if cut.severs(link.src, link.dst):
                link.cuts -= 1
                link.hold -= cut.in_flight == "hold"
                link.watch()
                if not link.hold and link.held:
                    held, link.held = link.held, []
                    for packet, callbacks in held:
                        packet.callbacks = callbacks
                        heappush(self.kernel.queue, (self.kernel.now, PACKET, next(self.kernel.numbers), packet))

    def change(self, picks: Callable[[NodeId, NodeId], bool], change: Change, sign: int) -> None:
        """Put a change on the links that `picks` chooses (sign 1), or take it back (sign -1)."""
        entry = (picks, change)
        if sign > 0:
            self._changes.append(entry)
        else:
            self._changes.remove(entry)
        for link in self.links():
            if picks(link.src, link.dst):
                if sign > 0:
                    link.changes.append(change)
                else:
                    link.changes.remove(change)
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
