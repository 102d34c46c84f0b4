"""What is particular to the weaknesses of quorum_write: all 25 are there, and unrelated repairs mend none of them."""

import pytest

from scenarios.findings.measure import play, weaknesses
from scenarios.findings.stored import load
from scenarios.model import find

MODEL = find("quorum_write", None)
ENTRIES = {entry.id: entry for entry in weaknesses("quorum_write")}
MENDED_BY = {row["id"]: row["mended_by"] for row in load("quorum_write")["rows"]}


def test_every_documented_weakness_has_an_entry() -> None:
    assert list(ENTRIES) == [f"QW-{i}" for i in range(1, 26)]


@pytest.mark.parametrize("id", ENTRIES)
def test_every_weakness_shows_and_a_single_switch_mends_it(id: str) -> None:
    assert play(ENTRIES[id], MODEL, "as-specified").shows
    assert MENDED_BY[id] and all("+" not in switch for switch in MENDED_BY[id])


@pytest.mark.parametrize("id", ENTRIES)
def test_a_weakness_is_left_alone_by_what_is_not_said_to_mend_it(id: str) -> None:
    others = [name for name in ("true-majority", "checked-policy", "skew-reports") if name not in MENDED_BY[id]]
    assert not any(play(ENTRIES[id], MODEL, name).mended for name in others)
