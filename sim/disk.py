"""One node's disk, at the level that protocols see: keys, writes, syncs and what a crash leaves.

A write goes to the cache at once. A sync makes durable what was in the cache when it began; one sync runs at a
time and serves everything before it. With a sync time of 0 a synced write is durable when its effect happens.
What faults do to a disk is counted and added in lists, so overlapping faults mend in any order. Whether a write fails
is decided when its sync ends, as by fsync; a failed write leaves the value that was there before. What was to be
deleted after a synced write that failed stays, as everything that waits for it is discarded; but a deletion does not
wait for a write that was not synced.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from .chance import Chance, threshold, within
from .machine import NodeId, Persist, fingerprint
from .trace import BadValue, plain

CRASHES = ("keep", "unsynced-lost", "torn", "wiped")
_GONE = object()
_LEFT = (_GONE, None, False)  # a write that failed


def _check(what: str, value: Any) -> None:
    try:
        plain(value)
    except BadValue as bad:
        raise BadValue(f"{what}: {bad}") from None


def _check_both(effect: Persist) -> None:
    try:
        plain(effect.key)
        plain(effect.value)
    except BadValue:
        _check("Persist key", effect.key)
        _check("Persist value", effect.value)


class Failed(NamedTuple):
    """Why a write failed, and the record of the fault that made it fail."""

    why: str
    cause: int


class Disk:
    """Durable values, and the writes that are not durable yet, in order.

    The lists are faults' levers: times that each sync takes longer, and the records of the faults by which the disk
    is stalled or full, or has errors in a share of its writes. Who pulls one calls `changed`.
    """

    def __init__(self, sync: int = 0, node: NodeId = "", chance: Chance | None = None) -> None:
        self._sync = self.sync_time = sync  # of a sync that begins now, in ns
        self.sound = True  # writes succeed
        self.instant = not sync  # a synced write is durable when its effect happens
        self._node = node
        self._chance = Chance(0) if chance is None else chance
        self.slow: list[int] = []
        self.stalled: list[int] = []
        self.full: list[int] = []
        self.eio: list[tuple[int, Fraction]] = []
        self.durable: dict[Hashable, Any] = {}
        self._cache: list[tuple[Hashable, Any, bool]] = []  # with whether it is synced, so that all behind it waits
        self.written = 0  # writes ever put in the cache
        self.done = 0  # of these, how many have left it

    def changed(self) -> None:
        """Take over what faults have changed."""
        self.sync_time = self._sync + sum(self.slow)
        self.sound = not (self.full or self.eio)
        self.instant = self.sound and not (self.sync_time or self.stalled)

    def write(self, effect: Persist) -> None:
        """Put a value in the cache. Raises BadValue on a value that a disk cannot hold."""
        _check_both(effect)
        self._cache.append((effect.key, effect.value, effect.sync))
        self.written += 1

    def write_through(self, effect: Persist) -> None:
        """Write and sync in one, for a disk without sync time. Raises BadValue as `write` does."""
        if self._cache:
            self.write(effect)
            self.synced(self.written)
        else:
            _check_both(effect)
            self.durable[effect.key] = effect.value
            self.written = self.done = self.written + 1

    def forget(self, key: Hashable) -> None:
        """Delete a key in the cache. Raises BadValue on a key that a disk cannot hold."""
        _check("Forget key", key)
        self._cache.append((key, _GONE, False))
        self.written += 1

    def synced(self, upto: int) -> dict[int, Failed]:
        """Make the first `upto` writes of all time durable, and return those that failed, by number."""
        count = upto - self.done
        failed = {} if self.sound else self._failures(count)
        waits = False  # for a write that failed
        for i in range(count) if failed else ():
            _, value, sync = self._cache[i]
            if self.done + i + 1 in failed:
                waits = waits or sync
                self._cache[i] = _LEFT
            elif waits and value is _GONE:
                self._cache[i] = _LEFT
        self._apply(count)
        del self._cache[:count]
        self.done = upto
        return failed

    def _failures(self, count: int) -> dict[int, Failed]:
        failed: dict[int, Failed] = {}
        share = min(sum((share for _, share in self.eio), Fraction(0)), Fraction(1))
        for number, (_, value, _) in enumerate(self._cache[:count], self.done + 1):
            if value is _GONE:
                continue  # to delete needs no room, and a file system forgets in memory
            if self.full:
                failed[number] = Failed("full", self.full[0])
            elif self._chance.word("disk", "eio", self._node, number) >> 32 < threshold(share):
                failed[number] = Failed("eio", self.eio[0][0])
        return failed

    def crash(self, how: str, word: int) -> None:
        """Leave what a crash leaves: everything, only what is synced, a keyed prefix of the rest, or nothing.

        A full disk has no room for anything that is not synced.
        """
        if how in ("keep", "torn") and self.full:
            how = "unsynced-lost"
        if how == "keep":
            self._apply(len(self._cache))
        elif how == "torn":
            self._apply(word * (len(self._cache) + 1) >> 64)
        elif how == "wiped":
            self.durable = {}
        self._cache = []
        self.done = self.written

    def read(self) -> Mapping[Hashable, Any]:
        """Return what a new life finds."""
        return dict(self.durable)

    def rot(self, share: Fraction, only: str, detected: bool, when: int) -> list[Hashable]:
        """Spoil this share of the durable values, each drawn by its key, and return the keys.

        `only` limits it to one key, or to tuples that begin with it. What a checksum detects is lost, else one bit of
        it is flipped; a value without a bit that can flip (None, an empty text) stays.
        """
        spoilt: list[Hashable] = []
        for key, value in list(self.durable.items()):
            if only and only != (key[0] if isinstance(key, tuple) and key else key):
                continue
            # The value's own name too, so that a second fault at the same instant does not flip the same bit back.
            name = (self._node, when, fingerprint(key), fingerprint(value))
            if self._chance.word("disk", "rot", *name) >> 32 >= threshold(share):
                continue
            if detected:
                del self.durable[key]
            else:
                rotten = flipped(value, self._chance.word("disk", "bit", *name))
                if rotten == value:
                    continue
                self.durable[key] = rotten
            spoilt.append(key)
        return spoilt

    def _apply(self, count: int) -> None:
        for key, value, _ in self._cache[:count]:
            if value is _GONE:
                self.durable.pop(key, None)
            elif key is not _GONE:
                self.durable[key] = value


def flipped(value: Any, word: int) -> Any:
    """Return a value in which the bit that a word names is flipped; one that has none is returned as it is."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value ^ 1 << within(word, 0, max(8, value.bit_length()) - 1)
    if isinstance(value, (str, bytes)):
        if not value:
            return value
        at = within(word, 0, len(value) - 1)
        if isinstance(value, bytes):
            return value[:at] + bytes([value[at] ^ 1 << word % 8]) + value[at + 1 :]
        # Of the lowest four bits: no other character becomes half of a surrogate pair by them.
        return value[:at] + chr(ord(value[at]) ^ 1 << word % 4) + value[at + 1 :]
    if isinstance(value, tuple):
        able = [i for i, part in enumerate(value) if flipped(part, word) != part]
        if not able:
            return value
        at = able[within(word, 0, len(able) - 1)]
        parts = (*value[:at], flipped(value[at], word), *value[at + 1 :])
        return type(value)(*parts) if hasattr(value, "_fields") else parts
    return value
