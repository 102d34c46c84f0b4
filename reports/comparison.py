"""Compares sweeps, or the settings of one, run by run: tables of what sets apart pairs of the same seed.

Two runs make a pair if they have the same seed and stand at the same point of every axis but the one that they are
compared along. A difference is what a side has more than what it stands beside; intervals are at 95 %.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from . import statistics
from .chart import word
from .paired import Measured, Pairs
from .samples import Sample, Samples
from .sweepfigures import WORDS, labelled, rounded, scaled, unit_of
from .table import Cell, Table

Point = tuple[tuple[str, Cell], ...]  # of the axes that are not compared
ALONG = "sweep"  # the axis on which whole sweeps lie


class CannotCompare(ValueError):
    """There are no pairs; says why, and what would have some."""


@dataclass(frozen=True)
class Side:
    """One of the things that are compared: its name, or its value on the axis, and its runs."""

    name: Cell
    runs: Sequence[Sample]


@dataclass(frozen=True)
class Place:
    """A point of all axes, and the pairs there."""

    axes: Mapping[str, Cell]
    pairs: Pairs


@dataclass(frozen=True)
class Comparison:
    """Sides, each beside the same one. `left` says how many runs of a side, and of the one beside it, have no pair."""

    along: str
    beside: Cell
    units: Mapping[str, str]
    places: tuple[Place, ...]
    left: Mapping[Cell, tuple[int, int]]

    @property
    def axes(self) -> tuple[str, ...]:
        """The axes, that along which is compared being the last."""
        return tuple(self.places[0].axes)

    def varied(self) -> dict[str, list[Cell]]:
        """Return the axes that have more than one value, with their values."""
        values = {axis: list(dict.fromkeys(place.axes[axis] for place in self.places)) for axis in self.axes}
        return {axis: found for axis, found in values.items() if len(found) > 1}

    def name(self, value: Cell, axis: str = "") -> str:
        """Return what a side, or a value of another axis, is called."""
        axis = axis or self.along
        return _named(axis, value, self.units)


def _named(axis: str, value: Cell, units: Mapping[str, str]) -> str:
    said = "not set" if value is None else f"{word(value)} {units.get(axis, '')}".rstrip()
    return said if axis == ALONG else f"{axis} {said}"


def compare(along: str, units: Mapping[str, str], beside: Side, sides: Sequence[Side]) -> Comparison:
    """Pair the runs of each side with those of the one that they all stand beside. Raises CannotCompare."""
    partners = {_key(run, along): run for run in beside.runs}
    places: list[Place] = []
    left = {}
    for side in sides:
        found: dict[Point, Place] = {}
        for run in side.runs:
            key = _key(run, along)
            if key in partners:
                if key[0] not in found:
                    rest = {axis: value for axis, value in run.axes.items() if axis != along}
                    found[key[0]] = Place({**rest, along: side.name}, Pairs())
                found[key[0]].pairs.add(run, partners[key])
        if not found:
            raise CannotCompare(_why_not(side, beside, along, units))
        count = sum(place.pairs.count for place in found.values())
        left[side.name] = len(side.runs) - count, len(beside.runs) - count
        places += found.values()
    return Comparison(along, beside.name, units, tuple(places), left)


def _key(run: Sample, along: str) -> tuple[Point, int]:
    return tuple(sorted((axis, value) for axis, value in run.axes.items() if axis != along)), run.seed


def _why_not(side: Side, beside: Side, along: str, units: Mapping[str, str]) -> str:
    first, second = (_named(along, one.name, units) for one in (side, beside))
    points = [{_key(run, along)[0] for run in one.runs} for one in (side, beside)]
    if points[0].isdisjoint(points[1]):
        mine, its = (_settings(one, along) for one in (side, beside))
        return (
            f"found no settings that both sides have: {first} has {mine}, {second} has {its}; allowed: sweeps that "
            f"have a point of the grid in common"
        )
    return (
        f"found no seed that both sides have: {first} has {_span(side)}, {second} has {_span(beside)}; allowed: sweeps "
        f"that have seeds in common"
    )


def _settings(side: Side, along: str) -> str:
    """Return the values of each axis but one among a side's runs."""
    values: dict[str, dict[str, None]] = {}
    for run in side.runs:
        for axis, value in run.axes.items():
            if axis != along:
                values.setdefault(axis, {})[word(value)] = None
    return ", ".join(f"{axis} {' '.join(found)}" for axis, found in values.items())


def _span(side: Side) -> str:
    seeds = [run.seed for run in side.runs]
    return f"seeds {min(seeds)}..{max(seeds)}"


def of_axis(found: Samples, axis: str) -> Comparison:
    """Compare each other value of an axis with its first. Raises CannotCompare."""
    values = found.values(axis)
    if len(values) < 2:
        raise CannotCompare(f"found {axis} with one value, {values[0]}, allowed: an axis with two or more")
    first, *others = (Side(value, [run for run in found.runs if run.axes[axis] == value]) for value in values)
    return compare(axis, found.units, first, others)


def of_sweeps(side: tuple[str, Samples], beside: tuple[str, Samples]) -> Comparison:
    """Compare one sweep with another, each given with its name. Raises CannotCompare."""
    (name, mine), (other, its) = side, beside
    if mine.units != its.units:
        told = (", ".join(labelled(axis, unit) for axis, unit in one.units.items()) or "none" for one in (mine, its))
        first, second = told
        raise CannotCompare(
            f"found sweeps of different axes, {name}: {first}; {other}: {second}; allowed: the same axes in both"
        )
    return compare(ALONG, mine.units, Side(other, its.runs), [Side(name, mine.runs)])


# -- tables ------------------------------------------------------------------------------------------------

METRIC_COLUMNS = (
    "beside", "unit", "pairs", "measured", "only_here", "only_beside", "median", "median_beside",
    "difference", "difference_low", "difference_high", "p10", "p90", "mean", "mean_low", "mean_high", "lower", "higher",
)  # fmt: skip


def metric_table(found: Comparison, metrics: Sequence[str] = tuple(WORDS)) -> Table:
    """Return the median and the mean of paired differences of metrics, a row for each at each point.

    `measured` counts the pairs in which both runs have a figure, `only_here` and `only_beside` those in which one has;
    `lower` and `higher` count signs: where most pairs do not differ at all, the median does not show the others.
    """
    rows: list[tuple[Cell, ...]] = []
    for metric in metrics:
        for place in found.places:
            one = place.pairs.metrics.get(metric)
            if one is not None:
                shown = rounded([scaled(metric, value) for value in _estimates(one)])
                counts = (place.pairs.count, len(one.side), one.only_side, one.only_beside)
                changes = one.differences()
                signs = (sum(change < 0 for change in changes), sum(change > 0 for change in changes))
                rows.append((metric, *place.axes.values(), found.beside, unit_of(metric), *counts, *shown, *signs))
    return Table(("metric", *found.axes, *METRIC_COLUMNS), tuple(rows))


def _estimates(one: Measured) -> list[float | None]:
    """Return both medians, and of the differences the median, deciles and the mean, as METRIC_COLUMNS has them."""
    changes = one.differences()
    if not changes:
        return [None] * 10
    nothing = (None, None, None)
    medians = [(statistics.median(sorted(values)) or nothing)[0] for values in (one.side, one.beside)]
    middle = statistics.median(changes) or nothing
    deciles = [statistics.quantile(changes, percent) for percent in (10, 90)]
    return [*medians, *middle, *deciles, *statistics.mean(changes)]


VIOLATION_COLUMNS = (
    "pairs", "judged", "violated", "share", "low", "high", "only_here", "difference", "difference_low",
    "difference_high", "p",
)  # fmt: skip


def violation_table(found: Comparison, names: Sequence[str] = ()) -> Table:
    """Return how often properties are violated on both sides, of the pairs in which both runs judged them.

    A row for each side: first what it stands beside, which has no difference. `only_here` counts the pairs in which the
    other run does not violate it: what McNemar's test, `p`, is about. Without names, all that some run violates.
    """
    rows: list[tuple[Cell, ...]] = []
    judged = [one for place in found.places for one in place.pairs.verdicts.items()]
    for name in names or sorted({name for name, one in judged if one.both + one.only_side + one.only_beside}):
        for place in found.places:
            one = place.pairs.verdicts.get(name)
            if one is not None:
                p = float(f"{statistics.mcnemar(one.only_beside, one.only_side):.6g}")
                apart = (*rounded(one.difference() or ()), p)
                for value, only, said in (
                    (found.beside, one.only_beside, (None,) * 4),
                    (place.axes[found.along], one.only_side, apart),
                ):
                    where = {**place.axes, found.along: value}.values()
                    violated = one.both + only
                    share = rounded(statistics.proportion(violated, one.pairs) or ())
                    rows.append((name, *where, place.pairs.count, one.pairs, violated, *share, only, *said))
    return Table(("property", *found.axes, *VIOLATION_COLUMNS), tuple(rows))
