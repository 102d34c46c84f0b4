"""A log that answers before anybody else has the entry: the first example, and wrong on purpose.

The first node takes every append, answers at once and only then sends copies. Two steps are missing: it never
persists, so a crash loses what it promised, and it never asks whether a copy arrived, so a lost one stays lost.
"""

from collections import namedtuple

from sim.machine import Ask, Cluster, Machine, NodeId, Now, Point, fingerprint, on

Copy = namedtuple("Copy", "seq payload")  # the only message
Stored = namedtuple("Stored", "seq payload")  # two facts, for the properties that judge a run
Accepted = namedtuple("Accepted", "op seq payload")


class Careless(Machine):
    """One node of the log."""

    View, FACTS, ACTIONS = namedtuple("View", "role tail"), (Stored, Accepted, Point), {"append": ("value",)}

    def __init__(self, node: NodeId, cluster: Cluster) -> None:
        super().__init__(node, cluster)
        self.role = "follower" if cluster.number(node) else "leader"
        self.log: dict[int, str] = {}
        self.tail = 0  # where the next entry goes

    @on(Ask, "append")
    def append(self, ask: Ask, now: Now) -> None:
        if self.role == "follower":
            return self.answer(ask, "elsewhere", hint=self.cluster.nodes[0])
        entry = Copy(self.tail, *ask.args)
        self.store(self.node, entry, now)
        self.note(Accepted(ask.op, *entry))
        self.answer(ask, "ok")  # wrong: so far this node alone has the entry, and has it in memory
        self.note(Point("promised"))  # a scenario may strike here, where it hurts most
        self.broadcast(entry)  # wrong: a copy that is lost is never sent again

    @on(Copy)
    def store(self, src: NodeId, entry: Copy, now: Now) -> None:
        self.log[entry.seq] = entry.payload
        self.tail = max(self.tail, entry.seq + 1)
        self.note(Stored(*entry))

    def contents(self) -> list[tuple[int, str]]:
        return [(seq, fingerprint(payload)) for seq, payload in self.log.items()]


machine = Careless
