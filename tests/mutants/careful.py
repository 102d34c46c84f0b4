"""The shipped `careless` log with its two missing steps put back: sound as it stands, and wrong in one way per bug.

The first node persists before it answers, waits for a copy on every other node, and sends again what has not
arrived.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Mapping
from typing import Any

from models.careless import Accepted, Careless, Copy
from sim.machine import Alarm, Ask, Boot, Cluster, NodeId, Now, on
from sim.units import MS

NONE = "none"
BUGS = {
    "not-durable": "what is promised is in memory only",
    "sends-once": "a copy that is lost is never sent again",
    "numbers-again": "after a restart new entries take the places of old ones",
}

Copied = namedtuple("Copied", "seq")


class Careful(Careless):
    """One node of the log."""

    def __init__(self, node: NodeId, cluster: Cluster, bug: str = NONE) -> None:
        super().__init__(node, cluster)
        if bug not in (NONE, *BUGS):
            raise ValueError(f"bug: found {bug!r}, allowed: {NONE}, {', '.join(BUGS)}")
        self.bug = bug
        self.lacking: dict[int, set[NodeId]] = {}
        self.waiting: dict[int, Ask] = {}

    @on(Boot)
    def boot(self, durable: Mapping[Any, Any], life: int, now: Now) -> None:
        self.log = dict(sorted((key[1], value) for key, value in durable.items()))
        self.tail = 0 if self.bug == "numbers-again" else max(self.log, default=-1) + 1
        if self.role == "leader":
            self.lacking = {seq: set(self.peers) for seq in self.log}
            self.alarm("again", 100 * MS, every=100 * MS)

    @on(Ask, "append")
    def append(self, ask: Ask, now: Now) -> None:
        if self.role == "follower":
            return self.answer(ask, "elsewhere", hint=self.cluster.nodes[0])
        entry = Copy(self.tail, *ask.args)
        self.lacking[entry.seq] = set(self.peers)
        self.store(self.node, entry, now)
        self.broadcast(entry)
        self.waiting[entry.seq] = ask

    @on(Alarm, "again")
    def again(self, about: Any, now: Now) -> None:
        if self.bug != "sends-once":
            for seq, peers in sorted(self.lacking.items()):
                for peer in sorted(peers):
                    self.send(peer, Copy(seq, self.log[seq]))

    @on(Copy)
    def store(self, src: NodeId, entry: Copy, now: Now) -> None:
        if self.bug != "not-durable" and self.log.get(entry.seq) != entry.payload:
            self.persist(("log", entry.seq), entry.payload)
        super().store(src, entry, now)
        if src != self.node:
            self.send(src, Copied(entry.seq))

    @on(Copied)
    def copied(self, src: NodeId, msg: Any, now: Now) -> None:
        if msg.seq in self.lacking:
            self.lacking[msg.seq].discard(src)
            if not self.lacking[msg.seq]:
                del self.lacking[msg.seq]
                self.settle(msg.seq)

    def settle(self, seq: int) -> None:
        if (ask := self.waiting.pop(seq, None)) is not None:
            self.note(Accepted(ask.op, seq, self.log[seq]))
            self.answer(ask, "ok")


machine = Careful
