"""Scenario files as tests: `pytest --netsplit DIR --netsplit-seeds 50`.

Every scenario in DIR is run under each seed, one test each; those in a folder named `corpus` come first. A test fails
if its run is not as the file expects, and says what was seen and how to see it again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .ci import Case
    from .plan import Experiment

CORPUS = "corpus"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what the command line and pytest's configuration may say."""
    group = parser.getgroup("netsplit", "scenarios as tests")
    group.addoption(
        "--netsplit", action="append", metavar="DIR", default=[], help="Run the scenarios in this folder, or this file."
    )
    group.addoption(
        "--netsplit-seeds", metavar="N", default=None,
        help="The seeds 1 to N, or A..B; default: each scenario's own, and in a corpus always that.",
    )  # fmt: skip
    group.addoption("--netsplit-out", metavar="DIR", default=None, help="Keep the run directories of what fails there.")
    group.addoption(
        "--netsplit-time-box", metavar="T", default=None, help="Begin no run after so long, such as 5m; skip the rest."
    )


def pytest_configure(config: pytest.Config) -> None:
    """Let pytest collect the folders, and stop at once if an option is wrong."""
    folders = config.getoption("netsplit")
    if not folders:
        return
    for folder in folders:
        if not Path(folder).exists():
            raise pytest.UsageError(f"--netsplit: found {folder}, which is not there, allowed: a folder or a scenario")
    options = Options(config)
    config.stash[OPTIONS] = options
    given = config.invocation_params.args
    named = [a for a in config.args if a in given and a not in folders]
    config.args[:] = [*dict.fromkeys([*named, *map(str, folders)])]


class Options:
    """What was asked for, read once."""

    def __init__(self, config: pytest.Config) -> None:
        from sim.units import duration

        from .complaints import UsageError
        from .sweep import seeds

        self.folders = [Path(folder).resolve() for folder in config.getoption("netsplit")]
        self.out = config.getoption("netsplit_out")
        self.cases: list[Case] = []
        self.began = monotonic()
        text, box = config.getoption("netsplit_seeds"), config.getoption("netsplit_time_box")
        try:
            self.seeds = None if text is None else seeds(f"1..{text}" if str(text).isdigit() else text)
        except UsageError as error:
            raise pytest.UsageError(str(error).replace("--seeds", "--netsplit-seeds", 1)) from None
        try:
            self.seconds = None if box is None else duration(box) / 1e9
        except ValueError as error:
            raise pytest.UsageError(f"--netsplit-time-box: {error}") from None

    def holds(self, path: Path) -> bool:
        """Return whether a file is in one of the folders."""
        resolved = path.resolve()
        return any(resolved == folder or folder in resolved.parents for folder in self.folders)

    def late(self) -> bool:
        """Return whether the time is over in which runs may begin."""
        return self.seconds is not None and monotonic() - self.began > self.seconds


OPTIONS = pytest.StashKey[Options]()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Take the scenario files of the folders that were named."""
    options = parent.config.stash.get(OPTIONS, None)
    if options is None or file_path.suffix != ".toml" or not options.holds(file_path) or not _is_scenario(file_path):
        return None
    found: pytest.Collector = ScenarioFile.from_parent(parent, path=file_path)
    return found


def _is_scenario(path: Path) -> bool:
    """Return whether a TOML file means to be a scenario: it names a model. One that cannot be read is told as one."""
    import tomllib

    try:
        return "model" in tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError):
        return True


class ScenarioFile(pytest.File):
    """A scenario file; its tests are its seeds."""

    def collect(self) -> Iterator[pytest.Item]:
        """Read the scenario and yield a test for each seed; all complaints about it are one error."""
        from .complaints import UsageError
        from .run import prepare

        options = self.config.stash[OPTIONS]
        try:
            experiment = prepare(str(self.path))
        except UsageError as error:
            raise self.CollectError(str(error)) from None
        own = CORPUS in self.path.parts or options.seeds is None
        for seed in [experiment.scenario.seed] if own else options.seeds or ():
            item: SeedItem = SeedItem.from_parent(self, name=f"seed {seed}")
            item.experiment, item.seed = experiment, seed
            yield item


class Unexpected(Exception):
    """A run was not as its scenario expects; the text says what was seen and how to see it again."""


class SeedItem(pytest.Item):
    """One run of a scenario."""

    experiment: Experiment
    seed: int

    def runtest(self) -> None:
        """Run, and raise Unexpected if the run is not as expected."""
        from sim.world import run as run_world

        from .ci import Case
        from .run import name_of
        from .verdict import judge

        options = self.config.stash[OPTIONS]
        if options.late():
            pytest.skip("the time box is over: --netsplit-time-box")
        outcome = run_world(self.experiment.plan(self.seed), self.seed)
        verdict = judge(self.experiment, outcome)
        wrong = [j.finding for j in verdict.judged if not j.met]
        first = outcome.model_error or next((f"{f.name} is {f.verdict}: {f.sentence}" for f in wrong), "")
        failure = "" if verdict.code == 0 else f"{verdict.word}: {first}"
        file = os.path.relpath(self.path)
        replay = f"netsplit run {file} --seed {self.seed}"
        detail = self._detail(options.out, replay) if failure else ""
        name = name_of(self.experiment)
        options.cases.append(Case(name, file, self.seed, outcome.digest or "", failure, detail, replay))
        if failure:
            raise Unexpected(detail)

    def _detail(self, out: str | None, replay: str) -> str:
        """Run once more with everything written down, and return what is told of it."""
        from tempfile import TemporaryDirectory

        from .run import name_of, run
        from .tell import told

        with TemporaryDirectory(prefix="netsplit-pytest-") as scratch:
            kept = Path(scratch) / "run" if out is None else Path(out) / name_of(self.experiment) / f"seed-{self.seed}"
            done = run(self.experiment, self.seed, kept, plots=out is not None)
        lines = told(done.result, os.path.relpath(self.path)).splitlines()
        return "\n".join(line for line in lines if out is not None or not line.startswith("out "))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the run's own words where it is the run that failed."""
        if isinstance(excinfo.value, Unexpected):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the test is from, and what it is called."""
        return self.path, 0, f"{self.path.stem}, {self.name}"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the corpus of regressions run first, whatever order others made."""
    items.sort(key=lambda item: not (isinstance(item, SeedItem) and CORPUS in item.path.parts))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """On GitHub, say what failed as annotations and in the job's summary."""
    options = config.stash.get(OPTIONS, None)
    if options is None or not options.cases or os.environ.get("GITHUB_ACTIONS") != "true":
        return
    from .ci import github_annotations, summary

    for line in github_annotations(options.cases):
        terminalreporter.write_line(line)
    target = os.environ.get("GITHUB_STEP_SUMMARY")
    if target:
        with Path(target).open("a", encoding="utf-8") as file:
            file.write(summary("netsplit", options.cases))
