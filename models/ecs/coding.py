"""Erasure coding of objects into symbols: any k different symbols of an object give its bytes back (section 1.3).

A column of bytes is a polynomial of degree below k over GF(256), and the symbol of a number x holds its values at x.
The first k symbols are the object itself, so that a symbol is made and an object is decoded by the same interpolation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

SYMBOLS_MAX = 256  # there are no more points
_LENGTH_BYTES = 4  # the object's length stands before it, so that padding can be taken off
_POLYNOMIAL = 0x11D


def _tables() -> tuple[list[int], list[int]]:
    power, log = [0] * 510, [0] * 256
    value = 1
    for i in range(255):
        power[i] = power[i + 255] = value
        log[value] = i
        value <<= 1
        if value & 0x100:
            value ^= _POLYNOMIAL
    return power, log


_POWER, _LOG = _tables()


def _times(a: int, b: int) -> int:
    return _POWER[_LOG[a] + _LOG[b]] if a and b else 0


# For each factor what it makes of every byte: a whole symbol is multiplied by one call of translate.
_PRODUCTS = tuple(bytes(_times(factor, byte) for byte in range(256)) for factor in range(256))


@lru_cache(maxsize=4096)
def _weights(points: tuple[int, ...], at: int) -> tuple[int, ...]:
    """Return what each point's value counts for at another one: Lagrange's polynomials, in which minus is plus."""
    weights = []
    for i in points:
        log = 0
        for j in points:
            if j != i:
                log += _LOG[at ^ j] - _LOG[i ^ j]
        weights.append(_POWER[log % 255])
    return tuple(weights)


def _value(symbols: Mapping[int, bytes], at: int) -> bytes:
    """Return the symbol of one number from any k others."""
    if at in symbols:
        return symbols[at]
    points = tuple(symbols)
    total = 0
    for point, weight in zip(points, _weights(points, at), strict=True):
        total ^= int.from_bytes(symbols[point].translate(_PRODUCTS[weight]), "little")
    return total.to_bytes(len(symbols[points[0]]), "little")


def encode(data: bytes, k: int, esis: Sequence[int]) -> list[bytes]:
    """Return the symbols of an object with these numbers; those below k hold its bytes as they are.

    Raises ValueError on a k or a number that GF(256) has no point for.
    """
    if not 1 <= k <= SYMBOLS_MAX:
        raise ValueError(f"k: found {k}, allowed: 1 to {SYMBOLS_MAX}")
    for esi in esis:
        if not 0 <= esi < SYMBOLS_MAX:
            raise ValueError(f"esi: found {esi}, allowed: 0 to {SYMBOLS_MAX - 1}")
    framed = len(data).to_bytes(_LENGTH_BYTES, "little") + data
    size = -(-len(framed) // k)
    framed = framed.ljust(k * size, b"\0")
    source = {i: framed[i * size : (i + 1) * size] for i in range(k)}
    return [_value(source, esi) for esi in esis]


def decode(symbols: Mapping[int, bytes], k: int) -> bytes:
    """Return an object's bytes from k symbols or more, by number. What was altered on the way is not noticed here.

    Raises ValueError on fewer than k, on a number that GF(256) has no point for, and on symbols of different sizes.
    """
    if len(symbols) < k:
        raise ValueError(f"symbols: found {len(symbols)}, allowed: {k} or more")
    some = {esi: symbols[esi] for esi in sorted(symbols)[:k]}
    if not all(0 <= esi < SYMBOLS_MAX for esi in some):
        raise ValueError(f"esi: found {max(some)}, allowed: 0 to {SYMBOLS_MAX - 1}")
    if len({len(symbol) for symbol in some.values()}) > 1:
        raise ValueError("symbols: found different sizes, allowed: one")
    framed = b"".join(_value(some, i) for i in range(k))
    length = int.from_bytes(framed[:_LENGTH_BYTES], "little")
    return framed[_LENGTH_BYTES:][:length]
