"""Chain replication: updates enter at the head and go down a chain, and what has reached the tail is committed.

The head puts updates in order; every node passes on what it stores; the tail answers, for what it holds everybody
before it holds, too. Queries are answered by the tail alone. A master decides who is in the chain: the next node takes
a head's place, the one before a tail's, and where a node in the middle goes the one before it passes on what the one
after it lacks. The step that is easy to omit: the paper's nodes stop for good when they fail and everybody knows, ours
may only be slow or cut off. So configurations have numbers, and a tail asks the master before it answers a query
whether it is still the tail.

The guarantee: operations are linearizable under any crashes, losses and cuts, as long as disks keep what is synced.
What it lacks: one slow node slows every update, and nothing is repaired without the master.

After van Renesse and Schneider, Chain Replication for Supporting High Throughput and Availability (OSDI 2004); numbers
are its sections.
"""

from __future__ import annotations

from collections.abc import Mapping

from sim.machine import Ask, Cluster, NodeId, Now, on

from ._configured.configuration import RULES as CONFIGURED
from ._configured.configuration import Ack, Copy
from ._configured.member import Member
from ._rules import Rule, broken, chosen, told

RULES: Mapping[str, Rule] = {
    "replies": Rule(("tail", "head"), "3", "the head answers what it has stored, whoever else has"),
    "queries": Rule(("tail", "anybody"), "3", "whoever is asked answers queries by what it has stored"),
    "passes_on": Rule(("what-lacks", "what-comes"), "3.1", "after a gap in the chain nobody passes on what lies in it"),
    **CONFIGURED,
}
PROFILES = {"as-published": {}, **broken(RULES)}
WITHOUT = told(RULES)


class Chain(Member):
    """One node. It tells the master every `beat` that it is alive; who is silent for `patience` is taken for dead."""

    def __init__(
        self,
        node: NodeId,
        cluster: Cluster,
        *,
        beat: str = "50ms",
        patience: str = "200ms",
        replies: str = "tail",
        queries: str = "tail",
        passes_on: str = "what-lacks",
        fencing: str = "numbers",
        reads: str = "confirmed",
        joins: str = "with-history",
        sessions: str = "kept",
        kept: str = "durably",
    ) -> None:
        super().__init__(node, cluster, chosen(RULES, locals()), beat, patience)

    def successors(self) -> tuple[NodeId, ...]:
        after = self.configuration.after(self.node)
        return () if after is None else (after,)

    def source(self) -> NodeId | None:
        nodes = self.configuration.nodes
        at = nodes.index(self.node) if self.node in nodes else 0
        return nodes[at - 1] if at else None

    def reader(self) -> NodeId:
        return self.configuration.nodes[-1]

    def is_tail(self) -> bool:
        return self.synced and self.reader() == self.node

    def answers(self) -> bool:
        return self.is_tail() if self.words["replies"] == "tail" else self.role == "leader"

    def advance(self) -> None:
        """Commit everything, at the tail: what it holds all before it hold (3, Update Propagation Invariant)."""
        if self.is_tail() or (self.words["replies"] == "head" and self.role == "leader"):
            self.commit_to(self.tail)

    def leaves_gaps(self) -> bool:
        return self.words["passes_on"] == "what-comes"

    def acknowledge(self, src: NodeId, msg: Copy) -> None:
        """Acknowledge what the tail has (3.1, Inprocess Requests Invariant): a node in between waits for the tail."""
        if self.is_tail() or self.commit > msg.committed or not msg.entries:
            super().acknowledge(src, msg)

    def heard_of(self, src: NodeId, msg: Ack) -> None:
        before = self.commit
        self.commit_to(min(msg.committed, self.tail))
        source = self.source()
        if source is not None and self.commit > before:
            self.send(source, Ack(self.term, self.tail, self.commit, False))

    @on(Ask, "read")
    def read(self, ask: Ask, now: Now) -> None:
        if self.words["queries"] == "anybody" and self.synced:
            self.answer(ask, "ok", self.store.values.get(ask.args[0]))
        else:
            super().read(ask, now)


machine = Chain
