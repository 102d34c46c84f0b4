"""As a user would: a test of one's own model under whatever faults its scenario allows."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from scenarios.complaints import UsageError
from scenarios.schedules import Room
from scenarios.strategies import plans
from sim.world import run

SOUND = Path(__file__).parents[1] / "mutants/careful.toml"


@settings(max_examples=15)
@given(plans(SOUND, most=4))
def test_a_sound_log_survives_whatever_befalls_a_minority(plan):
    plan.check()


@pytest.mark.parametrize("bug", ["sends-once", "numbers-again"])
def test_a_broken_log_does_not(bug):
    @settings(max_examples=40, database=None, phases=[Phase.generate])
    @given(plans(SOUND, f"cluster.params.bug={bug}", most=4))
    def survives(plan):
        plan.check()

    with pytest.raises(AssertionError, match="Replays seed"):
        survives()


@settings(max_examples=15)
@given(plans(SOUND, kinds=("crash", "pause")))
def test_a_plan_can_be_run_as_any_other(plan):
    outcome = run(plan.plan, plan.seed)
    assert outcome.model_error is None
    assert {fault.kind for fault in outcome.faults} <= {"link", "crash", "pause"}


def test_what_fails_is_made_small_and_shown_as_a_scenario():
    scenario = "careless/nemesis"

    def fails(plan):
        return any(failure.fingerprint.property == "same_payload" for failure in plan.observe().failures)

    wanted = settings(max_examples=100, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    found = find(plans(scenario, kinds=("crash", "clock", "link"), seed=1), fails, settings=wanted)
    assert [(fault["kind"], fault["nodes"]) for fault in found.faults] == [("crash", ["n1"])]
    assert 'kind = "crash"' in found.text()
    assert repr(found).startswith("Schedule(careless/nemesis, seed=1, faults=[{'kind': 'crash'")


@settings(max_examples=40)
@given(st.data())
def test_every_plan_is_within_the_budget(data):
    plan = data.draw(plans("careless/nemesis"))
    assert Room(plan.experiment, plan.seed).fits(plan.faults)


def test_a_mistake_is_told_where_the_strategy_is_made(tmp_path):
    with pytest.raises(UsageError, match='found "crsh"'):
        plans(SOUND, kinds=("crsh",))
    path = tmp_path / "x.toml"
    path.write_text('about = "x"\nmodel = "careless"\nstop = "1s"\n', encoding="utf-8")
    with pytest.raises(UsageError, match="heal is missing"):
        plans(path)
