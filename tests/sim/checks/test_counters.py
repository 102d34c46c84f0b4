import random

import pytest
from histories import draw, told

from sim.checks import counters, linearizable
from sim.checks.calls import Budget, Calm, calls
from sim.checks.datatypes import COUNTER
from sim.units import MS

TWINS = {
    "counts too little": (
        ["1 increment 1", "1 ok", "2 increment 1", "2 ok", "3 read", "3 ok 1"],
        ["1 increment 1", "1 ok", "2 increment 1", "2 ok", "3 read", "3 ok 2"],
    ),
    "counts too much": (
        ["1 increment 1", "1 ok", "2 read", "2 ok 2"],
        ["1 increment 1", "1 ok", "2 read", "3 increment 1", "2 ok 2", "3 ok"],
    ),
    "counts what failed": (
        ["1 increment 1", "1 fail", "2 read", "2 ok 1"],
        ["1 increment 1", "1 info", "2 read", "2 ok 1"],
    ),
    "counts down": (
        ["1 increment -1", "1 ok", "2 read", "2 ok 0"],
        ["1 increment -1", "2 read", "1 ok", "2 ok 0"],
    ),
}


@pytest.mark.parametrize(("broken", "sound"), TWINS.values(), ids=TWINS)
def test_a_read_out_of_bounds_is_violated_and_its_sound_twin_holds(broken, sound):
    assert [counters.judge(told(*rows), Budget()).verdict for rows in (broken, sound)] == ["violated", "holds"]


def test_what_is_linearizable_is_within_bounds():
    outside = 0
    for seed in range(500):
        every = calls(draw(random.Random(seed), "counter"))
        if counters.judge(every, Budget()).verdict == "violated":
            outside += 1
            assert linearizable.judge(every, COUNTER, Budget()).verdict == "violated"
    assert outside > 50


def test_with_a_bound_only_what_was_acknowledged_long_enough_ago_must_be_counted():
    rows = ["1 increment 1", "1 ok", "2 read", "2 ok 0"]  # acknowledged at 2 ms, read at 3 ms
    verdicts = [counters.judge(told(*rows), Budget(), calm).verdict for calm in (Calm(1 * MS), Calm(2 * MS))]
    assert verdicts == ["violated", "holds"]


def test_a_read_before_everything_is_mended_is_not_due():
    rows = ["1 increment 1", "1 ok", "2 read", "2 ok 0"]
    assert counters.judge(told(*rows), Budget(), Calm(0, heal=4 * MS)).verdict == "vacuous"
