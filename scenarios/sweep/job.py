"""What all runs of a sweep have in common: the scenario's text, its settings, and what its rows depend on.

Workers get this and nothing else: a text and a reference to the model, never a pickled machine.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

import scenarios
import sim

from .. import catalog
from ..build import experiment as build
from ..complaints import ScenarioError, UsageError
from ..load import Document, parse
from ..load import read as read_document
from ..model import Model
from ..plan import Experiment
from ..run import name_of
from .grid import Point, charted, points

Overrides = tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Job:
    """A scenario under all settings of a grid.

    `identity` names everything that a run's row depends on beside settings and seed; rows of different identities are
    never mixed.
    """

    name: str
    text: str
    path: str
    overrides: Overrides
    points: tuple[Point, ...]
    replay: bool
    identity: Mapping[str, str]

    def experiment(self, point: int) -> Experiment:
        """Return what is run at a point of the grid. Raises UsageError."""
        overrides = (*self.overrides, *self.points[point].settings)
        return build(parse(self.text, Path(self.path), overrides))

    def check(self) -> None:
        """Raise UsageError unless the code here is that for which the job was made: a worker may be elsewhere."""
        base = parse(self.text, Path(self.path), self.overrides)
        here = _identity(self.name, self.replay, base.doc, [self.experiment(point.number) for point in self.points])
        for name, value in self.identity.items():
            if here[name] != value:
                raise UsageError(f"a worker has another {_WORDS[name]}: found {here[name]}, allowed: {value}")

    def command(self, point: int) -> str:
        """Return the arguments that give `netsplit run` this point's scenario, but for the seed."""
        from shlex import quote

        scenario = self.name if self.name in catalog.names() else self.path
        sets = Point(0, self.overrides).arguments()
        return f"{quote(scenario)}{sets}{self.points[point].arguments()}"


def read_job(
    scenario: str,
    overrides: Overrides = (),
    axes: Sequence[tuple[str, tuple[Any, ...]]] = (),
    chart: bool = False,
    replay: bool = False,
) -> Job:
    """Read a scenario and check it at every point of the grid: of `axes`, and with `chart` of its own `[sweep]`.

    Raises UsageError.
    """
    path = catalog.resolve(scenario)
    document = read_document(path, overrides)
    base = build(document)
    varied: dict[str, tuple[Any, ...]] = charted(base.scenario.sweep) if chart else {}
    for key, values in axes:
        if key in varied and not chart:
            raise UsageError(f"--grid {key}: found it twice, allowed: all its values in one --grid")
        varied[key] = values
    return _job(document, base, overrides, points(varied), replay)


def job_of(scenario: str, overrides: Overrides, grid: tuple[Point, ...]) -> Job:
    """Read a scenario and check it at every one of these points. Raises UsageError."""
    document = read_document(catalog.resolve(scenario), overrides)
    return _job(document, build(document), overrides, grid, False)


def _job(document: Document, base: Experiment, overrides: Overrides, grid: tuple[Point, ...], replay: bool) -> Job:
    name = name_of(base)
    job = Job(name, document.text, str(document.path and document.path.resolve()), overrides, grid, replay, {})
    varied = any(point.settings for point in grid)
    experiments = [_checked(job, point) for point in grid] if varied else [base]
    return replace(job, identity=_identity(name, replay, document.doc, experiments))


def _checked(job: Job, point: Point) -> Experiment:
    try:
        return job.experiment(point.number)
    except ScenarioError as error:
        raise ScenarioError([_named(line, point) for line in error.lines]) from None


def _named(line: str, point: Point) -> str:
    """Return a complaint about a key that a grid has set as one about --grid."""
    named = line.removeprefix("--set ").split(":")[0]
    if line.startswith("--set ") and any(key.startswith(named) or named.startswith(key) for key, _ in point.settings):
        return f"--grid {line.removeprefix('--set ')}"
    return line


# -- what rows depend on -----------------------------------------------------------------------------------

_WORDS = {
    "scenario": "name of the scenario",
    "document": "scenario text, with what --set changes",
    "files": "file that the scenario names",
    "model": "model",
    "model_source": "source of the model",
    "netsplit": "version of netsplit",
    "code": "code of netsplit",
    "replay": "--replay",
}


def differing(stored: Mapping[str, str], here: Mapping[str, str]) -> str:
    """Return in what two identities differ as a sentence's end, or an empty text."""
    return ", ".join(
        f"another {_WORDS[name]} ({stored.get(name)}, here {here[name]})"
        for name in here
        if stored.get(name) != here[name]
    )


def _identity(name: str, replay: bool, base: Mapping[str, Any], experiments: Sequence[Experiment]) -> dict[str, str]:
    """Return what rows depend on, over all points of a grid: one may name another model, or another file."""
    doc = {key: value for key, value in base.items() if key not in ("sweep", "seed")}
    models = {experiment.model.reference: experiment.model for experiment in experiments}
    files = sorted({path for experiment in experiments for path in _named_files(experiment)})
    sources = sorted({path for model in models.values() for path in _model_sources(model)})
    return {
        "scenario": name,
        "document": _digest([json.dumps(doc, sort_keys=True, default=str).encode()]),
        "files": _digest(path.read_bytes() for path in files),
        "model": " ".join(sorted(model.name for model in models.values())),
        "model_source": _of_files(sources),
        "netsplit": version("netsplit"),
        "code": _own_code(),
        "replay": "yes" if replay else "no",
    }


def _digest(parts: Iterable[bytes]) -> str:
    whole = blake2b(digest_size=16)
    for part in parts:
        whole.update(len(part).to_bytes(8, "big") + part)
    return whole.hexdigest()


def _named_files(experiment: Experiment) -> list[Path]:
    """Return the files beside the scenario that it names: a topology, measured latencies."""
    document, topology = experiment.document, experiment.scenario.network.topology
    named = [] if topology is None or topology.file is None else [topology.file]
    for key in document.measured:
        table: Any = document.doc
        for part in key:
            table = table[part]
        named.append(table["empirical"])
    return [document.folder / name for name in named]


def _of_files(paths: Sequence[Path]) -> str:
    return _digest(part for path in paths for part in (path.name.encode(), path.read_bytes()))


@cache
def _own_code() -> str:
    return _of_files([path for house in (sim, scenarios) for path in _tree(Path(str(house.__file__)).parent)])


def _tree(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def _model_sources(model: Model) -> tuple[Path, ...]:
    """Return a model's files: all shipped models, a package, or one file. What it imports else is not among them."""
    module = sys.modules.get(getattr(model.factory, "__module__", ""))
    file = Path(str(getattr(module, "__file__", "")))
    if model.reference.endswith(".py"):
        return (Path(model.reference),)
    if module is None or not file.is_file():
        return ()
    package = str(module.__package__ or "").split(".")[0]
    if package:
        top = sys.modules[package]
        return tuple(path for folder in top.__path__ for path in _tree(Path(folder)))
    return (file,)
