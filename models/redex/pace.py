"""How soon a follower catches up, as specified: R1 and R3 of section 10.3, for heap files and the default choices."""

from __future__ import annotations

from typing import Any, NamedTuple

from sim.property import NOTHING, always
from sim.units import clock_text

from .bounds import NEEDS, Calm
from .messages import event_bytes
from .roles import FOLLOWER
from .witness import TICK, Judge, as_specified

CHUNK_MAX = 65_536  # bytes, of a follower that never asked
NEEDS_TOO = {**NEEDS, "stored": "seq payload", "struck": "", "under_capacity": ""}
STUCK = ("struck", "under_capacity")  # the end of what is promised to a follower


class Due(NamedTuple):
    """What a follower has to reach, and by when."""

    tail: int
    at: int
    since: int


@always("a follower reaches its leader's tail in 3H + 3D, H more for each further chunk, one a tick", needs=NEEDS_TOO)
@as_specified
def catches_up(cluster: Any) -> Judge:
    """Judge every follower that is behind, while nothing is wrong and one node leads (R1; one H is for ties of ticks).

    A refusal of any kind, a strike or a full disk is the end of what is promised.
    """
    calm = Calm(cluster.nodes, None)
    sizes: dict[str, dict[int, int]] = {}  # by node: what each of its entries adds to a chunk
    chunk_max: dict[str, int] = {}
    due: dict[str, Due] = {}
    steps: dict[str, tuple[int, str]] = {}  # the last of each node, and what it took
    chunks: dict[str, int] = {}  # by node: the step of the first chunk since its tick
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        node, at, kind = record.node, record.at, record.kind
        promised = bool(calm.heartbeat) and len(calm.leaders) == 1 and calm.stable(at)
        if due and promised:
            late = next(((name, d) for name, d in due.items() if at > d.at), None)
            if late is not None:
                del due[late[0]]
                behind = f"{late[1].tail}, the tail of {calm.leaders[0]} at {clock_text(late[1].since)}"
                said = f"{late[0]} has not reached {behind}"
        if calm.hear(record) or not promised:
            due.clear()
            chunks.clear()
        if kind == "step":
            steps[node] = record.seq, record.data.input
            if record.data.input == TICK:
                chunks[node] = 0
        elif kind == "note" and record.name == "stored":
            sizes.setdefault(node, {})[record.data.seq] = event_bytes(record.data.payload)
            if steps.get(node) == (record.cause, "receive") and node in chunks:
                chunks[node] = chunks[node] or record.cause
                if chunks[node] != record.cause:
                    said = f"{node} stored two chunks between two ticks"
        elif kind == "note" and record.name in STUCK:
            due.pop(node, None)
        elif kind == "send" and record.data.type == "SyncRequest":
            chunk_max[node] = record.data.data.chunk_max
        elif kind == "send" and record.data.type == "SyncNack":
            due.pop(record.data.dst, None)
        elif kind == "state" and calm.heartbeat and len(calm.leaders) == 1 and calm.stable(at):
            leader = calm.leaders[0]
            tail = calm.views[leader].tail
            for name in cluster.nodes if node == leader else (node,):
                view = calm.views.get(name)
                if view is None or view.role != FOLLOWER or view.leader != leader:
                    due.pop(name, None)
                    continue
                if name in due and view.tail >= due[name].tail:
                    del due[name]
                    said = None if said is NOTHING else said
                if name not in due and view.tail < tail:
                    missing = _chunks(sizes.get(leader, {}), view.tail, tail, chunk_max.get(name, CHUNK_MAX))
                    due[name] = Due(tail, at + (2 + missing) * calm.heartbeat + 3 * calm.delay, at)


def _chunks(sizes: dict[int, int], since: int, tail: int, chunk_max: int) -> int:
    """Return in how many chunks a leader ships what is between two tails."""
    chunks, room = 1, chunk_max
    for seq in range(since, tail):
        size = sizes.get(seq, 0)
        if size > room and room < chunk_max:
            chunks, room = chunks + 1, chunk_max
        room -= size
    return chunks
