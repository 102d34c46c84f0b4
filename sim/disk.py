"""One node's disk, at the level that protocols see: keys, writes, syncs and what a crash leaves.

A write goes to the cache at once. A sync makes durable what was in the cache when it began; one sync runs at a
time and serves everything before it. With a sync time of 0 a synced write is durable when its effect happens.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from .machine import Persist
from .trace import BadValue, plain

CRASHES = ("keep", "unsynced-lost", "torn", "wiped")
_GONE = object()


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


class Disk:
    """Durable values, and the writes that are not durable yet, in order."""

    def __init__(self, sync: int = 0) -> None:
        self.sync_time = sync
        self.durable: dict[Hashable, Any] = {}
        self._cache: list[tuple[Hashable, Any]] = []
        self.written = 0  # writes ever put in the cache
        self.done = 0  # of these, how many have left it

    def write(self, effect: Persist) -> None:
        """Put a value in the cache. Raises BadValue on a value that a disk cannot hold."""
        _check_both(effect)
        self._cache.append((effect.key, effect.value))
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
        self._cache.append((key, _GONE))
        self.written += 1

    def synced(self, upto: int) -> None:
        """Make the first `upto` writes of all time durable."""
        count = upto - self.done
        self._apply(count)
        del self._cache[:count]
        self.done = upto

    def crash(self, how: str, word: int) -> None:
        """Leave what a crash leaves: everything, only what is synced, a keyed prefix of the rest, or nothing."""
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

    def _apply(self, count: int) -> None:
        for key, value in self._cache[:count]:
            if value is _GONE:
                self.durable.pop(key, None)
            else:
                self.durable[key] = value
