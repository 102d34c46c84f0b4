"""Who leads in each component of a cluster that partitions divide, as specified: L6 of section 10.2.

A node stands only for a leader that it believes in and misses, and takes up a belief only from a leader's heartbeat. So
leaders are never more than there were nodes that led or believed in somebody, and a component in which nobody does has
no leader for as long as it is cut off. That is no breach of L5: the specification excludes it (W13).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from sim.property import NOTHING, always
from sim.units import clock_text

from .bounds import NEEDS, Calm
from .properties import Settling
from .roles import LEADER
from .witness import Judge, as_specified


class Part(Protocol):
    """What judges one component; `calm` watches its nodes."""

    calm: Calm

    def judge(self, record: Any) -> Any:
        """Take in a record of this component and say what is wrong."""


class Components:
    """The components of a cluster, each judged by itself.

    Components are made by partitions both ways in which every node has a side. While any other fault lasts none of
    them is calm.
    """

    def __init__(self, nodes: tuple[str, ...], make: Callable[[Calm], Part]) -> None:
        self.parts = [make(Calm(nodes, None))]
        self._nodes = nodes
        self._make = make
        self._cuts: dict[int, dict[str, int]] = {}
        self._part = dict.fromkeys(nodes, self.parts[0])

    def judge(self, record: Any) -> Any:
        """Have those judge a record whom it concerns."""
        kind = record.kind
        if kind == "fault":
            side = self._sides(record.data)
            if side is None:
                self._tell(record)
            else:
                self._cuts.pop(record.data.fault, None)
                self._cuts |= {} if record.data.phase == "mend" else {record.data.fault: side}
                self._divide(record.at)
            return NOTHING
        if record.name == "configured":
            self._tell(record)  # all heartbeats are to be equally long
            return NOTHING
        part = self._part[record.node]
        outbound = kind == "send" and self._part[record.data.dst] is not part
        if outbound or (kind == "drop" and not part.calm.awaits(record.cause)):
            return NOTHING
        return part.judge(record)

    def _tell(self, record: Any) -> None:
        for part in self.parts:
            part.judge(record)

    def _sides(self, fault: Any) -> dict[str, int] | None:
        """Return on which side of a fault each node is, None if it does not divide the cluster cleanly."""
        if fault.what != "partition" or fault.phase == "unresolved" or fault.fields.get("oneway"):
            return None
        side = {node: i for i, group in enumerate(fault.fields.get("groups", ())) for node in group}
        return side if len(side) == len(self._nodes) else None

    def _divide(self, at: int) -> None:
        views = {node: view for part in self.parts for node, view in part.calm.views.items()}
        groups: dict[tuple[int, ...], list[str]] = {}
        for node in self._nodes:
            groups.setdefault(tuple(side[node] for side in self._cuts.values()), []).append(node)
        before = self.parts[0].calm
        self.parts = []
        for nodes in groups.values():
            part = self._make(before.part({node: views[node] for node in nodes if node in views}, at))
            self.parts.append(part)
            self._part |= dict.fromkeys(nodes, part)


class Believers:
    """Judges whether there are more leaders than nodes that led or believed in somebody when calm began."""

    def __init__(self, calm: Calm) -> None:
        self.calm = calm
        self._were = self._believers()

    def judge(self, record: Any) -> Any:
        """Take in a record, and judge who leads and who has begun to."""
        calm, at = self.calm, record.at
        promoted = record.kind == "state" and _promoted(record.was, record.data)
        if promoted and record.was.leader is None:
            calm.hear(record)
            return f"{record.node} leads, and believed in nobody"
        # For D after a disturbance a heartbeat from before may arrive, and whoever takes it believes in its sender.
        if calm.hear(record) or not calm.stable(at) or not calm.heartbeat or at <= calm.since + calm.delay:
            self._were = self._believers()
            return None if promoted else NOTHING
        if len(self._were) == len(calm.views):
            return None if promoted else NOTHING
        if len(calm.leaders) <= len(self._were):
            return None
        were = " and ".join(sorted(self._were)) or "nobody"
        return f"{' and '.join(calm.leaders)} lead, and {were} led or believed in a leader at {clock_text(calm.since)}"

    def _believers(self) -> set[str]:
        return {node for node, view in self.calm.views.items() if view.role == LEADER or view.leader is not None}


def _promoted(was: Any, view: Any) -> bool:
    """Return whether a node that was up leads now and did not before; who is placed as leader is not promoted."""
    return was is not None and view is not None and view.role == LEADER != was.role


@always("leaders are no more than led or believed in a leader when a fault struck", needs=NEEDS)
@as_specified
def led_by_believers(cluster: Any) -> Judge:
    """Judge each new leader, and in each component how many lead while nothing more goes wrong there (L6).

    A component in which nobody believes in anybody must have no leader.
    """
    components = Components(cluster.nodes, Believers)
    said: Any = NOTHING
    while True:
        said = components.judge((yield said))


@always("one leader, always the same, 2(H + D) after a component calmed down with a leader", needs=NEEDS)
@as_specified
def settled_in_components(cluster: Any) -> Judge:
    """Judge each component of a cluster that is divided as L4 does a whole one (L6)."""
    components = Components(cluster.nodes, Settling)
    said: Any = NOTHING
    while True:
        said = components.judge((yield said))
        said = said if len(components.parts) > 1 else NOTHING
