"""Digests of bytes: FNV-1a 64, which the specification calls a Merkle root, and BLAKE2b in its place (section 4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b

OFFSET_BASIS = 14695981039346656037
PRIME = 1099511628211
U64_MAX = 2**64 - 1


def fnv1a_64(data: bytes) -> int:
    """Return the FNV-1a hash of 64 bits: not cryptographic, so bytes of equal hash are easily made (CW-24, CW-28)."""
    h = OFFSET_BASIS
    for byte in data:
        h = (h ^ byte) * PRIME & U64_MAX
    return h


def fnv_root(data: bytes) -> str:
    """Return the hash as 16 lowercase hex digits, zero padded."""
    return f"{fnv1a_64(data):016x}"


def fnv_combined(roots: Iterable[str]) -> str:
    """Return the root of roots: of their concatenation in string order, so it does not say whose is which (CW-29)."""
    return fnv_root("".join(sorted(roots)).encode())


def blake_root(data: bytes) -> str:
    """Return BLAKE2b-256 as 64 hex digits."""
    return blake2b(data, digest_size=32).hexdigest()


OF_STATE: Mapping[str, Callable[[bytes], str]] = {"fnv-1a": fnv_root, "blake2b": blake_root}  # by the choice `digest`
