"""TLC replays the exported module of a real run, and stops in one that was tampered with."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from tlc import DEADLOCK, OK, UNSPECIFIED, VIOLATION, check, needs_java

from models.ecs.events import TraceEvent
from models.ecs.tla import export_tla_trace
from reports.export.tla import IN_ORDER, Commit, commits, configuration, replayable, tla
from reports.load import RunData, load
from scenarios.run import prepare, run

NODES = ("n1", "n2")
P1, R1, A1 = Commit("Published", "n1", 1, "a"), Commit("Received", "n2", 1, "a"), Commit("Applied", "n2", 1, "a")
P2, A2 = Commit("Published", "n1", 2, "b"), Commit("Applied", "n2", 2, "b")
TAMPERED: dict[str, Sequence[Commit]] = {
    "applied before it is published": [P2, A1],
    "received and never published": [P1, R1._replace(seq=3)],
    "another payload is applied": [P1, A1._replace(payload="b")],
    "applied twice": [P1, A1, A1],
    "two payloads of one sequence": [P1, P1._replace(node="n2", payload="b")],
}

Tlc = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def tlc(tmp_path: Path) -> Tlc:
    return lambda text, config=None: check(tmp_path, text, config or configuration())


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> RunData:
    out = tmp_path_factory.mktemp("runs") / "healthy"
    experiment = prepare("ecs/healthy_run_is_reported")
    run(experiment, experiment.scenario.seed, out, plots=False)
    return load(out, whole=True)


def test_the_commits_of_a_run_are_in_its_order(healthy: RunData) -> None:
    found = commits(healthy)
    assert [(c.event, c.node, c.seq) for c in found[:2]] == [("Published", "L", 1), ("Received", "F", 1)]
    assert sum(c.event == "Published" for c in found) == 5


@pytest.mark.java
@needs_java
def test_tlc_accepts_a_run(healthy: RunData, tlc: Tlc) -> None:
    done = tlc(tla(healthy).decode(), configuration(IN_ORDER))
    assert done.returncode == OK, done.stdout
    assert f"{len(commits(healthy)) + 1} distinct states found" in done.stdout


@pytest.mark.java
@needs_java
@pytest.mark.parametrize("what", TAMPERED)
def test_tlc_stops_where_a_trace_was_tampered_with(what: str, tlc: Tlc) -> None:
    done = tlc(replayable(NODES, TAMPERED[what]))
    assert done.returncode == DEADLOCK, done.stdout
    assert (
        f"{len(TAMPERED[what])} distinct states found" in done.stdout
    )  # the last event is the one that may not happen


@pytest.mark.java
@needs_java
def test_tlc_finds_a_gap_if_it_is_told_to_look(tlc: Tlc) -> None:
    gap = [P1, P2, P2._replace(seq=3, payload="c"), A1, A2._replace(seq=3, payload="c")]
    assert tlc(replayable(NODES, gap)).returncode == OK
    done = tlc(replayable(NODES, gap), configuration(IN_ORDER))
    assert (done.returncode, f"Invariant {IN_ORDER} is violated" in done.stdout) == (VIOLATION, True), done.stdout


@pytest.mark.java
@needs_java
def test_tlc_has_nothing_to_run_in_the_published_text(tlc: Tlc) -> None:
    text = export_tla_trace([TraceEvent(1, 1, bytes(16), "Published"), TraceEvent(2, 1, bytes(16), "Applied")])
    done = tlc(text, "INIT Init\nNEXT Step0\n")
    assert done.returncode == UNSPECIFIED
    assert "Successor state is not completely specified" in done.stdout


def test_a_run_without_commits_is_an_empty_trace(calm: RunData) -> None:
    assert commits(calm) == []
    assert b"Trace == <<\n\n>>" in tla(calm)
