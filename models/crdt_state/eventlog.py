"""The event log of one node: entries, two counters and registers, which merge with those of others (3.4).

As specified an entry is known by its sequence and its origin, sequences are each node's own and are not advanced by
merges, and the list is sorted when something is merged, by sequence alone. The original calls that causally consistent;
it is not (CW-6 to CW-8).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from .counters import GCounter, Pairs, PnCounter
from .dots import MvRegister, OrSet, Wire
from .register import LwwRegister, Written

NO_DOTS: Wire[str] = ((), ())


class CrdtLogEntry(NamedTuple):
    """One event; the timestamp is in us since 1970."""

    sequence: int
    origin_node: str
    timestamp: int
    payload: bytes

    @property
    def key(self) -> tuple[str, int]:
        """Return what is supposed to name this entry: after a restart it may name two (CW-9, CW-10)."""
        return self.origin_node, self.sequence


class CrdtEventLogStats(NamedTuple):
    """Counts of entries, of origins among them, and of the two counters."""

    total_entries: int
    contributing_nodes: int
    event_counter: int
    activity_counter: int


class RemoteCrdtState(NamedTuple):
    """What one log exports to another: all of it, or with `since` the entries that the other is not known to have.

    Maps travel as pairs in order. `have` says how long a prefix of each origin the sender holds; it and what stands
    behind it is empty as specified.
    """

    origin_node: str
    event_counter: Pairs
    activity_counter: tuple[Pairs, Pairs]
    registers: tuple[tuple[str, Written], ...]
    entries: tuple[CrdtLogEntry, ...]
    have: Pairs = ()
    multi: tuple[tuple[str, Wire[bytes]], ...] = ()
    elements: Wire[str] = NO_DOTS

    @property
    def size(self) -> int:
        """Return about how many bytes this takes on the wire."""
        pairs = (*self.event_counter, *self.activity_counter[0], *self.activity_counter[1], *self.have)
        values = sum(len(key) + len(written.value or b"") + 20 for key, written in self.registers)
        values += sum(len(value) + 12 for _, wire in self.multi for _, _, value in wire[0])
        values += sum(len(value) + 12 for _, _, value in self.elements[0])
        return 40 + 12 * len(pairs) + values + sum(28 + len(entry.payload) for entry in self.entries)


class CrdtEventLog:
    """One node's log.

    `order` is `sequence` or `canonical`: sorted by stamp, origin and sequence, always. `dedup` is `batch`, which
    compares an incoming entry with what was there before its batch, or `entry`, which sees doubles inside a batch, too.
    """

    def __init__(
        self, node_id: str, merge: str = "strict", order: str = "sequence", dedup: str = "batch", multi: bool = False
    ) -> None:
        self.node_id = node_id
        self.entries: list[CrdtLogEntry] = []
        self.event_counter = GCounter()
        self.activity_counter = PnCounter()
        self.registers: dict[str, LwwRegister] = {}
        self.next_sequence = 0
        self.multi: dict[str, MvRegister] = {}  # registers that keep concurrent values, if `keep_all`
        self.elements = OrSet()
        self.keep_all = multi
        self._merge = merge
        self._canonical = order == "canonical"
        self._each = dedup == "entry"
        self._keys: set[tuple[str, int]] = set()
        self._prefix: dict[str, int] = {}

    # -- what a client may do ------------------------------------------------------------------------------

    def append(self, payload: bytes, stamp: int) -> int:
        """Append an event at the end of the list and return its sequence."""
        sequence = self.next_sequence
        self.next_sequence += 1
        self._add(CrdtLogEntry(sequence, self.node_id, stamp, payload))
        self.event_counter.increment(self.node_id)
        self.activity_counter.increment(self.node_id)
        if self._canonical:
            self._sort()
        return sequence

    def record_removal(self) -> None:
        """Count a removal; entries stay, and nobody asks whether there is anything left to remove."""
        self.activity_counter.decrement(self.node_id)

    def set_register(self, key: str, value: bytes, stamp: int) -> bool:
        """Write a register, and return whether the write was applied, which the specification does not tell."""
        if self.keep_all:
            self.multi.setdefault(key, MvRegister()).write(value, self.node_id)
            return True
        return self.registers.setdefault(key, LwwRegister(self._merge)).write_at(value, self.node_id, stamp)

    def get_register(self, key: str) -> bytes | None:
        """Return a register's value; of several concurrent ones all, with | between them."""
        if self.keep_all:
            found = self.multi.get(key)
            return b"|".join(found.values()) if found is not None and found.alive else None
        register = self.registers.get(key)
        return None if register is None else register.read()

    # -- what nodes tell each other ------------------------------------------------------------------------

    def merge_remote(self, remote: RemoteCrdtState) -> list[CrdtLogEntry]:
        """Merge another log, and return the entries that were new here."""
        self.event_counter.absorb(remote.event_counter)
        self.activity_counter.positive.absorb(remote.activity_counter[0])
        self.activity_counter.negative.absorb(remote.activity_counter[1])
        for key, written in remote.registers:
            self.registers.setdefault(key, LwwRegister(self._merge)).absorb(written)
        for key, wire in remote.multi:
            self.multi.setdefault(key, MvRegister()).merge(MvRegister(wire))
        if remote.elements[1]:
            self.elements.merge(OrSet(remote.elements))
        existing = self._keys if self._each else frozenset(self._keys)
        new = []
        for entry in remote.entries:
            if entry.key not in existing:
                self._add(entry)
                new.append(entry)
        self._sort()
        return new

    def export_state(self, since: Mapping[str, int] | None = None) -> RemoteCrdtState:
        """Return a copy of everything but the next sequence; with `since` only entries beyond these prefixes."""
        entries = tuple(self.entries)
        if since is not None:
            entries = tuple(entry for entry in entries if entry.sequence >= since.get(entry.origin_node, 0))
        return RemoteCrdtState(
            self.node_id,
            self.event_counter.pairs(),
            (self.activity_counter.positive.pairs(), self.activity_counter.negative.pairs()),
            tuple(sorted((key, register.held) for key, register in self.registers.items())),
            entries,
            () if since is None else self.have(),
            tuple(sorted((key, register.wire()) for key, register in self.multi.items())),
            self.elements.wire(),
        )

    def have(self) -> Pairs:
        """Return how long a prefix of each origin's entries is here, without a gap."""
        return tuple(sorted(self._prefix.items()))

    # -- what is read --------------------------------------------------------------------------------------

    def after(self, cursor: Mapping[str, int]) -> list[CrdtLogEntry]:
        """Return the entries beyond a cursor of sequences by origin, which stays valid whatever is merged.

        An index into the list does not: as specified, what was behind it may move before it (CW-7).
        """
        return [entry for entry in self.entries if entry.sequence >= cursor.get(entry.origin_node, 0)]

    def stats(self) -> CrdtEventLogStats:
        origins = {entry.origin_node for entry in self.entries}
        return CrdtEventLogStats(
            len(self.entries), len(origins), self.event_counter.value(), self.activity_counter.value()
        )

    # -- inside --------------------------------------------------------------------------------------------

    def _add(self, entry: CrdtLogEntry) -> None:
        self.entries.append(entry)
        self._keys.add(entry.key)
        origin, reached = entry.origin_node, self._prefix.get(entry.origin_node, 0)
        while (origin, reached) in self._keys:
            reached += 1
        if reached:
            self._prefix[origin] = reached

    def _sort(self) -> None:
        if self._canonical:
            self.entries.sort(key=lambda e: (e.timestamp, e.origin_node, e.sequence, e.payload))
        else:
            self.entries.sort(key=lambda e: e.sequence)  # a stable sort, and by nothing else


def restored(log: CrdtEventLog, state: RemoteCrdtState, next_sequence: int) -> None:
    """Give a new log what a durable node had written down of its own."""
    log.merge_remote(state)
    log.entries = list(state.entries)  # in the order in which they were, too
    log.next_sequence = next_sequence


def concatenated(states: Iterable[RemoteCrdtState]) -> tuple[CrdtLogEntry, ...]:
    """Return the entries of several states as a relay that does not look would batch them (CW-11)."""
    return tuple(entry for state in states for entry in state.entries)
