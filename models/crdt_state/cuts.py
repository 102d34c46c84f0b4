"""Consistent cuts over links that keep no order: snapshots, markers that count, and what was under way (CW-34).

A node that is told of a cut, by its request, by a marker or by a transfer of somebody who has made it, makes its part
before anything else, and tells every other member how many transfers it had sent there before. What arrives after a
node's own part and was sent before the sender's is what was under way; the part is whole when as many have arrived from
each member as its marker says. This is the algorithm of Chandy and Lamport with the counts of Mattern in place of
order; with a member that crashed, or a transfer that was lost, a part is never whole, and somebody must give it up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Cut:
    """One node's part of a cut: what it held, and what was under way to it."""

    checkpoint_id: str
    number: int
    balance: int
    logical_time: int
    under_way: int = 0
    promised: dict[str, int] = field(default_factory=dict)  # by member: transfers that it sent here before its part


class Cuts:
    """One node's cuts; the last one that it began has `number`."""

    def __init__(self, members: Iterable[str]) -> None:
        self.members = tuple(members)  # but this node
        self.number = 0
        self.open: dict[int, Cut] = {}
        self.sent: dict[str, int] = {}
        self._got: dict[tuple[str, int], int] = {}  # by sender and the sender's cut

    def begin(self, cut: Cut) -> None:
        """Take note of this node's own part."""
        self.number = cut.number
        self.open[cut.number] = cut

    def sending(self, dst: str) -> int:
        """Count a transfer to a member, and return the cut that it is sent after."""
        self.sent[dst] = self.sent.get(dst, 0) + 1
        return self.number

    def arrived(self, src: str, amount: int, number: int) -> None:
        """Count a transfer that was sent after the sender's cut of this number."""
        self._got[src, number] = self._got.get((src, number), 0) + 1
        for cut in self.open.values():
            if number < cut.number:
                cut.under_way += amount

    def marked(self, src: str, number: int, transfers: int) -> None:
        """Take note of a member's marker."""
        if (cut := self.open.get(number)) is not None:
            cut.promised[src] = transfers

    def whole(self) -> list[Cut]:
        """Return the parts that are whole now, and forget them."""
        done = [cut for cut in self.open.values() if all(self._arrived_all(cut, member) for member in self.members)]
        for cut in done:
            del self.open[cut.number]
        return done

    def _arrived_all(self, cut: Cut, member: str) -> bool:
        if member not in cut.promised:
            return False
        before = sum(count for (src, number), count in self._got.items() if src == member and number < cut.number)
        return before >= cut.promised[member]
