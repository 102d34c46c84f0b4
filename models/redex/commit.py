"""What a majority holds, and who waits for it: COMMIT of section 9.0."""

from __future__ import annotations

from typing import NamedTuple

from sim.machine import Ask, NodeId


class Holdings:
    """Up to where each peer's log is known to be this leader's own."""

    def __init__(self) -> None:
        self._held: dict[NodeId, int] = {}

    def begin(self) -> None:
        """Begin a reign: nothing is known of anybody."""
        self._held = {}

    def hold(self, peer: NodeId, upto: int) -> None:
        """Take in that a peer's log is this one's below `upto`; within a reign that only grows."""
        self._held[peer] = max(upto, self._held.get(peer, 0))

    def of(self, peer: NodeId) -> int:
        """Return up to where a peer's log is known to be this leader's own."""
        return self._held.get(peer, 0)

    def majority(self, own: int, need: int) -> int:
        """Return up to where `need` logs, this one with its tail among them, are the same."""
        held = sorted([own, *self._held.values()], reverse=True)
        return held[need - 1] if len(held) >= need else 0

    def who(self, upto: int) -> tuple[NodeId, ...]:
        """Return the peers that hold everything below `upto`."""
        return tuple(sorted(peer for peer, held in self._held.items() if held >= upto))


class Reading(NamedTuple):
    """A client's read that waits until a majority has followed this leader at `at` or later."""

    ask: Ask
    at: int


class Waiting:
    """The clients of a reign that have not been answered."""

    def __init__(self) -> None:
        self.writes: dict[int, Ask] = {}  # by sequence
        self.reads: list[Reading] = []

    def has(self, ask: Ask) -> bool:
        """Return whether a client's operation waits already."""
        return any((w.client, w.op) == (ask.client, ask.op) for w in self.writes.values())

    def written(self, upto: int) -> list[tuple[int, Ask]]:
        """Return the writes below a sequence, in order; they wait no more."""
        done = [(seq, ask) for seq, ask in self.writes.items() if seq < upto]
        for seq, _ in done:
            del self.writes[seq]
        return done

    def readable(self, followed: int) -> list[Ask]:
        """Return the reads that were asked by then; they wait no more."""
        ready = [reading.ask for reading in self.reads if reading.at <= followed]
        self.reads = [reading for reading in self.reads if reading.at > followed]
        return ready
