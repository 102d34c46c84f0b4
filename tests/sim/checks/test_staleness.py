import random

import pytest
from histories import draw, told

from sim.checks import linearizable, staleness
from sim.checks.calls import Budget, calls
from sim.checks.datatypes import REGISTER
from sim.units import MS

TWO_BEHIND = ["1 write 1", "1 ok", "1 write 2", "1 ok", "1 write 3", "1 ok", "2 read", "2 ok 1"]


def test_a_stale_read_is_violated_and_its_fresh_twin_holds():
    fresh = [*TWO_BEHIND[:-1], "2 ok 3"]
    assert [staleness.judge(told(*rows), Budget()).verdict for rows in (TWO_BEHIND, fresh)] == ["violated", "holds"]


def test_staleness_is_measured_in_versions_and_in_time():
    evidence = staleness.judge(told(*TWO_BEHIND), Budget()).evidence
    assert (evidence["versions"]["p100"], evidence["age_ns"]["p100"]) == (2, 3 * MS)  # replaced by 4 ms, read at 7 ms


@pytest.mark.parametrize(
    ("versions", "age", "verdict"), [(2, 3 * MS, "holds"), (1, 9 * MS, "violated"), (2, 1 * MS, "violated")]
)
def test_reads_may_be_stale_up_to_a_bound(versions, age, verdict):
    assert staleness.judge(told(*TWO_BEHIND), Budget(), versions, age).verdict == verdict


def test_the_first_value_is_stale_as_soon_as_a_write_was_answered():
    assert staleness.judge(told("1 write 1", "1 ok", "2 read", "2 ok None"), Budget()).verdict == "violated"


def test_a_write_that_overlaps_has_not_certainly_replaced_anything():
    rows = ["1 write 1", "1 ok", "1 write 2", "2 read", "1 ok", "2 ok 1"]
    assert staleness.judge(told(*rows), Budget()).verdict == "holds"


def test_no_linearizable_history_is_called_stale():
    stale = 0
    for seed in range(600):
        every = calls(draw(random.Random(seed), "register", 8, unique=True))
        if staleness.judge(every, Budget()).verdict == "violated":
            stale += 1
            assert linearizable.judge(every, REGISTER, Budget()).verdict == "violated"
    assert stale > 50
