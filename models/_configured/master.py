"""The master: who is alive, and what the next configuration is.

A member that is not heard for `patience` leaves, a node that is heard and no member joins at the end. Somebody synced
must stay, or else the master waits. With `interregnum` a leader that leaves is replaced in two steps: a configuration
in which nobody leads, then, when all members are in it and say how much they hold, one led by who holds most.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from sim.machine import Alarm, Cluster, Machine, NodeId, Now, on
from sim.units import duration

from .._parameters import quantity
from .configuration import Configuration, Confirm, Confirmed, Current, Decided, Ping


class Master(Machine):
    """The room of the master, in every node and idle in all but the first."""

    interregnum = False

    def __init__(self, node: NodeId, cluster: Cluster, beat: str, patience: str) -> None:
        super().__init__(node, cluster)
        self.beat_ns = quantity("beat", beat, duration)
        self.patience_ns = quantity("patience", patience, duration)
        if not 0 < self.beat_ns < self.patience_ns:
            raise ValueError(f"beat: found {beat!r}, allowed: a time above 0 and below patience ({patience})")
        self.master = cluster.nodes[0]
        # The master's own node neither leads nor is last: what cuts these off should leave somebody to replace them.
        order = (*cluster.nodes[1:-1], cluster.nodes[0], cluster.nodes[-1]) if len(cluster.nodes) > 1 else cluster.nodes
        self.initial = Configuration(1, tuple((one, 1) for one in order), True)
        self.current = self.initial
        self.heard: dict[NodeId, int] = {}  # when, by the master's monotonic clock
        self.pings: dict[NodeId, Ping] = {}

    def begin_mastering(self, durable: Mapping[Hashable, Any], now: Now) -> None:
        if self.node == self.master:
            self.current = Configuration(*durable.get("current", self.initial))
            self.heard = dict.fromkeys(self.cluster.nodes, now.monotonic)  # nobody is dead for not being heard before
            self.alarm("check", self.beat_ns, every=self.beat_ns)

    @on(Ping)
    def pinged(self, src: NodeId, msg: Ping, now: Now) -> None:
        self.heard[src] = now.monotonic
        self.pings[src] = msg
        if msg.number < self.current.number:
            self.send(src, Current(self.current))
        if not self.current.led:
            self.check(None, now)

    @on(Confirm)
    def asked_to_confirm(self, src: NodeId, msg: Confirm, now: Now) -> None:
        if msg.number == self.current.number:
            self.send(src, Confirmed(msg.number, msg.read))

    @on(Alarm, "check")
    def check(self, about: Any, now: Now) -> None:
        alive = [node for node in self.cluster.nodes if now.monotonic - self.heard[node] < self.patience_ns]
        if self.current.led:
            if set(self.current.nodes) != set(alive):
                self.change(alive)
        elif all(self.pings[node].number == self.current.number for node in self.known(alive)):
            self.decide(sorted(self.known(alive), key=self.rank), alive, led=True)

    def rank(self, node: NodeId) -> tuple[int, int, int]:
        """Return what sorts those first who hold most, and of equals the earlier member.

        A longer log is worth less than one with an entry of a later leader: what it has more, nobody acknowledged.
        """
        ping = self.pings[node]
        return -ping.latest, -ping.held, self.current.nodes.index(node)

    def known(self, alive: list[NodeId]) -> list[NodeId]:
        """Return the live members that are known to be synced, in order.

        What a node said before it was last out does not count.
        """
        said = [(node, since, self.pings.get(node)) for node, since in self.current.members if node in alive]
        return [node for node, since, ping in said if ping is not None and ping.synced and ping.number >= since]

    def change(self, alive: list[NodeId]) -> None:
        kept = self.known(alive)
        headless = self.interregnum and self.current.nodes[0] not in kept
        self.decide(kept, [] if headless else alive, led=not headless)

    def decide(self, kept: list[NodeId], alive: list[NodeId], led: bool) -> None:
        """Decide on a configuration of those who stay, followed by the others who are alive: these join anew."""
        if not kept:
            return  # nobody who is left is known to hold all that was acknowledged
        number = self.current.number + 1
        stay = tuple((node, self.current.since(node) or number) for node in kept)
        join = tuple((node, number) for node in alive if node not in kept)
        self.current = Configuration(number, stay + join, led)
        self.persist("current", tuple(self.current))
        self.note(Decided(number, self.current.nodes, led))
        for node in self.cluster.nodes:
            self.send(node, Current(self.current))
