"""What a faulty disk does to a node: when writes become durable, what is discarded, who is told. Times are ms."""

from fractions import Fraction
from typing import Any

import pytest
from puppets import Ping, Puppet, Seen, Show, booted, play, rang

from sim.disk import Disk, flipped
from sim.faults import Crash, DiskFault, Pause, Planned
from sim.faults.base import Fault
from sim.machine import Input, Now, Persist, Persisted
from sim.units import MS

ALL = Fraction(1)


def writer(tell: bool = False, sync: bool = True) -> Any:
    """n1 writes a number every 10 ms and states it before and behind; also what a life found and what it was told."""

    def script(me: Puppet, input: Input, now: Now) -> None:
        if booted(input) and me.node == "n1":
            if me.life > 1:
                me.note(Seen(("found", *sorted(me.durable.values()))))
            me.alarm("write", 10 * MS, 10 * MS)
        elif rang(input, "write"):
            me.count += 1
            number = 100 * me.life + me.count
            me.note(Seen(("left", number)))
            me.persist(number, number, sync=sync, tell=tell)
            me.note(Seen(("right", number)))
            me.send("n2", Ping(number))
        elif isinstance(input, Persisted):
            me.note(Seen(("told", input.key, input.why)))

    return script


def at(begin: int, end: int | None, fault: Fault) -> Planned:
    return Planned(fault, at=begin * MS, lasting=None if end is None else (end - begin) * MS)


def disk(begin: int, end: int | None, **fields: Any) -> Planned:
    return at(begin, end, DiskFault(nodes=("n1",), **fields))


def run(*faults: Planned, tell: bool = False, sync: bool = True, stop: int = 100, **more: Any) -> Show:
    return play(writer(tell, sync), stop=stop * MS, faults=faults, **more)


def said(show: Show, what: str) -> list[Any]:
    return [(when // MS, *rest) for when, (word, *rest) in show.seen("n1") if word == what]


def test_a_slow_disk_takes_so_much_longer_for_the_syncs_that_begin_meanwhile() -> None:
    show = run(disk(15, 35, slow=4 * MS))
    assert said(show, "right") == [
        (10, 101),
        (24, 102),
        (34, 103),
        (40, 104),
        *((t, 100 + t // 10) for t in range(50, 100, 10)),
    ]


def test_slow_disks_add() -> None:
    show = run(disk(15, 35, slow=4 * MS), disk(15, 25, slow=3 * MS))
    assert said(show, "right")[:4] == [(10, 101), (27, 102), (34, 103), (40, 104)]


def test_a_stalled_disk_holds_back_everything_until_it_goes_on() -> None:
    show = run(disk(15, 45, stall=True))
    assert said(show, "right")[:5] == [(10, 101), (45, 102), (45, 103), (45, 104), (50, 105)]
    assert said(show, "left")[:5] == [(10, 101), (20, 102), (45, 103), (45, 104), (50, 105)]


def test_a_stall_ends_with_the_last_of_two() -> None:
    show = run(disk(15, 45, stall=True), disk(18, 38, stall=True))
    assert said(show, "right")[1] == (45, 102)


def test_what_a_crash_finds_on_a_stalled_disk_was_never_durable() -> None:
    show = run(disk(15, 45, stall=True), at(35, 50, Crash(nodes=("n1",))))
    assert said(show, "found") == [(50, 101)]


@pytest.mark.parametrize(("field", "why"), [({"full": True}, "full"), ({"eio": ALL}, "eio")])
def test_a_machine_that_asked_is_told_why_its_write_failed_and_lives_on(field: Any, why: str) -> None:
    show = run(disk(15, 35, **field), tell=True)
    assert said(show, "told")[:4] == [(10, 101, None), (20, 102, why), (30, 103, why), (40, 104, None)]
    assert show.of("crash") == []


@pytest.mark.parametrize("field", [{"full": True}, {"eio": ALL}])
def test_the_effects_that_waited_for_a_failed_write_are_discarded_and_no_others(field: Any) -> None:
    show = run(disk(15, 35, **field), tell=True)
    assert [number for _, number in said(show, "right")] == [101, 104, 105, 106, 107, 108, 109]
    assert [r["data"][0] for r in show.of("send", "n1")] == [101, 104, 105, 106, 107, 108, 109]
    assert [number for _, number in said(show, "left")] == list(range(101, 110))


@pytest.mark.parametrize(("field", "why"), [({"full": True}, "full"), ({"eio": ALL}, "eio")])
def test_a_node_that_had_not_asked_crashes_and_boots_when_its_disk_is_sound_again(field: Any, why: str) -> None:
    show = run(disk(15, 45, **field))
    (begin,) = [r["seq"] for r in show.of("fault", phase="begin")]
    assert [(r["at"] // MS, r["how"], r["cause"]) for r in show.of("crash", "n1")] == [(20, why, begin)]
    assert show.at("boot", "n1") == [0, 45 * MS]
    assert said(show, "found") == [(45, 101)]


def test_of_two_faults_the_last_to_end_lets_the_node_boot() -> None:
    show = run(disk(15, 45, full=True), disk(18, 60, eio=ALL))
    assert show.at("boot", "n1") == [0, 60 * MS]


def test_a_crash_and_a_failing_disk_hold_a_node_down_together() -> None:
    for faults in (
        (disk(15, 45, full=True), at(30, 70, Crash(nodes=("n1",)))),
        (disk(15, 70, full=True), at(30, 45, Crash(nodes=("n1",)))),
    ):
        assert run(*faults).at("boot", "n1") == [0, 70 * MS]


def test_a_write_that_no_effect_waits_for_fails_with_the_sync_that_would_have_taken_it_along() -> None:
    def script(me: Puppet, input: Input, now: Now) -> None:
        if booted(input) and me.node == "n1":
            me.persist("lazy", 1, sync=False, tell=True)
            me.alarm("sync", 20 * MS)
        elif rang(input, "sync"):
            me.persist("eager", 2, tell=True)
        elif isinstance(input, Persisted):
            me.note(Seen((input.key, input.why)))

    show = play(script, stop=50 * MS, faults=(disk(10, 40, full=True),))
    assert show.seen("n1") == [(20 * MS, ("lazy", "full")), (20 * MS, ("eager", "full"))]


def test_a_sync_under_way_when_the_disk_fails_fails_too() -> None:
    show = play(writer(tell=True), stop=60 * MS, sync={"n1": 8 * MS}, faults=(disk(15, 29, full=True),))
    assert said(show, "told")[:3] == [(18, 101, "full"), (28, 102, "full"), (38, 103, None)]


def test_what_waits_also_for_an_earlier_write_that_failed_is_discarded_and_the_later_write_is_kept() -> None:
    # Syncs take 15 ms: 101 is under way from 10 to 25 and fails; 102 was written at 20 and is durable at 40.
    show = play(writer(tell=True), stop=60 * MS, sync={"n1": 15 * MS}, faults=(disk(12, 26, full=True),))
    assert show.at("step", "n1", input="persisted") == [25 * MS, 40 * MS, 55 * MS]
    assert said(show, "told")[:2] == [(40, 101, "full"), (55, 102, None)]  # notes that waited themselves
    assert [number for _, number in said(show, "right")] == [103]


def test_a_write_that_fails_during_a_pause_crashes_the_node_when_it_goes_on() -> None:
    show = play(
        writer(), stop=60 * MS, sync={"n1": 5 * MS}, faults=(disk(12, 50, full=True), at(11, 30, Pause(nodes=("n1",))))
    )
    assert [(r["at"] // MS, r["how"]) for r in show.of("crash", "n1")] == [(30, "full")]
    assert show.at("boot", "n1") == [0, 50 * MS]


def test_a_node_that_crashes_after_a_pause_of_a_write_that_failed_boots_at_once_if_its_disk_is_sound_again() -> None:
    show = play(
        writer(), stop=60 * MS, sync={"n1": 5 * MS}, faults=(disk(12, 20, full=True), at(11, 30, Pause(nodes=("n1",))))
    )
    assert [(r["at"] // MS, r["how"]) for r in show.of("crash", "n1")] == [(30, "full")]
    assert show.at("boot", "n1") == [0, 30 * MS]


@pytest.mark.parametrize(("sync", "kept"), [(True, ["log"]), (False, [])])
def test_nothing_is_deleted_behind_a_synced_write_that_fails_in_the_same_sync(sync: bool, kept: list[str]) -> None:
    def script(me: Puppet, input: Input, now: Now) -> None:
        if booted(input) and me.node == "n1":
            me.note(Seen(("found", *sorted(me.durable))))
            if me.life == 1:
                me.persist("log", 1)
                me.alarm("replace", 20 * MS)
        elif rang(input, "replace"):
            me.persist("snapshot", 1, sync=sync)
            me.forget("log")
            me.persist("other", 1)

    show = play(script, stop=80 * MS, sync={"n1": 15 * MS}, faults=(disk(30, 60, full=True),))
    assert said(show, "found")[1:] == [(60, *kept)]


def test_a_share_of_writes_fails_as_keyed_draws_and_other_nodes_are_left_alone() -> None:
    # 900 writes, a third of them fails. By Hoeffding more than 300 +- 90 has a probability below 4e-8.
    show = run(disk(5, None, eio=Fraction(1, 3)), tell=True, stop=9050, heal=9045 * MS)
    failed = [why for _, _, why in said(show, "told")].count("eio")
    assert 210 <= failed <= 390
    assert said(show, "told") == said(
        run(disk(5, None, eio=Fraction(1, 3)), tell=True, stop=9050, heal=9045 * MS), "told"
    )


def test_undetected_rot_changes_what_the_next_life_reads_by_one_bit() -> None:
    show = run(disk(45, 46, bitrot=ALL), at(55, 60, Crash(nodes=("n1",))))
    ((_, *found),) = said(show, "found")
    wrote = [101, 102, 103, 104]
    assert len(found) == 5
    assert 105 in found  # written after the rot
    changed = sorted(set(found) - {105})
    assert not set(changed) & set(wrote)
    assert all(any((new ^ old).bit_count() == 1 for old in wrote) for new in changed)


def test_detected_rot_loses_the_key() -> None:
    show = run(disk(45, 46, bitrot=ALL, detected=True), at(55, 60, Crash(nodes=("n1",))))
    assert said(show, "found") == [(60, 105)]


def test_rot_changes_nothing_for_the_life_that_goes_on() -> None:
    def lines(*faults: Planned) -> list[Any]:
        return [(r["at"], r["kind"], r["node"], r.get("data")) for r in run(*faults).records if r["kind"] != "fault"]

    assert lines(disk(45, 46, bitrot=ALL)) == lines()


def test_rot_may_be_limited_to_a_key_or_to_the_tuples_that_begin_with_it() -> None:
    it = Disk(0)
    for key in ("log", ("log", 1), ("term", 1), "term", ("x", "log")):
        it.write_through(Persist(key, 7))
    assert it.rot(ALL, "log", True, 5) == ["log", ("log", 1)]
    assert sorted(map(str, it.read())) == sorted(map(str, [("term", 1), "term", ("x", "log")]))


def test_two_faults_that_rot_at_one_instant_do_not_flip_the_same_bit_back() -> None:
    it = Disk(0)
    for key in range(64):
        it.write_through(Persist(key, 1 << 40))
    it.rot(ALL, "", False, 5)
    it.rot(ALL, "", False, 5)
    assert sum(value == 1 << 40 for value in it.read().values()) <= 8


@pytest.mark.parametrize(
    "value", [0, 5, -3, 1 << 70, True, "a", "é\ud7ff", b"ab", ("x", 1), (None, ("", 0)), "\U0001f600"]
)
def test_a_rotten_value_is_of_the_same_type_and_another(value: Any) -> None:
    for word in range(0, 1 << 64, (1 << 64) // 97):
        rotten = flipped(value, word)
        assert type(rotten) is type(value)
        assert rotten != value
        if isinstance(rotten, str):
            assert rotten.encode()


@pytest.mark.parametrize("value", [None, "", b"", (), (None, ("",))])
def test_a_value_without_a_bit_does_not_rot(value: Any) -> None:
    assert flipped(value, 12345) == value
    it = Disk(0)
    it.write_through(Persist("k", value))
    assert it.rot(ALL, "", False, 1) == []


def test_a_full_disk_has_no_room_for_what_a_crash_would_have_kept() -> None:
    show = run(disk(25, 80, full=True), at(35, 60, Crash(nodes=("n1",), disk="keep")), sync=False)
    assert said(show, "found") == [(60,)]
