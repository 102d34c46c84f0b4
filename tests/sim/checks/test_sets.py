import pytest
from histories import told

from sim.checks import sets
from sim.checks.calls import Budget, Calm
from sim.units import MS

# Of each pair the first must be caught and the second must pass.
TWINS = {
    "never seen again": (
        ["1 add 1", "1 ok", "2 read", "2 ok []"],
        ["1 add 1", "1 ok", "2 read", "2 ok []", "2 read", "2 ok [1]"],
    ),
    "seen and then gone": (
        ["1 add 1", "1 info", "2 read", "2 ok [1]", "2 read", "2 ok []"],
        ["1 add 1", "1 info", "2 read", "2 ok []", *["2 read", "2 ok [1]"] * 2],
    ),
    "never added": (
        ["1 add 1", "1 ok", "2 read", "2 ok [1, 2]"],
        ["1 add 1", "1 ok", "2 read", "2 ok [1]"],
    ),
    "its add had failed": (
        ["1 add 1", "1 fail", "2 read", "2 ok [1]"],
        ["1 add 1", "1 info", *["2 read", "2 ok [1]"] * 2],
    ),
}


@pytest.mark.parametrize(("broken", "sound"), TWINS.values(), ids=TWINS)
def test_a_lost_or_invented_element_is_violated_and_its_sound_twin_holds(broken, sound):
    assert [sets.judge(told(*rows), Budget()).verdict for rows in (broken, sound)] == ["violated", "holds"]


def test_an_element_of_unknown_outcome_that_nobody_saw_is_not_lost():
    found = sets.judge(told("1 add 1", "1 info", "2 read", "2 ok []"), Budget())
    assert (found.verdict, found.evidence["unacknowledged_and_unseen"]) == ("vacuous", 1)


def test_a_stale_element_is_counted_with_the_time_until_it_was_visible():
    rows = ["1 add 1", "1 ok", "2 add 2", "2 ok", "3 read", "3 ok [2]", "3 read", "3 ok [2]", "3 read", "3 ok [1, 2]"]
    evidence = sets.judge(told(*rows), Budget()).evidence
    assert (evidence["stale"], evidence["lost_count"]) == ([1], 0)
    assert evidence["visible_after_ns"] == {"p0": 0, "p50": 0, "p90": 5 * MS, "p99": 5 * MS, "p100": 5 * MS}


def test_a_removed_element_is_not_lost():
    assert sets.judge(told("1 add 1", "1 ok", "1 remove 1", "1 ok", "2 read", "2 ok []"), Budget()).verdict == "vacuous"


def test_with_a_bound_only_reads_that_are_due_can_show_a_loss():
    # Added at 2 ms; a read begins at 3 ms.
    rows = ["1 add 1", "1 ok", "2 read", "2 ok []"]
    bounds = Calm(1 * MS), Calm(2 * MS), Calm(0, heal=4 * MS)
    verdicts = [sets.judge(told(*rows), Budget(), calm).verdict for calm in bounds]
    assert verdicts == ["violated", "vacuous", "vacuous"]


def test_with_a_bound_one_due_read_without_it_is_enough():
    rows = ["1 add 1", "1 ok", "2 read", "2 ok []", "2 read", "2 ok [1]"]
    assert sets.judge(told(*rows), Budget(), Calm(0)).verdict == "violated"


def test_without_an_answered_read_there_is_nothing_to_judge():
    assert sets.judge(told("1 add 1", "1 ok"), Budget()).verdict == "vacuous"
