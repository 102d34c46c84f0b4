"""All links: sending and arriving, cuts, holds, flaps, and what is in force where.

A packet in flight is itself the entry in the event queue. Cuts, weather and rules are judged when a packet is sent;
on arrival its link's epoch is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import heappush
from typing import TYPE_CHECKING, Any, NamedTuple

from .chance import Chance
from .fate import Change, Fate, decode, first_word, nominal, shape
from .kernel import FAULT, PACKET, Kernel
from .latency import Delay, Ends, Latency
from .link import Link, Packet, Rule
from .machine import NodeId, Refused
from .recorder import Recorder
from .trace import BadValue
from .weather import Flapping, Flaps, Storm

if TYPE_CHECKING:
    from .host import Host

IN_FLIGHT = ("deliver", "drop", "hold")


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
        drawn: bool = True,
    ) -> None:
        self.kernel = kernel
        self.recorder = recorder
        self.chance = chance
        self.latency = latency
        self.hosts = hosts
        self.counts = Counts()
        self._always = [InForce(_everywhere, always, 0, "always")]
        self._lines = tuple(lines)
        self._drawn = drawn  # else every packet takes the median delay and none is lost but by a rule
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
            fate = decode(link.last_words(), link.shaped(link.delay, mine))[0]
        verdicts = [
            verdict for rule in link.rules for verdict in rule.judge(msg, now)
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
                fate = tuple((max(delay + by, 0), spoil) for delay, spoil in copies)
            elif do == "duplicate":
                fate = (*copies, *((max(delay + by, 0), spoil) for delay, spoil in copies[:1]))
            else:
                fate = tuple((delay, spoil or first_word(link.last_words()) | 1) for delay, spoil in copies)
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
            shaped = shape if self._drawn else nominal
            link = Link(host.node, to, delay or Delay(0), self.chance, [entry.change for entry in always], shaped)
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
        if change.burst is not None and self._drawn:
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


def _corrupted(msg: Any, word: int) -> Any:
    try:
        return msg.corrupted(word)
    except Exception as error:
        raise BadValue(f"{msg.__class__.__name__}.corrupted() raised {type(error).__name__}: {error}") from error
