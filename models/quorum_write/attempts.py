"""One attempt of a coordinator to have a row on enough nodes, and what an answer to it is worth.

All of it is volatile, as in the seed (QW-22).
"""

from __future__ import annotations

from sim.machine import Ask, NodeId

from .messages import SyncAck
from .rows import Row, digest
from .tracker import AckTracker, Latched

ACK, DRIFT = "ack", "drift"  # what an answer is worth; anything else says why it is worth nothing
FOREIGN, OTHER_ATTEMPT, NOT_STORED = "foreign", "other-attempt", "not-stored"


class Attempt:
    """A row on its way to the peers, for a client whose `ask` is None once nobody waits any more."""

    def __init__(self, id: str, client: str, op: int, ask: Ask | None, key: str, row: Row) -> None:
        self.id = id
        self.client = client
        self.op = op
        self.ask = ask
        self.key = key
        self.row = row
        self.tracker: AckTracker | None = None
        self.latch: Latched | None = None
        self.pushed = False  # peers have been asked
        self.asked: list[NodeId] = []
        self.answered: set[NodeId] = set()  # with success
        self.retried: set[NodeId] = set()
        self.to_retry: set[NodeId] = set()
        self.behind: dict[str, NodeId] = {}  # who sits behind what a peer calls itself
        self.outcome: str | None = None  # what the client was told

    @property
    def done(self) -> bool:
        return self.outcome is not None

    def waits(self) -> bool:
        """Return whether the local write is not durable yet."""
        return self.tracker is None or not self.tracker.local_committed

    def worth(self, src: NodeId, ack: SyncAck, bound: bool, local: NodeId) -> str:
        """Return what an answer is worth to this attempt: the seed looks at success and at the id alone.

        Bound acknowledgements are those of this attempt, of a member other than the coordinator that was asked, and
        for this row: a peer that kept another one has not stored this one (QW-9, QW-10, QW-17).
        """
        if bound:
            if ack.attempt != self.id:
                return OTHER_ATTEMPT
            if src == local or src not in self.asked:
                return FOREIGN
        if not ack.ok:
            return ack.why
        if ack.stored is None or ack.stored.id != self.row.id:
            return DRIFT
        return NOT_STORED if bound and ack.digest != digest(self.row) else ACK

    def named(self, src: NodeId, ack: SyncAck, bound: bool) -> str:
        """Return by what name a peer is counted, and remember where it sits."""
        name = src if bound else ack.peer
        self.behind[name] = src
        return name

    def missing(self) -> list[NodeId]:
        """Return who was asked and has not answered with success."""
        return [peer for peer in self.asked if peer not in self.answered]
