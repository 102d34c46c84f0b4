"""Rows of the table, and how figures become rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Effort:
    """How much is measured: rounds in which all variants take turns, and thousands of messages in one run."""

    rounds: int = 9
    thousands: int = 20


FULL = Effort()
QUICK = Effort(rounds=2, thousands=1)


@dataclass(frozen=True)
class Row:
    """One measurement: `ratio` is `baseline` over `value`, both in `unit`, so that more is better everywhere.

    `low` and `high` are the extremes over all rounds. `floor` is the ratio promised, None where nothing is promised,
    and `met` is then None. A row that could not be measured here has only a name, a unit and a floor.
    """

    name: str
    unit: str
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    floor: float | None = None
    met: bool | None = None
    value: float | None = None
    baseline: float | None = None


def in_turns(variants: Mapping[str, Callable[[], float]], effort: Effort) -> dict[str, list[float]]:
    """Return the figures of every variant, round by round: what slows the machine down slows all of them."""
    figures: dict[str, list[float]] = {name: [] for name in variants}
    for n in range(-1, effort.rounds):
        for name, variant in variants.items():
            figure = variant()
            if n >= 0:  # the first round warms up
                figures[name].append(figure)
    return figures


def against(name: str, unit: str, values: Sequence[float], baselines: Sequence[float], floor: float | None) -> Row:
    """Return the row of a cost beside a baseline measured in the same rounds."""
    ratios = [baseline / value for value, baseline in zip(values, baselines, strict=True)]
    ratio = median(ratios)
    met = None if floor is None else ratio >= floor
    return Row(name, unit, ratio, min(ratios), max(ratios), floor, met, median(values), median(baselines))


def within(name: str, unit: str, values: Sequence[float], limit: float) -> Row:
    """Return the row of a cost that may not pass a limit: the limit is the baseline, and the floor is 1."""
    return against(name, unit, values, [limit] * len(values), 1.0)


def plainly(name: str, unit: str, values: Sequence[float]) -> Row:
    """Return the row of a figure of which nothing is promised."""
    return Row(name, unit, value=median(values))
