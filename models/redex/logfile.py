"""A node's log: entries by sequence number, a tail, a floor (section 7.3), and skipping ahead (section 6.6).

The tail is the next sequence to be written. Nothing is ever rewritten; the one repair is to skip over sequences, which
leaves a hole that nothing remembers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .messages import Event, event_bytes


class SkipRefused(Exception):
    """The log will not move its tail there."""


class AppendFailed(Exception):
    """The log cannot take so many more events."""


class LogFile:
    """Entries in memory. `first_retained` is the smallest sequence held, the tail if there is none.

    The choices are P9 and P10; `retain` is the number of events that a sweep leaves and `capacity` that which fits
    between sweeps, None for any; a `persistent` log is never skipped.
    """

    def __init__(
        self,
        skip_back: str = "error",
        skip_over: str = "keep",
        retain: int | None = None,
        capacity: int | None = None,
        persistent: bool = False,
    ) -> None:
        self.entries: dict[int, Any] = {}  # in the order of their sequences
        self.next_seq = 0
        self.first_retained = 0
        self.closed = False
        self._skip_back = skip_back
        self._skip_over = skip_over
        self._retain = retain
        self._capacity = capacity
        self._persistent = persistent

    def restore(self, entries: Mapping[int, Any]) -> None:
        """Begin with what an earlier life wrote."""
        self.entries = {seq: entries[seq] for seq in sorted(entries)}
        self.next_seq = max((seq + 1 for seq in entries), default=0)
        self.first_retained = 0
        self._raise_floor()

    def reserve(self, events: int) -> None:
        """Raise AppendFailed unless so many events can be appended; none always can."""
        if self.closed and events:
            raise AppendFailed("the file is closed")
        if self._capacity is not None and len(self.entries) + events > self._capacity:
            raise AppendFailed(f"{len(self.entries)} events and {events} more, allowed: {self._capacity}")

    def append(self, payload: Any) -> int:
        """Write at the tail and return the sequence. Retention waits for the sweep. Raises AppendFailed."""
        self.reserve(1)
        seq = self.next_seq
        self.entries[seq] = payload
        self.next_seq = seq + 1
        return seq

    def sweep(self, below: int | None = None) -> list[int]:
        """Discard the oldest entries above the retention cap, of those `below` a sequence, and return theirs."""
        gone: list[int] = []
        while self._retain is not None and len(self.entries) > self._retain:
            if below is not None and self.first_retained >= below:
                break
            del self.entries[self.first_retained]
            gone.append(self.first_retained)
            self._raise_floor()
        return gone

    def skip_to(self, seq: int) -> list[int]:
        """Move the tail and return the sequences that were discarded. Raises SkipRefused."""
        if self._persistent or self.closed:
            raise SkipRefused(f"skip_to: found a {'closed' if self.closed else 'persistent'} file, allowed: a heap")
        if seq <= self.next_seq:
            if self._skip_back == "error":
                raise SkipRefused(f"skip_to: found {seq}, allowed: above the tail {self.next_seq}")
            if self._skip_back == "ignore":
                return []
            gone = [held for held in self.entries if held >= seq]
        else:
            gone = list(self.entries) if self._skip_over == "drop" else []
        for held in gone:
            del self.entries[held]
        self.next_seq = seq
        self.first_retained = min(self.first_retained, seq)
        self._raise_floor()
        return gone

    def chunk(self, since: int, bytes_max: int, oversized: str = "ships") -> tuple[Event, ...]:
        """Return the first run of consecutive entries at or above `since` that fits into so many bytes.

        P17: a first entry that is too large by itself `ships` alone, or is `withheld` and nothing goes.
        """
        entries = self.entries
        seq = max(since, self.first_retained)
        while seq < self.next_seq and seq not in entries:
            seq += 1
        events: list[Event] = []
        room = bytes_max
        while seq in entries:
            room -= event_bytes(entries[seq])
            if room < 0 and (events or oversized == "withheld"):
                break
            events.append((seq, entries[seq]))
            seq += 1
        return tuple(events)

    def _raise_floor(self) -> None:
        while self.first_retained < self.next_seq and self.first_retained not in self.entries:
            self.first_retained += 1
