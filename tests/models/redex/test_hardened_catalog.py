from __future__ import annotations

import pytest

from scenarios import catalog
from scenarios.run import prepare
from scenarios.verdict import judge
from sim.world import run


@pytest.mark.parametrize("name", [name for name in catalog.names() if name.startswith("redex/")])
def test_every_scenario_of_redex_shows_hardened_what_it_says_that_it_does(name: str) -> None:
    experiment = prepare(name, (("profile", "hardened"),))
    seed = experiment.scenario.seed
    assert experiment.listed
    verdict = judge(experiment, run(experiment.plan(seed), seed, None))
    assert verdict.word == "as-expected", verdict
