"""Measuring a weakness: what counts as showing, as mended, and which switches are named."""

from collections.abc import Mapping
from typing import Any

import pytest

from models.careless import machine
from scenarios.complaints import UsageError
from scenarios.findings.measure import measure, select, smallest
from scenarios.findings.weakness import Evidence, Weakness
from scenarios.model import Model


def model(*switches: str) -> Model:
    """Return a model with switches, each a parameter that only steps read."""
    table = {name: {name: True} for name in switches}
    hardened = dict.fromkeys(switches, True)
    return Model("fake", "careless", machine, {}, {"as-specified": {}, "hardened": hardened}, (), table)


def needs(*names: str) -> Weakness:
    """Return a weakness that is mended where all these parameters are on."""

    def on(params: Mapping[str, Any]) -> dict[str, int]:
        return {"on": sum(bool(params.get(name)) for name in names)}

    return Weakness(id="X1", summary="s", step=on, weak=lambda figures: figures["on"] != len(names))


def test_a_switch_that_mends_alone_is_named() -> None:
    assert measure(needs("b"), model("a", "b", "c"))["mended_by"] == ["b"]


def test_switches_that_mend_only_together_are_named_together() -> None:
    assert measure(needs("a", "c"), model("a", "b", "c"))["mended_by"] == ["a+c"]


def test_a_weakness_that_nothing_mends_names_no_switch() -> None:
    row = measure(needs("z"), model("a", "b"))
    assert (row["mended_by"], row["hardened"]) == ([], "violated")


def test_the_smallest_set_has_no_switch_to_spare() -> None:
    assert smallest(needs("b", "c"), model("a", "b", "c", "d")) == ("b", "c")


def test_what_does_not_show_is_mended_by_nothing() -> None:
    row = measure(needs(), model("a"))
    assert (row["outcome"], row["mended_by"], row["hardened"]) == ("holds", [], "holds")


def test_a_broken_property_of_a_scenario_is_the_outcome() -> None:
    def figures(evidence: Evidence) -> dict[str, int]:
        return {"leaders": len({r.node for r in evidence.records if r.kind == "state" and r.data.role == "leader"})}

    weakness = Weakness(
        id="X1", summary="s", scenario="redex/cut_in_two", breaks=("single_leader",), figures=figures,
        expected={"leaders": 3},
    )  # fmt: skip
    from scenarios.model import find

    row = measure(weakness, find("redex", None), [])
    assert (row["outcome"], row["figures"]) == ("violated", {"leaders": {"measured": 3, "expected": 3}})


def test_a_property_that_a_scenario_does_not_know_is_refused() -> None:
    from scenarios.model import find

    weakness = Weakness(id="X1", summary="s", scenario="redex/cut_in_two", breaks=("single_lieder",))
    with pytest.raises(ValueError, match="redex/cut_in_two judges no single_lieder"):
        measure(weakness, find("redex", None), [])


def test_an_unknown_id_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="W99"):
        select(None, ["W99"])
