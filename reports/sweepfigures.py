"""Tables of what sweeps came to, and the charts that show them.

Every table is a function of runs alone; intervals are at 95 %. Times are in s, those of single operations in ms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from . import statistics
from .chart import Chart
from .paired import JUDGED
from .samples import Sample, Samples
from .table import Cell, Table

SERIES = 7  # more curves than this in one chart nobody can tell apart
Charts = dict[str, tuple[Chart, Table]]

WORDS: Mapping[str, str] = {  # what each metric is called
    "convergence_ns": "convergence time after heal",
    "failover_ns": "failover time",
    "failover_ns_max": "longest failover time",
    "failovers": "failovers",
    "leaderless_ns": "time without a leader",
    "split_ns": "time with two or more leaders",
    "behind_ns": "time in which a replica was behind another",
    "lag_max": "greatest lag of a replica behind another",
    "latency_ns_p50": "median latency of an operation",
    "latency_ns_p99": "99th percentile of an operation's latency",
    "latency_ns_max": "longest latency of an operation",
    "availability_ppm": "share of operations that were acknowledged",
    "outage_ns": "longest time without an acknowledgement",
    "messages_per_1000_acknowledged": "messages per acknowledged operation",
}
# What a sweep is always shown by, where it measured it: the chart's name, the metric, and what it is called.
HEADLINES: tuple[tuple[str, str, str], ...] = tuple(
    (name, metric, WORDS[metric])
    for name, metric in (
        ("convergence", "convergence_ns"),
        ("failover", "failover_ns"),
        ("latency_median", "latency_ns_p50"),
        ("latency_p99", "latency_ns_p99"),
        ("availability", "availability_ppm"),
        ("messages", "messages_per_1000_acknowledged"),
    )
)
DISTRIBUTIONS: tuple[tuple[str, str, Mapping[str, str]], ...] = (
    ("convergence", "convergence time after heal", {"convergence_ns": "of a run"}),
    ("failover", "failover time", {"failover_ns": "median of a run", "failover_ns_max": "longest of a run"}),
    ("latency", "latency of operations", {"latency_ns_p50": "median of a run", "latency_ns_p99": "p99 of a run"}),
)


def scaled(metric: str, value: float | None) -> float | None:
    """Return a metric in the unit in which it is shown."""
    return None if value is None else value / _scale(metric)[0]


def unit_of(metric: str) -> str:
    """Return the unit in which a metric is shown, or an empty text."""
    return _scale(metric)[1]


def _scale(metric: str) -> tuple[int, str]:
    if metric.startswith("latency_ns"):
        return 1_000_000, "ms"
    if "_ns" in metric:
        return 1_000_000_000, "s"
    if metric.endswith("_ppm"):
        return 1_000_000, ""
    return (1000, "") if "per_1000" in metric else (1, "")


# -- tables ------------------------------------------------------------------------------------------------

Grouped = Iterator[tuple[tuple[Cell, ...], list[Sample]]]


def _grouped(runs: Sequence[Sample], axes: Sequence[str]) -> Grouped:
    """Yield the runs of each point of some axes, in the order in which the points first come."""
    found: dict[tuple[Cell, ...], list[Sample]] = {}
    for run in runs:
        found.setdefault(tuple(run.axes.get(axis) for axis in axes), []).append(run)
    yield from found.items()


METRIC_COLUMNS = ("runs", "measured", "median", "low", "high", "p10", "p90")


def metric_table(runs: Sequence[Sample], axes: Sequence[str], metric: str) -> Table:
    """Return a metric at each point: its median with an interval, and the first and the last decile.

    A point where no run measured it has a row without figures; `measured` says how many runs did.
    """
    rows = []
    for point, group in _grouped(runs, axes):
        ordered = sorted(value for run in group if (value := run.metrics.get(metric)) is not None)
        middle = statistics.median(ordered) or (None, None, None)
        spread = [statistics.quantile(ordered, percent) for percent in (10, 90)]
        rows.append((*point, len(group), len(ordered), *(scaled(metric, value) for value in (*middle, *spread))))
    return Table((*axes, *METRIC_COLUMNS), tuple(rows))


VIOLATION_COLUMNS = ("judged", "violated", "share", "low", "high")


def violation_table(runs: Sequence[Sample], axes: Sequence[str], name: str) -> Table:
    """Return how probable it is at each point that a property is violated, of the runs that judged it."""
    rows = []
    for point, group in _grouped(runs, axes):
        verdicts = [verdict for run in group if (verdict := run.verdicts.get(name)) in JUDGED]
        violated = verdicts.count("violated")
        share = statistics.proportion(violated, len(verdicts)) or (None, None, None)
        rows.append((*point, len(verdicts), violated, *rounded(share)))
    return Table((*axes, *VIOLATION_COLUMNS), tuple(rows))


def rounded(values: Sequence[float | None]) -> list[float | None]:
    """Return estimates as they stand in tables."""
    # No last digit of a square root shall differ between two machines.
    return [None if value is None else round(value, 9) for value in values]


def distribution_table(runs: Sequence[Sample], axes: Sequence[str], metric: str) -> Table:
    """Return at each point which share of all runs was at or below each value; runs without a value never are."""
    rows: list[tuple[Cell, ...]] = []
    for point, group in _grouped(runs, axes):
        ordered = sorted(value for run in group if (value := run.metrics.get(metric)) is not None)
        below = 0
        for value, same in groupby(ordered):
            below += len(list(same))
            rows.append((*point, scaled(metric, value), below / len(group)))
    return Table((*axes, "value", "share"), tuple(rows))


def paired_table(one: Sequence[Sample], other: Sequence[Sample], metric: str) -> Table:
    """Return what a metric came to under two settings for every seed that both have, by rising difference."""
    theirs = {run.seed: run.metrics.get(metric) for run in other}
    found = []
    for run in one:
        before, after = run.metrics.get(metric), theirs.get(run.seed)
        if before is not None and after is not None:
            found.append((after - before, run.seed, before, after))
    found.sort()
    rows = tuple(
        (seed, scaled(metric, before), scaled(metric, after), scaled(metric, change), (rank + 1) / len(found))
        for rank, (change, seed, before, after) in enumerate(found)
    )
    return Table(("seed", "one", "other", "difference", "share"), rows)


# -- the charts of a store ---------------------------------------------------------------------------------


def charts(found: Samples) -> Charts:
    """Return every chart that the runs of a store have figures for, by name."""
    told: Charts = {}
    across, beside = roles({axis: values for axis in found.axes if len(values := found.values(axis)) > 1})
    for name, metric, words in HEADLINES:
        if across and any(run.metrics.get(metric) is not None for run in found.runs):
            told |= _against(found, (across, beside), name, metric, words)
    told |= _violations(found, across, beside)
    for name, words, metrics in DISTRIBUTIONS:
        told |= _distribution(found, across, name, words, metrics)
    if across:
        told |= _paired(found, across)
    return told


def roles(varied: Mapping[str, Sequence[Cell]]) -> tuple[str, str]:
    """Return the axis that goes across, one of numbers if there is one, and another one that makes curves."""
    numbers = [axis for axis, values in varied.items() if not any(isinstance(value, str) for value in values)]
    across = next(iter(numbers or varied), "")
    return across, next((axis for axis in varied if axis != across), "")


def labelled(words: str, unit: str) -> str:
    """Return an axis' label with its unit."""
    return f"{words} ({unit})" if unit else words


def _axis(found: Samples, axis: str) -> str:
    return labelled(axis, found.units.get(axis, ""))


def _against(found: Samples, roles: tuple[str, str], name: str, metric: str, words: str) -> Charts:
    across, beside = roles
    axes = [axis for axis in (across, beside) if axis]
    table = metric_table(found.runs, axes, metric)
    x, by = _axis(found, across), _axis(found, beside)
    y = labelled(words, unit_of(metric))
    few = not beside or len(found.values(beside)) <= SERIES
    told: Charts = {}
    if few:
        told[name] = (
            Chart(
                title=f"{found.scenario}: {words}", x=across, y="median", by=beside, low="p10", high="p90",
                x_label=x, y_label=y, by_label=by, caption="Median of the runs; the band holds eight in ten.",
            ),
            table,
        )  # fmt: skip
    if beside:
        told[f"{name}_map"] = (
            Chart(
                title=f"{found.scenario}: {words}", x=across, y="median", by=beside, form="heat", x_label=x, y_label=y,
                by_label=by,
            ),
            table,
        )  # fmt: skip
    return told


def _violations(found: Samples, across: str, beside: str) -> Charts:
    """Return one chart of all properties that some run violated, and with two axes a map of each."""
    names = sorted({name for run in found.runs for name, verdict in run.verdicts.items() if verdict == "violated"})
    if not names:
        return {}
    axes = [across] if across else []
    parts = [(name, violation_table(found.runs, axes, name)) for name in names]
    rows = tuple((name, *row) for name, part in parts for row in part.rows)
    whole = Table(("property", *axes, *VIOLATION_COLUMNS), rows)
    y = "share of runs that violate it"
    told: Charts = {}
    if not across or len(names) <= SERIES:
        told["violations"] = (
            Chart(
                title=f"{found.scenario}: how often properties are violated", x=across or "property", y="share",
                by="property" if across else "", low="low", high="high", form="points" if across else "rows", y_label=y,
                x_label=_axis(found, across), caption="With Wilson intervals at 95 %.",
            ),
            whole,
        )  # fmt: skip
    if beside:
        for name in names:
            table = violation_table(found.runs, (across, beside), name)
            told[f"violations_{name}_map"] = (
                Chart(
                    title=f"{found.scenario}: {name}", x=across, y="share", by=beside, form="heat", y_label=y,
                    x_label=_axis(found, across), by_label=_axis(found, beside),
                ),
                table,
            )  # fmt: skip
    return told


def _distribution(found: Samples, across: str, name: str, words: str, metrics: Mapping[str, str]) -> Charts:
    axes = [across] if across and len(metrics) == 1 and len(found.values(across)) <= SERIES else []
    rows: list[tuple[Cell, ...]] = []
    for metric, what in metrics.items():
        rows += [(*row[:-2], what, *row[-2:]) for row in distribution_table(found.runs, axes, metric).rows]
    if not rows:
        return {}
    chart = Chart(
        title=f"{found.scenario}: {words} over all runs", x="value", y="share", by=axes[0] if axes else "of",
        form="step", by_label=_axis(found, axes[0]) if axes else "",
        x_label=labelled(words, unit_of(next(iter(metrics)))),
        y_label="share of runs at or below", caption="Where a curve ends below 1, other runs measured nothing.",
    )  # fmt: skip
    return {f"{name}_distribution": (chart, Table((*axes, "of", "value", "share"), tuple(rows)))}


def _paired(found: Samples, across: str) -> Charts:
    """Compare the last value of an axis with its first, seed by seed, all other axes being at their first values."""
    rest = {axis: found.values(axis)[0] for axis in found.axes if axis != across}
    first, last = found.values(across)[0], found.values(across)[-1]

    def at(value: Cell) -> list[Sample]:
        return [run for run in found.runs if run.axes == rest | {across: value}]

    told: Charts = {}
    for name, metric, words in HEADLINES:
        table = paired_table(at(first), at(last), metric)
        if table.rows:
            chart = Chart(
                title=f"{found.scenario}: {words}, {_axis(found, across)} {last} less {first}, under the same seeds",
                x="difference", y="share", form="step", x_label=labelled("difference", unit_of(metric)),
                y_label="share of seeds at or below", caption="Both runs of a pair met the same weather.",
            )  # fmt: skip
            told[f"{name}_paired"] = (chart, table)
    return told
