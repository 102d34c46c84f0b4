"""Who votes: one set of servers, or in a joint configuration two, of each of which a majority must agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sim.machine import NodeId


class Configuration(NamedTuple):
    """The voting servers; in a joint configuration (paper 6) also those that `joining` will leave in their place."""

    voters: tuple[NodeId, ...]
    joining: tuple[NodeId, ...] = ()

    @property
    def joint(self) -> bool:
        return bool(self.joining)

    @property
    def members(self) -> tuple[NodeId, ...]:
        """Return everybody who votes, in node order."""
        return tuple(sorted({*self.voters, *self.joining})) if self.joining else self.voters

    def reached(self, values: Mapping[NodeId, int], short: int = 0) -> int:
        """Return the largest number that a majority has reached, of each set; a server without a number has 0.

        Votes, log indexes and rounds of heartbeats are all counted so. With `short` fewer than a majority suffice.
        """
        lowest: int | None = None
        for part in (self.voters, self.joining) if self.joining else (self.voters,):
            need = max(1, len(part) // 2 + 1 - short)
            number = sorted((values.get(node, 0) for node in part), reverse=True)[need - 1]
            lowest = number if lowest is None else min(lowest, number)
        assert lowest is not None
        return lowest
