"""The nearest-RTT election and the tiebreak between two leaders (sections 4.1 and 5): pure functions.

A node decides an election alone, without a message. It counts as nearest to itself, so whoever detects silence elects
itself, unless a healthy peer has a measured round trip of exactly 0 and a smaller number. Neither length nor
content of a log takes part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from sim.machine import NodeId


class Elected(NamedTuple):
    """How one node sees an election: itself, a peer, or nobody."""

    is_self: bool
    winner: NodeId | None  # only ever a peer


SELF_WINS = Elected(True, None)
NOBODY = Elected(False, None)


def elect(
    members: Iterable[NodeId],
    me: NodeId,
    number: Callable[[NodeId], int],
    rtt: Callable[[NodeId], int | None],
    healthy: Callable[[NodeId], bool],
) -> Elected:
    """Return the healthy member with the least round trip, of several the one with the least number.

    `rtt` is never asked about `me`, which is at 0; None is an unmeasured peer, ranked last but not excluded. Health
    is asked about `me` as well.
    """

    def rank(node: NodeId) -> tuple[bool, int, int]:
        distance = 0 if node == me else rtt(node)
        return distance is None, distance or 0, number(node)

    best = min((node for node in members if healthy(node)), key=rank, default=None)
    if best is None:
        return NOBODY
    return SELF_WINS if best == me else Elected(False, best)


def outranks(tail: int, number: int, peer_tail: int, peer_number: int) -> bool:
    """Return whether a leader keeps its role on hearing another: the longer log wins, then the smaller number."""
    return tail > peer_tail or (tail == peer_tail and number < peer_number)
