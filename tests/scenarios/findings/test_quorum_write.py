"""The weaknesses of quorum_write: each shows as specified, is mended when hardened, and is what was stored."""

from typing import Any

import pytest

from scenarios.findings.measure import measure, play, weaknesses
from scenarios.findings.stored import load
from scenarios.model import find

MODEL = find("quorum_write", None)
ENTRIES = {entry.id: entry for entry in weaknesses("quorum_write")}
STORED: dict[str, Any] = {row["id"]: row for row in load("quorum_write")["rows"]}


def test_every_documented_weakness_has_an_entry_and_a_row() -> None:
    assert list(ENTRIES) == list(STORED) == [f"QW-{i}" for i in range(1, 26)]


@pytest.mark.parametrize("id", ENTRIES)
def test_a_weakness_shows_is_mended_and_measures_as_stored(id: str) -> None:
    row = measure(ENTRIES[id], MODEL, STORED[id]["mended_by"])
    assert row == STORED[id]
    assert (row["outcome"], row["hardened"]) == ("violated", "holds")
    assert row["mended_by"]


@pytest.mark.parametrize("id", ENTRIES)
def test_a_weakness_is_left_alone_by_what_is_not_said_to_mend_it(id: str) -> None:
    others = [
        name for name in ("true-majority", "checked-policy", "skew-reports") if name not in STORED[id]["mended_by"]
    ]
    assert not any(play(ENTRIES[id], MODEL, name).mended for name in others)


@pytest.mark.parametrize("id", ENTRIES)
def test_where_a_figure_is_not_the_specifications_a_note_says_why(id: str) -> None:
    figures = STORED[id]["figures"]
    differing = [name for name, f in figures.items() if f["expected"] is not None and f["expected"] != f["measured"]]
    assert not differing or STORED[id]["note"]


@pytest.mark.parametrize("id", ENTRIES)
def test_every_expected_figure_was_measured(id: str) -> None:
    assert set(ENTRIES[id].expected) <= set(STORED[id]["figures"])
