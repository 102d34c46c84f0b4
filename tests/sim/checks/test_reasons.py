from typing import Any

import pytest
from puppets import RoleView, header, record

from sim.checks.reasons import MOST, why_not_converged
from sim.trace import Booted, Crashed, Dropped, Faulted, Record, Sent, Stepped
from sim.units import S

HEAL = 2 * S  # of 10 s


def fault(seq: int, what: str, phase: str, *nodes: str, number: int = 0) -> Record:
    return record(seq, "fault", Faulted(number, what, phase, {}, nodes), None)


def boots(*nodes: str) -> list[Record]:
    return [record(i, "boot", Booted(1), node, at=0) for i, node in enumerate(nodes, 1)]


def changed(seq: int, node: str, at: int) -> Record:
    return record(seq, "state", RoleView("follower", 1, 0, 0), node, at=at)


def why(*records: Record, nodes: int = 3) -> list[str]:
    return why_not_converged(header(nodes=nodes, heal=HEAL), records)


def of(node: str, *records: Record) -> str:
    (told,) = [sentence for sentence in why(*boots("n1", "n2", "n3"), *records) if sentence.startswith(f"{node} ")]
    return told


def test_a_node_at_rest_is_told_from_one_that_still_changes() -> None:
    assert of("n1", changed(9, "n1", 5 * S)) == "n1 is up and nothing holds it back; it is at rest since 5.000000s"
    assert of("n1", changed(9, "n1", 7 * S)) == "n1 is up and nothing holds it back; it still changed at 7.000000s"


def test_a_node_that_is_down_without_a_fault_is_told_from_one_that_a_fault_keeps_down() -> None:
    crash = record(9, "crash", Crashed(1, "stopped", None), "n2", at=3 * S)
    assert of("n2", crash) == "n2 is down since 3.000000s (stopped), and no fault holds it down"
    assert of("n2", fault(8, "crash", "begin", "n2"), crash) == "n2 is down since 3.000000s (stopped)"


def test_a_node_that_came_back_is_up() -> None:
    crash = record(9, "crash", Crashed(1, "keep", None), "n2", at=3 * S)
    assert of("n2", crash, record(10, "boot", Booted(2), "n2", at=4 * S)).startswith("n2 is up")


def test_a_node_that_never_booted_says_so() -> None:
    assert why(*boots("n1", "n2"))[2] == "n3 never booted"


@pytest.mark.parametrize("phases", [("forever",), ("begin", "forever")])
def test_a_node_under_a_fault_that_lasts_for_ever_is_excused(phases: Any) -> None:
    faults = [fault(20 + i, "pause", phase, "n3", number=4) for i, phase in enumerate(phases)]
    assert of("n3", *faults) == "n3 is excused: fault 4 (pause) lasts for ever"


def test_a_fault_that_is_not_over_is_named_and_one_that_is_over_is_not() -> None:
    begins = [fault(20, "clock", "begin", "n3", number=1), fault(21, "link", "begin", "n3", number=2)]
    assert of("n3", *begins) == "n3 is up, but still under fault 1 (clock), 2 (link)"
    assert of("n3", *begins, fault(22, "clock", "mend", "n3", number=1)) == "n3 is up, but still under fault 2 (link)"


def test_a_lost_quorum_comes_first() -> None:
    said = why(*boots("n1", "n2", "n3"), fault(9, "crash", "forever", "n1", "n2"))
    assert said[0] == "no quorum is left: n1 and n2 of 3 nodes are under faults that last for ever"


def sent(seq: int, src: str, dst: str, at: int) -> Record:
    return record(seq, "send", Sent(dst, "Ping", None), src, at=at)


def test_the_last_message_and_the_lost_ones_after_heal_are_told() -> None:
    said = of(
        "n3",
        sent(10, "n1", "n3", S), record(11, "drop", Dropped("loss"), "n3", at=S, cause=10),
        sent(12, "n1", "n3", 3 * S), record(13, "step", Stepped("receive"), "n3", at=4 * S, cause=12),
        sent(14, "n2", "n3", 5 * S), record(15, "drop", Dropped("lane-full"), "n3", at=5 * S, cause=14),
        sent(16, "n2", "n3", 5 * S), record(17, "drop", Dropped("loss"), "n3", at=6 * S, cause=16),
    )  # fmt: skip
    assert said.endswith(
        "; the last message it handled was Ping from n1 at 4.000000s"
        "; 2 of 3 messages to it after heal were lost (lane-full 1, loss 1)"
    )


def test_a_node_to_which_nobody_speaks_any_more_says_so() -> None:
    said = of("n3", sent(10, "n1", "n3", S), record(11, "step", Stepped("receive"), "n3", at=S, cause=10))
    assert said.endswith("; nobody has sent it anything after heal")


def test_a_large_cluster_is_not_told_node_by_node() -> None:
    said = why(nodes=MOST + 5)
    assert (len(said), said[-1]) == (MOST + 1, "(5 more nodes)")
