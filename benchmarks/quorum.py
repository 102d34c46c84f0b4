"""The protocol-bound machine: every node coordinates writes for four clients, each needing three of five copies.

A replica persists a write, states it as a fact and acknowledges. A coordinator accepts a write at its third copy, or
gives it up at its deadline, and begins its client's next one at once, so 20 writes are always under way.
"""

from __future__ import annotations

from collections.abc import Generator, Hashable, Iterable
from typing import Any, NamedTuple

from sim.machine import Alarm, Boot, Cluster, Machine, NodeId, Now, fingerprint, on
from sim.property import NOTHING, always
from sim.units import MS

CLIENTS = 4  # of each node
DEADLINE = 50 * MS


class Write(NamedTuple):
    """Keep this value."""

    seq: int
    key: str
    payload: str
    at: int  # on the coordinator's wall clock: the later of two writes wins


class Written(NamedTuple):
    """I keep it."""

    seq: int


class Stored(NamedTuple):
    """A replica keeps this write."""

    seq: int
    payload: str


class Accepted(NamedTuple):
    """A coordinator counted enough copies, so many ns after it began."""

    seq: int
    payload: str
    took: int


class GivenUp(NamedTuple):
    """A write's deadline passed."""

    seq: int


class View(NamedTuple):
    """What the world may know."""

    role: str
    commit: int  # writes accepted here


class Pending:
    """A write under way."""

    __slots__ = ("began", "client", "copies", "payload")

    def __init__(self, client: int, payload: str, began: int, node: NodeId) -> None:
        self.client = client
        self.payload = payload
        self.began = began
        self.copies = {node}  # asked for its size alone


class Quorum(Machine):
    """One of the nodes, each of which is a replica of all and the coordinator of its own clients."""

    View = View
    FACTS = (Stored, Accepted, GivenUp)

    def __init__(self, node: NodeId, cluster: Cluster, writes: int | None = None) -> None:
        super().__init__(node, cluster)
        self.role = "follower"
        self.commit = 0
        self.needed = cluster.majority()
        self.writes = writes  # of each client; None is without end
        self.made = [0] * CLIENTS
        self.number = cluster.number(node)
        self.count = len(cluster.nodes)
        self.round = 0
        self.pending: dict[int, Pending] = {}  # the oldest first
        self.kept: dict[str, tuple[int, int, str]] = {}

    @on(Boot)
    def boot(self, durable: Any, life: int, now: Now) -> None:
        self.kept = {key: value for (_, key), value in durable.items()}
        for client in range(CLIENTS):
            self.begin(client, now)

    def begin(self, client: int, now: Now) -> None:
        """Write this client's next value, here first."""
        made = self.made[client] + 1
        if self.writes is not None and made > self.writes:
            return
        self.made[client] = made
        self.round += 1
        seq = self.round * self.count + self.number
        key, payload = f"{self.node}.{client}", f"{self.node}.{client}.{made}"
        if not self.pending:
            self.alarm("deadline", DEADLINE)
        self.pending[seq] = Pending(client, payload, now.monotonic, self.node)
        write = Write(seq, key, payload, now.wall)
        self.keep(write)
        self.broadcast(write)

    def keep(self, write: Write) -> None:
        """Store a write unless a later one of its key is here."""
        held = self.kept.get(write.key)
        if held is None or held[0] < write.at:
            self.kept[write.key] = value = (write.at, write.seq, write.payload)
            self.persist(("write", write.key), value)
            self.note(Stored(write.seq, write.payload))

    @on(Write)
    def copy(self, src: NodeId, msg: Write, now: Now) -> None:
        self.keep(msg)
        self.send(src, Written(msg.seq))

    @on(Written)
    def counted(self, src: NodeId, msg: Written, now: Now) -> None:
        write = self.pending.get(msg.seq)
        if write is None:
            return  # accepted already, or given up
        write.copies.add(src)
        if len(write.copies) >= self.needed:
            self.commit += 1
            self.note(Accepted(msg.seq, write.payload, now.monotonic - write.began))
            self.close(msg.seq, write, now)

    @on(Alarm, "deadline")
    def late(self, about: Any, now: Now) -> None:
        seq, write = next(iter(self.pending.items()))
        self.note(GivenUp(seq))
        self.close(seq, write, now)

    def close(self, seq: int, write: Pending, now: Now) -> None:
        """Be done with a write, watch the deadline of the oldest one left, and let its client go on."""
        oldest = next(iter(self.pending))
        del self.pending[seq]
        if not self.pending:
            self.cancel("deadline")
        elif oldest == seq:
            began = next(iter(self.pending.values())).began
            self.alarm("deadline", max(0, began + DEADLINE - now.monotonic))
        self.begin(write.client, now)

    def contents(self) -> Iterable[tuple[Hashable, str]]:
        """Yield the last payload of every client."""
        for key, (_, _, payload) in sorted(self.kept.items()):
            yield key, fingerprint(payload)


@always("an accepted write is on a majority", needs={"stored": "seq", "accepted": "seq"})
def backed(cluster: Any) -> Generator[Any, Any, None]:
    """Count the copies of every write until it is accepted."""
    needed = len(cluster.nodes) // 2 + 1
    copies: dict[int, int] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        seq = record.data.seq
        if record.name == "stored":
            copies[seq] = copies.get(seq, 0) + 1
            said = NOTHING
        else:
            have = copies.pop(seq, 0)
            said = None if have >= needed else f"write {seq} was accepted by {record.node} with {have} copies"


def machine(node: NodeId, cluster: Cluster, writes: int | None = None) -> Quorum:
    """Make one node; with `writes` its clients stop after so many each."""
    return Quorum(node, cluster, writes)
