"""A server's log: entries from 1 on, of which a snapshot may stand in place of the first (paper 5.3 and 7)."""

from __future__ import annotations

from typing import Any, NamedTuple

NOOP, COMMAND, CONFIGURATION = "noop", "command", "configuration"  # kinds of entries


class Entry(NamedTuple):
    """An entry: the term in which a leader made it, its kind and what it says."""

    term: int
    kind: str
    payload: Any


class Log:
    """Entries by index. A snapshot stands in place of those up to `base`, which is 0 if there is none."""

    def __init__(self, base: int = 0, base_term: int = 0) -> None:
        self.base = base
        self.base_term = base_term
        self.entries: list[Entry] = []

    @property
    def last(self) -> int:
        """Return the index of the last entry, or of the snapshot."""
        return self.base + len(self.entries)

    @property
    def last_term(self) -> int:
        return self.entries[-1].term if self.entries else self.base_term

    def at(self, index: int) -> Entry:
        """Return an entry behind the snapshot."""
        return self.entries[index - self.base - 1]

    def term_at(self, index: int) -> int:
        """Return the term of an entry, or the snapshot's at its index; -1 where the log knows of none."""
        if index == self.base:
            return self.base_term
        return self.entries[index - self.base - 1].term if self.base < index <= self.last else -1

    def after(self, index: int, most: int) -> tuple[Entry, ...]:
        """Return at most so many entries behind an index that is not before the snapshot's."""
        start = index - self.base
        return tuple(self.entries[start : start + most])

    def cut(self, index: int) -> None:
        """Delete the entries from an index on."""
        del self.entries[index - self.base - 1 :]

    def compact(self, index: int) -> list[Entry]:
        """Let a snapshot stand in place of the entries up to an index, and return them."""
        self.base_term = self.term_at(index)
        gone = self.entries[: index - self.base]
        del self.entries[: index - self.base]
        self.base = index
        return gone

    def first_of_term(self, index: int) -> int:
        """Return where the run of entries of one term that an index lies in begins."""
        term = self.term_at(index)
        while index - 1 > self.base and self.term_at(index - 1) == term:
            index -= 1
        return index
