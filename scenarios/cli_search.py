"""The commands that search: hunt for schedules that fail, and shrink of a failure to its smallest scenario."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .command import JSON, SCENARIO, SET, guarded, print_json
from .complaints import UsageError
from .progress import line
from .verdict import INTERRUPTED, OK, UNEXPECTED

if TYPE_CHECKING:
    from .hunt import Hunt
    from .shrink.search import Search


@click.command("shrink")
@SCENARIO
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="Default: the scenario's.")
@SET
@click.option("--property", "wanted", metavar="NAME", help="Default: the first that is not as expected.")
@click.option("--sound", "sounds", multiple=True, metavar="PATH=VALUE", help="With this set it must not be violated.")
@click.option("--time-box", metavar="T", help="Stop after so long, such as 2m; default: when nothing can be left out.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A .toml file; a pytest is put beside it.")
@JSON
@guarded
def shrink_(
    scenario: str,
    seed: int | None,
    sets: tuple[str, ...],
    wanted: str | None,
    sounds: tuple[str, ...],
    time_box: str | None,
    out: Path,
    as_json: bool,
) -> int:
    """Find the smallest scenario that fails as a seed does: fewer faults, packets, operations and nodes."""
    from .load import override
    from .run import name_of, prepare
    from .shrink.keep import keep
    from .shrink.start import begin, run
    from .tell import told_shrunk, told_size

    if out.suffix != ".toml" or out.is_dir():
        raise UsageError(f"--out {out}: allowed: a file that ends in .toml")
    experiment = prepare(scenario, tuple(override(text) for text in sets))
    chosen = experiment.scenario.seed if seed is None else seed
    box_s, sound = _seconds(time_box), tuple(override(text) for text in sounds)
    size = "looking at the failure"

    def smaller(search: Search) -> None:
        nonlocal size
        size = told_size(search.best, search.tried)

    with line(lambda: size):
        search, before = begin(experiment, chosen, wanted, sound, box_s, smaller)
        shrunk = run(search, before, name_of(experiment), chosen)
    kept = keep(shrunk, out)
    if as_json:
        print_json(told_shrunk(shrunk, kept))
    else:
        result = told_shrunk(shrunk, kept)
        click.echo(f"{result['fingerprint']}\n  {result['sentence']}")
        click.echo(f"{told_size(shrunk.before)}, now {told_size(search.best, search.tried)}")
        click.echo(f"wrote  {kept.scenario}\nwrote  {kept.test}\ndigest {kept.digest}")
        if not shrunk.finished:
            click.echo("stopped early: it may become smaller still")
    return INTERRUPTED if shrunk.interrupted else OK


@click.command("hunt")
@SCENARIO
@SET
@click.option("--time-box", metavar="T", help="Hunt for so long, such as 60s.")
@click.option("--runs", type=click.IntRange(1), help="Hunt for so many runs, which finds the same each time.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="Of the hunt's own draws; default: the scenario's.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder of the scenarios found; default runs/SCENARIO/hunt."
)
@JSON
@guarded
def hunt_(
    scenario: str,
    sets: tuple[str, ...],
    time_box: str | None,
    runs: int | None,
    seed: int | None,
    out: Path | None,
    as_json: bool,
) -> int:
    """Look for faults under which a scenario fails unexpectedly; each way to fail is told once, with a file."""
    from .hunt import Bug, file_of, hunt, result, rows
    from .load import override
    from .run import name_of, prepare

    if (time_box is None) == (runs is None):
        raise UsageError("allowed: either --time-box, such as 60s, or --runs")
    experiment = prepare(scenario, tuple(override(text) for text in sets))
    folder = out or Path("runs") / name_of(experiment) / "hunt"

    def found(bug: Bug, number: int) -> None:
        file = file_of(bug, number, folder)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(bug.schedule.text(), encoding="utf-8")

    chosen = experiment.scenario.seed if seed is None else seed
    box_s = _seconds(time_box)
    state = "0 runs"

    def ran(hunting: Hunt) -> None:
        nonlocal state
        state = f"{hunting.runs} runs, {len(hunting.bugs)} bugs"

    with line(lambda: state):
        done = hunt(experiment, chosen, runs, box_s, found, ran)
    report = result(done, folder)
    if as_json:
        print_json(report)
    else:
        for row in rows(report):
            click.echo(row)
    return INTERRUPTED if done.interrupted else UNEXPECTED if done.bugs else OK


def _seconds(text: str | None) -> float | None:
    """Read a time box. Raises UsageError."""
    from sim.units import S, duration

    try:
        return None if text is None else duration(text) / S
    except ValueError as error:
        raise UsageError(f"--time-box: {error}") from None


COMMANDS = (shrink_, hunt_)
