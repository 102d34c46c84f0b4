"""Alarms: due on the node's own monotonic clock. Times in the tests are ms."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from puppets import Ping, Puppet, Seen, booted, got, plan, play, rang

import sim.kernel
from sim.clients import Errand
from sim.clock import MILLION
from sim.faults import ClockFault, Crash, Pause, Planned
from sim.machine import Alarm, Input, Now
from sim.units import HOUR, MS, S
from sim.world import ClockPlan, World

ACTIONS: dict[str, Any] = {"ACTIONS": {"go": ("what",)}}


def sets(*alarms: tuple[Any, ...], after_ring: Callable[[Puppet, str], None] = lambda me, name: None) -> Any:
    """Return a script that sets these alarms when n1 boots and notes every ring with its local time."""

    def script(me: Puppet, input: Input, now: Now) -> None:
        if booted(input) and me.node == "n1":
            for alarm in alarms:
                me.alarm(*alarm)
        elif isinstance(input, Alarm):
            me.note(Seen((input.name, now.monotonic)))
            after_ring(me, input.name)

    return script


def rings(script: Any, **more: Any) -> list[tuple[int, str]]:
    return [(at, what[0]) for at, what in play(script, **more).seen("n1")]


def test_an_alarm_rings_once_after_its_time_with_what_it_is_about() -> None:
    def script(me: Puppet, input: Input, now: Now) -> None:
        if booted(input):
            me.alarm("a", 7 * MS, about=(1, "x"))
        elif isinstance(input, Alarm):
            me.note(Seen(input.about))

    assert play(script, nodes=1).seen() == [(7 * MS, (1, "x"))]


def test_an_alarm_set_to_nothing_rings_at_the_same_instant() -> None:
    assert rings(sets(("a", 0))) == [(0, "a")]


def test_setting_an_alarm_again_moves_it_later_or_earlier() -> None:
    assert rings(sets(("a", 5 * MS), ("a", 9 * MS))) == [(9 * MS, "a")]
    assert rings(sets(("a", 9 * MS), ("a", 5 * MS))) == [(5 * MS, "a")]
    assert rings(sets(("a", 9 * MS), ("a", 5 * MS), ("a", 7 * MS))) == [(7 * MS, "a")]


def test_setting_an_alarm_again_changes_its_period_and_what_it_is_about() -> None:
    assert rings(sets(("a", 5 * MS, 5 * MS), ("a", 6 * MS))) == [(6 * MS, "a")]
    assert rings(sets(("a", 6 * MS), ("a", 5 * MS, 6 * MS)), stop=12 * MS) == [(5 * MS, "a"), (11 * MS, "a")]


def test_alarms_of_different_names_do_not_touch_each_other() -> None:
    assert rings(sets(("b", 5 * MS), ("a", 5 * MS), ("c", 4 * MS))) == [(4 * MS, "c"), (5 * MS, "b"), (5 * MS, "a")]


def test_a_cancelled_alarm_does_not_ring_and_can_be_set_anew() -> None:
    def script(me: Puppet, input: Input, now: Now) -> None:
        if booted(input) and me.node == "n1":
            me.alarm("a", 5 * MS)
            me.cancel("a")
            me.cancel("never set")
            me.alarm("b", 5 * MS)
            me.cancel("b")
            me.alarm("b", 8 * MS)
        elif isinstance(input, Alarm):
            me.note(Seen((input.name, 0)))

    assert rings(script) == [(8 * MS, "b")]


def test_a_periodic_alarm_keeps_its_grid_and_can_end_itself() -> None:
    def ends(me: Puppet, name: str) -> None:
        me.count += 1
        if me.count == 4:
            me.cancel(name)

    found = rings(sets(("a", 3 * MS, 10 * MS), after_ring=ends))
    assert found == [(3 * MS, "a"), (13 * MS, "a"), (23 * MS, "a"), (33 * MS, "a")]


def test_a_range_is_drawn_by_the_world_from_both_ends_on() -> None:
    found = set()
    for seed in range(40):
        ((at, _),) = rings(sets(("a", (10, 12))), seed=seed)
        found.add(at)
    assert found == {10, 11, 12}


def test_drawn_ranges_depend_on_seed_node_life_name_and_ordinal_only() -> None:
    def redraws(me: Puppet, input: Input, now: Now) -> None:
        if booted(input):
            me.alarm("a", (0, S))
            me.alarm("b", (0, S))
        elif rang(input, "a") and me.count < 3:
            me.count += 1
            me.note(Seen(("a", now.monotonic)))
            me.alarm("a", (0, S))

    base = rings(redraws, stop=5 * S)
    assert len({at for at, _ in base}) == 3
    assert rings(redraws, stop=5 * S, nodes=5, seed=1) == base
    assert rings(redraws, stop=5 * S, seed=2) != base


@given(st.integers(-MILLION + 1, 3 * MILLION), st.integers(0, 10 * S))
def test_an_alarm_on_a_drifting_clock_is_due_at_its_local_time_exactly(ppm: int, after: int) -> None:
    made = plan(sets(("a", after)), nodes=1, stop=10**18, clocks={"n1": ClockPlan(drift=ppm)})
    world = World(made, 1, None)
    heard: list[Any] = []
    world.recorder.listen("seen", lambda r: heard.append((r.at, r.data.what[1])))
    world.run()
    ((at, local),) = heard
    rate = MILLION + ppm
    assert at == -(-after * MILLION // rate)
    assert after <= local < after + max(1, rate // MILLION + 1)


def test_200_ppm_make_an_hour_720_ms_shorter() -> None:
    ((at, _),) = rings(sets(("a", HOUR)), stop=2 * HOUR, clocks={"n1": ClockPlan(drift=200)})
    assert at == -(-HOUR * MILLION // (MILLION + 200))
    assert abs(HOUR - at - 720 * MS) < MS


def fast(at: int, lasting: int, drift: int, which: Any = "both") -> Planned:
    return Planned(ClockFault(nodes=("n1",), drift=drift, which=which), at=at * MS, lasting=lasting * MS)


def test_pending_alarms_are_armed_again_when_the_rate_changes_and_changes_back() -> None:
    # Twice as fast from 10 to 20: by then 10 + 20 local ms have gone by, and the last 20 take 20.
    assert rings(sets(("a", 50 * MS)), faults=(fast(10, 10, MILLION),)) == [(40 * MS, "a")]
    # Half as fast from 10 to 30.
    assert rings(sets(("a", 50 * MS)), faults=(fast(10, 20, -MILLION // 2),)) == [(60 * MS, "a")]


def test_a_periodic_alarm_follows_the_clock_too() -> None:
    found = rings(sets(("a", 10 * MS, 10 * MS)), stop=60 * MS, faults=(fast(20, 10, MILLION),))
    assert [at // MS for at, _ in found] == [10, 20, 25, 30, 40, 50]


def test_the_grid_of_a_fast_clock_does_not_drift_by_what_its_readings_skip() -> None:
    # At twice the rate an odd due time is seen one local ns late, every time.
    found = play(sets(("a", 5, 5)), stop=1000, clocks={"n1": ClockPlan(drift=MILLION)}).seen("n1")
    assert [local - local % 5 for _, (_, local) in found] == [5 * i for i in range(1, len(found) + 1)]
    assert len(found) > 350


def test_a_stopped_clock_rings_nothing_until_it_is_mended() -> None:
    found = rings(sets(("a", 50 * MS), ("b", 5 * MS, 20 * MS)), stop=200 * MS, faults=(fast(30, 100, -MILLION),))
    assert [(at // MS, name) for at, name in found][:4] == [(5, "b"), (25, "b"), (145, "b"), (150, "a")]


def test_an_alarm_set_on_a_stopped_clock_waits_for_its_mend() -> None:
    def script(me: Puppet, input: Input, now: Now) -> None:
        if type(input).__mro__[0].__name__ == "Ask":
            me.alarm("a", 5 * MS)
        elif isinstance(input, Alarm):
            me.note(Seen(("a", now.monotonic)))

    errand = Errand("e", "n1", "go", (1,), (20 * MS,))
    show = play(script, puppets=ACTIONS, errands=(errand,), faults=(fast(10, 90, -MILLION),))
    assert show.seen("n1") == [(105 * MS, ("a", 15 * MS))]


def test_overlapping_drifts_add_and_mend_in_any_order() -> None:
    for first, second in (
        (fast(10, 30, MILLION), fast(20, 10, MILLION)),
        (fast(10, 20, MILLION), fast(20, 20, MILLION)),
    ):
        found = rings(sets(("a", 200 * MS)), faults=(first, second))
        # 30 ms at 2 or 3 times the rate: 10 + 10*2 + 10*3 + 10*2 local by 40.
        assert found == [(160 * MS, "a")]


def test_a_wall_clock_may_jump_and_drift_without_touching_alarms() -> None:
    jump = Planned(ClockFault(nodes=("n1",), jump=-HOUR), at=10 * MS)
    assert rings(sets(("a", 50 * MS)), faults=(jump, fast(10, 20, MILLION, "wall"))) == [(50 * MS, "a")]


def test_every_keeps_its_grid_after_a_pause() -> None:
    paused = Planned(Pause(nodes=("n1",)), at=12 * MS, lasting=25 * MS)
    found = rings(sets(("a", 10 * MS, 10 * MS)), stop=71 * MS, faults=(paused,))
    assert [at // MS for at, _ in found] == [10, 37, 40, 50, 60, 70]


def test_a_single_alarm_that_falls_due_in_a_pause_rings_once_after_it() -> None:
    paused = Planned(Pause(nodes=("n1",)), at=2 * MS, lasting=25 * MS)
    assert rings(sets(("a", 10 * MS)), faults=(paused,)) == [(27 * MS, "a")]


def test_alarms_die_with_their_life() -> None:
    down = Planned(Crash(nodes=("n1",)), at=2 * MS, lasting=3 * MS)

    def first_life(me: Puppet, input: Input, now: Now) -> None:
        if booted(input, life=1):
            me.alarm("a", 10 * MS)
            me.alarm("b", 3 * MS, 3 * MS)
        elif booted(input, life=2):
            me.alarm("a", 20 * MS)
        elif isinstance(input, Alarm):
            me.note(Seen((input.name, 0)))

    assert rings(first_life, faults=(down,)) == [(25 * MS, "a")]


def test_a_ring_is_caused_by_the_step_that_set_it() -> None:
    show = play(sets(("a", 5 * MS)))
    boot = show.of("boot", "n1")[0]
    assert show.of("step", "n1", input="alarm a")[0]["cause"] == boot["seq"]


@pytest.mark.parametrize("reset", [1, 1000])
def test_moving_an_alarm_a_thousand_times_leaves_no_dead_entries_behind(reset: int) -> None:
    def resets(me: Puppet, input: Input, now: Now) -> None:
        if (booted(input) and me.node == "n1") or got(input):
            me.alarm("election", 500 * MS)
        elif booted(input):
            me.alarm("beat", MS // 10, MS // 10)
        elif rang(input, "beat") and me.count < reset:
            me.count += 1
            me.send("n1", Ping(1))

    world = World(plan(resets, stop=450 * MS), 1, None)
    world.run()
    alarms = [entry for entry in world.kernel.queue if entry[1] == sim.kernel.ALARM]
    assert len(alarms) == 2
