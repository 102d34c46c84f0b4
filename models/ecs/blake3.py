"""BLAKE3 in plain Python: the hash behind object ids, idempotency keys and symbol tags (section 4).

A row of the 4x4 state is one integer with a lane of 64 bits for each 32-bit word, so a sum never carries into the next
lane and four quarter rounds cost the arithmetic of one.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

BLOCK, CHUNK = 64, 1024
KEY_BYTES = 32

_START, _END, _PARENT, _ROOT, _KEYED = 1, 2, 4, 8, 16
_IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
_PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
_LANES = tuple(0xFFFFFFFF << 64 * lane for lane in range(4))
_MASK = sum(_LANES)
_ONE, _TWO, _THREE = ((1 << 64 * lanes) - 1 for lanes in (1, 2, 3))
_PACK = struct.Struct("<4Q").pack
_Rows = tuple[int, int]  # eight words as two rows


def _row(a: int, b: int, c: int, d: int) -> int:
    return int.from_bytes(_PACK(a, b, c, d), "little")


def _schedules() -> tuple[tuple[tuple[int, ...], ...], ...]:
    """Return for each of the seven rounds the words that its two half rounds take, in two rows each."""
    order = tuple(range(16))
    rounds = []
    for _ in range(7):
        rounds.append((order[0:8:2], order[1:8:2], order[8:16:2], order[9:16:2]))
        order = tuple(order[i] for i in _PERMUTATION)
    return tuple(rounds)


_SCHEDULES = _schedules()
_IV_ROWS: _Rows = (_row(*_IV[:4]), _row(*_IV[4:]))


def _mix(a: int, b: int, c: int, d: int, x: int, y: int) -> tuple[int, int, int, int]:
    """Return the rows after four quarter rounds side by side. A lane is rotated right: 16, 12, 8 and 7 bits."""
    mask = _MASK
    a = (a + b + x) & mask
    d ^= a
    d = (d >> 16 | d << 16) & mask
    c = (c + d) & mask
    b ^= c
    b = (b >> 12 | b << 20) & mask
    a = (a + b + y) & mask
    d ^= a
    d = (d >> 8 | d << 24) & mask
    c = (c + d) & mask
    b ^= c
    return a, (b >> 7 | b << 25) & mask, c, d


def _compress(cv: _Rows, words: tuple[int, ...], counter: int, length: int, flags: int) -> _Rows:
    a, b = cv
    c = _IV_ROWS[0]
    d = _row(counter & 0xFFFFFFFF, counter >> 32, length, flags)
    for w, x, y, z in _SCHEDULES:
        a, b, c, d = _mix(
            a, b, c, d, _row(*(words[i] for i in w)), _row(*(words[i] for i in x))
        )  # fmt: skip
        # The diagonals become columns: the second row turns by one lane, the third by two, the last by three.
        b = b >> 64 | (b & _ONE) << 192
        c = c >> 128 | (c & _TWO) << 128
        d = d >> 192 | (d & _THREE) << 64
        a, b, c, d = _mix(
            a, b, c, d, _row(*(words[i] for i in y)), _row(*(words[i] for i in z))
        )  # fmt: skip
        b = b >> 192 | (b & _THREE) << 64
        c = c >> 128 | (c & _TWO) << 128
        d = d >> 64 | (d & _ONE) << 192
    return a ^ c, b ^ d


class _Output(NamedTuple):
    """The last compression of a subtree, not yet done: only the root's has the root flag."""

    cv: _Rows
    words: tuple[int, ...]
    counter: int
    length: int
    flags: int

    def rows(self) -> _Rows:
        return _compress(*self)


def _words(rows: _Rows) -> tuple[int, ...]:
    return tuple(row >> 64 * lane & 0xFFFFFFFF for row in rows for lane in range(4))


def _chunk(data: bytes, index: int, key: _Rows, flags: int) -> _Output:
    cv, start = key, _START
    last = max(len(data) - 1, 0) // BLOCK * BLOCK
    for at in range(0, last, BLOCK):
        cv = _compress(cv, struct.unpack("<16I", data[at : at + BLOCK]), index, BLOCK, flags | start)
        start = 0
    block = data[last:]
    words = struct.unpack("<16I", block.ljust(BLOCK, b"\0"))
    return _Output(cv, words, index, len(block), flags | start | _END)


def _tree(data: bytes, index: int, key: _Rows, flags: int) -> _Output:
    if len(data) <= CHUNK:
        return _chunk(data, index, key, flags)
    # The left subtree is full: the greatest power of two of chunks that leaves something to the right.
    left = 1 << ((len(data) - 1) // CHUNK).bit_length() - 1
    split = left * CHUNK
    words = _words(_tree(data[:split], index, key, flags).rows())
    words += _words(_tree(data[split:], index + left, key, flags).rows())
    return _Output(key, words, 0, BLOCK, flags | _PARENT)


def blake3(data: bytes, key: bytes | None = None) -> bytes:
    """Return the 32 bytes of BLAKE3, keyed if there is a key of 32 bytes. Raises ValueError on any other key."""
    start, flags = _IV_ROWS, 0
    if key is not None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"key: found {len(key)} bytes, allowed: {KEY_BYTES}")
        words = struct.unpack("<8I", key)
        start, flags = (_row(*words[:4]), _row(*words[4:])), _KEYED
    output = _tree(data, 0, start, flags)
    return struct.pack("<8I", *_words(output._replace(flags=output.flags | _ROOT).rows()))
