"""Who may lead: VOTE of section 9.0, as pure functions and the tally of one candidacy.

A node that misses its leader waits for its delay rank, asks everybody whether they would vote for it, and only if a
majority would begins a term and asks for votes. The nearest-RTT election lives on in the delay: whoever could have a
majority's answers soonest stands first.
"""

from __future__ import annotations

from collections.abc import Iterable

from sim.machine import NodeId


class Canvass:
    """The answers to one round of asking in a term; the candidate's own is among them."""

    def __init__(self, candidate: NodeId, term: int, pre: bool, need: int) -> None:
        self.term = term
        self.pre = pre
        self._need = need
        self._granted = {candidate}

    def grant(self, voter: NodeId) -> None:
        self._granted.add(voter)

    @property
    def won(self) -> bool:
        return len(self._granted) >= self._need


def up_to_date(last_term: int, tail: int, own_last_term: int, own_tail: int) -> bool:
    """Return whether a candidate's log is at least as recent as a voter's own: the later last term, then the tail."""
    return (last_term, tail) >= (own_last_term, own_tail)


def rank_delay(round_trips: Iterable[int | None], need: int, unmeasured: int) -> int:
    """Return how long a node waits before it stands: twice the round trip to the last of its nearest majority.

    `round_trips` are those to the others; None is one never measured, which counts as `unmeasured`.
    """
    known = sorted(unmeasured if trip is None else trip for trip in round_trips)
    return 2 * known[need - 2] if need > 1 else 0
