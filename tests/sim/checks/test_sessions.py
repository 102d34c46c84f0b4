import random
from itertools import pairwise, permutations

import pytest
from histories import draw, told

from sim.checks import sessions
from sim.checks.calls import Budget, calls
from sim.checks.datatypes import DATA_TYPES

BROKEN_AND_SOUND = {
    "own write not read": (
        "read_your_writes", "register",
        ["1 write 1", "1 ok", "1 read", "1 ok None"],
        ["1 write 1", "1 ok", "1 read", "1 ok 1"],
    ),
    "older own write read": (
        "read_your_writes", "register",
        ["1 write 1", "1 ok", "1 write 2", "1 ok", "1 read", "1 ok 1"],
        ["1 write 1", "1 ok", "1 write 2", "1 ok", "1 read", "1 ok 2"],
    ),
    "own element not read": (
        "read_your_writes", "set",
        ["1 add 1", "1 ok", "1 read", "1 ok [2]", "2 add 2", "2 ok"],
        ["1 add 1", "1 ok", "1 read", "1 ok [2, 1]", "2 add 2", "2 ok"],
    ),
    "read goes back": (
        "monotonic_reads", "register",
        ["1 write 1", "1 ok", "2 read", "2 ok 1", "2 read", "2 ok None"],
        ["1 write 1", "1 ok", "2 read", "2 ok None", "2 read", "2 ok 1"],
    ),
    "two readers see two orders": (
        "monotonic_reads", "register",
        ["1 write 1", "2 write 2", "1 ok", "2 ok", "3 read", "3 ok 1", "4 read", "4 ok 2", "3 read", "3 ok 2",
         "4 read", "4 ok 1"],
        ["1 write 1", "2 write 2", "1 ok", "2 ok", "3 read", "3 ok 1", "4 read", "4 ok 1", "3 read", "3 ok 2",
         "4 read", "4 ok 2"],
    ),
    "element seen and gone": (
        "monotonic_reads", "list",
        ["1 append 1", "1 ok", "2 read", "2 ok [1]", "2 read", "2 ok []"],
        ["1 append 1", "1 ok", "2 read", "2 ok []", "2 read", "2 ok [1]"],
    ),
    "a session's writes seen in reverse": (
        "monotonic_writes", "register",
        ["1 write 1", "1 ok", "1 write 2", "1 ok", "2 read", "2 ok 2", "2 read", "2 ok 1"],
        ["1 write 1", "1 ok", "1 write 2", "1 ok", "2 read", "2 ok 1", "2 read", "2 ok 2"],
    ),
    "the second append without the first": (
        "monotonic_writes", "list",
        ["1 append 1", "1 ok", "1 append 2", "1 ok", "2 read", "2 ok [2]"],
        ["1 append 1", "1 ok", "1 append 2", "1 ok", "2 read", "2 ok [1]"],
    ),
    "the second append before the first": (
        "monotonic_writes", "list",
        ["1 append 1", "1 ok", "1 append 2", "1 ok", "2 read", "2 ok [2, 1]"],
        ["1 append 1", "1 ok", "1 append 2", "1 ok", "2 read", "2 ok [1, 2]"],
    ),
    "an answer seen before its question": (
        "writes_follow_reads", "register",
        ["1 write 1", "1 ok", "2 read", "2 ok 1", "2 write 2", "2 ok", "3 read", "3 ok 2", "3 read", "3 ok 1"],
        ["1 write 1", "1 ok", "2 read", "2 ok 1", "2 write 2", "2 ok", "3 read", "3 ok 1", "3 read", "3 ok 2"],
    ),
    "an answer seen without its question": (
        "writes_follow_reads", "set",
        ["1 add 1", "1 ok", "2 read", "2 ok [1]", "2 add 2", "2 ok", "3 read", "3 ok [2]"],
        ["1 add 1", "1 ok", "2 read", "2 ok [1]", "2 add 2", "2 ok", "3 read", "3 ok [1]"],
    ),
}  # fmt: skip


def judged(guarantee, kind, every):
    return sessions.judge(guarantee, every, DATA_TYPES[kind], Budget())


@pytest.mark.parametrize(("guarantee", "kind", "broken", "sound"), BROKEN_AND_SOUND.values(), ids=BROKEN_AND_SOUND)
def test_what_breaks_a_guarantee_is_violated_and_its_sound_twin_holds(guarantee, kind, broken, sound):
    assert judged(guarantee, kind, told(*broken)).verdict == "violated"
    assert [judged(other, kind, told(*sound)).verdict for other in sessions.GUARANTEES] == ["holds"] * 4


def test_a_guarantee_that_is_not_broken_is_not_blamed_for_another_one():
    goes_back = told("1 write 1", "1 ok", "2 read", "2 ok 1", "2 read", "2 ok None")
    found = {name: judged(name, "register", goes_back).verdict for name in sessions.GUARANTEES}
    assert found == {
        "read_your_writes": "holds",
        "monotonic_reads": "violated",
        "monotonic_writes": "holds",
        "writes_follow_reads": "holds",
    }


def test_the_sentence_names_both_operations_and_what_they_saw():
    found = judged("read_your_writes", "register", told("1 write 5", "1 ok", "1 read", "1 ok None"))
    assert found.sentence == "c1 wrote 5 (op 1) and then read None (op 2); None was there first" or (
        found.sentence.startswith("c1 wrote 5 (op 1) and then read None (op 2)")
    )
    assert found.evidence["operations"] == [1, 2]


def test_values_that_recur_leave_it_unknown_who_was_read():
    found = judged("monotonic_reads", "register", told("1 write 1", "1 ok", "2 write 1", "2 ok", "1 read", "1 ok 1"))
    assert found.verdict == "unknown"
    assert "op 1" in found.sentence
    assert "op 2" in found.sentence


def test_without_an_answered_read_there_is_nothing_to_judge():
    assert judged("monotonic_reads", "register", told("1 write 1", "1 ok", "1 read", "1 info")).verdict == "vacuous"


def test_a_write_of_unknown_outcome_need_not_be_read():
    # Client 1 goes on as process 3 after an unknown outcome, and is the same session.
    every = told(
        "1 write 1", "1 info", "1 read", "1 ok None", "1 write 2", "1 ok", "2 read", "2 ok 2", "2 read", "2 ok 1"
    )
    assert judged("read_your_writes", "register", every).verdict == "holds"
    assert judged("monotonic_writes", "register", every).verdict == "holds"


# -- slow twins --------------------------------------------------------------------------------------------


def acts(every):
    """Yield (who, r or w, key, value, sure) of a register's calls, in order."""
    for call in every:
        if call.outcome == "fail" or call.got is False or (call.outcome == "info" and call.action == "read"):
            continue
        if call.action in ("read", "cas") and call.outcome == "ok":
            yield call.who, "r", call.key, call.got if call.action == "read" else call.given[0], True
        if call.action in ("write", "cas"):
            yield call.who, "w", call.key, call.given[-1], call.outcome == "ok"


PAIRS = {"mine": "wr", "own": "ww", "seen": "rr", "led": "rw"}
TWO = {
    "read_your_writes": ("mine", "own"),
    "monotonic_reads": ("seen", "seen"),
    "monotonic_writes": ("own", "seen"),
    "writes_follow_reads": ("led", "seen"),
}


def broken(guarantee, every):
    """Judge a register by every pair of acts and the transitive closure of what they say."""
    done = list(acts(every))
    for key in {key for _, _, key, _, _ in done}:
        mine = [(who, what, value, sure) for who, what, k, value, sure in done if k == key]
        edges = set()
        for i, (who, what, a, sure) in enumerate(mine):
            for other, then, b, _ in mine[i + 1 :]:
                kind = next(kind for kind, pair in PAIRS.items() if pair == what + then)
                if other == who and a != b and sure and kind in TWO[guarantee]:
                    edges.add((kind, a, b))
        reach = {(a, b) for _, a, b in edges} | {(None, value) for _, what, value, _ in mine if what == "w"}
        values = {value for pair in reach for value in pair}
        for middle in values:
            reach |= {(a, b) for a in values for b in values if (a, middle) in reach and (middle, b) in reach}
        if any(kind == TWO[guarantee][0] and (b, a) in reach for kind, a, b in edges):
            return True
    return False


@pytest.mark.parametrize("kind", ["register", "cas-register"])
@pytest.mark.parametrize("guarantee", sessions.GUARANTEES)
def test_registers_are_judged_as_by_all_pairs_and_their_closure(guarantee, kind, pytestconfig):
    verdicts = []
    for seed in range(pytestconfig.getoption("histories") // 8):
        every = calls(draw(random.Random(f"{kind} {seed}"), kind, 6 + seed % 4, 1 + seed % 2, unique=True))
        found = judged(guarantee, kind, every).verdict
        if found == "vacuous":
            continue
        verdicts.append(found)
        assert (found == "violated") == broken(guarantee, every), [call.told() for call in every]
    assert {"holds", "violated"} == set(verdicts)


def test_monotonic_reads_hold_where_some_order_of_values_explains_every_session(pytestconfig):
    verdicts = set()
    for seed in range(pytestconfig.getoption("histories") // 8):
        every = calls(draw(random.Random(seed), "register", 7, unique=True))
        found = judged("monotonic_reads", "register", every).verdict
        reads = {}
        for call in every:
            if call.ok and call.action == "read":
                reads.setdefault(call.who, []).append(call.got)
        written = [call.given[0] for call in every if call.action == "write" and call.outcome != "fail"]
        values = sorted({value for line in reads.values() for value in line if value is not None} | set(written))
        if found == "vacuous" or any(value not in written for value in values):
            continue
        fits = any(
            all(order.index(a) <= order.index(b) for line in reads.values() for a, b in pairwise(line))
            for order in ((None, *rest) for rest in permutations(values))
        )
        verdicts.add(fits)
        assert (found == "holds") == fits
    assert verdicts == {True, False}


def lacks(guarantee, every, ordered):
    """Judge lists and sets by looking at every read and every pair of earlier operations."""
    good = [c for c in every if c.ok or (c.outcome == "info" and c.action != "read")]
    reads = [c for c in good if c.action == "read"]
    for read in reads:
        for first in good:
            for second in good:
                if first.who != second.who or first.key != second.key or first.begin >= second.begin:
                    continue
                if read.key != first.key or not first.ok:
                    continue
                adds = first.action != "read"
                if guarantee in ("read_your_writes", "monotonic_reads"):
                    if second is not read or adds != (guarantee == "read_your_writes"):
                        continue
                    if set(first.given if adds else first.got) - set(read.got):
                        return True
                elif adds == (guarantee == "monotonic_writes") and second.action != "read":
                    late = second.given[0]
                    for early in first.given if adds else first.got:
                        if early == late or late not in read.got:
                            continue
                        if early not in read.got or (ordered and read.got.index(early) > read.got.index(late)):
                            return True
    return False


@pytest.mark.parametrize("kind", ["list", "set"])
@pytest.mark.parametrize("guarantee", sessions.GUARANTEES)
def test_lists_and_sets_are_judged_as_by_every_pair_of_operations(guarantee, kind, pytestconfig):
    verdicts = []
    for seed in range(pytestconfig.getoption("histories") // 8):
        only = ("append" if kind == "list" else "add", "read")
        every = calls(draw(random.Random(f"{kind} {seed}"), kind, 6 + seed % 4, 1 + seed % 2, True, only))
        found = judged(guarantee, kind, every).verdict
        if found in ("vacuous", "unknown"):
            continue
        verdicts.append(found)
        assert (found == "violated") == lacks(guarantee, every, kind == "list"), [call.told() for call in every]
    assert {"holds", "violated"} == set(verdicts)
