"""The gauge itself: what it states, and that its properties can be violated."""

from typing import Any

import pytest
from puppets import names, record

from models.gauge import PROPERTIES, WALL_START, Found, Gauge, Kept, Look, Rang, Read
from sim.jury import Jury
from sim.machine import Alarm, Boot, Cluster, Note, Now, Persist, Receive, Send, SetAlarm
from sim.trace import Crashed, Faulted, Header, Record, Sent, Stepped
from sim.units import MS, S

NODES = names(3)
FACTS = {"read": ("monotonic", "wall"), "rang": ("n",), "kept": ("n",), "found": ("writes",), "failed": ("n", "why")}


def verdict(name: str, *records: Record) -> tuple[str, str]:
    (prop,) = [prop for prop in PROPERTIES if prop.name == name]
    jury = Jury([prop], Header(NODES, 10 * S, 5 * S, facts=FACTS, views=("rings",)))
    jury.hear_all(records)
    (finding,) = jury.findings()
    return finding.verdict, finding.sentence


def note(seq: int, at: int, fact: Any, node: str = "n1") -> Record:
    return record(seq, "note", fact, node, at * MS, name=type(fact).__name__.lower())


def fault(
    seq: int, at: int, phase: str, what: str = "clock", nodes: tuple[str, ...] = ("n1",), **fields: Any
) -> Record:
    return record(seq, "fault", Faulted(0, what, phase, fields, nodes), None, at * MS)


def read(seq: int, at: int, monotonic: int, wall: int) -> Record:
    return note(seq, at, Read(monotonic * MS, WALL_START + wall * MS))


def test_it_asks_its_peers_to_read_their_clocks() -> None:
    node = Gauge("n1", Cluster("n1", NODES))
    assert node.step(Boot({}, 1), Now()) == [SetAlarm("ring", 50 * MS, 50 * MS)]
    assert node.step(Alarm("ring"), Now()) == [Note(Rang(1)), Send("n2", Look(1)), Send("n3", Look(1))]
    assert node.step(Receive("n2", Look(1)), Now(7, 9)) == [Note(Read(7, 9))]


def test_it_states_a_write_behind_it_and_what_a_new_life_found() -> None:
    node = Gauge("n1", Cluster("n1", NODES), writes=True)
    node.step(Boot({1: 1, 2: 3, ("x", 1): 9}, 2), Now())
    assert node.step(Boot({1: 1, 2: 3}, 2), Now())[0] == Note(Found(((1, 1), (2, 3))))
    assert node.step(Alarm("ring"), Now()) == [Note(Rang(1)), Persist(3, 3), Note(Kept(3))]


DRIFT = fault(1, 1000, "begin", drift=1000, which="both", jump=0, mend="keep")


@pytest.mark.parametrize(
    ("monotonic", "wall", "found"),
    [(2001, 2001, "holds"), (2000, 2001, "violated"), (2001, 2000, "violated"), (2002, 2001, "violated")],
)
def test_a_clock_that_does_not_do_what_its_fault_says_is_found(monotonic: int, wall: int, found: str) -> None:
    assert verdict("clocks_are_as_told", DRIFT, read(2, 2000, monotonic, wall))[0] == found


def test_a_clock_that_drifts_on_after_its_fault_was_mended_is_found() -> None:
    mend = fault(2, 2000, "mend", drift=1000, which="both", jump=0, mend="keep")
    assert verdict("clocks_are_as_told", DRIFT, mend, read(3, 3000, 3001, 3001))[0] == "holds"
    assert verdict("clocks_are_as_told", DRIFT, mend, read(3, 3000, 3002, 3002))[0] == "violated"


def test_an_alarm_that_rings_while_its_clock_stands_still_is_found() -> None:
    freeze = fault(1, 1000, "begin", freeze=True, which="both")
    assert verdict("frozen_alarms_are_silent", freeze, note(2, 1500, Rang(3)))[0] == "violated"
    assert verdict("frozen_alarms_are_silent", freeze, note(2, 1500, Rang(3), "n2"))[0] == "holds"
    wall_only = fault(1, 1000, "begin", freeze=True, which="wall")
    assert verdict("frozen_alarms_are_silent", wall_only, note(2, 1500, Rang(3)))[0] == "holds"


def test_a_crash_of_a_node_that_no_fault_names_is_found() -> None:
    named = fault(1, 1000, "begin", "crash", ("n1", "n2"), left=1, majority=False)
    crashes = [record(2, "crash", Crashed(1, "keep", None), "n1", S, cause=1)]
    assert verdict("crash_takes_whom_it_names", named, *crashes)[0] == "holds"
    crashes.append(record(3, "crash", Crashed(1, "keep", None), "n3", S, cause=1))
    assert verdict("crash_takes_whom_it_names", named, *crashes) == ("violated", "n3 crashed, and no fault names it")
    assert verdict("majority_is_lost", named) == ("holds", "n1 n2 are lost, 1 of 3 nodes are left")


def test_what_a_life_lacks_and_what_changed_are_told_apart() -> None:
    kept = [note(1, 10, Kept(1)), note(2, 20, Kept(2))]
    for found, lacks, changed in (
        (((1, 1), (2, 2)), "holds", "holds"), (((1, 1),), "violated", "holds"), (((1, 1), (2, 6)), "holds", "violated"),
    ):  # fmt: skip
        assert verdict("kept_is_found", *kept, note(3, 30, Found(found)))[0] == lacks
        assert verdict("kept_is_unchanged", *kept, note(3, 30, Found(found)))[0] == changed


def test_a_queue_that_grows_and_shrinks_in_turn_does_not_count_as_growing() -> None:
    def flow(waits: list[int]) -> list[Record]:
        found = []
        for i, wait in enumerate(waits):
            found.append(record(2 * i + 1, "send", Sent("n1", "Look", (1,)), "n2", i * 100 * MS))
            at = (i * 100 + wait) * MS
            found.append(record(2 * i + 2, "step", Stepped("receive"), "n1", at, cause=2 * i + 1))
        return found

    assert verdict("queue_grows", *flow(list(range(1, 13))))[0] == "holds"
    assert verdict("queue_grows", *flow([1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 7]))[0] == "vacuous"
