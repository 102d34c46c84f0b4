import pytest
from histories import told

from sim.checks import queues
from sim.checks.calls import Budget

TWINS = {
    "taken twice": (
        ["1 enqueue 1", "1 ok", "2 dequeue", "2 ok 1", "2 dequeue", "2 ok 1"],
        ["1 enqueue 1", "1 ok", "2 dequeue", "2 ok 1", "2 dequeue", "2 ok None"],
    ),
    "never put in": (
        ["1 enqueue 1", "1 ok", "2 dequeue", "2 ok 2"],
        ["1 enqueue 1", "1 ok", "2 dequeue", "2 ok 1"],
    ),
    "taken before it was put in": (
        ["2 dequeue", "2 ok 1", "1 enqueue 1", "1 ok"],
        ["2 dequeue", "1 enqueue 1", "2 ok 1", "1 ok"],
    ),
    "put in twice, taken three times": (
        ["1 enqueue 1", "1 ok", "1 enqueue 1", "1 ok", *["2 dequeue", "2 ok 1"] * 3],
        ["1 enqueue 1", "1 ok", "1 enqueue 1", "1 ok", *["2 dequeue", "2 ok 1"] * 2],
    ),
}


@pytest.mark.parametrize(("broken", "sound"), TWINS.values(), ids=TWINS)
def test_what_is_taken_twice_or_from_nowhere_is_violated_and_its_sound_twin_holds(broken, sound):
    assert [queues.judge(told(*rows), Budget()).verdict for rows in (broken, sound)] == ["violated", "holds"]


def test_what_stays_inside_is_counted():
    found = queues.judge(told("1 enqueue 1", "1 ok", "1 enqueue 2", "1 ok", "2 dequeue", "2 ok 2"), Budget())
    assert found.evidence == {"taken": 1, "still_inside_or_lost": 1}


def test_without_an_answered_dequeue_there_is_nothing_to_judge():
    assert queues.judge(told("1 enqueue 1", "1 ok", "2 dequeue", "2 info"), Budget()).verdict == "vacuous"
