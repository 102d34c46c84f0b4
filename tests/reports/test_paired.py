"""Pairs count what both of their runs have, and say how many have it from one alone."""

from typing import NamedTuple

import pytest

from reports.paired import Judged, Pairs


class Run(NamedTuple):
    verdicts: dict[str, str]
    metrics: dict[str, int | None]


def of(*pairs: tuple[str, str]) -> Pairs:
    """Return pairs with these verdicts of a property."""
    found = Pairs()
    for side, beside in pairs:
        found.add(Run({"p": side}, {}), Run({"p": beside}, {}))
    return found


def test_a_pair_is_counted_by_who_violates() -> None:
    v, h = "violated", "holds"
    assert of((v, v), (v, h), (v, h), (h, v), (h, h)).verdicts["p"] == Judged(5, 1, 2, 1)


@pytest.mark.parametrize("pair", [("violated", "vacuous"), ("unknown", "violated"), ("vacuous", "vacuous")])
def test_a_pair_that_was_not_judged_twice_tells_nothing_of_a_property(pair: tuple[str, str]) -> None:
    found = of(pair)
    assert (found.count, found.verdicts) == (1, {})


def test_a_property_that_one_side_does_not_have_is_not_compared() -> None:
    found = Pairs()
    found.add(Run({"p": "holds", "q": "violated"}, {}), Run({"p": "holds"}, {}))
    assert list(found.verdicts) == ["p"]


def test_a_difference_is_what_the_side_has_more() -> None:
    found = Pairs()
    for side, beside in ((5, 3), (1, 4), (7, 7)):
        found.add(Run({}, {"m": side}), Run({}, {"m": beside}))
    assert found.metrics["m"].differences() == [-3, 0, 2]


def test_a_metric_that_one_run_lacks_makes_no_difference_and_is_counted() -> None:
    found = Pairs()
    for side, beside in ((5, None), (None, 4), (None, 4), (None, None), (2, 1)):
        found.add(Run({}, {"m": side}), Run({}, {"m": beside}))
    one = found.metrics["m"]
    assert (found.count, one.differences(), one.only_side, one.only_beside) == (5, [1], 1, 2)


def test_the_side_that_violates_more_often_has_a_difference_above_zero() -> None:
    value, low, high = of(*[("violated", "holds")] * 9, ("holds", "violated")).verdicts["p"].difference() or (0, 0, 0)
    assert value == pytest.approx(0.8)
    assert 0 < low < value < high
