"""Compares the sweeps of two stores, or the settings of one: what is compared is named, and told on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from reports.comparison import CannotCompare, Comparison, metric_table, of_axis, of_sweeps, violation_table
from reports.comparisonfigures import metric_note, violation_note
from reports.samples import BadStore, Samples, read
from reports.sweepfigures import WORDS

from .complaints import UsageError, unknown
from .load import parse
from .sweep import Job, Point, existing

DIFFERING = ("lower", "higher", "only_here", "only_beside")  # what counts the pairs that are not alike
UNLIKE = 8  # keys in which two scenarios differ are named up to so many
# What a scenario says beside the experiment itself.
WORDS_ALONE = ("about", "expect", "format", "judge", "seed", "sweep")


def of_stores(path: Path, beside: Path) -> tuple[Comparison, str]:
    """Compare the sweep of one store with that of another; also return in what they differ. Raises UsageError."""
    if path.resolve() == beside.resolve():
        raise UsageError(f"{beside}: found the same store twice, allowed: another one")
    jobs = []
    for each in (path, beside):
        with existing(each) as store:
            jobs.append(store.job())
    first, second = _names(jobs[0], jobs[1], (path, beside))
    try:
        return of_sweeps((first, read(path)), (second, read(beside))), _unlike(*jobs)
    except (BadStore, CannotCompare) as error:
        raise UsageError(str(error)) from None


def of_settings(found: Samples, axis: str) -> Comparison:
    """Compare each other value of an axis of a store's grid with its first. Raises UsageError."""
    if axis not in found.axes:
        raise UsageError(f"--compare: {unknown(axis, found.axes, 'an axis of the grid: ')}")
    try:
        return of_axis(found, axis)
    except CannotCompare as error:
        raise UsageError(f"--compare: {error}") from None


# -- what is compared --------------------------------------------------------------------------------------


def _names(one: Job, other: Job, paths: tuple[Path, Path]) -> tuple[str, str]:
    """Return what two sweeps are called: their scenarios, with what --set changed in just one of them."""
    names = []
    for job, beside in ((one, other), (other, one)):
        own = tuple(change for change in job.overrides if change not in beside.overrides)
        names.append(", ".join(filter(None, (job.name, Point(0, own).told()))))
    first, second = names if names[0] != names[1] else (str(path) for path in paths)
    return first, second


def _unlike(one: Job, other: Job) -> str:
    """Return in what two experiments differ as a list of keys, or an empty text."""
    first, second = (
        dict(_leaves(parse(job.text, Path(job.path), job.overrides).doc)) for job in (one, other)
    )  # fmt: skip
    keys = [key for key in dict.fromkeys((*first, *second)) if first.get(key) != second.get(key)]
    told = [*keys[:UNLIKE], *([f"{len(keys) - UNLIKE} more"] if len(keys) > UNLIKE else [])]
    if one.identity["netsplit"] != other.identity["netsplit"] or one.identity["code"] != other.identity["code"]:
        told.append("the code of netsplit")
    if one.identity["model_source"] != other.identity["model_source"]:
        told.append("the source of the model")
    return ", ".join(told)


def _leaves(doc: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in doc.items():
        if within or key not in WORDS_ALONE:
            if isinstance(value, dict):
                yield from _leaves(value, f"{within}{key}.")
            else:
                yield f"{within}{key}", value


# -- what is said ------------------------------------------------------------------------------------------


def title(found: Comparison, scenario: str = "") -> str:
    """Return what the charts of a comparison are called."""
    sides = list(found.left)
    side = found.name(sides[0]) if len(sides) == 1 else f"other values of {found.along}"
    return f"{scenario}{': ' if scenario else ''}{side} less {found.name(found.beside)}, under the same seeds"


def told(found: Comparison, unlike: str = "") -> str:
    """Return a comparison as text: for each side and point the pairs, the metrics, and the properties."""
    return "\n".join(_lines(found, unlike))


def _lines(found: Comparison, unlike: str) -> Iterator[str]:
    for side, (mine, its) in found.left.items():
        yield f"{found.name(side)} (here) less {found.name(found.beside)} (beside), under the same seeds"
        if unlike:
            yield f"  they differ in: {unlike}"
        if mine or its:
            yield f"  left out: {mine} runs here and {its} beside, whose seed or settings the other side does not have"
        for place in found.places:
            if place.axes[found.along] == side:
                at = [found.name(value, axis) for axis, value in place.axes.items() if axis != found.along]
                yield f"  {', '.join([*at, f'{place.pairs.count} pairs'])}"
                yield from _rows(replace(found, places=(place,)))


def _rows(found: Comparison) -> Iterator[str]:
    """Yield the metrics and properties of one place, those first that differ."""
    metrics, violations = metric_table(found).named(), violation_table(found).named()
    for row in metrics:
        row["metric"] = WORDS.get(row["metric"], row["metric"])  # whose figures are in these words' units
    width = max([len(row["metric"]) for row in metrics] + [len(row["property"]) for row in violations], default=0)
    same = [row["metric"] for row in metrics if not any(row[key] for key in DIFFERING)]
    if len(same) < len(metrics):
        yield f"    {'median':{width}}  {'here':>9}  {'beside':>9}  difference"
    for row in metrics:
        if row["metric"] not in same:
            here, beside = (_figure(row[key], row["unit"]) for key in ("median", "median_beside"))
            yield f"    {row['metric']:{width}}  {here:>9}  {beside:>9}  {metric_note(row)}"
    if same:
        yield f"    the same in every pair: {', '.join(same)}"
    if violations:
        yield f"    {'violated':{width}}  {'here':>9}  {'beside':>9}  difference"
    for its, row in zip(violations[::2], violations[1::2], strict=True):
        here, beside = (f"{100 * one['share']:.3g} %" for one in (row, its))
        yield f"    {row['property']:{width}}  {here:>9}  {beside:>9}  {violation_note(row, its)}"


def _figure(value: float | None, unit: str) -> str:
    return "-" if value is None else f"{value:.4g} {unit}".rstrip()
