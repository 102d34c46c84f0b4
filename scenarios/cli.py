"""The command line. Exit codes: 0 as expected, 1 not, 2 usage, 3 netsplit itself, 4 undecided only, 130 interrupted."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from . import cli_search, cli_sweep
from .command import JSON, SCENARIO, SET
from .command import guarded as _guarded
from .command import print_json as _print
from .command import quoted as _quoted
from .complaints import UsageError
from .progress import bar, line
from .verdict import INTERNAL, OK, UNDECIDED, UNEXPECTED, USAGE


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="netsplit", prog_name="netsplit")
def main() -> None:
    """Run replication protocols in a seeded, faulty, simulated world, and judge what they do."""


@main.command("list")
@JSON
@_guarded
def list_(as_json: bool) -> None:
    """List the scenarios that ship."""
    from . import catalog

    rows = catalog.entries()
    if as_json:
        _print(rows)
        return
    width = max(len(row["name"]) for row in rows)
    for row in rows:
        click.echo(f"{row['name']:{width}}  {row['about']}")


@main.command("run")
@SCENARIO
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="Default: the scenario's.")
@SET
@click.option("--out", type=click.Path(path_type=Path), help="Run directory; default runs/SCENARIO/seed-N.")
@click.option("--no-plots", is_flag=True, help="Draw no pictures.")
@JSON
@_guarded
def run_(
    scenario: str, seed: int | None, sets: tuple[str, ...], out: Path | None, no_plots: bool, as_json: bool
) -> int:
    """Run a scenario once: SCENARIO is a name from `netsplit list` or a file."""
    from .load import override
    from .run import default_out, name_of, prepare, run
    from .tell import told

    experiment = prepare(scenario, tuple(override(text) for text in sets))
    chosen = experiment.scenario.seed if seed is None else seed
    with bar(f"{name_of(experiment)}, seed {chosen}") as show:
        done = run(experiment, chosen, out or default_out(experiment, chosen), not no_plots, show)
    if as_json:
        _print(done.result)
    else:
        arguments = "".join(f" --set {_quoted(text)}" for text in sets)
        click.echo(told(done.result, _quoted(scenario) + arguments))
    return done.verdict.code


@main.command("verify-determinism")
@click.argument("scenarios", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Every scenario of the catalogue.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="Default: each scenario's own.")
@SET
@click.option(
    "--python", "pythons", multiple=True, metavar="EXE", help="Another interpreter that has netsplit installed."
)
@_guarded
def verify_(
    scenarios: tuple[str, ...], every: bool, seed: int | None, sets: tuple[str, ...], pythons: tuple[str, ...]
) -> int:
    """Run scenarios again in fresh processes, under other hash seeds, folders and interpreters, and compare."""
    from . import catalog
    from .determinism import verify

    if every == bool(scenarios):
        raise UsageError(
            "found no scenario, allowed: SCENARIO... or --all" if not every else "allowed: SCENARIO... or --all"
        )
    named = [(name, name) for name in catalog.names()] if every else []
    named += [(name, name if name in catalog.names() else str(catalog.resolve(name).resolve())) for name in scenarios]
    said: list[str] = []
    with bar("runs to compare") as show:
        differences = verify(named, seed, sets, pythons, said.append, show)
    for text in said:
        click.echo(text)
    for difference in differences:
        click.echo(difference.told(), err=True)
    return INTERNAL if differences else OK


@main.command("check-trace")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--property", "wanted", multiple=True, metavar="NAME", help="Only these; default: all that apply.")
@JSON
@_guarded
def check_trace_(file: Path, wanted: tuple[str, ...], as_json: bool) -> int:
    """Judge a stored or foreign trace (format netsplit.trace/1, described in sim/trace.md)."""
    from sim.units import clock_text

    from .check import check_trace

    with bar(file.name) as show:
        result = check_trace(file, wanted, show)
    if as_json:
        _print(result)
    else:
        for row in result["properties"]:
            evidence = row["evidence"]
            at = "" if not evidence or evidence["at"] is None else f"{clock_text(evidence['at'])} "
            click.echo(f"{row['name']}  {row['verdict']}" + (f"  {at}{evidence['sentence']}" if evidence else ""))
    verdicts = {row["verdict"] for row in result["properties"]}
    return UNEXPECTED if "violated" in verdicts else UNDECIDED if "unknown" in verdicts else OK


@main.command("check-history")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--format", "form", metavar="F", help="jepsen-log, edn, json or netsplit; default: by the content.")
@click.option("--model", metavar="M", help="What was operated on: register, kv-append, list-append ...")
@click.option("--judge", "wanted", multiple=True, metavar="NAME", help="Default: linearizable, or the model's own.")
@click.option("--budget", type=click.IntRange(1, 10**12), help="Steps of search for each file.")
@JSON
@_guarded
def check_history_(
    files: tuple[Path, ...],
    form: str | None,
    model: str | None,
    wanted: tuple[str, ...],
    budget: int | None,
    as_json: bool,
) -> int:
    """Judge histories of client operations (formats and models are described in scenarios/HISTORIES.md)."""
    from sim.checks.calls import STEPS

    from .check_history import check_history

    verdicts = set()
    refused = False
    for file in files:
        try:
            with line(f"judging {file.name}"):
                result = check_history(file, form, model, budget or STEPS, wanted)
        except UsageError as error:
            click.echo(str(error), err=True)
            refused = True
            continue
        verdicts.add(result["verdict"])
        if as_json:
            click.echo(json.dumps(result, ensure_ascii=False))
        else:
            sentence = result["evidence"]["sentence"]
            row = f"{result['file']}  {result['model']}, {result['operations']} operations: {result['verdict']}"
            click.echo(row + (f"  {sentence}" if sentence else ""))
    if refused:
        return USAGE
    return UNEXPECTED if "violated" in verdicts else UNDECIDED if "unknown" in verdicts else OK


@main.command("report")
@click.argument("directory", metavar="DIR|STORE", type=click.Path(path_type=Path))
@click.argument("beside", required=False, type=click.Path(path_type=Path))
@click.option("--compare", "axis", metavar="KEY", help="Compare the settings of this key of a store's grid.")
@click.option("--out", type=click.Path(path_type=Path), help="Where it all goes; default: DIR, or STORE-figures.")
@click.option("--no-plots", is_flag=True, help="Draw nothing: the page without pictures, or only the CSV files.")
@_guarded
def report_(directory: Path, beside: Path | None, axis: str | None, out: Path | None, no_plots: bool) -> None:
    """Draw every picture of the run in DIR and write one HTML page about it, or every chart of a sweep's STORE.

    The page shows another run of the same scenario, BESIDE, next to it. With another store BESIDE, or with --compare,
    charts show what sets apart pairs of runs of the same seed. Beside each chart lies its CSV file.
    """
    if directory.is_file():
        if beside is not None and axis is not None:
            raise UsageError(f"--compare: found it with {beside}, allowed: one of the two")
        if beside is not None and not beside.is_file():
            raise UsageError(f"{beside}: found no store, allowed: another store beside a store")
        click.echo(cli_sweep.report_store(directory, beside, axis, out, not no_plots))
        return
    if axis is not None:
        raise UsageError(f"--compare: found no file {directory}, allowed: with the store of a sweep")
    from reports.draw import EVERY, FORMATS, draw
    from reports.load import BadRun, load
    from reports.page.build import check_together, page

    target = (out or directory) / "report.html"
    made: list[Path] = []
    try:
        with bar(f"report of {directory}") as show, TemporaryDirectory() as elsewhere:
            runs = [load(path, whole=True, show=show) for path in (directory, beside) if path is not None]
            check_together(runs)
            target.parent.mkdir(parents=True, exist_ok=True)
            held = []
            if not no_plots:
                made = draw(runs[0], target.parent, EVERY, tuple(FORMATS), show)
                others = [draw(other, Path(elsewhere), EVERY, ("svg",), show) for other in runs[1:]]
                held = [{p.stem: p.read_bytes() for p in paths if p.suffix == ".svg"} for paths in (made, *others)]
            target.write_text(page(runs, held), encoding="utf-8")
    except BadRun as error:
        raise UsageError(str(error)) from None
    except OSError as error:
        raise UsageError(f"--out: {target}: {error.strerror or error}") from None
    click.echo(f"wrote {target}" + (f" and {len(made)} pictures" if made else ""))


@main.command("export")
@click.argument("source", metavar="DIR|STORE", type=click.Path(path_type=Path))
@click.option(
    "--format", "form", required=True, metavar="F", help="Such as perfetto; a wrong one is told with those there are."
)
@click.option("--out", type=click.Path(path_type=Path), help="The file; default: in DIR or beside STORE.")
@_guarded
def export_(source: Path, form: str, out: Path | None) -> None:
    """Write a run directory, or the store of a sweep, as a file for another tool."""
    if source.is_file():
        click.echo(cli_sweep.export_store(source, form, out))
        return
    from reports.export import FORMATS, writer
    from reports.load import BadRun, load

    from .complaints import unknown

    if form not in FORMATS:
        raise UsageError(f"--format: {unknown(form, tuple(FORMATS))}")
    try:
        with bar(f"export of {source}") as show:
            text = writer(form)(load(source, whole=True, show=show))
    except BadRun as error:
        raise UsageError(str(error)) from None
    target = out or source / FORMATS[form][2]
    try:
        target.write_bytes(text)
    except OSError as error:
        raise UsageError(f"--out: {target}: {error.strerror or error}") from None
    click.echo(f"wrote {target}")


@main.command("findings")
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--model", metavar="M", help="Only this model's.")
@click.option("--measure", "anew", is_flag=True, help="Measure them now; exit 1 if that differs from what is kept.")
@click.option("--workers", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes.")
@JSON
@_guarded
def findings_(ids: tuple[str, ...], model: str | None, anew: bool, workers: int, as_json: bool) -> int:
    """List the documented weaknesses of the models: what each is, what was measured, and which switch mends it."""
    from .findings.measure import measure_all, select
    from .findings.parts import together
    from .findings.stored import load

    chosen = select(model, ids)
    kept = [row for name, wanted in chosen.items() for row in load(name)["rows"] if row["id"] in wanted]
    rows = kept
    if anew:
        with bar("weaknesses") as show:
            rows = measure_all(chosen, workers, show)
    if as_json:
        _print(together(rows))
    else:
        width = max(len(row["id"]) for row in rows)
        for row in together(rows):
            mending = f", mended by {', '.join(row['mended_by'])}" if row["mended_by"] else ""
            click.echo(f"{row['id']:{width}}  {row['outcome']}, hardened {row['hardened']}{mending}: {row['summary']}")
    differing = [row["id"] for row in rows if row not in kept]
    for one in differing:
        click.echo(f"{one}: measures otherwise than what is kept", err=True)
    return UNEXPECTED if differing else OK


@main.command("study")
@click.argument("wanted", nargs=-1, metavar="[NAME|FOLDER|FILE.toml]...")
@click.option("--trials", type=click.IntRange(1, 10**7), help="Of each point; default: the study's.")
@click.option("--workers", type=click.IntRange(1, 256), default=2, show_default=True, help="Processes.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of tables and charts; default studies/NAME.")
@click.option("--no-plots", is_flag=True, help="Draw no charts.")
@JSON
@_guarded
def study_(
    wanted: tuple[str, ...], trials: int | None, workers: int, out: Path | None, no_plots: bool, as_json: bool
) -> int:
    """Run whole experiments: what was measured beside what was published; without NAME, list the studies.

    A study is one of those that ship, all in a folder of these such as `baselines`, or a manifest
    (scenarios/studies/README.md).
    """
    from .studies.keep import keep, plain
    from .studies.spread import Spread
    from .studies.study import DIFFERS, chosen, find, names

    if not wanted:
        listed = [{"name": each, "about": find(each).about} for each in names()]
        if as_json:
            _print(listed)
        else:
            for row in listed:
                click.echo(f"{row['name']}  {row['about']}")
        return OK
    studies = chosen(wanted)
    told, unknown = [], False
    several = len(studies) > 1
    for given, study in studies.items():
        name = Path(given).stem if given.endswith(".toml") else given
        folder = out if out is not None and not several else (out or Path("studies")) / name
        times = trials or study.trials
        with bar(name) as show:
            result = study.run(times, Spread(workers, show))
            keep(name, times, result, folder, plots=not no_plots)
        told.append(plain(name, times, result))
        unknown = unknown or any(row.verdict == DIFFERS and not row.known for row in result.rows)
        if not as_json:
            _tell_study(result, name if several else "")
    if as_json:
        _print(told if several else told[0])
    return UNEXPECTED if unknown else OK


def _tell_study(result: Any, name: str) -> None:
    from .studies.study import DIFFERS

    if name:
        click.echo(name)
    width = max((len(row.name) for row in result.rows), default=0)
    for row in result.rows:
        interval = "" if row.low is None else f" [{row.low:.4g}, {row.high:.4g}]"
        published = ""
        if row.ends is not None:
            said = " to ".join(dict.fromkeys(f"{end:.6g}" for end in row.ends))
            published = f", published {said} ({row.difference:+.3g}): {row.verdict}"
        known = f" ({row.known})" if row.known and row.verdict == DIFFERS else ""
        click.echo(f"{'  ' if name else ''}{row.name:{width}}  {row.measured:.4g}{interval}{published}{known}")


@main.command("new-model")
@click.argument("name")
@_guarded
def new_model_(name: str) -> None:
    """Write a runnable model, scenario and test to start from, in this folder."""
    from .new_model import new_model

    for path in new_model(name, Path()):
        click.echo(f"wrote {path}")
    click.echo(f"try    netsplit run {name}.toml")


for command in (*cli_sweep.COMMANDS, *cli_search.COMMANDS):
    main.add_command(command)
