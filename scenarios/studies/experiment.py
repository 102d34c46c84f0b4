"""Runs a manifest: its sweeps, then tables and charts of what came of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from reports import comparison
from reports.chart import Chart
from reports.comparison import ALONG, Side, compare
from reports.samples import Sample, plotted, unit
from reports.samples import read as read_store
from reports.sweepfigures import distribution_table, labelled, metric_table, unit_of, violation_table
from reports.table import Cell, Table
from sim.metrics import METRICS

from ..complaints import UsageError, shown, unknown
from ..sweep import Job, Point, Progress, here, job_of, processes, seeds, sweep
from .manifest import Figure, Manifest, Read, Sweep, measured, parts, read, varied
from .spread import Spread
from .study import Result, Row, Study


def study_of(path: Path) -> Study:
    """Return the study of a manifest, whose scenarios are read when it is run. Raises ScenarioError, UsageError."""
    found = read(path)
    return Study(
        about=found.manifest.about,
        trials=len(seeds(found.manifest.seeds)),
        run=lambda trials, spread: run(found, trials, spread),
    )


def run(found: Read, trials: int, spread: Spread) -> Result:
    """Run every sweep with so many seeds, or as many as it asks for itself if that is the study's own number.

    The work is spread by sweeps themselves, over as many processes. Raises UsageError.
    """
    manifest = found.manifest
    jobs = {name: _job(found, name) for name in manifest.sweep}
    spans = {name: _span(manifest, one, trials) for name, one in manifest.sweep.items()}
    whole = sum(len(job.points) * len(spans[name]) for name, job in jobs.items())
    samples: dict[str, list[Sample]] = {}
    sources = {}
    done = 0
    for name, job in jobs.items():
        runs, digest = _swept(name, job, spans[name], spread, done, whole)
        done += len(runs)
        samples[name] = _placed(manifest, name, runs)
        span = f"{spans[name].start}..{spans[name].stop - 1}"
        sources[name] = {"scenario": job.name, "seeds": span, "runs": len(runs), "digest": digest}
    tables = {figure.name: _table(manifest, figure, samples) for figure in manifest.figure}
    charts = {figure.name: (_chart(manifest, figure, tables[figure.name]), figure.name) for figure in manifest.figure}
    rows = tuple(row for figure in manifest.figure for row in _rows(manifest, figure, tables[figure.name]))
    return Result(rows=rows, tables=tables, charts=charts, sweeps=sources)


# -- sweeps ------------------------------------------------------------------------------------------------


def _job(found: Read, name: str) -> Job:
    """Return a sweep's job. Raises ScenarioError, at the sweep's line, if its scenario or a setting is wrong."""
    one = found.manifest.sweep[name]
    axes = varied(found.manifest, one)
    grid = tuple(
        Point(number, tuple((key, values[at]) for (keys, at) in zip(axes.values(), place, strict=True)
                            for key, values in keys.items()))
        for number, place in enumerate(product(*(range(len(found.manifest.axis[axis].values)) for axis in axes)))
    )  # fmt: skip
    scenario = str(found.document.folder / one.scenario) if one.scenario.endswith(".toml") else one.scenario
    try:
        job = job_of(scenario, tuple(one.set.items()), grid)
    except UsageError as error:
        found.refuse(("sweep", name), str(error))
        raise
    if len({point.label for point in grid}) < len(grid):
        found.refuse(("sweep", name), "found two points with the same settings, allowed: each once")
    experiment = job.experiment(0)
    judged = {one.name for one in experiment.properties} | {one.name for one in experiment.oracles}
    for i, figure in enumerate(found.manifest.figure):
        if name in parts(found.manifest, figure) and (what := measured(figure, one)) not in {*METRICS, *judged}:
            allowed = (*METRICS, *sorted(judged))
            found.refuse(("figure", i, "y"), f"sweep {name}: {unknown(what, allowed, 'a metric or a property: ')}")
    return job


def _span(manifest: Manifest, one: Sweep, trials: int) -> range:
    """Return the seeds of a sweep: its own, unless another number than the study's is asked for."""
    whole = seeds(manifest.seeds)
    span = seeds(one.seeds or manifest.seeds)
    return span if trials == len(whole) else range(span.start, span.start + trials)


def _swept(
    name: str, job: Job, span: range, spread: Spread, before: int, whole: int
) -> tuple[Sequence[tuple[int, Sample]], str]:
    """Run a sweep; return its runs, each with the number of its point, and its digest."""

    def tell(progress: Progress) -> None:
        spread.progress(before + progress.done, whole)

    engine = here() if spread.workers == 1 else processes(spread.workers)
    with TemporaryDirectory(prefix="netsplit-study-") as folder:
        store = Path(folder) / "store.db"
        summary = sweep(job, span, (), engine, tell, store=store, rerun=0)
        if not summary.complete or summary.model_errors:
            why = [*summary.unfinished, *summary.model_errors][0]
            raise UsageError(f"sweep {name}: found a run that came to no verdict: {shown(why)}")
        runs = read_store(store).runs
    labels = [point for point in job.points for _ in span]
    return [(point.number, sample) for point, sample in zip(labels, runs, strict=True)], summary.digest


def _placed(manifest: Manifest, name: str, runs: Sequence[tuple[int, Sample]]) -> list[Sample]:
    """Return runs with the axes of the manifest in place of the settings that they stand for."""
    axes = {axis: plotted(manifest.axis[axis].values) for axis in varied(manifest, manifest.sweep[name])}
    places: list[Mapping[str, Cell]] = [dict(zip(axes, place, strict=True)) for place in product(*axes.values())]
    return [replace(sample, axes={ALONG: _label(manifest, name), **places[number]}) for number, sample in runs]


def _label(manifest: Manifest, name: str) -> str:
    """Return what a sweep is called in figures."""
    return manifest.sweep[name].label or name


# -- figures -----------------------------------------------------------------------------------------------


def _table(manifest: Manifest, figure: Figure, samples: Mapping[str, Sequence[Sample]]) -> Table:
    """Return the table of a figure: a row for each point of each of its sweeps."""
    if figure.beside:
        return _apart(manifest, figure, samples)
    columns: tuple[str, ...] = ()
    rows: list[tuple[Cell, ...]] = []
    for name, one in parts(manifest, figure).items():
        what = measured(figure, one)
        axes = tuple(axis for axis in (figure.by, figure.x) if axis)
        if figure.form == "step":
            table = distribution_table(samples[name], axes, what)
        elif what in METRICS:
            table = metric_table(samples[name], axes, what)
        else:
            table = violation_table(samples[name], axes, what)
        columns = table.columns
        rows += table.rows
    return Table(columns, tuple(rows))


def _apart(manifest: Manifest, figure: Figure, samples: Mapping[str, Sequence[Sample]]) -> Table:
    """Return what the sweeps of a figure have more than the one that it names, by pairs of one seed and point."""
    taking_part = parts(manifest, figure)
    what = measured(figure, taking_part[figure.beside])
    sides = {
        name: Side(_label(manifest, name), [_called(sample, measured(figure, one), what) for sample in samples[name]])
        for name, one in taking_part.items()
    }
    found = compare(ALONG, {}, sides.pop(figure.beside), list(sides.values()))
    if what in METRICS:
        return comparison.metric_table(found, (what,))
    table = comparison.violation_table(found, (what,))
    return Table(table.columns, tuple(row for row in table.rows if row[-1] is not None))


def _called(sample: Sample, name: str, what: str) -> Sample:
    """Return a run with one figure, which a sweep may call otherwise than the one that it is compared with."""
    verdicts = {what: sample.verdicts[name]} if name in sample.verdicts else {}
    return replace(sample, metrics={what: sample.metrics.get(name)}, verdicts=verdicts)


def _metric(manifest: Manifest, figure: Figure) -> str:
    """Return the metric that a figure shows, or an empty text if it shows how often properties are violated."""
    what = measured(figure, next(iter(parts(manifest, figure).values())))
    return what if what in METRICS else ""


def _estimate(figure: Figure, metric: str) -> tuple[str, str, str]:
    """Return the columns of what a figure shows, and of its interval."""
    if figure.beside:
        return "difference", "difference_low", "difference_high"
    return "median" if metric else "share", "low", "high"


def _chart(manifest: Manifest, figure: Figure, table: Table) -> Chart:
    metric = _metric(manifest, figure)
    y_label = labelled(figure.y_label or figure.y, unit_of(metric) if metric else "")
    by_axis = manifest.axis.get(figure.by)
    value, low, high = _estimate(figure, metric)
    if figure.band == "deciles" and metric:
        low, high = "p10", "p90"
    if figure.form == "heat":
        low = high = ""
    common: dict[str, Any] = {"title": figure.title, "by": figure.by, "caption": _caption(figure, table)}
    by_label = "" if by_axis is None else by_axis.label or figure.by
    if figure.form == "step":
        return Chart(
            **common, x="value", y="share", form="step", x_label=y_label, y_label="share of runs at or below",
            by_label=by_label, x_log=figure.x_log,
        )  # fmt: skip
    axis = manifest.axis.get(figure.x)
    x_label = "" if axis is None else labelled(axis.label or figure.x, unit(axis.values))
    return Chart(
        **common, x=figure.x, y=value, low=low, high=high, form=figure.form,
        x_label=x_label or " ", y_label=y_label, by_label=by_label, x_log=figure.x_log, y_log=figure.y_log,
    )  # fmt: skip


def _caption(figure: Figure, table: Table) -> str:
    """Return the caption; it also says where runs came to no figure, which a median would pass over."""
    said = [figure.caption] if figure.caption else []
    if "measured" in table.columns:
        missing = []
        what = "Pairs" if figure.beside else "Runs"
        for name, part in table.parts(figure.by):
            whole, with_figure = sum(part.column(what.lower())), sum(part.column("measured"))
            if with_figure < whole:
                missing.append(f"{name} {whole - with_figure} of {whole}")
        if missing:
            said.append(f"{what} without a figure: {', '.join(missing)}.")
    return " ".join(said)


def _rows(manifest: Manifest, figure: Figure, table: Table) -> list[Row]:
    """Return the rows of a figure; a distribution has none: its table says it all."""
    if figure.form == "step":
        return []
    found = []
    less = ""
    if figure.beside:
        others = [_label(manifest, name) for name in parts(manifest, figure) if name != figure.beside]
        side = "" if ALONG in (figure.x, figure.by) else f"{others[0]} "
        less = f", {side}less {_label(manifest, figure.beside)}"
    columns = (figure.by, figure.x, *_estimate(figure, _metric(manifest, figure)))
    for by, x, measured_, low, high in zip(*(table.column(c) for c in columns), strict=True):
        if measured_ is not None:
            x_name = "" if figure.x == ALONG else f"{figure.x} "
            by_name = "" if figure.by == ALONG else f"{figure.by} "
            shown_x = f"{x:g}" if isinstance(x, float) else x
            name = f"{figure.name}: {by_name}{by}, {x_name}{shown_x}{less}"
            found.append(Row(name=name, measured=measured_, low=low, high=high))
    return found
