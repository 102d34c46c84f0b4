"""Logs that can be compared and cut: MATCH and SNAP of section 9.0.

A mark is a hash of all entries below a sequence, with their terms; equal marks mean equal logs up to there. A request
carries marks of some points, near the tail all of them and ever fewer below, so the leader finds in one round a
point up to which both logs are the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sim.machine import fingerprint

from .logfile import LogFile
from .wire import Entry, Mark

EMPTY = ""  # the mark of nothing


class MarkedLog(LogFile):
    """A log whose entries have terms, with the mark at every sequence from the floor to the tail."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.terms: dict[int, int] = {}
        self._marks: dict[int, str] = {0: EMPTY}
        self.base_term = 0  # of the last entry below the floor

    # -- reading -------------------------------------------------------------------------------------------

    @property
    def last_term(self) -> int:
        """Return the term of the last entry; of the last one swept if none is held."""
        return self.terms.get(self.next_seq - 1, self.base_term)

    def mark(self, seq: int) -> str | None:
        """Return what stands for all entries below a sequence, None if this log cannot tell."""
        return self._marks.get(seq)

    @property
    def tail_mark(self) -> Mark:
        return self.next_seq, self._marks[self.next_seq]

    def points(self, also: int = 0) -> tuple[Mark, ...]:
        """Return marks by which another log can find where the two part: the tail first, the floor last.

        `also` is one more point, such as the commit index.
        """
        seqs = [self.next_seq]
        step = 1
        while seqs[-1] - step > self.first_retained:
            seqs.append(seqs[-1] - step)
            step *= 2
        seqs = sorted({*seqs, self.first_retained, also}, reverse=True)
        return tuple((seq, mark) for seq in seqs if (mark := self._marks.get(seq)) is not None)

    def common(self, points: Sequence[Mark]) -> int | None:
        """Return the highest of another log's points up to which both are the same, None if there is none."""
        return max((seq for seq, mark in points if self._marks.get(seq) == mark), default=None)

    def chunk(self, since: int, bytes_max: int, oversized: str = "ships") -> tuple[Entry, ...]:  # type: ignore[override]
        """Return a run of entries as `LogFile.chunk` does, with their terms."""
        return tuple((seq, payload, self.terms[seq]) for seq, payload in super().chunk(since, bytes_max, oversized))

    def parting(self, events: Sequence[Entry]) -> int:
        """Return how many of a run of events this log holds; the run begins where both logs are the same."""
        for i, (seq, payload, term) in enumerate(events):
            if self._marks.get(seq + 1) != _chained(self._marks[seq], payload, term):
                return i
        return len(events)

    # -- writing -------------------------------------------------------------------------------------------

    def write(self, payload: Any, term: int) -> int:
        """Append an entry of a term and return its sequence. Raises AppendFailed."""
        seq = self.append(payload)
        self.terms[seq] = term
        self._marks[seq + 1] = _chained(self._marks[seq], payload, term)
        return seq

    def cut(self, seq: int) -> list[int]:
        """Take off all entries from a sequence on and return their sequences, the last one first."""
        gone = [held for held in range(self.next_seq - 1, seq - 1, -1) if held in self.entries]
        for held in gone:
            del self.entries[held], self.terms[held]
        for held in range(seq + 1, self.next_seq + 1):
            self._marks.pop(held, None)
        self.next_seq = seq
        self.first_retained = min(self.first_retained, seq)
        return gone

    def reset(self, seq: int, mark: str, term: int) -> list[int]:
        """Begin anew at a sequence, below which others had what the mark says; return what was discarded."""
        gone = list(self.entries)
        self.entries, self.terms = {}, {}
        self._marks = {seq: mark}
        self.base_term = term
        self.next_seq = self.first_retained = seq
        return gone

    def sweep(self, below: int | None = None) -> list[int]:
        gone = super().sweep(below)
        for seq in gone:
            self.base_term = self.terms.pop(seq)
            self._marks.pop(seq, None)
        return gone

    def skip_to(self, seq: int) -> list[int]:
        start = self.next_seq
        gone = super().skip_to(seq)
        for held in gone:
            self.terms.pop(held, None)
        if self.next_seq != start:
            # What is missing may have been anything: a mark that no other log has.
            self._marks[self.next_seq] = fingerprint(("gap", start, self.next_seq, self._marks.get(start)))
        return gone

    def trust(self, mark: str) -> None:
        """Take over a leader's mark at the tail, after skipping to it."""
        self._marks[self.next_seq] = mark

    # -- what a disk keeps ---------------------------------------------------------------------------------

    @property
    def base(self) -> tuple[int, str, int]:
        """Return the floor, its mark and the term below it: what a log needs besides its entries."""
        return self.first_retained, self._marks[self.first_retained], self.base_term

    def revive(self, base: tuple[int, str, int], entries: Mapping[int, tuple[int, Any]]) -> list[int]:
        """Begin with what an earlier life wrote, (term, payload) by sequence, and return what is not to be kept.

        A crash may fall amid a cut or a sweep; what is contiguous from the floor is the log.
        """
        self.reset(*base)
        while (found := entries.get(self.next_seq)) is not None:
            term, payload = found
            self.entries[self.next_seq] = payload
            self.terms[self.next_seq] = term
            self._marks[self.next_seq + 1] = _chained(self._marks[self.next_seq], payload, term)
            self.next_seq += 1
        return sorted((seq for seq in entries if seq not in self.entries), reverse=True)


def _chained(mark: str, payload: Any, term: int) -> str:
    return fingerprint((mark, term, payload))
