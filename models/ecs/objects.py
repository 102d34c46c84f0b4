"""Objects, their ids and kinds, and the markers that make up the commit clock (section 1.1).

An object's id is the hash of its bytes, and its first byte is its kind: replies of anti-entropy carry no other.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import NamedTuple

from .blake3 import blake3

BEAD_ID = "bd-1hi.19"
ID_BYTES = 16
ObjectId = bytes  # of length 16, ordered byte by byte

KINDS = (
    "CommitCapsule", "CommitMarker", "IndexSegment", "ReadWitness", "WriteWitness", "WitnessDelta",
    "WitnessIndexSegment", "DependencyEdge", "CommitProof", "AbortWitness", "MergeWitness", "CheckpointChunk",
    "SnapshotManifest", "DecodeProof",
)  # fmt: skip
CAPSULE, MARKER, SEGMENT = KINDS[:3]

_MARKER = struct.Struct("<Q16sQ")
_IDEMPOTENCY_DOMAIN = b"fsqlite:repl:idempotency:v1"


class EcsInternalError(Exception):
    """The one kind of error that there is (section 1.1)."""


class CommitMarker(NamedTuple):
    """One record of the commit clock: this capsule is the commit of this sequence. The time is ns and nobody's duty."""

    commit_seq: int
    capsule_id: ObjectId
    timestamp_ns: int


def oid(n: int) -> ObjectId:
    """Return the id that the seed's tests use: a byte and fifteen zeros."""
    return bytes((n,)).ljust(ID_BYTES, b"\0")


@lru_cache(maxsize=8192)
def object_id(data: bytes) -> ObjectId:
    """Return the id of an object's bytes."""
    return blake3(data)[:ID_BYTES]


def build(kind: str, body: bytes) -> bytes:
    """Return the bytes of an object of a kind."""
    return bytes((KINDS.index(kind),)) + body


def kind_of(data: bytes) -> str | None:
    """Return the kind of an object, None of bytes that are none."""
    return KINDS[data[0]] if data and data[0] < len(KINDS) else None


def marker_object(marker: CommitMarker) -> bytes:
    """Return a marker as an object, so that anti-entropy carries it like any other."""
    return build(MARKER, _MARKER.pack(*marker))


def read_marker(data: bytes) -> CommitMarker | None:
    """Return the marker that an object holds, None of any other object."""
    if kind_of(data) != MARKER or len(data) != 1 + _MARKER.size:
        return None
    return CommitMarker(*_MARKER.unpack(data[1:]))


@lru_cache(maxsize=8192)
def idempotency_key(commit_seq: int, capsule_id: ObjectId) -> bytes:
    """Return the 16 bytes under which a commit is known as seen; its timestamp takes no part (EW-29)."""
    return blake3(_IDEMPOTENCY_DOMAIN + commit_seq.to_bytes(8, "little") + capsule_id)[:ID_BYTES]
