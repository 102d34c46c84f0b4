"""Symbols with a tag, the filter, and what becomes of symbols that are put together again (3.6, 1.3)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from .blake3 import blake3
from .coding import SYMBOLS_MAX, decode
from .objects import ObjectId, object_id

TAG_BYTES = 16
_AUTH_DOMAIN = b"fsqlite:repl:auth:v1"


@lru_cache(maxsize=65536)
def auth_tag(object_id: ObjectId, esi: int, data: bytes, key: bytes | None = None) -> bytes:
    """Return the 16 bytes that go with a symbol. Without a key anybody can make them (EW-27)."""
    return blake3(_AUTH_DOMAIN + object_id + esi.to_bytes(4, "little") + data, key)[:TAG_BYTES]


class AuthenticatedSymbol(NamedTuple):
    """A symbol as it is sent; what its fields say is checked by nobody but `verify`."""

    object_id: ObjectId
    esi: int
    data: bytes
    auth_tag: bytes

    def verify(self, key: bytes | None = None) -> bool:
        """Return whether the tag is that of the data."""
        return self.auth_tag == auth_tag(self.object_id, self.esi, self.data, key)


def symbol(object_id: ObjectId, esi: int, data: bytes, key: bytes | None = None) -> AuthenticatedSymbol:
    """Return a symbol with its tag."""
    return AuthenticatedSymbol(object_id, esi, data, auth_tag(object_id, esi, data, key))


Symbols = list[AuthenticatedSymbol]


def filter_authenticated_symbols(
    symbols: Iterable[AuthenticatedSymbol], key: bytes | None = None
) -> tuple[Symbols, Symbols]:
    """Return the symbols that verify and those that do not, both in the order given; nothing is sorted out twice."""
    accepted: Symbols = []
    rejected: Symbols = []
    for one in symbols:
        (accepted if one.verify(key) else rejected).append(one)
    return accepted, rejected


class Assembly:
    """The symbols of one object that have come in, until they decode.

    `distinct` numbers count, and data that comes under a number again replaces what was there; `counted`, every symbol
    does (EW-28); with `first`, other data under a known number is refused, and so is an object that is not what its id
    says.
    """

    def __init__(self, object_id: ObjectId, k: int, rule: str = "distinct") -> None:
        self.object_id = object_id
        self.k = k
        self.rule = rule
        self.symbols: dict[int, bytes] = {}
        self.count = 0

    def add(self, esi: int, data: bytes) -> bool:
        """Take a symbol and return whether it was taken."""
        if self.rule == "first" and self.symbols.get(esi, data) != data:
            return False
        self.symbols[esi] = data
        self.count += 1
        return True

    def enough(self) -> bool:
        """Return whether the object is taken for decodable."""
        return (self.count if self.rule == "counted" else len(self.symbols)) >= self.k

    def decode(self) -> bytes | None:
        """Return the object's bytes, None if what is here gives none.

        NB: of symbols that were counted but are the same, the missing ones are taken for zeros, as a buffer would have
        them; the bytes are then not the object's.
        """
        held = {esi: data for esi, data in self.symbols.items() if esi < SYMBOLS_MAX}
        if self.rule == "counted" and 0 < len(held) < self.k:
            size = len(next(iter(held.values())))
            held |= {i: bytes(size) for i in range(self.k) if i not in held}
        try:
            data = decode(held, self.k)
        except ValueError:
            return None
        return data if self.rule != "first" or object_id(data) == self.object_id else None
