"""How the cluster stands by its records: who is beyond help, since when nothing is wrong, who is cut off, who votes.

What several properties read; each keeps one and gives it the records that it needs: NEEDS.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..trace import Header, Record

NEEDS = {"boot": "", "crash": "", "fault": ""}
CONFIGURED = {"configured": "voters joining"}  # what Members hears


class Standing:
    """Disturbances and lasting harm, from `boot`, `crash` and `fault` records.

    `beyond` are the nodes under a fault that lasts for ever; `since` is when the last disturbance was, in ns.
    """

    def __init__(self, cluster: Header) -> None:
        self.nodes = cluster.nodes
        self.beyond: frozenset[str] = frozenset()
        self.since = 0
        self._on: set[int] = set()  # faults that will be mended

    def hear(self, record: Record) -> bool:
        """Take in a record and return whether it is a disturbance."""
        if record.kind == "fault":
            fault = record.data
            if fault.phase == "unresolved":
                return False
            self._on.discard(fault.fault)
            if fault.phase == "forever":
                self.beyond |= harmed(fault, self.nodes)
            elif fault.phase == "begin" and fault.what != "operate":  # an act is over at once
                self._on.add(fault.fault)
        elif record.kind not in ("boot", "crash"):
            return False
        self.since = record.at
        return True

    def calm(self, at: int, grace: int = 0) -> bool:
        """Return whether nothing is broken that will be mended, and was not for so many ns either."""
        return not self._on and at - self.since >= grace

    def quorum_left(self) -> bool:
        """Return whether a majority of the nodes is under no fault that lasts for ever."""
        return 2 * (len(self.nodes) - len(self.beyond)) > len(self.nodes)

    def lost(self) -> str:
        """Return the excuse of a protocol that needs a majority and has none."""
        gone = listed(self.beyond)
        return f"no quorum is left: {gone} of {len(self.nodes)} nodes are under faults that last for ever"


class Members:
    """Who votes, as each node last said in the fact `configured`: one set of nodes, or in a joint configuration two.

    A node that never said it goes by all nodes.
    """

    def __init__(self, cluster: Header) -> None:
        self._everybody = (tuple(cluster.nodes),)
        self._used: dict[str | None, tuple[tuple[str, ...], ...]] = {}

    def hear(self, record: Record) -> None:
        """Take in a `configured` record."""
        self._used[record.node] = tuple(part for part in (record.data.voters, record.data.joining) if part)

    def of(self, node: str | None) -> tuple[tuple[str, ...], ...]:
        """Return the sets of nodes of each of which a majority must agree, as far as a node knows."""
        return self._used.get(node, self._everybody)


class Cuts:
    """Who can reach whom, from `fault` records of partitions and pauses.

    A node that stands still reaches nobody. What a link, packet or edge fault does is not in its record, nor are the
    parts into which a chain or a ring falls, so while one lasts nothing is `clear`.
    """

    def __init__(self, cluster: Header) -> None:
        self.nodes = cluster.nodes
        self._cuts: dict[int, Mapping[str, int]] = {}
        self._still: dict[int, tuple[str, ...]] = {}
        self._blurs: set[int] = set()
        self._part: dict[str, int] | None = None

    @property
    def clear(self) -> bool:
        return not self._blurs

    def hear(self, record: Record) -> None:
        """Take in a fault's record."""
        fault = record.data
        number, ends = fault.fault, fault.phase == "mend"
        if fault.phase == "unresolved":
            return
        self._part = None
        if fault.what == "partition" and "groups" in fault.fields:
            side = {node: i for i, group in enumerate(fault.fields["groups"]) for node in group}
            self._cuts = {k: v for k, v in self._cuts.items() if k != number} | ({} if ends else {number: side})
        elif fault.what == "pause":
            self._still = {k: v for k, v in self._still.items() if k != number}
            if not ends:
                self._still[number] = fault.nodes
        elif fault.what not in ("crash", "clock", "operate"):
            self._blurs = self._blurs - {number} if ends else self._blurs | {number}

    def together(self, a: str, b: str) -> bool:
        """Return whether two nodes reach each other, both ways, if need be through others."""
        if self._part is None:
            self._part = self._parts()
        return a in self._part and self._part[a] == self._part.get(b)

    def _parts(self) -> dict[str, int]:
        still = {node for nodes in self._still.values() for node in nodes}
        # Nodes on the same sides of all cuts reach each other, so sides are compared and not nodes.
        alike: dict[tuple[int | None, ...], list[str]] = {}
        for node in self.nodes:
            if node not in still:
                alike.setdefault(tuple(side.get(node) for side in self._cuts.values()), []).append(node)
        parts: list[list[tuple[int | None, ...]]] = []
        for sides in alike:
            near = [p for p in parts if any(_reach(sides, other) for other in p)]
            parts = [p for p in parts if p not in near] + [[sides, *(s for p in near for s in p)]]
        return {node: i for i, part in enumerate(parts) for sides in part for node in alike[sides]}


def _reach(a: tuple[int | None, ...], b: tuple[int | None, ...]) -> bool:
    return all(i is None or j is None or i == j for i, j in zip(a, b, strict=True))


def harmed(fault: Any, nodes: Sequence[str]) -> frozenset[str]:
    """Return whom a fault that lasts for ever excuses; of a partition not the group that holds a majority of all."""
    groups = fault.fields.get("groups", ()) if fault.what == "partition" else ()
    most = next((group for group in groups if 2 * len(group) > len(nodes)), ())
    return frozenset(fault.nodes) - frozenset(most)


def listed(nodes: Iterable[str]) -> str:
    """Return names in order, for a sentence."""
    names = sorted(nodes)
    return " and ".join(names) if len(names) < 3 else ", ".join(names[:-1]) + " and " + names[-1]


def shown(value: Any) -> str:
    """Return a value for a sentence, cut to 60 characters."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
