from typing import Any

import pytest
from puppets import header, record

from sim.checks.replicas import Logs
from sim.checks.standing import Cuts, Standing, listed, shown
from sim.trace import Booted, Crashed, Faulted, Record
from sim.units import S

NODES = ("n1", "n2", "n3", "n4", "n5")


def fault(number: int, what: str, phase: str = "begin", nodes: Any = (), at: int = 0, **fields: Any) -> Record:
    return record(number, "fault", Faulted(number, what, phase, fields, nodes), None, at=at)


def cut(number: int, *groups: Any, phase: str = "begin") -> Record:
    return fault(number, "partition", phase, groups=groups)


def standing(*records: Record) -> Standing:
    it = Standing(header(nodes=5))
    for heard in records:
        it.hear(heard)
    return it


def cuts(*records: Record) -> Cuts:
    it = Cuts(header(nodes=5))
    for heard in records:
        it.hear(heard)
    return it


def parts(*records: Record) -> set[str]:
    it = cuts(*records)
    return {"".join(sorted(b[1] for b in NODES if it.together(a, b))) or f"({a[1]})" for a in NODES}


# -- what stands -------------------------------------------------------------------------------------------


def test_it_is_calm_when_nothing_is_broken_and_was_not_for_a_while() -> None:
    it = standing(fault(1, "link"), fault(1, "link", "mend", at=3 * S))
    assert (it.calm(4 * S), it.calm(4 * S, S), it.calm(4 * S, 2 * S)) == (True, True, False)


@pytest.mark.parametrize(
    "disturbance",
    [fault(1, "operate", at=S), record(1, "boot", Booted(1), at=S), record(1, "crash", Crashed(1, "keep", None), at=S)],
)
def test_an_act_a_boot_and_a_crash_disturb_for_an_instant(disturbance: Record) -> None:
    it = standing(disturbance)
    assert (it.since, it.calm(S), it.calm(2 * S, 2 * S)) == (S, True, False)


def test_a_fault_that_struck_nobody_disturbs_nobody() -> None:
    assert standing(fault(1, "crash", "unresolved", at=S)).since == 0


def test_two_faults_must_both_be_over() -> None:
    it = standing(fault(1, "link"), fault(2, "pause"), fault(1, "link", "mend"))
    assert not it.calm(9 * S)
    it.hear(fault(2, "pause", "mend"))
    assert it.calm(9 * S)


def test_a_fault_left_for_good_no_longer_disturbs_and_its_nodes_are_beyond_help() -> None:
    it = standing(fault(1, "pause", nodes=("n4",)), fault(1, "pause", "forever", nodes=("n4",)))
    assert (it.calm(9 * S), it.beyond, it.quorum_left()) == (True, {"n4"}, True)


def test_the_side_of_a_lasting_cut_that_holds_a_majority_is_not_excused() -> None:
    groups = (("n1",), ("n2", "n3", "n4"))
    it = standing(fault(1, "partition", "forever", ("n1", "n2", "n3", "n4"), groups=groups))
    assert it.beyond == {"n1"}


def test_all_are_excused_by_a_lasting_cut_that_leaves_no_majority_anywhere() -> None:
    groups = (("n1", "n2"), ("n3", "n4"), ("n5",))
    assert standing(fault(1, "partition", "forever", NODES, groups=groups)).beyond == set(NODES)


def test_without_a_majority_there_is_an_excuse() -> None:
    it = standing(fault(1, "crash", "forever", nodes=("n1", "n2", "n5")))
    assert not it.quorum_left()
    assert it.lost() == "no quorum is left: n1, n2 and n5 of 5 nodes are under faults that last for ever"


# -- who reaches whom --------------------------------------------------------------------------------------


def test_without_cuts_all_are_together() -> None:
    assert parts() == {"12345"}


def test_two_groups_are_two_components() -> None:
    assert parts(cut(1, ("n1", "n2"), ("n3", "n4", "n5"))) == {"12", "345"}


def test_a_node_in_no_group_joins_the_others() -> None:
    assert parts(cut(1, ("n1", "n2"), ("n4", "n5"))) == {"12345"}


def test_cuts_that_overlap_cut_more_and_one_mended_leaves_the_other() -> None:
    first, second = cut(1, ("n1", "n2", "n3"), ("n4", "n5")), cut(2, ("n1",), ("n2", "n3", "n4", "n5"))
    assert parts(first, second) == {"1", "23", "45"}
    assert parts(first, second, cut(1, phase="mend")) == {"1", "2345"}


def test_two_cuts_that_share_a_bridge_leave_all_together() -> None:
    # n3 is in no group of either cut, so everybody reaches everybody through it.
    assert parts(cut(1, ("n1",), ("n2",)), cut(2, ("n4",), ("n5",))) == {"12345"}


def test_a_cut_that_stays_for_good_is_still_a_cut() -> None:
    groups = (("n1",), ("n2", "n3", "n4", "n5"))
    assert parts(cut(1, *groups), cut(1, *groups, phase="forever")) == {"1", "2345"}


def test_a_node_that_stands_still_reaches_nobody_until_it_goes_on() -> None:
    pause = fault(1, "pause", nodes=("n2",))
    assert parts(pause) == {"1345", "(2)"}
    assert parts(pause, fault(1, "pause", "mend", ("n2",))) == {"12345"}


@pytest.mark.parametrize("what", ["link", "packet", "edge"])
def test_while_links_are_spoilt_nothing_is_clear(what: str) -> None:
    assert not cuts(fault(1, what)).clear
    assert cuts(fault(1, what), fault(1, what, "mend")).clear


@pytest.mark.parametrize("what", ["crash", "clock", "operate", "partition", "pause"])
def test_other_faults_leave_it_clear(what: str) -> None:
    assert cuts(fault(1, what, groups=())).clear


# -- logs --------------------------------------------------------------------------------------------------


def test_a_tail_that_falls_cuts_off_what_lay_above_it() -> None:
    logs = Logs()
    for seq in range(4):
        logs.store("n1", seq, "x")
    assert logs.cut("n1", 4) == (4, 4)
    assert logs.cut("n1", 2) == (2, 4)
    assert sorted(logs.of("n1")) == [0, 1]


def test_a_tail_that_is_no_number_cuts_nothing() -> None:
    logs = Logs()
    logs.store("n1", 0, "x")
    assert logs.cut("n1", None) == (1, 1)
    assert logs.of("n1") == {0: "x"}


def test_names_are_listed_in_order() -> None:
    assert [listed(x) for x in ((), ("b",), {"b", "a"}, ("c", "a", "b"))] == ["", "b", "a and b", "a, b and c"]


def test_a_long_value_is_cut() -> None:
    assert (shown("a"), shown(("a", 1)), len(shown("a" * 99))) == ("a", "('a', 1)", 60)
