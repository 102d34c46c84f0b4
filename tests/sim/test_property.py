from collections.abc import Generator
from typing import Any

import pytest

from sim.property import NOTHING, Property, always, eventually, sometimes


def judge(cluster: Any) -> Generator[Any, Any, None]:
    while True:
        yield NOTHING


def test_a_property_takes_its_short_name_from_its_function() -> None:
    made = always("nothing bad", needs={"state": "role term", "stored": "seq"})(judge)
    assert made == Property("judge", "nothing bad", "always", {"state": ("role", "term"), "stored": ("seq",)}, judge)


def test_each_maker_says_when_it_must_hold() -> None:
    assert always("a", needs={})(judge).mode == "always"
    assert sometimes("a", needs={})(judge).mode == "sometimes"
    made = eventually("a", needs={}, within="5s")(judge)
    assert (made.mode, made.within) == ("eventually", 5_000_000_000)


def test_a_bound_is_a_time_with_a_unit() -> None:
    with pytest.raises(ValueError, match="allowed: a time"):
        eventually("a", needs={}, within="5")


def test_another_bound_leaves_the_property_as_it_was() -> None:
    made = eventually("a", needs={}, within="5s")(judge)
    assert made.lasting(7).within == 7
    assert made.within == 5_000_000_000
