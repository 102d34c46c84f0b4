"""What sets apart two sets of runs that met the same weather, pair by pair: a run without a partner tells nothing."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from . import statistics

JUDGED = ("holds", "violated")


class Run(Protocol):
    """What a pair is told apart by: verdicts of properties, and metrics, None where nothing was measured."""

    @property
    def verdicts(self) -> Mapping[str, str]: ...
    @property
    def metrics(self) -> Mapping[str, int | None]: ...


@dataclass
class Measured:
    """A metric in each pair in which both runs measured it, and how many pairs have it from one run alone."""

    side: array[int] = field(default_factory=lambda: array("q"))
    beside: array[int] = field(default_factory=lambda: array("q"))
    only_side: int = 0
    only_beside: int = 0

    def differences(self) -> list[int]:
        """Return by how much more the side measured than what it stands beside, in rising order."""
        return sorted(mine - its for mine, its in zip(self.side, self.beside, strict=True))


@dataclass
class Judged:
    """How many pairs had a property judged in both runs, and in how many of these which run violated it."""

    pairs: int = 0
    both: int = 0
    only_side: int = 0
    only_beside: int = 0

    def difference(self) -> tuple[float, float, float] | None:
        """Return how much more often the side violates it, with an interval, None of no pair."""
        return statistics.paired_proportions(self.only_beside, self.only_side, self.pairs)


@dataclass
class Pairs:
    """Pairs of runs of the same seed: a side's, and those of what it stands beside."""

    count: int = 0
    metrics: dict[str, Measured] = field(default_factory=dict)
    verdicts: dict[str, Judged] = field(default_factory=dict)

    def add(self, side: Run, beside: Run) -> None:
        """Count one pair."""
        self.count += 1
        for name, verdict in side.verdicts.items():
            other = beside.verdicts.get(name)
            if verdict in JUDGED and other in JUDGED:
                judged = self.verdicts.setdefault(name, Judged())
                judged.pairs += 1
                judged.both += verdict == other == "violated"
                judged.only_side += verdict == "violated" != other
                judged.only_beside += other == "violated" != verdict
        for name in side.metrics.keys() | beside.metrics.keys():
            mine, its = side.metrics.get(name), beside.metrics.get(name)
            if mine is None and its is None:
                continue
            measured = self.metrics.setdefault(name, Measured())
            if mine is None:
                measured.only_beside += 1
            elif its is None:
                measured.only_side += 1
            else:
                measured.side.append(mine)
                measured.beside.append(its)
