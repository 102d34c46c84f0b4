"""A model that measures the world it runs in: what its faults really did, seen from inside.

Every node ticks on a fixed grid of its own monotonic clock. With each tick it pings its peers, may write one key to its
disk, and states as facts what came of that: how long a ping flew, which came back and which did not, what both clocks
say, how long a write took, what a new life found. It decides nothing and remembers nothing that matters.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

from sim.machine import Alarm, Boot, Cluster, Machine, NodeId, Now, Persisted, Refused, on
from sim.property import Property
from sim.units import duration, rate, share
from sim.units import size as bytes_of

from ._probe_network import PROPERTIES as NETWORK


class Ping(NamedTuple):
    """The `n`-th ping of its sender to this peer, sent at `sent` of the sender's wall clock, `size` bytes long."""

    n: int
    sent: int
    size: int


class Pong(NamedTuple):
    """The answer to a ping, as long as it."""

    n: int
    size: int


# -- facts -------------------------------------------------------------------------------------------------


class Stated(NamedTuple):
    """What the scenario says should be measured: ns, bytes per second or millionths, by the name of the figure."""

    what: str
    value: int


class Heard(NamedTuple):
    """A ping arrived; `flight` is in ns, from one wall clock to another."""

    src: NodeId
    n: int
    flight: int


class Returned(NamedTuple):
    """A ping was answered after `rtt` ns of the monotonic clock."""

    peer: NodeId
    n: int
    rtt: int


class Missed(NamedTuple):
    """A ping was not answered within the patience."""

    peer: NodeId
    n: int


class Turned(NamedTuple):
    """A ping could not even be queued."""

    peer: NodeId
    n: int
    why: str


class Ticked(NamedTuple):
    """The `n`-th tick of this life, and what both clocks said then, in ns."""

    n: int
    monotonic: int
    wall: int


class Wrote(NamedTuple):
    """A write became durable after `took` ns, or failed (`why`)."""

    n: int
    took: int
    why: str | None


class Recovered(NamedTuple):
    """What a life found on its disk: how many writes, and the number of the last one (0 if there is none)."""

    life: int
    kept: int
    last: int


class Finished(NamedTuple):
    """The time to judge: the last ping was sent so long ago that it has come back or never will."""

    life: int


class View(NamedTuple):
    """The first node is the leader, so that faults can be aimed at roles."""

    role: str
    life: int


TO = ("each", "next")
WRITES = ("none", "synced", "cached")
_READ = {"loss": share, "throughput": rate, "tolerance": share}  # other figures are times


class Probe(Machine):
    """One node: ticks `every`, pings `to` its peers `batch` times, and stops doing so at `until`.

    `to` is "each" peer or the "next" in node order; `writes` is "none", "synced" or "cached"; `stated` holds figures
    for the properties to compare with what they measure, `tolerance` among them. Times, sizes and shares are text.
    """

    View = View
    FACTS = (Stated, Heard, Returned, Missed, Turned, Ticked, Wrote, Recovered, Finished)

    def __init__(
        self,
        node: NodeId,
        cluster: Cluster,
        every: str = "10ms",
        until: str = "",
        patience: str = "1s",
        size: int | str = 100,
        batch: int = 1,
        to: str = "each",
        echo: bool = True,
        ticks: bool = False,
        writes: str = "none",
        stated: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(node, cluster)
        self.role = "follower" if cluster.number(node) else "leader"
        self.life = 0
        self.every = _read("every", every, duration)
        if not self.every:
            raise ValueError('every: found "0s", allowed: a time above 0')
        self.until = _read("until", until, duration) if until else None
        self.patience = _read("patience", patience, duration)
        self.size = _read("size", size, bytes_of)
        self.batch = batch
        self.targets = self.peers if to == "each" else _next(node, cluster)
        self.echo = echo
        self.ticks = ticks
        self.writes = writes
        self.stated = {what: _read("stated", value, _reader(what)) for what, value in (stated or {}).items()}
        for name, found, allowed in (("to", to, TO), ("writes", writes, WRITES)):
            if found not in allowed:
                raise ValueError(f'{name}: found "{found}", allowed: {", ".join(allowed)}')
        self.ticked = 0
        self.sent: dict[NodeId, int] = dict.fromkeys(self.peers, 0)
        self.open: dict[tuple[NodeId, int], int] = {}  # pings under way and when they were sent, the oldest first
        self.writing: dict[int, int] = {}  # writes under way and when they began
        self.written = 0

    @on(Boot)
    def boot(self, durable: Mapping[Hashable, Any], life: int, now: Now) -> None:
        self.life = life
        self.written = max((n for n in durable.values()), default=0)
        if life > 1:
            self.note(Recovered(life, len(durable), self.written))
        if life == 1 and self.role == "leader":
            for what, value in sorted(self.stated.items()):
                self.note(Stated(what, value))
        self.alarm("tick", self.every, self.every)
        if self.until is not None:
            self.alarm("finish", max(self.until + self.patience - now.monotonic, 1))

    @on(Alarm, "tick")
    def tick(self, about: Any, now: Now) -> None:
        if self.until is not None and now.monotonic >= self.until:
            return self.cancel("tick")
        self.ticked += 1
        if self.ticks:
            self.note(Ticked(self.ticked, now.monotonic, now.wall))
        if self.writes != "none":
            self._write(now)
        self._give_up(now)
        for _ in range(self.batch):
            for peer in self.targets:
                n = self.sent[peer] = self.sent[peer] + 1
                if self.echo:
                    self.open[peer, n] = now.monotonic
                self.send(peer, Ping(n, now.wall, self.size), tell=True)
        return None

    @on(Alarm, "finish")
    def finish(self, about: Any, now: Now) -> None:
        self._give_up(now)
        self.note(Finished(self.life))

    @on(Ping)
    def heard(self, src: NodeId, ping: Ping, now: Now) -> None:
        self.note(Heard(src, ping.n, now.wall - ping.sent))
        if self.echo:
            self.send(src, Pong(ping.n, ping.size))

    @on(Pong)
    def returned(self, src: NodeId, pong: Pong, now: Now) -> None:
        sent = self.open.pop((src, pong.n), None)
        if sent is not None:
            self.note(Returned(src, pong.n, now.monotonic - sent))

    @on(Refused)
    def refused(self, dst: NodeId, msg: Ping, why: str, now: Now) -> None:
        self.open.pop((dst, msg.n), None)
        self.note(Turned(dst, msg.n, why))

    def _give_up(self, now: Now) -> None:
        while self.open:
            (peer, n), sent = next(iter(self.open.items()))
            if now.monotonic - sent < self.patience:
                return
            del self.open[peer, n]
            self.note(Missed(peer, n))

    def _write(self, now: Now) -> None:
        self.written += 1
        self.writing[self.written] = now.monotonic
        self.persist(("write", self.written), self.written, sync=self.writes == "synced", tell=True)

    @on(Persisted)
    def wrote(self, key: Any, why: str | None, now: Now) -> None:
        began = self.writing.pop(key[1], now.monotonic)
        self.note(Wrote(key[1], now.monotonic - began, why))


def _next(node: NodeId, cluster: Cluster) -> tuple[NodeId, ...]:
    after = cluster.nodes[(cluster.number(node) + 1) % len(cluster.nodes)]
    return () if after == node else (after,)


def _reader(what: str) -> Any:
    return _READ.get(what, duration)


def _read(name: str, found: Any, reader: Any) -> int:
    """Return a quantity as an integer, a share in millionths. Raises ValueError with the parameter's name."""
    try:
        value = reader(found)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    return int(value * 1_000_000) if reader is share else int(value)


PROPERTIES: tuple[Property, ...] = (*NETWORK,)
machine = Probe
