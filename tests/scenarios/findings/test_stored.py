"""What is kept of the documented weaknesses is what measuring them again comes to."""

import pytest

from scenarios.findings.measure import HARDENED, HOLDS, measure, models, weaknesses
from scenarios.findings.stored import load, page, page_of
from scenarios.findings.weakness import Weakness, agrees
from scenarios.model import find

EVERY = [(model, weakness) for model in models() for weakness in weaknesses(model)]


@pytest.fixture(params=EVERY, ids=[weakness.id for _, weakness in EVERY])
def entry(request: pytest.FixtureRequest) -> tuple[str, Weakness]:
    found: tuple[str, Weakness] = request.param
    return found


def test_a_weakness_measures_as_it_is_kept(entry: tuple[str, Weakness]) -> None:
    model, weakness = entry
    kept = next(row for row in load(model)["rows"] if row["id"] == weakness.id)
    assert measure(weakness, find(model, None), kept["mended_by"] or ["+".join(find(model, None).switches)]) == {
        **kept,
        "mended_by": kept["mended_by"],
    }


def test_a_confirmed_weakness_shows_as_specified(entry: tuple[str, Weakness]) -> None:
    model, weakness = entry
    kept = next(row for row in load(model)["rows"] if row["id"] == weakness.id)
    assert kept["outcome"] == "violated" or weakness.judgement != "confirmed"


def test_a_weakness_that_shows_is_mended_or_says_why_not(entry: tuple[str, Weakness]) -> None:
    model, weakness = entry
    kept = next(row for row in load(model)["rows"] if row["id"] == weakness.id)
    assert (kept["hardened"] == HOLDS and (kept["mended_by"] or kept["outcome"] == HOLDS)) or weakness.unmended


def test_a_figure_that_departs_from_the_specification_is_noted(entry: tuple[str, Weakness]) -> None:
    model, weakness = entry
    kept = next(row for row in load(model)["rows"] if row["id"] == weakness.id)
    missing = set(weakness.expected) - set(kept["figures"])
    departing = [name for name, row in kept["figures"].items() if not _met(weakness, name, row["measured"])]
    assert not missing
    assert not departing or weakness.note


def _met(weakness: Weakness, name: str, measured: object) -> bool:
    return name not in weakness.expected or agrees(measured, weakness.expected[name])  # type: ignore[arg-type]


@pytest.mark.parametrize("model", models())
def test_every_weakness_is_kept_and_nothing_else(model: str) -> None:
    assert [row["id"] for row in load(model)["rows"]] == [weakness.id for weakness in weaknesses(model)]


@pytest.mark.parametrize("model", models())
def test_the_page_is_that_of_what_is_kept(model: str) -> None:
    assert page_of(model).read_text("utf-8") == page(load(model))


@pytest.mark.parametrize("model", models())
def test_hardened_is_all_switches_together(model: str) -> None:
    found = find(model, None)
    assert found.profiles[HARDENED] == found.settings("+".join(found.switches))
