"""XXH3-64 with seed 0, for inputs of the lengths that the ring hashes (section 4)."""

from __future__ import annotations

_WORD = (1 << 64) - 1
_SECRET = bytes.fromhex("b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f")
_PRIME = 0x9E3779B185EBCA87
SHORT, LONG = (4, 8), (17, 32)  # the least and the greatest length of either kind


def _read(data: bytes, at: int, size: int = 8) -> int:
    return int.from_bytes(data[at : at + size], "little")


def _fold(a: int, b: int) -> int:
    product = a * b
    return product & _WORD ^ product >> 64


def _rotl(x: int, bits: int) -> int:
    return (x << bits | x >> 64 - bits) & _WORD


def _short(data: bytes) -> int:
    size = len(data)
    x = _read(data, size - 4, 4) + (_read(data, 0, 4) << 32)
    x ^= _read(_SECRET, 8) ^ _read(_SECRET, 16)
    x ^= _rotl(x, 49) ^ _rotl(x, 24)
    x = x * 0x9FB21C651E98DF25 & _WORD
    x ^= (x >> 35) + size
    x = x * 0x9FB21C651E98DF25 & _WORD
    return x ^ x >> 28


def _long(data: bytes) -> int:
    size = len(data)
    x = size * _PRIME
    for at, secret in ((0, 0), (size - 16, 16)):
        x += _fold(_read(data, at) ^ _read(_SECRET, secret), _read(data, at + 8) ^ _read(_SECRET, secret + 8))
    x &= _WORD
    x ^= x >> 37
    x = x * 0x165667919E3779F9 & _WORD
    return x ^ x >> 32


def xxh3_64(data: bytes) -> int:
    """Return the hash of 4 to 8 or 17 to 32 bytes. Raises ValueError on other lengths, which nothing here hashes."""
    if SHORT[0] <= len(data) <= SHORT[1]:
        return _short(data)
    if LONG[0] <= len(data) <= LONG[1]:
        return _long(data)
    raise ValueError(f"xxh3_64: found {len(data)} bytes, allowed: 4 to 8 or 17 to 32")
