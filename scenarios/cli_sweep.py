"""The commands about many runs: sweep, merge, rerun; and how a store is exported."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import click

from .command import JSON, SCENARIO, SET, guarded, print_json
from .complaints import UsageError
from .progress import bar, line
from .verdict import INTERNAL, OK

if TYPE_CHECKING:
    from .sweep import Engine, Progress, Summary

SEED_MAX = 2**63 - 1


@click.command("sweep")
@SCENARIO
@click.option("--seeds", "span", required=True, metavar="A..B", help="Both included.")
@SET
@click.option(
    "--grid", "axes", multiple=True, metavar="PATH=V1,V2", help="Vary a key; several grids make every combination."
)
@click.option("--charted", is_flag=True, help="Vary what [sweep] in the scenario says.")
@click.option("--workers", type=click.IntRange(0, 256), default=1, show_default=True, help="0: in this process.")
@click.option("--engine", type=click.Choice(["process", "dask"]), default="process", show_default=True)
@click.option("--scheduler", metavar="ADDR", help="Of a dask cluster; default: an own one on this machine.")
@click.option("--store", type=click.Path(path_type=Path), help="Keep rows in this file; runs that it has are done.")
@click.option("--shard", "part", metavar="K/N", help="Only the K-th of N parts; netsplit merge joins their stores.")
@click.option("--time-box", metavar="T", help="Begin no run after so much real time, such as 60s.")
@click.option("--run-deadline", metavar="T", help="Give up a run after so much real time; exit 3.")
@click.option("--rerun", metavar="SHARE", default="5%", show_default=True, help="Run so many again elsewhere.")
@click.option("--replay", is_flag=True, help="Also check that each run leaves a file that replays it.")
@JSON
@guarded
def sweep_(
    scenario: str, span: str, sets: tuple[str, ...], axes: tuple[str, ...], charted: bool, workers: int, engine: str,
    scheduler: str | None, store: Path | None, part: str | None, time_box: str | None, run_deadline: str | None,
    rerun: str, replay: bool, as_json: bool,
) -> int:  # fmt: skip
    """Run a scenario under many seeds, and with --grid or --charted under many settings."""
    from .load import override
    from .sweep import Limits, axis, read_job, seeds, shard, sweep

    chosen = seeds(span)
    shards = (1, 1) if part is None else shard(part)
    limits = Limits(_seconds("--run-deadline", run_deadline), _seconds("--time-box", time_box))
    share = _read("--rerun", "share", rerun)
    where = _engine(engine, workers, scheduler)
    overrides = tuple(override(text) for text in sets)
    job = read_job(scenario, overrides, [axis(text) for text in axes], charted, replay)
    done = 0
    try:
        with _bar() as show:

            def tell(progress: Progress) -> None:
                nonlocal done
                done = progress.done
                show(progress)

            summary = sweep(job, chosen, (), where, tell, replay, shards, store, limits, share)
    except KeyboardInterrupt:
        if store is not None:
            click.echo(f"{done} runs are in {store}; the same command goes on from there", err=True)
        raise
    _tell(summary, lambda point: job.command(point), as_json)
    return summary.code


def _engine(name: str, workers: int, scheduler: str | None) -> Engine:
    from .sweep import dask, here, processes

    if scheduler is not None and name != "dask":
        raise UsageError("--scheduler: found it with --engine process, allowed: with --engine dask")
    if name == "dask":
        return dask(max(1, workers), scheduler)
    return processes(workers) if workers else here()


def _read(option: str, unit: str, text: str) -> Any:
    from sim import units

    try:
        return getattr(units, unit)(text)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None


def _seconds(option: str, text: str | None) -> float | None:
    if text is None:
        return None
    ns = _read(option, "duration", text)
    if not ns:
        raise UsageError(f"{option}: found {text}, allowed: a time above 0")
    return float(ns / 1e9)


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    """Give what shows progress on a terminal: rate, failures so far, and time left."""
    begun = monotonic()
    first: int | None = None
    label = "runs"
    with bar(lambda: label) as show:

        def tell(progress: Progress) -> None:
            nonlocal first, label
            first = progress.done if first is None else first
            rate = (progress.done - first) / max(monotonic() - begun, 1e-9)
            label = f"{progress.done}/{progress.asked} runs, {rate:.1f} a second"
            label += f", {(progress.asked - progress.done) / rate:.0f} s left" if rate else ""
            label += f", {progress.bad} unexpected" if progress.bad else ""
            label += f", {progress.unfinished} unfinished" if progress.unfinished else ""
            show(progress.done, progress.asked)

        yield tell


def _tell(summary: Summary, command: Callable[[int], str], as_json: bool) -> None:
    from .sweep.tell import told

    if as_json:
        print_json(summary.result())
    else:
        click.echo(told(summary, command))


@click.command("merge")
@click.argument("out", type=click.Path(path_type=Path))
@click.argument("stores", nargs=-1, required=True, metavar="IN...", type=click.Path(path_type=Path))
@JSON
@guarded
def merge_(out: Path, stores: tuple[Path, ...], as_json: bool) -> int:
    """Join the stores of a sweep's shards into OUT, and sum up what it then holds."""
    from .sweep import existing, merge

    with line(f"merging into {out}"):
        summary = merge(out, stores)
    with existing(out) as store:
        job = store.job()
    _tell(summary, job.command, as_json)
    return summary.code


@click.command("rerun")
@click.argument("store", type=click.Path(path_type=Path))
@click.option("--seed", required=True, type=click.IntRange(0, SEED_MAX))
@click.option("--point", type=click.IntRange(0), default=0, show_default=True, help="Of the store's grid, from 0.")
@JSON
@guarded
def rerun_(store: Path, seed: int, point: int, as_json: bool) -> int:
    """Run again what a row of a store came from, and compare."""
    from .sweep import existing, run_again
    from .sweep.row import plain

    with existing(store) as rows:
        job = rows.job()
        if point >= len(job.points):
            raise UsageError(f"--point: found {point}, allowed: 0 to {len(job.points) - 1}")
        with line(f"running seed {seed} again"):
            row, what = run_again(rows, seed, job.points[point])
        settings = dict(job.points[point].settings)
    if as_json:
        print_json({"seed": seed, "set": settings, "same": not what, "difference": what, "row": plain(row)})
    else:
        click.echo(f"seed {seed}: {row.verdict}, digest {row.digest}")
        click.echo(f"differs: {what}" if what else "the same again")
        click.echo(f"see    netsplit run {job.command(point)} --seed {seed}")
    return INTERNAL if what else OK


def export_store(path: Path, form: str, out: Path | None) -> str:
    """Write the rows of a sweep's store as a table, and return what to say. Raises UsageError."""
    from .complaints import unknown
    from .sweep import existing
    from .sweep.export import FORMATS, export

    if form not in FORMATS:
        raise UsageError(f"--format: {unknown(form, tuple(FORMATS), 'for a store ')}")
    target = out or path.with_suffix(f".{form}")
    with existing(path) as store, line(f"export of {path}"):
        count = export(store, form, target)
    return f"wrote {target}, {count} rows"


def report_store(path: Path, beside: Path | None, axis: str | None, out: Path | None, plots: bool) -> str:
    """Draw what the rows of a sweep's store say, with a CSV file beside each chart; or how they differ from others.

    The others are those of another store, or those of the same one with the first value of an axis. Raises UsageError.
    """
    from reports import comparisonfigures, sweepfigures
    from reports.samples import BadStore, read

    from .comparison import of_settings, of_stores, title, told
    from .studies.keep import keep_charts

    said = ""
    folder = out or path.with_name(f"{path.stem}-figures")
    try:
        if beside is not None:
            compared, unlike = of_stores(path, beside)
            charts, said = comparisonfigures.charts(compared, title(compared)), told(compared, unlike)
            folder = out or path.with_name(f"{path.stem}-beside-{beside.stem}-figures")
        elif axis is not None:
            found = read(path)
            compared = of_settings(found, axis)
            charts, said = comparisonfigures.charts(compared, title(compared, found.scenario)), told(compared)
        else:
            charts = sweepfigures.charts(read(path))
    except BadStore as error:
        raise UsageError(str(error)) from None
    try:
        with bar(f"report of {path}") as show:
            keep_charts(charts, folder, plots, show)
    except OSError as error:
        raise UsageError(f"--out: {folder}: {error.strerror or error}") from None
    wrote = f"wrote {len(charts)} {'charts, each with its CSV file,' if plots else 'CSV files'} to {folder}"
    return "\n".join(filter(None, (said, wrote)))


COMMANDS = (sweep_, merge_, rerun_)
