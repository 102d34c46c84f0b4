"""Reruns in fresh processes, under other hash seeds, in other folders and on other interpreters.

Whatever a run depends on besides scenario, seed and version shows as two traces that differ; the first differing record
of both is what one needs to find out why.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from sim.tracefile import Show, quiet

from .complaints import UsageError

HASH_SEEDS = ("0", "1", "4242")
LOOK_S = 0.5  # from one look at how far processes are to the next
APART = ("wall_s", "out")  # what may differ in result.json


@dataclass(frozen=True)
class Difference:
    """Where two runs of one scenario and seed part ways; `first` and `second` are lines, None where one has ended."""

    scenario: str
    runs: tuple[str, str]
    file: str
    line: int
    first: str | None
    second: str | None

    def told(self) -> str:
        """Return the difference as text."""
        one, other = self.first or "(the end)", self.second or "(the end)"
        where = f"{self.scenario}: {self.file} differs at line {self.line} between two runs of one seed"
        return f"{where}\n  {self.runs[0]}: {one}\n  {self.runs[1]}: {other}"


@dataclass(frozen=True)
class _Place:
    name: str
    python: str
    hash_seed: str
    folder: Path


def verify(
    scenarios: Sequence[tuple[str, str]],
    seed: int | None,
    overrides: Sequence[str],
    pythons: Sequence[str],
    tell: Callable[[str], None],
    show: Show = quiet,
) -> list[Difference]:
    """Run each (name, reference) in every place and compare with the first; `show` is told how many runs are over.

    Raises UsageError if a place cannot run.
    """
    with tempfile.TemporaryDirectory(prefix="netsplit-verify-") as scratch:
        places = _places(Path(scratch), pythons)
        with ExitStack() as stack:
            running = []
            for place in places:
                process = stack.enter_context(_start(place, scenarios, seed, overrides))
                stack.callback(process.kill)  # a place that cannot run ends the others
                running.append((place, process))
            for place, process in running:
                said = _watched(process, [p.folder for p in places], len(scenarios), show)
                if process.returncode != 0:
                    raise UsageError(f"{place.name} could not run: {said.strip()}")
        differences = []
        for number, (name, _) in enumerate(scenarios):
            found = [d for place in places[1:] if (d := _compare(name, places[0], place, number)) is not None]
            differences += found[:1]
            tell(f"{'differs' if found else 'same   '}  {name}")
        return differences


def _watched(process: Any, folders: Sequence[Path], count: int, show: Show) -> str:
    """Return what a process says on stderr, when it is over."""
    while True:
        show(sum((folder / str(i)).is_dir() for folder in folders for i in range(count)), len(folders) * count)
        try:
            return str(process.communicate(timeout=LOOK_S)[1])
        except subprocess.TimeoutExpired:
            continue


def _places(scratch: Path, pythons: Sequence[str]) -> list[_Place]:
    places: list[_Place] = []
    for python in (sys.executable, *pythons):
        for hash_seed in HASH_SEEDS if python == sys.executable else HASH_SEEDS[:1]:
            folder = scratch / f"p{len(places)}" / ("deep" * len(places) or "flat")
            folder.mkdir(parents=True)
            name = f"{Path(python).name} PYTHONHASHSEED={hash_seed}"
            places.append(_Place(name, python, hash_seed, folder))
    return places


def _start(place: _Place, scenarios: Sequence[tuple[str, str]], seed: int | None, overrides: Sequence[str]) -> Any:
    job = {"scenarios": [reference for _, reference in scenarios], "seed": seed, "overrides": list(overrides)}
    (place.folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONHASHSEED", "PYTHONDONTWRITEBYTECODE")}
    environment["PYTHONHASHSEED"] = place.hash_seed
    try:
        return subprocess.Popen(
            [place.python, "-m", "scenarios.determinism"], cwd=place.folder, env=environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
    except OSError as error:
        raise UsageError(f"--python {place.python}: {error.strerror or error}") from None


def _compare(name: str, first: _Place, second: _Place, number: int) -> Difference | None:
    runs = (first.name, second.name)
    for file in ("trace.jsonl", "history.jsonl"):
        with (first.folder / str(number) / file).open() as a, (second.folder / str(number) / file).open() as b:
            for line, (one, other) in enumerate(zip_longest(a, b), 1):
                if one != other:
                    return Difference(name, runs, file, line, one and one.strip(), other and other.strip())
    one, other = (_steady(place.folder / str(number) / "result.json") for place in (first, second))
    if one == other:
        return None
    for line, (a_line, b_line) in enumerate(zip_longest(one.splitlines(), other.splitlines()), 1):
        if a_line != b_line:
            return Difference(name, runs, "result.json", line, a_line, b_line)
    return None


def _steady(result: Path) -> str:
    """Return a result without what may differ from run to run."""
    found = json.loads(result.read_text("utf-8"))

    def strip(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: strip(v) for k, v in value.items() if k not in APART}
        return [strip(v) for v in value] if isinstance(value, list) else value

    return json.dumps(strip(found), indent=1, ensure_ascii=False)


def work(folder: Path) -> None:
    """Do the job that lies in a folder: run its scenarios, each into a directory with its number."""
    from .load import override
    from .run import prepare, run

    job = json.loads((folder / "job.json").read_text("utf-8"))
    overrides = tuple(override(text) for text in job["overrides"])
    for number, reference in enumerate(job["scenarios"]):
        experiment = prepare(reference, overrides)
        seed = experiment.scenario.seed if job["seed"] is None else job["seed"]
        run(experiment, seed, folder / str(number), plots=False)


if __name__ == "__main__":
    try:
        work(Path())
    except UsageError as error:
        sys.exit(str(error))
