"""What nodes send each other (1.4): three planes that know nothing of each other, and a transfer to take cuts of.

P1 sends RemoteCrdtState, P2 GossipMessage; they stand beside the data that they carry.
"""

from __future__ import annotations

from typing import NamedTuple

from .checkpoint import NodeCheckpoint


class CheckpointRequest(NamedTuple):
    """Make your part of this checkpoint; `number`, which orders cuts, is 0 without a barrier."""

    checkpoint_id: str
    number: int = 0


class SubmitCheckpoint(NamedTuple):
    """A node's part, for the coordinator."""

    part: NodeCheckpoint

    @property
    def size(self) -> int:
        """Return about how many bytes this takes on the wire."""
        return self.part.size

    def corrupted(self, word: int) -> SubmitCheckpoint:
        """Return the same message with one bit of its part wrong."""
        return SubmitCheckpoint(self.part.corrupted(word))


class SubmitResult(NamedTuple):
    """What became of a part: pending, complete or rejected, with both roots if they differed."""

    checkpoint_id: str
    result: str
    expected: str = ""
    actual: str = ""


class Rejoined(NamedTuple):
    """The sender has restarted: what it did since its last checkpoint did not happen."""

    life: int


class Transfer(NamedTuple):
    """An amount that leaves one node's balance for another's; `cut` is the sender's last cut, 0 without a barrier."""

    amount: int
    cut: int = 0


class Marker(NamedTuple):
    """The sender has made its part of this checkpoint, after so many transfers to the receiver in all."""

    checkpoint_id: str
    number: int
    transfers: int
