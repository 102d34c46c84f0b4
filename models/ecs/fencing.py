"""Epochs that fence off older leaders: one capsule for a sequence, whoever leads (the repair of EW-1, EW-2, EW-21).

The stores are acceptors. A leader to be asks them to refuse older epochs and to say what they have accepted; when so
many have answered that every quorum has one of them, it publishes under its own epoch what may have been published
before, and only then anything new.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from .objects import ObjectId


class Vote(NamedTuple):
    """What a store has accepted for a sequence."""

    epoch: int
    capsule_id: ObjectId
    timestamp_ns: int


def next_epoch(seen: int, number: int, nodes: int) -> int:
    """Return an epoch above one that was seen, which no other node of so many ever takes."""
    return (seen // nodes + 1) * nodes + number


class Acceptor:
    """A store's side."""

    def __init__(self) -> None:
        self.promised = 0
        self.votes: dict[int, Vote] = {}

    def promise(self, epoch: int) -> bool:
        """Refuse older epochs from now on; return whether this one is not itself too old."""
        if epoch < self.promised:
            return False
        self.promised = epoch
        return True

    def accept(self, seq: int, vote: Vote) -> bool:
        """Vote for a sequence and return whether that may be: no older epoch, and one capsule in each."""
        had = self.votes.get(seq)
        if had is not None and had.epoch == vote.epoch and had.capsule_id != vote.capsule_id:
            return False
        if not self.promise(vote.epoch):
            return False
        self.votes[seq] = vote
        return True

    def told(self) -> tuple[tuple[int, int, ObjectId, int], ...]:
        """Return all votes as a message carries them."""
        return tuple((seq, *vote) for seq, vote in sorted(self.votes.items()))


class Recovery:
    """A leader's side: what the stores have accepted before its epoch."""

    def __init__(self, epoch: int, stores: int, required: int) -> None:
        self.epoch = epoch
        self.answered: set[int] = set()
        self.votes: dict[int, Vote] = {}
        self._enough = stores - required + 1  # among so many there is one of every quorum

    def add(self, store_id: int, accepted: Iterable[tuple[int, int, ObjectId, int]]) -> None:
        """Take in the answer of a store."""
        self.answered.add(store_id)
        for seq, epoch, capsule, timestamp in accepted:
            if seq not in self.votes or self.votes[seq].epoch < epoch:
                self.votes[seq] = Vote(epoch, capsule, timestamp)

    def complete(self) -> bool:
        """Return whether nothing that was published can have been missed."""
        return len(self.answered) >= self._enough
