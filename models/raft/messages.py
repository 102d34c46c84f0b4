"""The messages of Raft, by the names of the papers, and what they cost on the wire.

A message says nothing of who sent it: whoever gets it is told.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from .log import Entry

HEADER_BYTES = 48
ENTRY_BYTES = 16  # term and length, before the payload


class RequestVote(NamedTuple):
    """A candidate asks for a vote; with `transfer` the leader itself wants the election (dissertation 3.10)."""

    term: int
    last_index: int
    last_term: int
    transfer: bool


class VoteReply(NamedTuple):
    """A vote in a term, or none."""

    term: int
    granted: bool


class RequestPreVote(NamedTuple):
    """A server asks whether it would be voted for in this term, which it has not begun (9.6)."""

    term: int
    last_index: int
    last_term: int


class PreVoteReply(NamedTuple):
    """The term that was asked about if the vote would be granted, else the term of whoever refuses."""

    term: int
    granted: bool


class AppendEntries(NamedTuple):
    """Entries behind the one at `prev_index`, or a heartbeat; `round` numbers the leader's broadcasts in its term."""

    term: int
    prev_index: int
    prev_term: int
    entries: tuple[Entry, ...]
    commit: int
    round: int

    @property
    def size(self) -> int:
        """Return the bytes on the wire."""
        return HEADER_BYTES + sum(entry_bytes(entry) for entry in self.entries)


class AppendReply(NamedTuple):
    """Up to where the follower's log matches the leader's, or if not `ok` from where on it should try next."""

    term: int
    ok: bool
    upto: int
    round: int


class InstallSnapshot(NamedTuple):
    """What stands in place of the beginning of the log; in one piece, where the paper sends chunks (7).

    A snapshot is its last index and term, since when a configuration is in use and which, the state, and an audit.
    The audit is no part of the protocol: it lets whoever judges whole logs know what the snapshot stands for.
    """

    term: int
    snapshot: tuple[Any, ...]
    round: int

    @property
    def size(self) -> int:
        """Return the bytes on the wire, without the audit."""
        return HEADER_BYTES + len(repr(self.snapshot[:-1]).encode())


class TimeoutNow(NamedTuple):
    """The leader wants its receiver to be elected, at once (3.10)."""

    term: int


def entry_bytes(entry: Entry) -> int:
    """Return the bytes that one entry adds to a message."""
    return ENTRY_BYTES + len(repr(entry.payload).encode())
