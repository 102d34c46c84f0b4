"""The messages of nodes (section 1.3). Those that carry bytes of objects may be corrupted on the way.

What the table of section 1.3 does not have serves the repairs: epochs, which are 0 without fencing, deleted ids,
digests of buckets, and the messages from Gone on.
"""

from __future__ import annotations

from typing import NamedTuple

from .objects import ObjectId
from .symbols import AuthenticatedSymbol

HEADER_BYTES = 64  # what any of them adds to the bytes that it carries


def _flipped(data: bytes, word: int) -> bytes:
    """Return bytes with one bit flipped; a symbol is never empty."""
    return (int.from_bytes(data, "big") ^ 1 << word % (8 * len(data))).to_bytes(len(data), "big")


class SymbolPush(NamedTuple):
    """Leader to store: a symbol of a commit's capsule."""

    object_id: ObjectId
    kind: str
    esi: int
    data: bytes
    auth_tag: bytes
    k: int
    commit_seq: int
    capsule_id: ObjectId
    timestamp_ns: int = 0
    epoch: int = 0

    @property
    def size(self) -> int:
        return HEADER_BYTES + len(self.data)

    @property
    def symbol(self) -> AuthenticatedSymbol:
        return AuthenticatedSymbol(self.object_id, self.esi, self.data, self.auth_tag)

    def corrupted(self, word: int) -> SymbolPush:
        return self._replace(data=_flipped(self.data, word))


class StoreAck(NamedTuple):
    """Store to leader: it holds enough symbols of a capsule."""

    store_id: int
    commit_seq: int
    capsule_id: ObjectId
    epoch: int = 0


class MarkerAnnounce(NamedTuple):
    """Leader to followers: a commit is published."""

    commit_seq: int
    capsule_id: ObjectId
    timestamp_ns: int
    epoch: int = 0


class TipRequest(NamedTuple):
    """Initiator to responder: a session begins."""

    session_id: int


class TipReply(NamedTuple):
    """Responder to initiator: its tip."""

    session_id: int
    root_manifest_id: ObjectId
    marker_position: int
    index_segment_tips: tuple[ObjectId, ...]


class InventoryRequest(NamedTuple):
    """Initiator to responder: what do you hold? With digests, only of the buckets in which they differ."""

    session_id: int
    digests: tuple[str, ...] = ()
    deleted: tuple[ObjectId, ...] = ()


class InventoryReply(NamedTuple):
    """Responder to initiator: the ids of all that it holds, sorted; or of some buckets."""

    session_id: int
    object_ids: tuple[ObjectId, ...]
    deleted: tuple[ObjectId, ...] = ()
    buckets: tuple[int, ...] | None = None

    @property
    def size(self) -> int:
        return HEADER_BYTES + 16 * (len(self.object_ids) + len(self.deleted))


class SymbolRequest(NamedTuple):
    """Initiator to responder: symbols of these objects, please."""

    session_id: int
    needed: tuple[ObjectId, ...]

    @property
    def size(self) -> int:
        return HEADER_BYTES + 16 * len(self.needed)


class SymbolReply(NamedTuple):
    """Responder to initiator, one of many; or an initiator's offer."""

    session_id: int
    object_id: ObjectId
    k: int
    esi: int
    data: bytes
    auth_tag: bytes

    @property
    def size(self) -> int:
        return HEADER_BYTES + len(self.data)

    @property
    def symbol(self) -> AuthenticatedSymbol:
        return AuthenticatedSymbol(self.object_id, self.esi, self.data, self.auth_tag)

    def corrupted(self, word: int) -> SymbolReply:
        return self._replace(data=_flipped(self.data, word))


class Gone(NamedTuple):
    """Responder to initiator: an object that was asked for is no longer here."""

    session_id: int
    object_id: ObjectId


class MarkerRange(NamedTuple):
    """Initiator to responder: the published markers from this sequence on, please."""

    session_id: int
    from_seq: int


class MarkerRun(NamedTuple):
    """Responder to initiator: published markers by sequence, each (seq, capsule, timestamp, epoch)."""

    session_id: int
    markers: tuple[tuple[int, ObjectId, int, int], ...]


class Fence(NamedTuple):
    """A leader to be, to every store: accept nothing from an older epoch, and say what you have accepted."""

    epoch: int


class Fenced(NamedTuple):
    """Store to a leader to be: done; and what it has accepted, each (seq, epoch, capsule, timestamp)."""

    store_id: int
    epoch: int
    accepted: tuple[tuple[int, int, ObjectId, int], ...]


class Stale(NamedTuple):
    """Store to a leader: a later epoch has begun."""

    epoch: int
