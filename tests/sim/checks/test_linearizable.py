import random

import pytest
from histories import DRAWN, draw, explained, one_process, real_time, told

from sim.checks import linearizable, sequential
from sim.checks.calls import BadHistory, Budget, calls
from sim.checks.datatypes import DATA_TYPES

BROKEN_AND_SOUND = {  # the model, a history that no order explains, and its sound twin
    "stale read": (
        "register",
        ["1 write 1", "1 ok", "1 write 2", "1 ok", "2 read", "2 ok 1"],
        ["1 write 1", "1 ok", "1 write 2", "2 read", "1 ok", "2 ok 1"],
    ),
    "value from nowhere": (
        "register",
        ["1 write 1", "1 ok", "2 read", "2 ok 9"],
        ["1 write 1", "1 ok", "2 read", "2 ok 1"],
    ),
    "failed write was read": (
        "register",
        ["1 write 1", "1 fail", "2 read", "2 ok 1"],
        ["1 write 1", "1 info", "2 read", "2 ok 1"],
    ),
    "two reads disagree on the order of two writes": (
        "register",
        ["1 write 1", "2 write 2", "3 read", "3 ok 1", "4 read", "4 ok 2", "3 read", "3 ok 1", "1 ok", "2 ok"],
        ["1 write 1", "2 write 2", "3 read", "3 ok 1", "4 read", "4 ok 2", "3 read", "3 ok 2", "1 ok", "2 ok"],
    ),
    "two cas from one value": (
        "cas-register",
        ["1 write 1", "1 ok", "2 cas 1;2", "3 cas 1;3", "2 ok", "3 ok"],
        ["1 write 1", "1 ok", "2 cas 1;2", "3 cas 2;3", "2 ok", "3 ok"],
    ),
    "cas that had to succeed": (
        "cas-register",
        ["1 write 1", "1 ok", "2 cas 1;2", "2 ok False"],
        ["1 write 1", "1 ok", "2 cas 3;2", "2 ok False"],
    ),
    "lost append": (
        "kv-append",
        ["1 append 'a'", "1 ok", "2 append 'b'", "2 ok", "1 get", "1 ok 'b'"],
        ["1 append 'a'", "1 ok", "2 append 'b'", "2 ok", "1 get", "1 ok 'ab'"],
    ),
    "put undone": (
        "kv-append",
        ["1 put 'a'", "1 ok", "2 get", "2 ok 'a'", "1 put 'b'", "2 get", "2 ok 'b'", "2 get", "2 ok 'a'", "1 ok"],
        ["1 put 'a'", "1 ok", "2 get", "2 ok 'a'", "1 put 'b'", "2 get", "2 ok 'a'", "2 get", "2 ok 'b'", "1 ok"],
    ),
    "appends swapped": (
        "list",
        ["1 append 1", "1 ok", "1 append 2", "1 ok", "2 read", "2 ok [2, 1]"],
        ["1 append 1", "1 ok", "1 append 2", "1 ok", "2 read", "2 ok [1, 2]"],
    ),
    "element gone": (
        "set",
        ["1 add 1", "1 ok", "2 add 2", "2 ok", "3 read", "3 ok [2]"],
        ["1 add 1", "1 ok", "2 add 2", "2 ok", "3 read", "3 ok [2, 1]"],
    ),
    "count lost": (
        "counter",
        ["1 increment 1", "1 ok", "2 increment 1", "2 ok", "3 read", "3 ok 1"],
        ["1 increment 1", "1 ok", "2 increment 1", "3 read", "2 ok", "3 ok 1"],
    ),
    "taken twice": (
        "queue",
        ["1 enqueue 1", "1 ok", "2 dequeue", "3 dequeue", "2 ok 1", "3 ok 1"],
        ["1 enqueue 1", "1 ok", "2 dequeue", "3 dequeue", "2 ok 1", "3 ok None"],
    ),
    "out of turn": (
        "queue",
        ["1 enqueue 1", "1 ok", "1 enqueue 2", "1 ok", "2 dequeue", "2 ok 2"],
        ["1 enqueue 1", "2 enqueue 2", "1 ok", "2 ok", "2 dequeue", "2 ok 2"],
    ),
    "two hold the lock": (
        "lock",
        ["1 acquire", "1 ok", "2 acquire", "2 ok", "1 release", "1 ok"],
        ["1 acquire", "1 ok", "2 acquire", "1 release", "2 ok", "1 ok"],
    ),
    "released by another": (
        "owned-lock",
        ["1 acquire", "1 ok", "2 release", "2 ok"],
        ["1 acquire", "1 ok", "1 release", "1 ok"],
    ),
}


def judged(model, rows, budget=None):
    return linearizable.judge(told(*rows), DATA_TYPES[model], budget or Budget())


@pytest.mark.parametrize(("model", "broken", "sound"), BROKEN_AND_SOUND.values(), ids=BROKEN_AND_SOUND)
def test_what_no_order_explains_is_violated_and_its_sound_twin_holds(model, broken, sound):
    assert (judged(model, broken).verdict, judged(model, sound).verdict) == ("violated", "holds")


@pytest.mark.parametrize("unique", [False, True], ids=["values-recur", "values-differ"])
@pytest.mark.parametrize("model", DRAWN)
def test_the_search_agrees_with_trying_every_order(model, unique, pytestconfig):
    # An eighth for each pair: register, cas-register, queue and kv-append have the whole count between them.
    verdicts = set()
    for seed in range(pytestconfig.getoption("histories") // 8):
        drawn = calls(draw(random.Random(f"{model} {unique} {seed}"), model, 5 + seed % 4, 1 + seed % 2, unique))
        fast = linearizable.judge(drawn, DATA_TYPES[model], Budget()).verdict
        slow = explained(drawn, model, real_time)
        verdicts.add(slow)
        assert (fast != "violated") == slow, [call.told() for call in drawn]
        assert fast != "unknown"
    assert verdicts == {True, False}


@pytest.mark.parametrize("model", DRAWN)
def test_the_sequential_search_agrees_with_trying_every_order(model, pytestconfig):
    verdicts = set()
    for seed in range(pytestconfig.getoption("histories") // 10):
        drawn = calls(draw(random.Random(f"{model} {seed}"), model, 5 + seed % 3, 1 + seed % 2, seed % 3 == 0))
        fast = sequential.judge(drawn, DATA_TYPES[model], Budget()).verdict
        slow = explained(drawn, model, one_process)
        verdicts.add(slow)
        assert (fast != "violated") == slow, [call.told() for call in drawn]
    assert verdicts == {True, False}


def test_sequential_consistency_lets_others_read_late_but_not_a_process_its_own_past():
    late = ["1 write 1", "1 ok", "2 read", "2 ok None"]
    assert judged("register", late).verdict == "violated"
    assert sequential.judge(told(*late), DATA_TYPES["register"], Budget()).verdict == "holds"
    own = ["1 write 1", "1 ok", "1 read", "1 ok None"]
    assert sequential.judge(told(*own), DATA_TYPES["register"], Budget()).verdict == "violated"


def test_sequential_consistency_is_judged_over_all_keys_at_once():
    # Each key alone has an order; together process 1 and 2 contradict each other.
    rows = [
        "1 write:x 1", "2 write:y 1", "1 ok", "2 ok", "1 read:y", "2 read:x", "1 ok None", "2 ok None",
    ]  # fmt: skip
    every = told(*rows)
    kind = DATA_TYPES["register"]
    assert sequential.judge(every, kind, Budget()).verdict == "violated"
    for key in "xy":
        some = [call for call in every if call.key == key]
        assert sequential.judge(some, kind, Budget()).verdict == "holds"


# Every sum of even amounts is possible at some time, an odd one never: nothing but trying all subsets shows it.
SUBSETS = [
    "0 increment 2", "0 ok", *(f"{p} increment {2 << p}" for p in range(1, 30)), "50 read", "50 ok 7",
    *(f"{p} ok" for p in range(1, 30)),
]  # fmt: skip


def test_an_adversarial_history_is_unknown_within_its_budget_of_steps():
    budget = Budget(steps=20_000)
    found = judged("counter", SUBSETS, budget)
    assert found.verdict == "unknown"
    assert -100 < budget.steps <= 0
    assert "20000 steps" in found.sentence
    assert found.evidence["linearized"]


def test_an_adversarial_history_is_unknown_within_its_budget_of_memory():
    budget = Budget(memory=1_000_000)
    assert judged("counter", SUBSETS, budget).verdict == "unknown"
    assert budget.steps > 0


def test_one_hard_key_does_not_spend_what_the_others_need():
    rows = [row.replace("increment", "increment:hard").replace("read", "read:hard") for row in SUBSETS]
    rows += ["60 increment:easy 1", "60 ok", "60 read:easy", "60 ok 5"]
    assert judged("counter", rows, Budget(20_000)).verdict == "violated"


def test_the_same_history_is_judged_the_same_again():
    assert judged("counter", SUBSETS, Budget(5_000)) == judged("counter", SUBSETS, Budget(5_000))


def test_the_window_holds_the_conflict_and_nothing_before_it():
    before = [row for n in range(20) for row in (f"1 write {n}", "1 ok", "2 read", f"2 ok {n}")]
    conflict = ["1 write 100", "1 ok", "2 read", "2 ok 3", "1 write 101", "1 ok"]
    window = judged("register", before + conflict).evidence["window"]
    assert window["operations"] == [41, 42]
    assert window["minimal"]
    assert (window["from"], window["to"]) == (81_000_000, 84_000_000)


def test_the_longest_partial_linearization_ends_where_no_order_goes_on():
    found = judged("register", ["1 write 1", "1 ok", "1 write 2", "1 ok", "2 read", "2 ok 1", "2 read", "2 ok 1"])
    assert found.evidence["linearized"] == [1, 2]
    assert found.evidence["state"] == 2
    assert found.evidence["stuck"] == "op 3 (c2: read() -> 1)"
    assert found.at == 6_000_000


def test_the_partial_linearization_is_itself_legal(pytestconfig):
    kind = DATA_TYPES["cas-register"]
    shown = 0
    for seed in range(400):
        every = calls(draw(random.Random(seed), "cas-register", 8))
        found = linearizable.judge(every, kind, Budget())
        if found.verdict != "violated":
            continue
        shown += 1
        by_op = {call.op: call for call in kind.prepare(every)}
        order = [by_op[op] for op in found.evidence["linearized"]]
        state = None
        for i, call in enumerate(order):
            legal, state = kind.step(state, call)
            assert legal
            assert not any(real_time(later, call) for later in order[i + 1 :])
    assert shown > 50


def test_keys_are_independent():
    rows = ["1 write:x 1", "1 ok", "2 read:y", "2 ok None"]
    assert judged("register", rows).verdict == "holds"


def test_writes_without_any_answered_read_are_vacuous():
    assert judged("register", ["1 write 1", "1 ok", "2 read", "2 info"]).verdict == "vacuous"


def test_an_action_that_the_type_does_not_know_is_refused():
    with pytest.raises(BadHistory, match=r"found the action append, allowed for a register: read, write"):
        judged("register", ["1 append 1", "1 ok"])


def test_an_answer_of_the_wrong_shape_is_refused():
    with pytest.raises(BadHistory, match=r"read: found 'one', allowed: an integer"):
        judged("counter", ["1 read", "1 ok 'one'"])


def test_a_long_sound_history_is_judged_in_about_as_many_steps_as_it_has_operations():
    rows = [
        row
        for n in range(3_000)
        for row in (f"1 write {n}", f"2 write {-n - 1}", "1 ok", "3 read", "2 ok", f"3 ok {n if n % 2 else -n - 1}")
    ]
    budget = Budget(steps=60_000)
    assert judged("register", rows, budget).verdict == "holds"
