"""The transport-bound machine: every node pings its partners on a fixed grid and answers their pings."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any, NamedTuple

from sim.machine import Alarm, Boot, Cluster, Machine, NodeId, Now, fingerprint, on
from sim.units import MS

PERIOD = 10 * MS


class Ping(NamedTuple):
    """Are you there?"""

    round: int


class Pong(NamedTuple):
    """I am."""

    round: int


class View(NamedTuple):
    """What the world may know."""

    role: str
    term: int
    commit: int  # rounds begun


class Beat(Machine):
    """One of the nodes; the first by name calls itself the leader, and nobody minds."""

    View = View

    def __init__(self, node: NodeId, cluster: Cluster, partners: int | None = None, rounds: int | None = None) -> None:
        super().__init__(node, cluster)
        self.role = "leader" if cluster.number(node) == 0 else "follower"
        self.term = 1
        self.commit = 0
        self.rounds = rounds  # None is without end
        if partners is not None:  # the next ones by name, in a ring
            at = cluster.number(node)
            self.peers = tuple([cluster.nodes[(at + i) % len(cluster.nodes)] for i in range(1, partners + 1)])
        self.phase = PERIOD * cluster.number(node) // len(cluster.nodes)
        self.heard: dict[NodeId, int] = dict.fromkeys(cluster.peers if partners is None else self.peers, 0)

    @on(Boot)
    def boot(self, durable: Any, life: int, now: Now) -> None:
        self.alarm("beat", self.phase, every=PERIOD)

    @on(Alarm, "beat")
    def beat(self, about: Any, now: Now) -> None:
        if self.rounds is None or self.commit < self.rounds:
            self.commit += 1
            self.broadcast(Ping(self.commit))

    @on(Ping)
    def pinged(self, src: NodeId, msg: Ping, now: Now) -> None:
        self.send(src, Pong(msg.round))

    @on(Pong)
    def ponged(self, src: NodeId, msg: Pong, now: Now) -> None:
        self.heard[src] += 1

    def contents(self) -> Iterable[tuple[Hashable, str]]:
        """Yield how many answers came from each partner."""
        for node, count in sorted(self.heard.items()):
            yield node, fingerprint(count)


def machine(node: NodeId, cluster: Cluster, partners: int | None = None, rounds: int | None = None) -> Beat:
    """Make one node; `partners` limits whom it pings, `rounds` how often."""
    return Beat(node, cluster, partners, rounds)
