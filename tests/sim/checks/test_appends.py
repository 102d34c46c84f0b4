import random

import pytest
from histories import ACTIONS, history, real_time, told

from sim.checks import appends
from sim.checks.calls import Budget, calls
from sim.history import History, Operation

# Golden: the anomaly, and what it takes to see it and nothing else.
GOLDEN = {
    "G0": [
        "1 txn [('append','x',1),('append','y',1)]", "2 txn [('append','x',2),('append','y',2)]",
        "1 ok [('append','x',1),('append','y',1)]", "2 ok [('append','x',2),('append','y',2)]",
        "3 txn [('r','x',None)]", "3 ok [('r','x',[1,2])]", "3 txn [('r','y',None)]", "3 ok [('r','y',[2,1])]",
    ],
    "G1a": [
        "1 append:x 1", "1 fail", "2 read:x", "2 ok [1]",
    ],
    "G1b": [
        "1 txn [('append','x',1),('append','x',2)]", "1 ok [('append','x',1),('append','x',2)]",
        "2 read:x", "2 ok [1]",
    ],
    "G1c": [
        "1 txn [('append','x',1),('r','y',None)]", "2 txn [('append','y',1),('r','x',None)]",
        "1 ok [('append','x',1),('r','y',[1])]", "2 ok [('append','y',1),('r','x',[1])]",
    ],
    "G-single": [
        "1 txn [('r','x',None),('r','y',None)]", "2 txn [('append','x',1),('append','y',1)]",
        "1 ok [('r','x',[]),('r','y',[1])]", "2 ok [('append','x',1),('append','y',1)]",
        "3 read:x", "3 ok [1]",
    ],
    "G2-item": [
        "1 txn [('r','x',None),('append','y',1)]", "2 txn [('r','y',None),('append','x',1)]",
        "1 ok [('r','x',[]),('append','y',1)]", "2 ok [('r','y',[]),('append','x',1)]",
        "3 txn [('r','x',None),('r','y',None)]", "3 ok [('r','x',[1]),('r','y',[1])]",
    ],
    "internal": [
        "1 txn [('append','x',1),('r','x',None)]", "1 ok [('append','x',1),('r','x',[])]",
    ],
    "incompatible-order": [
        "1 append:x 1", "2 append:x 2", "1 ok", "2 ok", "3 read:x", "3 ok [1]", "4 read:x", "4 ok [2]",
    ],
    "duplicate-elements": [
        "1 append:x 1", "1 ok", "2 read:x", "2 ok [1, 1]",
    ],
    "phantom-elements": [
        "1 append:x 1", "1 ok", "2 read:x", "2 ok [7, 1]",
    ],
}  # fmt: skip

SOUND = [
    "1 txn [('append','x',1),('append','y',1)]", "2 txn [('r','x',None),('r','y',None)]",
    "1 ok [('append','x',1),('append','y',1)]", "2 ok [('r','x',[1]),('r','y',[1])]",
    "3 append:x 2", "3 info", "4 read:x", "4 ok [1,2]", "4 append:x 3", "4 fail", "5 read:y", "5 ok [1]",
]  # fmt: skip


def anomalies(*rows, realtime=False):
    return sorted(appends.judge(told(*rows), Budget(), realtime).evidence["anomalies"])


@pytest.mark.parametrize("name", [name for name in GOLDEN if name not in ("internal",)])
def test_each_anomaly_has_its_name(name):
    extra = {"G1b": ["G-single", "G1b"]}.get(name, [name])  # who reads half of a transaction also misses the rest of it
    assert anomalies(*GOLDEN[name]) == extra


def test_a_transaction_that_contradicts_itself_is_internal():
    assert "internal" in anomalies(*GOLDEN["internal"])


def test_a_sound_history_has_no_anomaly():
    assert appends.judge(told(*SOUND), Budget()).verdict == "holds"
    assert appends.judge(told(*SOUND), Budget(), realtime=True).verdict == "holds"


def test_a_cycle_is_told_edge_by_edge():
    found = appends.judge(told(*GOLDEN["G-single"]), Budget())
    assert found.evidence["anomalies"]["G-single"]["cycle"] == [
        "op 2 appended 1 to x, which had not been read (rw from op 1)",
        "op 1 read 1 as the last of y (wr from op 2)",
    ]


def test_what_only_real_time_shows_has_a_name_of_its_own():
    stale = ["1 append:x 1", "1 ok", "2 read:x", "2 ok []", "3 read:x", "3 ok [1]"]
    assert anomalies(*stale) == []
    assert anomalies(*stale, realtime=True) == ["G-single-realtime"]


def test_a_value_appended_twice_leaves_it_unknown_who_was_read():
    found = appends.judge(told("1 append:x 1", "1 ok", "2 append:x 1", "2 ok", "3 read:x", "3 ok [1]"), Budget())
    assert found.verdict == "unknown"
    assert "op 1 and op 2" in found.sentence


def test_lists_that_nobody_read_are_vacuous():
    assert appends.judge(told("1 append:x 1", "1 ok"), Budget()).verdict == "vacuous"


def test_a_spent_budget_is_unknown_unless_something_was_found_before():
    assert appends.judge(told(*SOUND), Budget(steps=8)).verdict == "unknown"
    assert appends.judge(told(*GOLDEN["G1a"]), Budget(steps=5)).verdict == "violated"


# -- the slow twin -----------------------------------------------------------------------------------------


def draw(random_):
    """Return a random history of transactions: of a serial store, of replicas that lag, or without isolation."""
    made = History(ACTIONS)
    lists = {key: [] for key in "xy"}
    lies, torn = random_.random() < 0.5, random_.random() < 0.3
    count = random_.randint(2, 5)
    running = []
    at = value = 0
    while len(made.operations) < count or running:
        at += 1
        if len(made.operations) < count and (not running or random_.random() < 0.5):
            micros = []
            for _ in range(random_.randint(1, 3)):
                key = random_.choice("xy")
                if random_.random() < 0.5:
                    value += 1
                    micros.append(("append", key, value))
                else:
                    micros.append(("r", key, None))
            number = len(made.operations) + 1
            op = Operation(number, f"c{number}", number, "txn", (None, tuple(micros)), "n1", at)
            made.begin(op)
            if torn:  # what it appends is seen before it ends
                for action, key, given in micros:
                    lists[key] += [given] if action == "append" else []
            running.append((op, {key: tuple(some) for key, some in lists.items()}))
            continue
        op, snapshot = running.pop(random_.randrange(len(running)))
        outcome = random_.choices(("ok", "fail", "info"), (8, 1, 1))[0]
        stale = lies and random_.random() < 0.5
        view = {key: list(snapshot[key] if stale else some) for key, some in lists.items()}
        done = []
        for action, key, given in op.args[1]:
            if torn:
                done.append((action, key, given if action == "append" else tuple(lists[key])))
            elif action == "append":
                view[key].append(given)
                if outcome != "fail" or random_.random() < 0.2:
                    lists[key].append(given)
                done.append((action, key, given))
            else:
                done.append((action, key, tuple(view[key])))
        made.end(op, at, outcome, tuple(done) if outcome == "ok" else None)
    return made


def serial(every, strict):
    """Return whether some serial order explains all reads, by trying every one."""

    def search(left, lists):
        if not any(call.ok for call in left):
            return True
        for call in left:
            if strict and any(real_time(other, call) for other in left if other is not call):
                continue
            after = dict(lists)
            for action, key, given in call.got if call.ok else call.given[0]:
                if action == "append":
                    after[key] = (*after.get(key, ()), given)
                elif call.ok and after.get(key, ()) != given:
                    break
            else:
                if search([c for c in left if c is not call], after):
                    return True
        return False

    return search([call for call in every if call.outcome != "fail"], {})


@pytest.mark.parametrize("strict", [False, True], ids=["serializable", "strict"])
def test_anomalies_are_found_exactly_where_no_serial_order_explains_the_reads(strict, pytestconfig):
    seen = {}
    for seed in range(pytestconfig.getoption("histories")):
        every = calls(draw(random.Random(f"txn {seed}")))
        found = appends.judge(every, Budget(), realtime=strict)
        if found.verdict == "vacuous":
            continue
        for name in found.evidence["anomalies"]:
            seen[name] = seen.get(name, 0) + 1
        assert (found.verdict == "holds") == serial(every, strict), [c.told() for c in every]
    assert {"G0", "G1a", "G1b", "G1c", "G-single", "G2-item"} <= set(seen)


def test_every_cycle_that_is_told_is_one_of_the_graphs_edges(pytestconfig):
    kinds = {"G0": {"ww"}, "G1c": {"ww", "wr"}, "G-single": {"ww", "wr", "rw"}, "G2-item": {"ww", "wr", "rw"}}
    for seed in range(pytestconfig.getoption("histories") // 4):
        every = calls(draw(random.Random(f"txn {seed}")))
        found = appends.judge(every, Budget())
        for name, anomaly in found.evidence.get("anomalies", {}).items():
            if name not in kinds:
                continue
            used = [step.rpartition("(")[2].split()[0] for step in anomaly["cycle"]]
            ends = [(int(s.rpartition(" ")[2].rstrip(")")), int(s.split()[1])) for s in anomaly["cycle"]]
            assert all(b == c for (_, b), (c, _) in zip(ends, [*ends[1:], ends[0]], strict=True))
            assert set(used) <= kinds[name]
            rw = used.count("rw")
            assert {"G0": rw == 0, "G1c": "wr" in used, "G-single": rw == 1, "G2-item": rw >= 2}[name]


def test_a_log_read_back_is_a_list_of_single_operations():
    rows = ["1 append 1", "1 ok", "2 append 2", "2 ok", "1 read", "1 ok [1]", "2 read", "2 ok [2]"]
    assert history(*rows).operations[0].args[0] is None
    assert anomalies(*rows) == ["incompatible-order"]
