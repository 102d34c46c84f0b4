"""What the pytest beside a shrunk scenario calls."""

from __future__ import annotations

from pathlib import Path

from ..build import experiment as build
from ..fingerprint import observe, unexpected
from ..load import read
from ..verdict import OK


def check(path: Path) -> None:
    """Run a scenario file. Raises AssertionError, with what was seen and how to see it again, unless it is as expected.

    Raises UsageError if it is no scenario, or if its model cannot be found.
    """
    experiment = build(read(path))
    seed = experiment.scenario.seed
    run = observe(experiment, experiment.plan(seed), seed, ())
    if run.verdict.code != OK:
        seen = [f"{failure.fingerprint.property}: {failure.sentence}" for failure in unexpected(run.failures)]
        others = [f"{j.finding.name}: {j.finding.verdict}" for j in run.verdict.judged if not j.met]
        raise AssertionError("\n".join([*(seen or others), f"replay netsplit run {path}"]))
