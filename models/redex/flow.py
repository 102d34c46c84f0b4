"""Asking and shipping in step with what arrives: FLOW of section 9.0."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sim.machine import NodeId

from .budget import BandwidthBudget

UNANSWERED_MAX = 3  # requests to a leader, before others are asked


class InFlight(NamedTuple):
    """The one request that is under way: for what a leader has, to it or to somebody else, and since when."""

    leader: NodeId
    whom: NodeId
    token: int
    at: int


class Pacing:
    """A follower's side: one request in flight at a time, and no sooner than a leader without budget said.

    `unanswered` counts the requests in a row that a leader left without an answer; from some number on others are
    asked in its place, all but every fourth time.
    """

    def __init__(self, timeout: int) -> None:
        self.unanswered = 0
        self._timeout = timeout
        self._flight: InFlight | None = None
        self._not_before: dict[NodeId, int] = {}
        self._asked = 0

    def free(self, leader: NodeId, at: int) -> bool:
        """Return whether a leader may be asked: nothing is under way, or for too long, and it is no bother."""
        flight = self._flight
        waiting = flight is not None and flight.leader == leader and at - flight.at < self._timeout
        return not waiting and at >= self._not_before.get(leader, 0)

    def detour(self) -> bool:
        """Return whether somebody else is to be asked this time."""
        return self.unanswered >= UNANSWERED_MAX and self._asked % 4 != 0

    def asked(self, leader: NodeId, whom: NodeId, token: int, at: int) -> None:
        flight = self._flight
        if flight is not None and flight.leader != leader:
            self.unanswered = 0
        elif flight is not None and flight.whom == leader:
            self.unanswered += 1
        self._flight = InFlight(leader, whom, token, at)
        self._asked += 1

    def landed(self, token: int) -> None:
        """Take in that a request was answered, somehow."""
        flight = self._flight
        if flight is not None and flight.token == token:
            if flight.whom == flight.leader:
                self.unanswered = 0
            self._flight = None

    def hold_off(self, leader: NodeId, until: int) -> None:
        self._not_before[leader] = until


class Shipment(NamedTuple):
    """What a follower was shipped last: up to where, and what was taken from its share for it."""

    end: int
    cost: int


class Shares:
    """A leader's side: every follower has a budget of its own, and what never arrived is given back to it."""

    def __init__(self, budget: Callable[[], BandwidthBudget]) -> None:
        self._budget = budget
        self._shares: dict[NodeId, BandwidthBudget] = {}
        self._shipped: dict[NodeId, Shipment] = {}

    def of(self, peer: NodeId) -> BandwidthBudget:
        """Return a follower's share."""
        if peer not in self._shares:
            self._shares[peer] = self._budget()
        return self._shares[peer]

    def shipped(self, peer: NodeId, end: int, cost: int) -> None:
        self._shipped[peer] = Shipment(end, cost)

    def asked(self, peer: NodeId, since: int) -> None:
        """Settle the last shipment: a follower that asks from below its end has not got it."""
        shipment = self._shipped.pop(peer, None)
        if shipment is not None and since < shipment.end:
            self.of(peer).refund(shipment.cost)
