from __future__ import annotations

from fractions import Fraction

import pytest

from models.redex.budget import BandwidthBudget
from sim.units import MS, S

THIRD = Fraction(3, 10)  # the default share of background traffic


def budget(rate: int = 100, fraction: Fraction = Fraction(1), bucket: str = "full") -> BandwidthBudget:
    return BandwidthBudget(rate, fraction, THIRD, 0, bucket)


def test_a_bucket_holds_its_fraction_of_one_second() -> None:
    assert budget(10_000_000, Fraction(1, 2)).capacity == budget(10_000_000, Fraction(1, 2)).available == 5_000_000


def test_a_bucket_may_start_empty() -> None:
    assert budget(bucket="empty").available == 0


def test_what_is_admitted_is_taken_and_what_is_refused_is_not() -> None:
    it = budget()
    assert [it.try_consume(60, "foreground", 0), it.available] == [True, 40]
    assert [it.try_consume(41, "foreground", 0), it.available] == [False, 40]
    assert [it.try_consume(40, "foreground", 0), it.available] == [True, 0]


def test_a_bucket_fills_at_its_capacity_a_second_and_no_further() -> None:
    it = budget()
    it.try_consume(100, "foreground", 0)
    assert not it.try_consume(51, "foreground", 500 * MS)
    assert it.available == 50
    assert not it.try_consume(101, "foreground", 60 * S)
    assert it.available == 100


def test_parts_of_a_byte_add_up() -> None:
    it = budget(3, bucket="empty")
    for at in range(1, 334):  # three bytes a second: one byte takes a third of a second
        assert not it.try_consume(1, "foreground", at * MS)
    assert it.try_consume(1, "foreground", 334 * MS)


@pytest.mark.parametrize(("cost", "admitted"), [(30, True), (31, False)])
def test_background_traffic_may_use_its_share_of_a_full_bucket(cost: int, admitted: bool) -> None:
    assert budget().try_consume(cost, "background", 0) is admitted


def test_background_traffic_waits_for_what_foreground_traffic_took() -> None:
    it = budget()
    it.try_consume(20, "foreground", 0)
    assert not it.try_consume(30, "background", 0)
    assert it.try_consume(30, "background", 200 * MS)


def test_a_cost_above_the_capacity_is_never_admitted() -> None:
    assert not any(budget().try_consume(101, "foreground", hours * 3600 * S) for hours in range(100))


def test_a_refund_never_fills_a_bucket_beyond_its_capacity() -> None:
    it = budget()
    it.try_consume(60, "foreground", 0)
    it.refund(50)
    assert it.available == 90
    it.refund(50)
    assert it.available == 100
