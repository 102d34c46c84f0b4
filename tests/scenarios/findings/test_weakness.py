"""An entry of a weakness that says too little is refused."""

import pytest

from scenarios.findings.weakness import Weakness, agrees


def nothing(params: object) -> dict[str, int]:
    return {}


def test_an_entry_needs_a_scenario_or_a_step() -> None:
    with pytest.raises(ValueError, match="X1: allowed: a scenario or a step, one of both"):
        Weakness(id="X1", summary="s")


def test_an_entry_with_both_is_refused() -> None:
    with pytest.raises(ValueError, match="one of both"):
        Weakness(id="X1", summary="s", scenario="a/b", breaks=("p",), step=nothing, weak=bool)


def test_a_step_needs_to_say_what_is_weak() -> None:
    with pytest.raises(ValueError, match="a step needs weak"):
        Weakness(id="X1", summary="s", step=nothing)


def test_a_scenario_needs_a_property_or_a_figure() -> None:
    with pytest.raises(ValueError, match="a scenario needs breaks or weak"):
        Weakness(id="X1", summary="s", scenario="a/b")


def test_a_refuted_claim_needs_a_note() -> None:
    with pytest.raises(ValueError, match="refuted needs a note"):
        Weakness(id="X1", summary="s", scenario="a/b", breaks=("p",), judgement="refuted")


def test_a_judgement_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="found judgement 'maybe', allowed: confirmed, refuted, depends"):
        Weakness(id="X1", summary="s", scenario="a/b", breaks=("p",), judgement="maybe")


@pytest.mark.parametrize(("measured", "met"), [(3, True), (5, True), (6, False)])
def test_a_figure_agrees_with_a_range_that_holds_it(measured: int, met: bool) -> None:
    assert agrees(measured, (3, 5)) is met
