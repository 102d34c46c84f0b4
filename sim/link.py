"""One direction between two nodes: the fates of its packets, what is in force on it, and its bandwidth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from .chance import Chance
from .decisions import Verdict
from .fate import Change, Fate, Shape, decode, shape
from .latency import Delay
from .machine import NodeId, Receive
from .trace import BadValue
from .units import S
from .weather import NEVER, Storm

if TYPE_CHECKING:
    from .host import Host

SIZE = 100  # bytes of a message whose class does not say


class Packet(Receive):
    """A message on its way: what the machine will receive, and the entry in the event queue at once."""

    __slots__ = ("callbacks", "epoch", "link")
    _ok = True
    callbacks: Any
    epoch: int
    link: Link

    # The network makes an empty packet and fills it: half the time of an __init__ in Python, or of object.__new__.
    __init__ = object.__init__


def size_of(msg: Any) -> int:
    """Return a message's size in bytes, which its class may give. Raises BadValue."""
    size = getattr(msg, "size", SIZE)
    if type(size) is not int or size < 0:
        raise BadValue(f"{msg.__class__.__name__}.size: found {size!r}, allowed: whole bytes, at least 0")
    return size


class Rule(Protocol):
    """A judgement on single packets of one link, asked in order of installation; counts what it needs to count."""

    def judge(self, msg: Any, now: int) -> Sequence[Verdict]:
        """Return what becomes of this packet, besides what it is fated to."""


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
        "shaped",
        "src",
        "storms",
        "stranded",
        "stream",
        "until",
    )

    def __init__(
        self,
        src: NodeId,
        host: Host,
        delay: Delay,
        chance: Chance,
        always: Sequence[Change],
        shaped: Callable[[Delay, Sequence[Change]], Shape] = shape,
    ) -> None:
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
        self.shaped = shaped
        self.shape = shaped(delay, self.changes)

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
        self.shape = self.shaped(self.delay, [c for c in self.changes if not c.messages])
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
