"""The studies of crdt_state at a small size: they come to what they must, and the same again."""

from __future__ import annotations

import pytest

from scenarios.studies.crdt_state import convergence, lost_updates
from scenarios.studies.crdt_state.convergence import Job, figures, survives, time_to_all
from scenarios.studies.crdt_state.lost_updates import losses
from scenarios.studies.spread import Spread


def test_a_run_is_a_function_of_its_job() -> None:
    job = Job("hardened", 3, nodes=10, loss=30)
    assert time_to_all(job) == time_to_all(job)


def test_an_event_is_everywhere_after_at_most_a_rotation_on_a_perfect_network() -> None:
    """Nine peers, fan-out 3: the appending node alone reaches all in three rounds, after at most one interval."""
    assert all((time_to_all(Job("as-specified", seed, nodes=10)) or 99) <= 0.5 + 2 * 0.5 + 0.025 for seed in range(5))


@pytest.mark.parametrize("profile", convergence.SHOWN)
def test_nobody_in_the_other_half_hears_of_an_event_before_the_cut_is_over(profile: str) -> None:
    assert all((time_to_all(Job(profile, seed, nodes=6, cut=2)) or 0) >= 2 for seed in range(4))


def test_loss_takes_time() -> None:
    quiet, lossy = (
        sum(time_to_all(Job("hardened", seed, nodes=20, loss=p)) or 0 for seed in range(8)) for p in (0, 50)
    )
    assert lossy > quiet


def test_one_write_among_empty_nodes_survives_hardened_and_seldom_as_specified() -> None:
    alive = {profile: sum(survives(Job(profile, seed, nodes=10, planes="state")) for seed in range(6))
             for profile in convergence.SHOWN}  # fmt: skip
    assert alive["hardened"] == 6 and alive["as-specified"] < 6


def test_figures_are_in_rounds_and_count_who_never_got_there() -> None:
    assert figures([1.0, 2.0, None]) == pytest.approx((3.0, 1.04, 4.96, 1.5, 2.0, 3, 1), abs=1e-3)
    assert figures([None]) == (None, None, None, None, None, 1, 1)


def test_right_clocks_lose_nothing_and_wrong_ones_do() -> None:
    right, wrong = (sum(losses(lost_updates.Job("as-specified", e, seed)).lost for seed in range(3)) for e in (0, 3000))
    assert right == 0 and wrong > 10


def test_a_hybrid_clock_ignores_nothing_and_registers_that_keep_all_lose_nothing() -> None:
    hybrid = [losses(lost_updates.Job("hybrid clock", 3000, seed)) for seed in range(3)]
    hardened = [losses(lost_updates.Job("hardened", 3000, seed)) for seed in range(3)]
    assert sum(one.ignored for one in hybrid) == sum(one.lost for one in hardened) == 0
    assert all(one.last_wins for one in hardened)


def test_a_study_leaves_a_table_for_every_chart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convergence, "SIZES", (3, 5))
    monkeypatch.setattr(convergence, "FANOUTS", (1, 2))
    monkeypatch.setattr(convergence, "LOSSES", (0, 50))
    monkeypatch.setattr(convergence, "CUTS", (0, 1))
    result = convergence.run(2, Spread(1))
    assert set(result.charts) == {"fanout", "nodes", "loss", "cut", "survival"} == set(result.tables)
    assert all(len(table.rows) == 4 for table in result.tables.values())


def test_the_study_of_clocks_has_a_row_for_every_error_and_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lost_updates, "ERRORS", (0, 1000))
    result = lost_updates.run(2, Spread(1))
    assert len(result.rows) == len(result.tables["lost_updates"].rows) == 2 * len(result.tables["by_error"].rows) == 6
