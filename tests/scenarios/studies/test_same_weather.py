"""The same weather for many protocols: what is counted is what it is called, and everybody meets the same cut."""

import pytest

from scenarios.studies.baselines import same_weather
from scenarios.studies.baselines.same_weather import FIGURES, PROTOCOLS, Job, Protocol, figures, run
from scenarios.studies.spread import Spread

SOUND = [name for name in PROTOCOLS if name not in ("primary_backup, asynchronous", "quorum_write", "redex")]


@pytest.mark.parametrize("protocol", SOUND)
def test_a_linearizable_protocol_loses_nothing_and_reads_nothing_stale(protocol: str) -> None:
    found = figures(Job(protocol, 1))
    assert (found["lost"], found["stale"]) == (0, 0)


def test_a_protocol_that_lets_both_sides_write_loses_what_one_side_wrote() -> None:
    found = figures(Job("redex", 1))
    assert found["lost"] > 10
    assert found["stale"] > 10


def test_of_five_clients_the_one_that_is_cut_off_is_not_served() -> None:
    assert figures(Job("abd", 1))["available"] == pytest.approx(0.8, abs=0.02)


def test_who_has_no_leader_waits_for_none() -> None:
    assert figures(Job("abd", 1))["failover"] < 500 < figures(Job("raft", 1))["failover"]


def test_what_no_majority_holds_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    forgetful = PROTOCOLS["abd"]._replace(holds=lambda machine: ())
    monkeypatch.setitem(same_weather.PROTOCOLS, "forgetful", forgetful)  # type: ignore[arg-type]
    assert figures(Job("forgetful", 1))["lost"] > 100


def test_every_protocol_is_cut_at_the_same_instant() -> None:
    begins = set()
    for protocol in ("raft", "abd"):
        world = same_weather.World(same_weather._plan(PROTOCOLS[protocol], 3), 3, None)
        begins.add(world.run().faults[0].begin)
    assert len(begins) == 1


def test_each_protocol_has_a_row_for_each_figure_and_one_beside_raft(monkeypatch: pytest.MonkeyPatch) -> None:
    few: dict[str, Protocol] = {name: PROTOCOLS[name] for name in ("raft", "abd")}
    monkeypatch.setattr(same_weather, "PROTOCOLS", few)
    result = run(2, Spread())
    assert [row.name for row in result.rows if row.name.startswith("raft")] == [f"raft: {name}" for name in FIGURES]
    assert len([row for row in result.rows if row.name.endswith("under the same seed")]) == len(FIGURES)
    assert set(result.charts) == set(FIGURES)
