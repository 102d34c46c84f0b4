"""TLC replays the elections of a real run of Raft, and stops in a trace that was tampered with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import tlc

from reports.export.election import INVARIANTS, Step, has_elections, steps
from reports.export.tla import configuration, replayable_elections, tla
from reports.load import RunData, load
from scenarios.run import prepare, run

NODES = ("n1", "n2", "n3")
GOOD = [Step("Vote", "n1", 1, "n1"), Step("Vote", "n2", 1, "n1"), Step("Lead", "n1", 1, ""), Step("Term", "n3", 1, "")]
TAMPERED: dict[str, Sequence[Step]] = {
    "leads without a majority": [GOOD[0], GOOD[2]],
    "votes twice in a term": [*GOOD, Step("Vote", "n2", 1, "n3")],
    "a term falls": [*GOOD, Step("Term", "n1", 2, ""), Step("Term", "n1", 1, "")],
    "votes in a term that is over": [*GOOD, Step("Term", "n3", 2, ""), Step("Vote", "n3", 1, "n1")],
    "leads in a term it has left": [*GOOD[:2], Step("Term", "n1", 2, ""), GOOD[2]],
}


@pytest.fixture(scope="module")
def elected(tmp_path_factory: pytest.TempPathFactory) -> RunData:
    out = tmp_path_factory.mktemp("runs") / "elected"
    run(prepare("raft/leader_cut_off"), 1, out, plots=False)
    return load(out, whole=True)


def test_a_run_has_votes_before_it_has_leaders(elected: RunData) -> None:
    found = steps(elected)
    assert has_elections(elected)
    assert [step.event for step in found].index("Vote") < [step.event for step in found].index("Lead")
    assert len({step.term for step in found if step.event == "Lead"}) >= 2


def test_a_run_without_votes_is_no_election(calm: RunData) -> None:
    assert not has_elections(calm)


@pytest.mark.java
@tlc.needs_java
def test_tlc_accepts_the_elections_of_a_run(elected: RunData, tmp_path: Path) -> None:
    done = tlc.check(tmp_path, tla(elected).decode(), configuration(invariants=INVARIANTS))
    assert done.returncode == tlc.OK, done.stdout
    assert f"{len(steps(elected)) + 1} distinct states found" in done.stdout


@pytest.mark.java
@tlc.needs_java
def test_tlc_refuses_a_run_of_which_one_vote_was_taken_away(elected: RunData, tmp_path: Path) -> None:
    found = steps(elected)
    first = next(i for i, step in enumerate(found) if step.event == "Lead")
    kept = [step for i, step in enumerate(found) if i > first or step.event != "Vote" or step.node == found[first].node]
    done = tlc.check(tmp_path, replayable_elections(elected.header.nodes, kept), configuration(invariants=INVARIANTS))
    assert done.returncode == tlc.DEADLOCK, done.stdout


@pytest.mark.java
@tlc.needs_java
@pytest.mark.parametrize("what", TAMPERED)
def test_tlc_stops_where_a_trace_was_tampered_with(what: str, tmp_path: Path) -> None:
    text = replayable_elections(NODES, TAMPERED[what])
    done = tlc.check(tmp_path, text, configuration(invariants=INVARIANTS))
    assert done.returncode == tlc.DEADLOCK, done.stdout
    assert f"{len(TAMPERED[what])} distinct states found" in done.stdout


@pytest.mark.java
@tlc.needs_java
def test_tlc_accepts_what_was_not_tampered_with(tmp_path: Path) -> None:
    done = tlc.check(tmp_path, replayable_elections(NODES, GOOD), configuration(invariants=INVARIANTS))
    assert done.returncode == tlc.OK, done.stdout
