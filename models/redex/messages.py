"""The four messages of redex, and what they cost on the wire (sections 1.2 and 4.2).

None of them carries a term, a vote, a commit index or anything that depends on what is in a log. A fifth never leaves
its node.
"""

from __future__ import annotations

from typing import Any, NamedTuple

Event = tuple[int, Any]  # a sequence number and its payload

NOT_LEADER, BAD_RANGE, BACKPRESSURE, CHANNEL_CLOSED = 1, 2, 3, 4  # nack codes as on the wire

HEADER_BYTES = 47  # subprotocol, channel digest, first sequence, count
EVENT_BYTES = 12  # sequence and length, before the payload


class SyncHeartbeat(NamedTuple):
    """What a member says of itself once a tick; nobody reads the wall clock."""

    channel_id: str
    tail_seq: int
    role: str
    wall_clock_ms: int


class SyncRequest(NamedTuple):
    """A follower pulls: everything from `since_seq` on, up to `chunk_max` bytes."""

    channel_id: str
    since_seq: int
    chunk_max: int
    request_id: int
    bandwidth_class: str


class SyncResponse(NamedTuple):
    """A run of consecutive events from `first_seq` on, or none."""

    channel_id: str
    first_seq: int
    leader_first_retained_seq: int
    events: tuple[Event, ...]
    request_id: int

    @property
    def size(self) -> int:
        """Return the bytes that the leader accounts for this response."""
        return HEADER_BYTES + sum(event_bytes(payload) for _, payload in self.events)


class SyncNack(NamedTuple):
    """A typed refusal; the floor is 0 unless the code is BAD_RANGE."""

    channel_id: str
    since_seq: int
    error_code: int
    leader_first_retained_seq: int
    request_id: int
    detail: str = ""


class Shutdown(NamedTuple):
    """What `cancel` puts in a node's own priority lane: close the channel, and end."""


def event_bytes(payload: Any) -> int:
    """Return the bytes that one event adds to a response."""
    return EVENT_BYTES + len(payload if isinstance(payload, bytes) else str(payload).encode())
