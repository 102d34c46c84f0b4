"""What a crash of the leader takes with it, as specified: R4 of section 10.3, for heap files and default choices."""

from __future__ import annotations

from typing import Any, NamedTuple

from sim.property import END, NOTHING, always

from .bounds import NEEDS, Calm
from .messages import event_bytes
from .roles import FOLLOWER
from .witness import Judge, Witness, as_specified

NEEDS_TOO = {**NEEDS, "stored": "seq payload", "accepted": "seq payload", "under_capacity": "", END: ""}


class Crash(NamedTuple):
    """A leader has crashed, and by `due` all that it shipped has arrived; `owed` are its writes by sequence."""

    leader: str
    due: int
    owed: dict[int, Any]


@always("a crash of the leader takes no write that was there when a follower was last served", needs=NEEDS_TOO)
@as_specified
def loses_the_unserved(cluster: Any) -> Judge:
    """Judge what is on no live node D after the only leader has crashed, all others being its followers (R4).

    It judges writes that were accepted while nothing was wrong. They may be lost if no follower was served since, or if
    the chunk for which it asked had no room for them. How much that is (2H + 3D) is no bound, and measured elsewhere.
    """
    reign = Reign(cluster.nodes)
    crash: Crash | None = None
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        if crash is not None and (record.at > crash.due or record.kind == END):
            if reign.calm.stable(record.at):
                lost = [seq for seq, payload in crash.owed.items() if not reign.holds(seq, payload)]
                said = f"{crash.leader} took sequence {lost[0]}, though a follower was served later" if lost else None
            crash = None
        fallen = record.kind == "crash" and record.node == reign.leader
        owed, due = (reign.owed(), record.at + reign.calm.delay) if fallen else ({}, 0)
        if reign.hear(record):
            crash = Crash(record.node, due, owed) if owed else None


class Reign:
    """One node leads and all follow it, none with a longer log: what it accepts and ships, and who has stored what."""

    def __init__(self, nodes: tuple[str, ...]) -> None:
        self.calm = Calm(nodes, None)
        self.leader: str | None = None
        self._witness = Witness()
        self._held: dict[str, dict[int, Any]] = {}  # by node: what its present life has stored
        self._accepted: dict[int, Any] = {}
        self._served = 0  # the follower that was served most has been shipped all below this

    def holds(self, seq: int, payload: Any) -> bool:
        """Return whether a live node has stored this."""
        return any(self._held.get(node, {}).get(seq) == payload for node in self.calm.views)

    def owed(self) -> dict[int, Any]:
        """Return which of the writes that were accepted must outlive the leader."""
        return {seq: payload for seq, payload in self._accepted.items() if seq < self._served}

    def hear(self, record: Any) -> bool:
        """Take in a record and return whether it puts an end to what was promised."""
        topic, node = self._witness.hear(record), record.node
        ended = self.calm.hear(record) or topic in ("send SyncNack", "note under_capacity")
        if topic in ("crash", "boot"):
            self._held.pop(node, None)
        elif topic == "note stored":
            self._held.setdefault(node, {})[record.data.seq] = record.data.payload
        elif topic == "note accepted" and node == self.leader:
            self._accepted[record.data.seq] = record.data.payload
        elif topic == "send SyncResponse" and node == self.leader:
            ended = self._ship(record) or ended
        if ended or self._led() != self.leader:
            self.leader, self._accepted, self._served = self._led(), {}, 0
        return ended

    def _led(self) -> str | None:
        calm = self.calm
        if len(calm.leaders) != 1 or not calm.heartbeat:
            return None
        (leader,) = calm.leaders
        tail = calm.views[leader].tail
        for node, view in calm.views.items():
            if node != leader and (view.role != FOLLOWER or view.leader != leader or view.tail > tail):
                return None
        return leader

    def _ship(self, record: Any) -> bool:
        """Take in a response, and return whether it leaves out what was asked for first: its follower skips that."""
        step, events = self._witness.step(record), record.data.data.events
        request = None if step is None else step.message("SyncRequest")
        if step is None or request is None:
            return False
        end = request.since_seq + len(events)
        following = self._held.get(record.node, {}).get(end)
        room = request.chunk_max - sum(event_bytes(payload) for _, payload in events)
        full = following is None or event_bytes(following) > room
        self._served = max(self._served, end if full else step.view.tail)
        return bool(events) and events[0][0] != request.since_seq
