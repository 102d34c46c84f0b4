"""Keyed random streams: the only maker of randomness.

A stream is named by a purpose and a key, and is a function of (seed, name) alone. So a draw in one place never
moves a draw in another: adding a node, a fault or another protocol leaves every other stream as it was, and two
runs under one seed can be compared under common random numbers.

Purposes in use: `link` (the fate of each packet on a link), `weather` (how links and clocks behave over time),
`alarms` (ranges that models ask for), `node` (words that models ask for), `strike` (between which effects a crash
falls), `disk` (which writes fail, which bits rot), `nemesis` (drawn times and targets of faults), `ties` and `clients`.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from hashlib import blake2b, shake_128
from struct import Struct

WORD = 1 << 64
HALF = 1 << 32  # a share is compared with 32 bits of a word
LOW = HALF - 1

# The first block is one BLAKE2b digest, which is all that most links ever need; later ones come from SHAKE-128, whose
# cost per word falls with the size of the block.
_BLOCKS = (8, 64, 64, 64, 512)  # words in block 0, 1, 2 ...; the last size repeats
_UNPACK = {size: Struct(f"<{size}Q").unpack for size in set(_BLOCKS)}
_WORD = Struct("<Q").unpack


class Chance:
    """All the randomness of one run."""

    __slots__ = ("_root",)

    def __init__(self, seed: int) -> None:
        self._root = f"netsplit/1 {seed} "

    def stream(self, purpose: str, *key: str | int) -> Stream:
        """Return the stream of that name, from its beginning."""
        return Stream(self._name(purpose, key))

    def word(self, purpose: str, *key: str | int) -> int:
        """Return a single 64-bit word: for draws that each have a name of their own."""
        word: int = _WORD(blake2b(self._name(purpose, key), digest_size=8).digest())[0]
        return word

    def _name(self, purpose: str, key: tuple[str | int, ...]) -> bytes:
        # repr keeps ("a", "b") and ("a,b",) apart.
        return f"{self._root}{purpose} {key!r}".encode()


class Stream:
    """64-bit words in blocks, each a function of the stream's name and its number."""

    __slots__ = ("_name", "_next")

    def __init__(self, name: bytes) -> None:
        self._name = name
        self._next = 0

    def raw(self) -> bytes:
        """Return the next block as bytes: words of eight, the lowest byte first."""
        self._next += 1
        return self.again()

    def again(self) -> bytes:
        """Return the last block once more; nothing before the first."""
        number = self._next - 1
        if number <= 0:
            return blake2b(self._name).digest() if number == 0 else b""
        size = _BLOCKS[min(number, len(_BLOCKS) - 1)]
        return shake_128(self._name + number.to_bytes(4, "little")).digest(8 * size)

    def block(self) -> tuple[int, ...]:
        """Return the next words, always a multiple of eight of them."""
        raw = self.raw()
        return _UNPACK[len(raw) // 8](raw)

    def __iter__(self) -> Iterator[int]:
        while True:
            yield from self.block()


def threshold(share: Fraction) -> int:
    """Return the number t such that a uniform 32-bit number is below t with that probability, to the nearest 2**-32."""
    return round(share * HALF)


def within(word: int, low: int, high: int) -> int:
    """Return a number from low to high, both included, by one word."""
    return low + (word * (high - low + 1) >> 64)


def choose(words: Iterator[int], count: int, size: int) -> list[int]:
    """Return `count` different numbers below `size`, in the order drawn, by as many words."""
    rest = list(range(size))
    return [rest.pop(next(words) * len(rest) >> 64) for _ in range(min(count, size))]
