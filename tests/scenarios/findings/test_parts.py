"""The parts of a weakness are told as one: it shows if a part does, and is mended if all are."""

from typing import Any

import pytest

from scenarios.findings.measure import models, select, whole_id
from scenarios.findings.parts import together
from scenarios.findings.stored import load


def part(
    name: str, outcome: str = "violated", mended_by: tuple[str, ...] = (), hardened: str = "holds"
) -> dict[str, Any]:
    return {
        "id": name, "model": "m", "summary": f"{name}.", "scenario": "m/s", "outcome": outcome,
        "judgement": "confirmed", "mended_by": list(mended_by), "hardened": hardened, "hardened_figures": {"n": 0},
        "figures": {"n": {"measured": 1, "expected": 1}}, "unmended": "", "note": "",
    }  # fmt: skip


@pytest.mark.parametrize(("name", "whole"), [("W3a", "W3"), ("W3", "W3"), ("EW-12", "EW-12"), ("W33f", "W33")])
def test_a_part_belongs_to_the_weakness_of_its_number(name: str, whole: str) -> None:
    assert whole_id(name) == whole


def test_a_weakness_without_parts_is_told_as_it_is() -> None:
    row = part("W1", mended_by=("VOTE",))
    assert together([row]) == [{**row, "parts": []}]


def test_what_mends_every_part_mends_the_weakness() -> None:
    found = together([part("W4a", mended_by=("A", "B")), part("W4b", mended_by=("B", "C"))])
    assert [(row["id"], row["mended_by"]) for row in found] == [("W4", ["B"])]


def test_where_no_switch_is_common_it_is_said_part_by_part() -> None:
    found = together([part("W9a", mended_by=("A",)), part("W9b", mended_by=("B+C",))])
    assert found[0]["mended_by"] == ["W9a: A", "W9b: B+C"]


def test_one_part_that_is_not_mended_is_the_whole_weakness() -> None:
    found = together([part("W16a", mended_by=("A",)), part("W16b", hardened="violated")])
    assert found[0]["hardened"] == "violated"


def test_a_part_that_does_not_show_says_nothing_of_what_mends() -> None:
    found = together([part("W2a", outcome="holds"), part("W2b", mended_by=("A",))])
    assert (found[0]["outcome"], found[0]["mended_by"]) == ("violated", ["A"])


def test_the_figures_of_parts_keep_apart() -> None:
    found = together([part("W2a"), part("W2b")])
    assert list(found[0]["figures"]) == ["W2a: n", "W2b: n"]


def test_a_weakness_can_be_asked_for_with_all_its_parts() -> None:
    assert select("redex", ["W3"]) == {"redex": ["W3a", "W3b"]}
    assert select("redex", ["W3b"]) == {"redex": ["W3b"]}


@pytest.mark.parametrize(("model", "count"), [("redex", 33), ("ecs", 37), ("crdt_state", 36), ("quorum_write", 25)])
def test_each_documented_weakness_has_its_row(model: str, count: int) -> None:
    assert model in models()
    assert len(together(load(model)["rows"])) == count
