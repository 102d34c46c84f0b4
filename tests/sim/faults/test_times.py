"""Faults that strike again and again, and faults that end when a record matches."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from puppets import Puppet, Seen, Show, booted, operated, play, rang, silent

from sim.faults import Crash, Operate, Pause, Planned, When
from sim.machine import Input, Now
from sim.units import MS


def ms(show: Show, phase: str) -> list[int]:
    return [r["at"] // MS for r in show.of("fault", phase=phase)]


def again(every: int, lasting: int | None, at: int = 10, **more: Any) -> Planned:
    fault = more.pop("fault", Pause(nodes=("n1",)))
    last = None if lasting is None else lasting * MS
    return Planned(fault, at=at * MS, lasting=last, every=every * MS, **more)


def run(*faults: Planned, stop: int = 100, heal: int | None = 90, **more: Any) -> Show:
    script = more.pop("script", silent)
    return play(
        script, more.pop("nodes", 5), stop=stop * MS, heal=None if heal is None else heal * MS, faults=faults, **more
    )


def test_a_fault_strikes_again_until_heal_and_each_time_is_recorded() -> None:
    show = run(again(20, 5))
    assert ms(show, "begin") == [10, 30, 50, 70]
    assert ms(show, "mend") == [15, 35, 55, 75]
    assert {r["fault"] for r in show.of("fault")} == {0}


def test_each_occurrence_has_its_entry_and_is_counted_as_fired() -> None:
    show = run(again(20, 5), Planned(Crash(nodes=("n2",)), at=15 * MS, lasting=MS))
    rows = [(f.index, f.occurrence, f.phase, f.begin, f.end) for f in show.outcome.faults]
    assert rows[:4] == [(0, n, "mended", (20 * n - 10) * MS, (20 * n - 5) * MS) for n in (1, 2, 3, 4)]
    assert rows[4][:2] == (1, 1)
    assert show.outcome.stats["faults_fired"] == 5


def test_it_strikes_as_often_as_it_is_told_to() -> None:
    assert ms(run(again(20, 5, times=2)), "begin") == [10, 30]


def test_one_that_is_active_at_heal_is_mended_then() -> None:
    show = run(again(25, 20))
    assert ms(show, "begin") == [10, 35, 60, 85]
    assert ms(show, "mend") == [30, 55, 80, 90]


def test_an_act_of_the_operator_goes_on_after_heal() -> None:
    def acts(me: Puppet, input: Input, now: Now) -> None:
        if operated(input):
            me.note(Seen(now.monotonic // MS))

    show = run(again(30, None, fault=Operate(nodes=("n1",), action="go")), script=acts)
    assert [what for _, what in show.seen()] == [10, 40, 70]
    assert run(again(30, None, fault=Operate(nodes=("n1",), action="go")), stop=120, script=acts).seen()[-1][1] == 100


def test_targets_are_resolved_each_time() -> None:
    show = run(again(5, 3, fault=Crash(nodes=("random(1)",))), stop=500, heal=490)
    struck = [r["nodes"][0] for r in show.of("fault", phase="begin")]
    assert len(struck) == 96
    assert set(struck) == {"n1", "n2", "n3", "n4", "n5"}


def test_that_it_strikes_again_does_not_change_whom_it_strikes_first() -> None:
    once = [Planned(Crash(nodes=("random(2)",)), at=10 * MS, lasting=3 * MS)]
    for seed in range(10):
        (one,), (first, *_) = (
            run(*faults, seed=seed).of("fault", phase="begin") for faults in (once, [again(20, 3, fault=once[0].fault)])
        )
        assert one["nodes"] == first["nodes"]


def test_a_fault_that_a_record_triggers_strikes_again_from_there() -> None:
    boot = When("boot", (("node", "n3"), ("life", 2)))
    show = run(
        Planned(Crash(nodes=("n3",)), at=20 * MS, lasting=7 * MS),
        Planned(Pause(nodes=("n1",)), when=boot, after=3 * MS, lasting=2 * MS, every=30 * MS),
    )
    assert [r["at"] // MS for r in show.of("fault", phase="begin", what="pause")] == [30, 60]


# -- until -------------------------------------------------------------------------------------------------


def ticks(me: Puppet, input: Input, now: Now) -> None:
    """n2 states the ms every 10 ms."""
    if booted(input) and me.node == "n2":
        me.alarm("tick", 10 * MS, 10 * MS)
    elif rang(input, "tick"):
        me.count = now.monotonic // MS
        me.note(Seen(me.count))


def until(what: str, *where: tuple[str, Any], **more: Any) -> Planned:
    at, lasting = more.pop("at", 15), more.pop("lasting", None)
    last = None if lasting is None else lasting * MS
    return Planned(Pause(nodes=("n1",)), at=at * MS, lasting=last, until=When(what, where), **more)


def test_a_fault_ends_right_after_the_event_whose_record_matches() -> None:
    show = run(until("seen", ("what", 40)), script=ticks)
    assert (ms(show, "begin"), ms(show, "mend")) == ([15], [40])
    (note,) = [r for r in show.of("note") if r["data"] == [40]]
    (mend,) = show.of("fault", phase="mend")
    assert mend["seq"] == note["seq"] + 1


def test_records_from_before_it_began_do_not_end_it() -> None:
    assert ms(run(until("seen"), script=ticks), "mend") == [20]


@pytest.mark.parametrize(("lasting", "end"), [(20, 35), (60, 50)])
def test_it_ends_at_the_earlier_of_its_time_and_the_record(lasting: int, end: int) -> None:
    assert ms(run(until("seen", ("what", 50), lasting=lasting), script=ticks), "mend") == [end]


def test_it_ends_at_heal_if_no_record_matches() -> None:
    assert ms(run(until("seen", ("what", 5)), script=ticks), "mend") == [90]


def test_each_occurrence_may_end_early() -> None:
    show = run(until("seen", at=15, lasting=18, every=20 * MS), script=ticks)
    assert list(zip(ms(show, "begin"), ms(show, "mend"), strict=True)) == [(15, 20), (35, 40), (55, 60), (75, 80)]


def test_a_fault_may_end_by_the_record_of_another_faults_end() -> None:
    show = run(Planned(Crash(nodes=("n3",)), at=10 * MS, lasting=30 * MS), until("fault", ("phase", "mend")))
    assert [r["at"] // MS for r in show.of("fault", phase="mend")] == [40, 40]


@given(
    st.lists(
        st.tuples(st.integers(1, 80), st.integers(2, 40), st.integers(1, 39), st.booleans()), min_size=1, max_size=4
    ), st.sampled_from(["fifo", "shuffled"]),
)  # fmt: skip
def test_whatever_repeats_and_ends_early_a_node_is_still_held_by_as_many_faults_as_are_active(
    drawn: list[tuple[int, int, int, bool]], ties: str
) -> None:
    faults = [
        again(every, min(lasting, every - 1), at, until=When("seen") if early else None)
        for at, every, lasting, early in drawn
    ]
    show = run(*faults, script=ticks, ties=ties)
    assert len(ms(show, "begin")) == len(ms(show, "mend"))
    assert {f.phase for f in show.outcome.faults} == {"mended"}
    held = 0
    for record in show.of("fault"):
        held += 1 if record["phase"] == "begin" else -1
        assert 0 <= held <= len(faults)
