"""The hardened nemesis of the catalogue, and what its seeds find as soon as one hardening is off."""

from __future__ import annotations

from typing import Any

import pytest

from models.redex.choices import HARDENINGS
from scenarios.plan import Experiment
from scenarios.run import prepare
from scenarios.verdict import judge
from sim.world import run

SEEDS = range(1, 31)


def without(switch: str | None) -> Experiment:
    settings = {} if switch is None else {f"cluster.params.{switch}": HARDENINGS[switch][0]}
    return prepare("redex/hardened_nemesis", tuple(settings.items()))


def violated(experiment: Experiment, seed: int) -> dict[str, Any]:
    outcome = run(experiment.plan(seed), seed, None)
    assert outcome.model_error is None, outcome.model_error
    found = [judgement.finding for judgement in judge(experiment, outcome).judged]
    return {f.name: f.sentence for f in found if f.verdict == "violated" and f.name != "single_leader"}


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_a_seed_draws_the_hardened_protocol_keeps_its_promises(seed: int) -> None:
    assert violated(without(None), seed) == {}


@pytest.mark.parametrize(
    ("switch", "broken"),
    [
        ("term", "one_leader_per_term"),  # nothing tells two reigns apart
        ("vote", "leader_completeness"),  # whoever is silent enough leads, with whatever log
        ("match", "committed_agree"),  # logs of equal length count as equal
        ("commit", "accepted_survives"),  # an answer is no promise
        ("commit", "no_anomalies"),  # and reads show what is lost later
    ],
)
def test_without_one_hardening_some_seed_finds_what_it_is_for(switch: str, broken: str) -> None:
    experiment = without(switch)
    assert any(broken in violated(experiment, seed) for seed in SEEDS)
