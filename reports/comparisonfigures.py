"""Charts of a comparison, and what is said beside its figures, on charts as on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .chart import Chart
from .comparison import Comparison, metric_table, violation_table
from .sweepfigures import HEADLINES, SERIES, WORDS, Charts, labelled, roles, unit_of
from .table import Table

_CHANGE: Mapping[str, Any] = {"y": "difference", "low": "difference_low", "high": "difference_high"}


def charts(found: Comparison, title: str) -> Charts:
    """Return the charts of a comparison by name: of all metrics and of all properties, or along the axes that vary."""
    metrics, violations = metric_table(found), violation_table(found)
    if found.varied():
        return _along(found, title, metrics, violations)
    told: Charts = {}
    if metrics.rows:
        told["difference"] = (
            Chart(
                title=title, x="metric", **_CHANGE, form="rows", own_scale=True,
                y_label="medians of paired differences",
                notes={row["metric"]: metric_note(row) for row in metrics.named()},
                names={metric: labelled(words, unit_of(metric)) for metric, words in WORDS.items()},
                caption=f"With intervals at 95 %, and how many pairs differ in which direction. {legend(found)}",
            ),
            metrics,
        )  # fmt: skip
    if violations.rows:
        names = {str(value): found.name(value) for value in violations.column(found.along)}
        told["difference_violations"] = (
            Chart(
                title=title, x="property", y="share", by=found.along, low="low", high="high", form="rows",
                y_label="share of runs that violate it", names=names, notes=_violation_notes(violations),
                caption="Of the pairs in which both runs judged it, with Wilson intervals at 95 %. Beside a name: the "
                f"difference with its paired interval, and McNemar's exact test. {legend(found)}",
            ),
            violations,
        )  # fmt: skip
    return told


def _violation_notes(table: Table) -> dict[str, str]:
    rows = table.named()
    return {row["property"]: violation_note(row, beside) for beside, row in zip(rows[::2], rows[1::2], strict=True)}


def _along(found: Comparison, title: str, metrics: Table, violations: Table) -> Charts:
    """Return a chart of each headline and of each property against the axis that varies; the others make curves."""
    across, _ = roles(found.varied())
    said: Charts = {}
    for name, metric, words in HEADLINES:
        rows = tuple(row for row in metrics.rows if row[0] == metric)
        y_label = labelled(f"{words}: difference", unit_of(metric))
        caption = "Medians of paired differences, with intervals at 95 %."
        chart = Chart(title=title, x=across, **_CHANGE, y_label=y_label, caption=caption)
        said |= _curve(found, f"difference_{name}", chart, Table(metrics.columns, rows))
    for name in dict.fromkeys(violations.column("property")):
        rows = tuple(row for row in violations.rows if row[0] == name and row[-1] is not None)
        chart = Chart(
            title=title, x=across, **_CHANGE,
            y_label=f"{name}: difference of the share of runs", caption="Of paired runs, with intervals at 95 %.",
        )  # fmt: skip
        said |= _curve(found, f"difference_violations_{name}", chart, Table(violations.columns, rows))
    return said


def _curve(found: Comparison, name: str, chart: Chart, table: Table) -> Charts:
    """Return a chart along an axis, if it has figures: a curve of numbers, rows of words, a map of too many curves."""
    if not any(value is not None for value in table.column("difference")):
        return {}
    varied = found.varied()
    others = [axis for axis in varied if axis != chart.x]
    by = "at" if others else ""
    if others:
        at = [", ".join(found.name(row[axis], axis) for axis in others) for row in table.named()]
        table = Table((by, *table.columns), tuple((it, *row) for it, row in zip(at, table.rows, strict=True)))
    words = any(isinstance(value, str) for value in varied[chart.x])
    many = len(set(table.column(by))) > SERIES if by else False
    chart = replace(
        chart, by=by, form="heat" if many else "rows" if words else "line",
        x_label=labelled(chart.x, found.units.get(chart.x, "")),
        names={str(value): found.name(value, chart.x) for value in varied[chart.x]},
    )  # fmt: skip
    return {name: (chart, table)}


# -- words -------------------------------------------------------------------------------------------------


def _apart(value: float, low: float | None, high: float | None, unit: str) -> str:
    """Return a difference with its interval, as it stands in notes."""
    interval = "" if low is None else f" ({low:+.3g} to {high:+.3g})"
    return f"{value:+.3g} {unit}".rstrip() + interval


def metric_note(row: Mapping[str, Any]) -> str:
    """Return what a row of a metric says in words: the difference, its signs, and the pairs that have none."""
    missing = "".join(f"; {key.replace('_', ' ')} {row[key]}" for key in ("only_here", "only_beside") if row[key])
    if not row["measured"]:
        return f"in no pair on both sides{missing}"
    if not row["lower"] and not row["higher"]:
        return f"the same in all {row['measured']} pairs{missing}"
    signs = f"lower {row['lower']}, higher {row['higher']} of {row['measured']}"
    return f"{_apart(row['difference'], row['difference_low'], row['difference_high'], row['unit'])}; {signs}{missing}"


def violation_note(row: Mapping[str, Any], beside: Mapping[str, Any]) -> str:
    """Return what two rows of a property say in words: the difference, and the pairs that differ, with their test."""
    value, low, high = (100 * row[key] for key in ("difference", "difference_low", "difference_high"))
    apart = _apart(value, low, high, "%")
    counts = f"only here {row['only_here']}, only beside {beside['only_here']} of {row['judged']}"
    return f"{apart}; {counts}; p {row['p']:.2g}"


def legend(found: Comparison) -> str:
    """Return what notes mean by here and beside."""
    return f"Here: {found.name(found.places[0].axes[found.along])}. Beside: {found.name(found.beside)}."
