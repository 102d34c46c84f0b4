"""The studies of ecs in small: every point is there, and what is measured agrees with what is expected."""

import pytest

from scenarios.studies.ecs import lossy, ring
from scenarios.studies.spread import Spread


@pytest.fixture(scope="module")
def pulled(request: pytest.FixtureRequest) -> object:
    return lossy.run(4, Spread())


def test_a_pull_over_a_link_that_loses_nothing_is_one_session() -> None:
    assert lossy.pull(("ecs/lossy_pull", 0, 1))[0] == 1
    assert lossy.expected(0) == 1


@pytest.mark.parametrize("loss", [10, 50])
def test_the_expected_sessions_are_those_of_coins(loss: int) -> None:
    # P(one session is enough) = (1 - loss)^100, and so on; the tail is summed the long way round.
    share = loss / 100
    mean = sum(r * ((1 - share**r) ** 100 - (1 - share ** (r - 1)) ** 100) for r in range(1, 200))
    assert lossy.expected(loss) == pytest.approx(mean)


def test_every_loss_rate_is_measured_both_ways(pulled: lossy.Result) -> None:
    table = pulled.tables["lossy"]
    assert len(table.rows) == len(lossy.LOSSES) * len(lossy.WAYS)
    assert all(abs(row[2] - row[5]) < 5 for row in table.rows)
    sessions = table.column("sessions")
    assert sessions[len(lossy.LOSSES) - 1] > sessions[0]


def test_few_rings_move_about_what_they_should(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring, "MEMBERS", range(3, 7))
    monkeypatch.setattr(ring, "VNODES", (1, 10))
    monkeypatch.setattr(ring, "TIMES", (2, 1))
    result = ring.run(60, Spread())
    assert [row.measured for row in result.rows if "outside" in row.name] == [0, 0]
    assert [table.column("members") for table in result.tables.values()] == [
        [3, 4, 5, 6],
        [3, 4, 5, 6],
        [3, 4, 5, 6] * 2,
    ]


def test_a_ring_that_moves_too_much_is_outside_of_the_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring, "VNODES", (1,))
    monkeypatch.setattr(ring, "TIMES", (1,))
    monkeypatch.setattr(ring, "moves", lambda job: [(job[1] % 2 == 0, 0.5)] * 48)
    assert ring.run(60, Spread()).rows[0].verdict == "differs"


def test_every_n_from_3_to_50_is_measured() -> None:
    assert len(ring.moves((1, 1))) == 48


def test_more_virtual_nodes_move_more_evenly() -> None:
    def spread(vnodes: int) -> float:
        parts = [ring.moves((vnodes, seed))[0][1] for seed in range(30)]
        mean = sum(parts) / len(parts)
        return sum((part - mean) ** 2 for part in parts)

    assert spread(50) < spread(1)


def test_the_interval_of_half_of_a_hundred() -> None:
    assert ring.binomial(0.5, 100, ring.Z95) == pytest.approx((0.4038, 0.5962), abs=1e-4)
