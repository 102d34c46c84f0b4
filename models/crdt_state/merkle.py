"""A Merkle tree over tagged fields: what the hardened checkpoint puts in place of one hash of the bytes (CW-28, CW-29).

A leaf is the hash of named fields, each with its length before it, and leaves and inner nodes are hashed under
different tags: so no field's end can pass for another's beginning, and no inner node for a leaf. A lone node of a level
moves up as it is, which keeps a tree of n leaves from having the root of one of n + 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

LEAF, INNER = b"\x00", b"\x01"
Step = tuple[bool, bytes]  # of a proof: whether the sibling is on the left, and its hash


def _sized(part: bytes) -> bytes:
    return len(part).to_bytes(8, "big") + part


def leaf(*fields: tuple[str, bytes]) -> bytes:
    """Return the hash of named fields in this order."""
    whole = blake2b(LEAF, digest_size=32)
    for name, value in fields:
        whole.update(_sized(name.encode()) + _sized(value))
    return whole.digest()


def _inner(left: bytes, right: bytes) -> bytes:
    return blake2b(INNER + left + right, digest_size=32).digest()


def _levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        pairs = [_inner(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)]
        levels.append(pairs + ([below[-1]] if len(below) % 2 else []))
    return levels


def root(leaves: Sequence[bytes]) -> str:
    """Return the root of leaves in this order as 64 hex digits; of no leaves it is the hash of nothing."""
    return (_levels(leaves)[-1][0] if leaves else blake2b(b"", digest_size=32).digest()).hex()


def proof(leaves: Sequence[bytes], at: int) -> list[Step]:
    """Return what shows that the leaf at this place is under the root, from the bottom up."""
    steps: list[Step] = []
    for level in _levels(leaves)[:-1]:
        sibling = at ^ 1
        if sibling < len(level):
            steps.append((sibling < at, level[sibling]))
        at //= 2
    return steps


def proves(found: bytes, steps: Sequence[Step], expected: str) -> bool:
    """Return whether a proof leads from a leaf to the root."""
    for left, sibling in steps:
        found = _inner(sibling, found) if left else _inner(found, sibling)
    return found.hex() == expected
