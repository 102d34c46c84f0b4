"""The messages of a hardened redex: the four of `messages` with what they lack, and two for votes (section 9.0).

They keep the names and the leading fields of those that they stand for, so one handler serves both. What a switch adds
has a default, and says nothing while the switch is off. Entries carry the term in which they were first written.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sim.machine import NodeId

from .messages import HEADER_BYTES, event_bytes

NEVER = -1  # a stamp that nobody made
Entry = tuple[int, Any, int]  # a sequence number, its payload and its term
Mark = tuple[int, str]  # a sequence number, and what stands for all entries below it


class SyncHeartbeat(NamedTuple):
    """What a member says of itself once a tick.

    `leader` is whom it follows; `stamp` is when a leader sent this on its own clock, `echo` the stamp that it last had
    from `leader`; `mark` stands for the whole log up to the tail, and `every` is the sender's heartbeat interval in ns.
    """

    channel_id: str
    tail_seq: int
    role: str
    wall_clock_ms: int
    term: int = 0
    leader: NodeId | None = None
    stamp: int = NEVER
    echo: int = NEVER
    mark: str = ""
    commit: int = 0
    every: int = 0


class SyncRequest(NamedTuple):
    """A follower pulls; `marks` are points of its log, the tail first, by which the leader finds where logs part."""

    channel_id: str
    since_seq: int
    chunk_max: int
    request_id: int
    bandwidth_class: str
    term: int = 0
    marks: tuple[Mark, ...] = ()


class SyncResponse(NamedTuple):
    """A run of consecutive entries from `first_seq` on, or none.

    `mark` stands for the leader's log below `first_seq`; `tail` and `tail_mark` are the leader's own, `asked` is the
    tail's mark in the request; a `reset` says that the leader has nothing below `first_seq`, and `below` is the term of
    the last entry there.
    """

    channel_id: str
    first_seq: int
    leader_first_retained_seq: int
    events: tuple[Entry, ...]
    request_id: int
    term: int = 0
    commit: int = 0
    mark: str = ""
    tail: int = 0
    tail_mark: str = ""
    asked: Mark = (0, "")
    reset: bool = False
    below: int = 0

    @property
    def size(self) -> int:
        """Return the bytes that the leader accounts for this response: the same estimate as without hardening."""
        return HEADER_BYTES + sum(event_bytes(event[1]) for event in self.events)


class SyncNack(NamedTuple):
    """A typed refusal: who leads instead, how long to wait in ns, and the leader's mark at its floor."""

    channel_id: str
    since_seq: int
    error_code: int
    leader_first_retained_seq: int
    request_id: int
    detail: str = ""
    term: int = 0
    leader: NodeId | None = None
    retry_after: int = 0
    mark: str = ""


class VoteRequest(NamedTuple):
    """A candidate asks for a vote in a term; with `pre`, only whether it would get one."""

    channel_id: str
    term: int
    last_term: int
    tail_seq: int
    pre: bool


class Vote(NamedTuple):
    """The answer: granted in the term asked for, or refused, and then the term is the voter's own."""

    channel_id: str
    term: int
    granted: bool
    pre: bool
