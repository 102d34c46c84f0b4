"""What nodes tell each other (section 1.3). Fields that a switch needs are empty where it is off."""

from __future__ import annotations

from typing import NamedTuple

from .rows import Row

Keyed = tuple[str, Row]  # a key and a row under it

FAILED, STAMP = "failed", "stamp"  # why a push is refused: the store failed; the stamp is too far ahead of the clock


class SyncPush(NamedTuple):
    """A coordinator asks for a copy; the row's id is the idempotency key of a retry.

    `hint_for` names the replica for which a spare keeps the row.
    """

    attempt: str
    key: str
    row: Row
    hint_for: str | None = None


class SyncAck(NamedTuple):
    """The answer to a push, sent when the row has been applied: also by one who keeps a row that won.

    `peer` is what the sender calls itself. `stored` is the row that it holds now, the pushed one where siblings are
    kept: its id is compared by the seed, the rest by what `ack_binding` and `store_compare` make of it. `pushed` is
    the stamp of what was asked, `why` says why it was refused, `wall` is the sender's wall clock.
    """

    attempt: str
    key: str
    peer: str
    pushed: int
    stored: Row | None
    digest: bytes
    why: str
    wall: int

    @property
    def ok(self) -> bool:
        """Return whether the push was answered with success."""
        return not self.why


class DaemonPush(NamedTuple):
    """Rows on the way round, which nobody acknowledges."""

    rows: tuple[Keyed, ...]


class SyncDigest(NamedTuple):
    """What a node holds, by key: the origin and stamp of each row. `answer` says that it is a reply to another."""

    held: tuple[tuple[str, tuple[tuple[str, int], ...]], ...]
    answer: bool


class Query(NamedTuple):
    """A reader asks for what a replica holds under a key."""

    read: str
    key: str


class QueryReply(NamedTuple):
    """What it holds."""

    read: str
    key: str
    cell: tuple[Row, ...]
