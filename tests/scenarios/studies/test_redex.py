"""The study of redex in small: writes are shipped and stored when they should be."""

import pytest

from scenarios.studies.redex import loss_window
from scenarios.studies.spread import Spread
from sim.units import MS


@pytest.mark.parametrize("seed", range(4))
def test_a_write_alone_is_shipped_in_2h_and_2d_and_stored_one_delay_later(seed: int) -> None:
    shipped, stored = loss_window.waits(("alone", 2, 10, seed))
    assert min(shipped) > 20 * MS
    assert max(shipped) <= 220 * MS
    assert [late - soon for soon, late in zip(shipped, stored, strict=True)] == [10 * MS] * len(shipped)


def test_every_point_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loss_window, "DELAYS", (5, 20))
    result = loss_window.run(3, Spread())
    assert [row[:2] for row in result.tables["loss_window"].rows][:2] == [("alone, 2 nodes", 5), ("alone, 2 nodes", 20)]
    assert sum(row.published is not None for row in result.rows) == 2
    assert len(result.rows) == 8
