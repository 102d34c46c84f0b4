"""Crashes of many nodes at once, and what their record says was lost."""

from typing import Any

from puppets import Show, play, silent

from sim.faults import FOREVER, Crash, Operate, Planned
from sim.units import MS

PLACES = {"n1": "east", "n2": "east", "n3": "west", "n4": "west", "n5": "south"}
RACKS = {"n1": "r1", "n3": "r1", "n5": "r1"}


def crash(at: int, lasting: int | None, *nodes: str, **fields: Any) -> Planned:
    return Planned(Crash(nodes=nodes, **fields), at=at * MS, lasting=None if lasting is None else lasting * MS)


def run(*faults: Planned) -> Show:
    return play(silent, 5, stop=100 * MS, heal=90 * MS, regions=PLACES, racks=RACKS, faults=faults)


def toll(show: Show) -> list[tuple[list[str], int, bool]]:
    begun = [r for r in show.of("fault") if r["phase"] in ("begin", "forever")]
    return [(r["nodes"], r["fields"]["left"], r["fields"]["majority"]) for r in begun]


def test_a_region_or_a_rack_goes_down_at_one_instant() -> None:
    assert [r["node"] for r in run(crash(10, 5, "region(west)")).of("crash")] == ["n3", "n4"]
    assert [r["node"] for r in run(crash(10, 5, "rack(r1)")).of("crash")] == ["n1", "n3", "n5"]


def test_the_record_names_what_was_lost_and_says_whether_a_majority_is_left() -> None:
    assert toll(run(crash(10, 5, "region(west)"))) == [(["n3", "n4"], 3, True)]
    assert toll(run(crash(10, 5, "rack(r1)"))) == [(["n1", "n3", "n5"], 2, False)]
    assert toll(run(crash(10, 5, "region(east)", "rack(r1)"))) == [(["n1", "n2", "n3", "n5"], 1, False)]


def test_nodes_that_are_down_already_are_not_left() -> None:
    show = run(crash(10, 50, "region(west)"), crash(20, 5, "n1"), crash(70, 5, "n1"))
    assert toll(show) == [(["n3", "n4"], 3, True), (["n1"], 2, False), (["n1"], 4, True)]


def test_the_toll_is_taken_before_a_crash_for_ever_strikes() -> None:
    assert toll(run(Planned(Crash(nodes=("all",)), at=10 * MS, lasting=FOREVER))) == [
        (["n1", "n2", "n3", "n4", "n5"], 0, False)
    ]


def test_half_of_the_nodes_is_no_majority() -> None:
    show = play(silent, 4, stop=100 * MS, heal=90 * MS, faults=(crash(10, 5, "n1", "n2"),))
    assert toll(show) == [(["n1", "n2"], 2, False)]


def test_only_crashes_take_a_toll() -> None:
    show = run(Planned(Operate(nodes=("n1",), action="boot"), at=10 * MS))
    assert set(show.of("fault")[0]["fields"]) == {"action", "args"}
