"""A lease that is as good as its clocks: one node grants, the others hold it in turn, each by its own monotonic clock.

A holder believes in its lease for `term` from when it was granted, and asks nobody before it acts (Gray and Cheriton,
1989). The granting node waits for `term` and a `guard` before it grants again. The guard is all there is against clocks
that run at different rates, and against latency that varies: with the same latency for every grant, two nodes hold the
lease at once exactly if a holder's clock is slow by more than guard / (term + guard), 9900.99 ppm by default.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sim.machine import Alarm, Boot, Cluster, Machine, NodeId, Now, on
from sim.units import duration


class Want(NamedTuple):
    """Put me in the queue for the lease."""


class Grant(NamedTuple):
    """The lease is yours for `term` ns."""

    term: int


class View(NamedTuple):
    """Who holds the lease is the leader; the granting node is idle."""

    role: str


class Lease(Machine):
    """One node; the first of the cluster grants."""

    View = View

    def __init__(self, node: NodeId, cluster: Cluster, *, term: str = "1s", guard: str = "10ms") -> None:
        super().__init__(node, cluster)
        self.term = _read("term", term)
        self.guard = _read("guard", guard)
        self.grantor = cluster.nodes[0]
        self.role = "idle" if node == self.grantor else "follower"
        self.queue: list[NodeId] = []
        self.free = True

    @on(Boot)
    def boot(self, durable: Any, life: int, now: Now) -> None:
        if self.node != self.grantor:
            self.send(self.grantor, Want())

    @on(Want)
    def wanted(self, src: NodeId, msg: Want, now: Now) -> None:
        self.queue.append(src)
        self.grant_next()

    @on(Alarm, "free")
    def is_free(self, about: Any, now: Now) -> None:
        self.free = True
        self.grant_next()

    def grant_next(self) -> None:
        if self.free and self.queue:
            self.free = False
            self.send(self.queue.pop(0), Grant(self.term))
            self.alarm("free", self.term + self.guard)

    @on(Grant)
    def granted(self, src: NodeId, grant: Grant, now: Now) -> None:
        self.role = "leader"
        self.alarm("over", grant.term)

    @on(Alarm, "over")
    def is_over(self, about: Any, now: Now) -> None:
        self.role = "follower"
        self.send(self.grantor, Want())


def _read(name: str, found: str) -> int:
    try:
        return duration(found)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


machine = Lease
