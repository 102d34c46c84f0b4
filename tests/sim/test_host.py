"""One node: what leaves it and when, what it keeps, and how inputs queue. Times in the tests are ms."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from puppets import (
    Lane,
    Ping,
    Pong,
    Puppet,
    RoleView,
    Seen,
    Show,
    Urgent,
    asked,
    booted,
    fail,
    got,
    perform,
    plan,
    play,
    puppet,
    rang,
    silent,
)

from sim.clients import Errand
from sim.faults import Crash, LinkFault, Operate, Pause, Planned, When
from sim.machine import Alarm, Ask, Boot, Input, Machine, Now, Persisted, Receive, Refused, Send
from sim.network import Uniform
from sim.units import MS, S
from sim.world import Plan

ACTIONS: dict[str, Any] = {"ACTIONS": {"go": ("what",)}, "ACTS": {"go": ("what",)}}


def go(what: Any, *at: int, node: str = "n1") -> Errand:
    """Return asks at these ms, each by a client of its own, so that none closes the one before."""
    return Errand(f"{node} {what} {at}", node, "go", (what,), tuple(t * MS for t in at))


def ms(pairs: list[tuple[int, Any]]) -> list[tuple[float, Any]]:
    return [(at / MS, what) for at, what in pairs]


def crash(at: int, lasting: int, **more: Any) -> Planned:
    return Planned(Crash(nodes=("n1",), **more), at=at * MS, lasting=lasting * MS)


def pause(at: int, lasting: int) -> Planned:
    return Planned(Pause(nodes=("n1",)), at=at * MS, lasting=lasting * MS)


# -- Persist holds back effects, never inputs --------------------------------------------------------------


def cautious(me: Puppet, input: Input, now: Now) -> None:
    """Persist, then say, whatever is asked."""
    if asked(input):
        what = input.args[0]  # type: ignore[attr-defined]
        me.persist(what, what)
        me.note(Seen(what))
        me.send("n2", Ping(what))
        me.answer(input, "ok", what)  # type: ignore[arg-type]
    elif booted(input) and me.life > 1:
        me.note(Seen(tuple(sorted(me.durable))))


def on_slow_disk(script: Callable[..., Any] = cautious, **more: Any) -> Show:
    more.setdefault("sync", {"n1": 10 * MS})
    return play(script, puppets=ACTIONS, **more)


def test_send_answer_and_note_wait_until_the_persist_before_them_is_durable() -> None:
    show = on_slow_disk(errands=(go("a", 5),))
    assert show.at("note", "n1") == show.at("send", "n1") == show.at("answer", "n1") == [15 * MS]
    assert show.at("step", "n1", input="ask go") == [5 * MS]


def test_effects_left_of_a_persist_do_not_wait() -> None:
    def hasty(me: Puppet, input: Input, now: Now) -> None:
        if booted(input) and me.node == "n1":
            me.note(Seen("before"))
            me.persist("k", 1)
            me.note(Seen("after"))

    assert ms(on_slow_disk(hasty).seen()) == [(0, "before"), (10, "after")]


def test_alarms_set_right_of_a_persist_count_from_their_step() -> None:
    def ticks(me: Puppet, input: Input, now: Now) -> None:
        if booted(input) and me.node == "n1":
            me.persist("k", 1)
            me.alarm("tick", 4 * MS)
            me.alarm("never", 4 * MS)
            me.cancel("never")

    show = on_slow_disk(ticks)
    assert show.at("step", "n1", input="alarm tick") == [4 * MS]
    assert show.of("step", "n1", input="alarm never") == []


def test_inputs_go_on_during_a_sync_and_effects_of_later_steps_wait_behind() -> None:
    def writes(me: Puppet, input: Input, now: Now) -> None:
        if asked(input):
            what = input.args[0]  # type: ignore[attr-defined]
            me.count += 1
            if what == "write":
                me.persist("k", 1)
            me.note(Seen((what, me.count)))

    show = on_slow_disk(writes, errands=(go("write", 5), go("look", 8, 11), go("late", 20)))
    assert [at // MS for at in show.at("step", "n1", input="ask go")] == [5, 8, 11, 20]
    assert ms(show.seen()) == [(15, ("write", 1)), (15, ("look", 2)), (15, ("look", 3)), (20, ("late", 4))]


def test_one_sync_serves_everything_that_was_pending_when_it_began() -> None:
    show = on_slow_disk(errands=(go("a", 0), go("b", 2), go("c", 9), go("d", 10)))
    # The sync begun at 0 has only `a`; the one begun at 10 has all three, for asks come before completions.
    assert ms(show.seen()) == [(10, "a"), (20, "b"), (20, "c"), (20, "d")]


def test_effects_leave_in_the_order_in_which_they_were_wanted() -> None:
    def chatty(me: Puppet, input: Input, now: Now) -> None:
        if asked(input):
            for i in range(3):
                me.note(Seen((input.op, i)))  # type: ignore[attr-defined]
                if i != 1:
                    me.persist(("k", i), i)

    show = on_slow_disk(chatty, errands=(go("a", 0, 3, 6, 13, 14, 30),), stop=S)
    said = [what for _, what in show.seen()]
    assert said == sorted(said)
    assert len(said) == 18


def test_a_message_to_oneself_that_waited_is_taken_after_what_waited_with_it() -> None:
    def selfish(me: Puppet, input: Input, now: Now) -> None:
        if booted(input) and me.node == "n1":
            me.persist("k", 1)
            me.send("n1", Ping("self"))
            me.note(Seen("first"))
        elif got(input) and me.node == "n1":
            me.note(Seen("second"))
            me.persist("l", 1)
            me.note(Seen("third"))

    assert ms(on_slow_disk(selfish).seen()) == [(10, "first"), (10, "second"), (20, "third")]


def test_an_unsynced_persist_holds_nothing_back_and_the_next_sync_takes_it_along() -> None:
    def lazy(me: Puppet, input: Input, now: Now) -> None:
        if asked(input):
            what = input.args[0]  # type: ignore[attr-defined]
            me.persist(what, 1, sync=what == "sync")
            me.note(Seen(what))
        elif booted(input) and me.life > 1:
            me.note(Seen(tuple(sorted(me.durable))))

    asks = (go("a", 1), go("sync", 2), go("b", 3))
    show = on_slow_disk(lazy, errands=asks, faults=(crash(20, 5),))
    assert ms(show.seen()) == [(1, "a"), (12, "sync"), (12, "b"), (25, ("a", "sync"))]


def test_a_machine_that_asked_is_told_when_its_write_is_durable() -> None:
    def curious(me: Puppet, input: Input, now: Now) -> None:
        if booted(input) and me.node == "n1":
            me.persist("quiet", 1)
            me.persist("told", 1, tell=True)
            me.persist("cached", 1, sync=False, tell=True)
        elif isinstance(input, Persisted):
            me.note(Seen((input.key, input.why)))

    assert ms(on_slow_disk(curious).seen()) == [(10, ("told", None)), (10, ("cached", None))]
    at_once = on_slow_disk(curious, sync={})
    assert ms(at_once.seen()) == [(0, ("told", None))]


def test_a_life_is_not_told_of_the_writes_of_the_life_before() -> None:
    def curious(me: Puppet, input: Input, now: Now) -> None:
        if booted(input) and me.node == "n1":
            me.persist(("life", me.life), 1, tell=True)
        elif isinstance(input, Persisted):
            me.note(Seen(input.key))

    assert ms(on_slow_disk(curious, faults=(crash(5, 5),)).seen()) == [(20, ("life", 2))]


def test_on_a_disk_without_delay_a_write_is_durable_when_its_effect_happens() -> None:
    show = on_slow_disk(sync={}, errands=(go("a", 5),), faults=(crash(5, 1),))
    assert ms(show.seen()) == [(6, ())]
    show = on_slow_disk(sync={}, errands=(go("a", 5),), faults=(crash(6, 1),))
    assert ms(show.seen()) == [(5, "a"), (7, ("a",))]


def test_a_crash_during_a_sync_loses_the_write_and_what_waited_for_it() -> None:
    show = on_slow_disk(errands=(go("a", 5), go("b", 8)), faults=(crash(14, 10),))
    assert ms(show.seen()) == [(24, ())]
    assert show.of("send", "n1") == show.of("answer", "n1") == []


@pytest.mark.parametrize(
    ("how", "kept"), [("keep", ("a", "b")), ("unsynced-lost", ("a",)), ("wiped", ()), ("torn", None)]
)
def test_a_disk_keeps_what_the_crash_says(how: Any, kept: Any) -> None:
    show = on_slow_disk(errands=(go("a", 5), go("b", 18)), faults=(crash(20, 10, disk=how),))
    found = show.seen()[-1][1]
    assert found == kept if kept is not None else found in (("a",), ("a", "b"))


def test_a_torn_crash_keeps_different_prefixes_under_different_seeds() -> None:
    made = plan(
        cautious, puppets=ACTIONS, sync={"n1": 10 * MS}, errands=(go("a", 5), go("b", 18), go("c", 19)),
        faults=(crash(20, 10, disk="torn"),),
    )  # fmt: skip
    found = {tuple(perform(made, seed).seen()[-1][1]) for seed in range(30)}
    assert found == {("a",), ("a", "b"), ("a", "b", "c")}


def test_what_was_forgotten_is_gone_in_the_next_life() -> None:
    def tidy(me: Puppet, input: Input, now: Now) -> None:
        if asked(input):
            what = input.args[0]  # type: ignore[attr-defined]
            me.persist(what, 1) if what != "forget" else me.forget("a")  # type: ignore[func-returns-value]
        elif booted(input) and me.life > 1:
            me.note(Seen(tuple(sorted(me.durable))))

    asks = (go("a", 1), go("b", 12), go("forget", 24), go("c", 25))
    assert ms(on_slow_disk(tidy, errands=asks, faults=(crash(50, 5),)).seen()) == [(55, ("b", "c"))]
    assert ms(on_slow_disk(tidy, errands=asks[:3], faults=(crash(50, 5),)).seen()) == [(55, ("a", "b"))]


def test_a_sync_that_ends_during_a_pause_lets_its_effects_go_after_it() -> None:
    show = on_slow_disk(errands=(go("a", 5), go("b", 6), go("c", 20)), faults=(pause(10, 30),))
    # `a` was durable at 15, `b` waits for the sync that then begins, `c` is taken only then and waits for the next.
    assert ms(show.seen()) == [(40, "a"), (50, "b"), (60, "c")]
    assert [at // MS for at in show.at("step", "n1", input="ask go")] == [5, 6, 40]


def test_a_crash_during_a_pause_loses_what_a_finished_sync_had_not_let_go() -> None:
    show = on_slow_disk(errands=(go("a", 5),), faults=(pause(10, 100), crash(20, 30)))
    assert show.at("boot", "n1") == [0, 110 * MS]
    assert ms(show.seen()) == [(110, ("a",))]


@given(st.lists(st.integers(0, 60), min_size=1, max_size=8), st.integers(1, 15), st.integers(0, 70))
def test_whatever_left_a_node_before_a_crash_is_on_its_disk_after_it(asks: list[int], sync: int, at: int) -> None:
    errands = tuple(go(i, t) for i, t in enumerate(asks))
    show = on_slow_disk(errands=errands, sync={"n1": sync * MS}, faults=(crash(at, 5),))
    crashed = next((i for i, r in enumerate(show.records) if r["kind"] == "crash"), len(show.records))
    said = {r["data"][0] for r in show.records[:crashed] if r["kind"] == "note"}
    again = [r for r in show.records[crashed:] if r["kind"] == "note"]
    assert said <= set(again[0]["data"][0])


# -- crashes -----------------------------------------------------------------------------------------------


def test_volatile_state_is_lost_and_lives_are_counted() -> None:
    def counts(me: Puppet, input: Input, now: Now) -> None:
        if booted(input):
            me.note(Seen((me.life, me.count)))
        me.count += 1

    show = play(counts, puppets=ACTIONS, errands=(go("x", 1, 2, 3),), faults=(crash(5, 5), crash(20, 5)))
    assert ms(show.seen("n1")) == [(0, (1, 0)), (10, (2, 0)), (25, (3, 0))]
    assert [r["life"] for r in show.of("boot", "n1")] == [1, 2, 3]
    assert [(r["life"], r["how"], r["after"]) for r in show.of("crash", "n1")] == [
        (1, "unsynced-lost", None), (2, "unsynced-lost", None),
    ]  # fmt: skip


def test_a_crash_shows_as_a_view_of_null() -> None:
    show = play(silent, faults=(crash(5, 5),))
    assert [(r["at"] // MS, r["data"]) for r in show.of("state", "n1")] == [(0, [0]), (5, None), (10, [0])]


def test_overlapping_crashes_boot_the_node_once_when_the_last_is_over() -> None:
    for faults in (
        (crash(10, 20), crash(20, 20)), (crash(20, 20), crash(10, 20)), (crash(10, 30), crash(20, 5)),
        (crash(10, 30), crash(10, 30)),
    ):  # fmt: skip
        show = play(silent, faults=faults)
        assert [at // MS for at in show.at("boot", "n1")] == [0, 40]
        assert len(show.of("crash", "n1")) == 1


def test_crashes_that_touch_at_one_instant_do_not_boot_a_dead_life() -> None:
    show = play(cautious, puppets=ACTIONS, faults=(crash(10, 10), crash(20, 10)))
    assert [at // MS for at in show.at("boot", "n1")] in ([0, 30], [0, 20, 30])


@pytest.mark.parametrize("ties", ["fifo", "shuffled"])
@pytest.mark.parametrize("seed", range(6))
def test_a_node_may_crash_at_the_instant_of_its_boot(seed: int, ties: str) -> None:
    show = perform(plan(cautious, puppets=ACTIONS, faults=(crash(0, 5), crash(5, 5), pause(10, 5)), ties=ties), seed)
    assert show.outcome.model_error is None
    lives = [r["life"] for r in show.of("boot", "n1")]
    assert lives == list(range(1, len(lives) + 1))
    assert len(show.of("crash", "n1")) == len(lives) - 1


def test_a_wiping_crash_wipes_the_disk_of_a_node_that_is_down_already() -> None:
    def recalls(me: Puppet, input: Input, now: Now) -> None:
        if asked(input):
            me.persist("a", 1)
        elif booted(input) and me.life > 1:
            me.note(Seen(tuple(me.durable)))

    show = play(recalls, puppets=ACTIONS, errands=(go("x", 1),), faults=(crash(5, 20), crash(10, 20, disk="wiped")))
    assert ms(show.seen()) == [(30, ())]


def test_a_crash_that_is_over_does_not_boot_a_node_that_was_not_up() -> None:
    show = play(silent, boots={"n1": None}, faults=(crash(5, 5),))
    assert show.of("boot", "n1") == []
    show = play(silent, boots={"n1": 50 * MS}, faults=(crash(5, 5),))
    assert show.at("boot", "n1") == [50 * MS]


def test_a_node_that_was_to_boot_while_held_down_boots_when_released() -> None:
    show = play(silent, boots={"n1": 10 * MS}, faults=(crash(5, 20),))
    assert show.at("boot", "n1") == [25 * MS]


def test_a_reboot_starts_the_monotonic_clock_again_and_a_restart_does_not() -> None:
    def reads(me: Puppet, input: Input, now: Now) -> None:
        if booted(input):
            me.note(Seen((now.monotonic // MS, now.wall // MS)))

    show = play(reads, wall_start=0, boots={"n1": 3 * MS}, faults=(crash(10, 5), crash(30, 10, reboot=True)))
    assert ms(show.seen("n1")) == [(3, (0, 3)), (15, (12, 15)), (40, (0, 40))]


def test_inputs_that_waited_at_a_crash_are_dropped_as_crashed_and_later_ones_as_down() -> None:
    def sends(me: Puppet, input: Input, now: Now) -> None:
        if booted(input) and me.node == "n2":
            for i in range(5):
                me.send("n1", Ping(i))
            me.alarm("more", 20 * MS)
        elif rang(input, "more"):
            me.send("n1", Ping(9))

    show = play(sends, latency=Uniform(5 * MS, 5 * MS), service={"n1": 4 * MS}, faults=(crash(10, 50),))
    # One was served from 5 to 9, the second is being served at 10, three wait.
    assert [r["at"] // MS for r in show.got("n1")] == [9]
    assert [(r["at"] // MS, r["why"]) for r in show.of("drop")] == [(10, "crashed")] * 4 + [(25, "down")]


def test_every_message_is_delivered_or_dropped_exactly_once() -> None:
    def floods(me: Puppet, input: Input, now: Now) -> None:
        if booted(input):
            me.alarm("tick", MS, every=MS)
        elif rang(input, "tick") and now.monotonic < 500 * MS:
            me.broadcast(Ping(now.monotonic))
            me.send(me.node, Pong(1))

    show = play(
        floods, nodes=4, service={"n1": 300_000}, sync={"n2": 5 * MS}, latency=Uniform(MS, 9 * MS),
        faults=(crash(50, 50), crash(200, 50), pause(300, 30)), puppets={"LANES": (Lane("one", 3),)},
    )  # fmt: skip
    causes = [r["cause"] for r in show.of("drop")] + [r["cause"] for r in show.of("step", input="receive")]
    assert sorted(causes) == [r["seq"] for r in show.of("send")]
    reasons = set(show.outcome.drops)
    assert reasons == {"crashed", "down", "lane-full"}
    stats = show.outcome.stats
    assert stats["messages_sent"] == stats["messages_delivered"] + stats["messages_dropped"] == len(causes)


# -- crashes between two effects ---------------------------------------------------------------------------


def writer(persist_first: bool) -> Callable[..., None]:
    def script(me: Puppet, input: Input, now: Now) -> None:
        if asked(input):
            if persist_first:
                me.persist(input.op, 1)  # type: ignore[attr-defined]
            me.note(Seen(input.op))  # type: ignore[attr-defined]
            if not persist_first:
                me.persist(input.op, 1)  # type: ignore[attr-defined]
        elif booted(input) and me.life > 1:
            me.note(Seen(tuple(sorted(me.durable))))

    return script


def lost(persist_first: bool, seed: int, strike: Any) -> bool:
    """Return whether something that was said before the crash was not on the disk after it."""
    show = perform(
        plan(
            writer(persist_first), puppets=ACTIONS, errands=(go("x", *range(1, 100, 3)),),
            faults=(Planned(Crash(nodes=("n1",), strike=strike), at=(0, 90 * MS), lasting=30 * MS),),
        ), seed,
    )  # fmt: skip
    said: set[int] = set()
    for _, what in show.seen("n1"):
        if isinstance(what, tuple):
            return not said <= set(what)
        said.add(what)
    return False


def test_a_crash_between_effects_catches_who_speaks_before_persisting_on_nearly_every_seed() -> None:
    assert sum(lost(False, seed, "between") for seed in range(60)) >= 57


def test_a_crash_between_effects_never_accuses_who_persists_first() -> None:
    assert not any(lost(True, seed, "between") for seed in range(60))


def test_a_plain_crash_on_an_instant_disk_catches_nobody() -> None:
    assert not any(lost(False, seed, "now") for seed in range(30))


def test_a_crash_between_effects_says_after_how_many() -> None:
    def talks(me: Puppet, input: Input, now: Now) -> None:
        if asked(input):
            for i in range(4):
                me.note(Seen(i))

    made = plan(
        talks, puppets=ACTIONS, errands=(go("x", 10),),
        faults=(Planned(Crash(nodes=("n1",), strike="between"), at=5 * MS, lasting=100 * MS),),
    )  # fmt: skip
    after = set()
    for seed in range(40):
        show = perform(made, seed)
        (record,) = show.of("crash", "n1")
        assert [what for _, what in show.seen("n1")] == list(range(record["after"]))
        assert record["at"] == 10 * MS
        assert record["cause"] == show.of("fault")[0]["seq"]
        after.add(record["after"])
    assert after == {1, 2, 3}


def test_a_crash_that_finds_no_step_with_two_effects_falls_plainly_after_a_second() -> None:
    show = play(silent, stop=3 * S, faults=(Planned(Crash(nodes=("n1",), strike="between"), at=S // 2),), heal=2 * S)
    assert [(r["at"], r["after"]) for r in show.of("crash", "n1")] == [(S + S // 2, None)]
    assert show.at("boot", "n1") == [0, 2 * S]


def test_a_short_crash_between_effects_falls_within_its_time() -> None:
    show = play(silent, faults=(crash(100, 40, strike="between"),))
    assert [at // MS for at in show.at("crash", "n1")] == [120]
    assert [at // MS for at in show.at("boot", "n1")] == [0, 140]


def test_a_crash_is_between_effects_by_default_if_a_record_triggers_it() -> None:
    def talks(me: Puppet, input: Input, now: Now) -> None:
        if asked(input):
            me.note(Seen("one"))
            me.note(Seen("two"))

    errands = (go("x", 10, 20),)
    triggered = Planned(Crash(nodes=("n1",)), when=When("seen", (("what", "two"),)), lasting=100 * MS)
    show = play(talks, puppets=ACTIONS, errands=errands, faults=(triggered,))
    assert [(r["at"] // MS, r["after"]) for r in show.of("crash")] == [(20, 1)]
    assert show.of("fault")[0]["fields"]["strike"] == "between"
    show = play(talks, puppets=ACTIONS, errands=errands, faults=(crash(20, 100),))
    assert [(r["at"] // MS, r["after"]) for r in show.of("crash")] == [(20, None)]
    assert show.of("fault")[0]["fields"]["strike"] == "now"


def test_a_machine_that_stops_in_the_step_that_a_crash_would_cut_has_stopped() -> None:
    def stops(me: Puppet, input: Input, now: Now) -> None:
        if asked(input):
            me.stop()
            me.note(Seen("after"))
            me.note(Seen("long after"))

    for seed in range(8):
        show = perform(
            plan(stops, puppets=ACTIONS, errands=(go("x", 10),), faults=(crash(5, 50, strike="between"),)), seed
        )
        assert show.outcome.model_error is None
        assert [r["how"] for r in show.of("crash", "n1")] == ["stopped"]
        assert show.seen() == []


# -- stopping in order -------------------------------------------------------------------------------------


def stopping(me: Puppet, input: Input, now: Now) -> None:
    if asked(input):
        me.persist("k", 1, sync=False)
        me.stop()
        me.note(Seen("never"))
        me.persist("l", 1)
        me.alarm("ghost", 5 * MS)
        me.send("n2", Ping("never"))
    elif booted(input) and me.life > 1:
        me.note(Seen(tuple(me.durable)))


def test_nothing_right_of_a_stop_happens_and_later_inputs_are_dropped_as_stopped() -> None:
    show = play(stopping, puppets=ACTIONS, errands=(go("x", 10), go("y", 20)))
    assert [(r["at"] // MS, r["how"]) for r in show.of("crash", "n1")] == [(10, "stopped")]
    assert show.seen() == show.of("send") == []
    assert [(r["at"] // MS, r["why"]) for r in show.of("drop")] == [(20, "stopped")]


def test_a_stopped_machine_has_left_its_writes_on_disk_and_no_alarm_behind() -> None:
    boot = Planned(Operate(nodes=("n1",), action="boot"), at=12 * MS)
    show = play(stopping, puppets=ACTIONS, errands=(go("x", 10),), faults=(boot,))
    assert ms(show.seen()) == [(12, ("k",))]
    assert show.of("step", input="alarm ghost") == []


def test_a_crash_that_is_over_does_not_boot_a_machine_that_stopped() -> None:
    show = play(stopping, puppets=ACTIONS, errands=(go("x", 10),), faults=(crash(20, 5),))
    assert show.at("boot", "n1") == [0]


def test_a_stop_waits_for_the_disk_like_everything_that_leaves() -> None:
    def orderly(me: Puppet, input: Input, now: Now) -> None:
        if asked(input):
            me.persist("k", 1)
            me.note(Seen("durable"))
            me.stop()

    show = on_slow_disk(orderly, errands=(go("x", 10),))
    assert [r["at"] // MS for r in show.of("crash", "n1")] == [20]
    assert ms(show.seen()) == [(20, "durable")]


# -- lanes, service and pauses -----------------------------------------------------------------------------

RANKED = {"LANES": (Lane("first", 2, (Urgent, Ask)), Lane("second", 1, (Alarm,)), Lane("rest", 2)), **ACTIONS}


def logs(me: Puppet, input: Input, now: Now) -> None:
    if got(input):
        me.note(Seen(input.msg.n))  # type: ignore[attr-defined]
    elif asked(input):
        me.note(Seen(input.args[0]))  # type: ignore[attr-defined]
    elif isinstance(input, Alarm):
        me.note(Seen(input.name))


def burst(*messages: Any, then: Callable[..., Any] = logs) -> Callable[..., Any]:
    """Return a script: n2 sends all of these at once, n1 does as `then` says."""

    def script(me: Puppet, input: Input, now: Now) -> Any:
        if booted(input) and me.node == "n2":
            for message in messages:
                me.send("n1", message)
            return None
        return then(me, input, now)

    return script


def test_a_busy_host_serves_its_lanes_by_rank_and_each_in_order() -> None:
    show = play(
        burst(Ping("served"), Ping("low 1"), Urgent("high 1"), Ping("low 2"), Urgent("high 2")),
        service={"n1": 10 * MS}, puppets=RANKED,
    )  # fmt: skip
    assert ms(show.seen("n1")) == [(15, "served"), (25, "high 1"), (35, "high 2"), (45, "low 1"), (55, "low 2")]


def test_a_lane_without_room_drops_what_comes_next_and_says_so() -> None:
    show = play(
        burst(*[Ping(i) for i in range(5)], *[Urgent(i) for i in range(3)]), service={"n1": 10 * MS}, puppets=RANKED
    )
    assert [(r["why"], r["at"] // MS) for r in show.of("drop", "n1")] == [("lane-full", 5)] * 3
    assert [what for _, what in show.seen("n1")] == [0, 0, 1, 1, 2]
    assert show.outcome.stats["messages_dropped"] == 3


def test_what_is_served_leaves_its_room_to_the_next() -> None:
    def waves(me: Puppet, input: Input, now: Now) -> None:
        if booted(input) and me.node == "n2":
            me.alarm("wave", 0, 50 * MS)
        elif rang(input, "wave"):
            for i in range(4):
                me.send("n1", Ping(i))
        elif me.node == "n1":
            logs(me, input, now)

    show = play(waves, stop=400 * MS, service={"n1": 10 * MS}, puppets=RANKED)
    # One is served at once, two wait, the fourth has no room; each of the eight waves alike.
    assert [what for _, what in show.seen("n1")] == [0, 1, 2] * 8
    assert len(show.of("drop", why="lane-full")) == 8


def test_an_idle_host_takes_an_input_within_its_own_event_whatever_its_lane() -> None:
    show = play(burst(Ping("low"), Urgent("high")), puppets=RANKED)
    assert [what for _, what in show.seen("n1")] == ["low", "high"]


def test_asks_may_have_a_lane_of_their_own() -> None:
    show = play(
        burst(Ping("served"), Ping("low")), service={"n1": 10 * MS}, puppets=RANKED, errands=(go("asked", 7),)
    )  # fmt: skip
    assert [what for _, what in show.seen("n1")] == ["served", "asked", "low"]


def test_an_alarm_is_never_dropped_and_takes_no_room_from_messages() -> None:
    def alarmed(me: Puppet, input: Input, now: Now) -> None:
        if booted(input):
            for i in range(4):
                me.alarm(f"a{i}", 7 * MS)
        logs(me, input, now)

    one = {"LANES": (Lane("all", 1),)}
    late = Uniform(5 * MS, 5 * MS)

    def script(me: Puppet, input: Input, now: Now) -> None:
        if me.node == "n2":
            if booted(input):
                me.send("n1", Ping("served"))
                me.alarm("later", 5 * MS)
            elif rang(input, "later"):
                me.send("n1", Ping("waits"))
                me.send("n1", Ping("too many"))
        else:
            alarmed(me, input, now)

    show = play(script, service={"n1": 10 * MS}, latency=late, puppets=one)
    assert [what for _, what in show.seen("n1")] == ["served", "a0", "a1", "a2", "a3", "waits"]
    assert [r["why"] for r in show.of("drop")] == ["lane-full"]


def test_rings_of_a_periodic_alarm_coalesce_while_the_host_is_busy_and_the_grid_stays() -> None:
    def ticking(me: Puppet, input: Input, now: Now) -> None:
        if booted(input) and me.node == "n1":
            me.alarm("tick", 10 * MS, every=10 * MS)
        elif isinstance(input, Alarm):
            me.note(Seen("tick"))

    show = play(ticking, stop=120 * MS, faults=(pause(15, 42),))
    assert [at / MS for at, _ in show.seen("n1")] == [10, 57, 60, 70, 80, 90, 100, 110]


def test_an_alarm_that_is_cancelled_while_its_ring_waits_does_not_ring() -> None:
    def cancels(me: Puppet, input: Input, now: Now) -> None:
        if booted(input) and me.node == "n1":
            me.alarm("doomed", 8 * MS)
            me.alarm("moved", 8 * MS)
            me.alarm("kept", 8 * MS)
        elif got(input):
            me.cancel("doomed")
            me.alarm("moved", 100 * MS)
        logs(me, input, now)

    show = play(burst(Ping("cancel"), then=cancels), service={"n1": 10 * MS})
    assert ms(show.seen("n1")) == [(15, "cancel"), (25, "kept"), (125, "moved")]


def test_cancelled_rings_leave_their_room_to_others() -> None:
    def cancels(me: Puppet, input: Input, now: Now) -> None:
        if booted(input) and me.node == "n1":
            for i in range(5):
                me.alarm(f"a{i}", 2 * MS)
        elif asked(input):
            for i in range(5):
                me.cancel(f"a{i}")
        logs(me, input, now)

    lanes = {"LANES": (Lane("all", 2),), **ACTIONS}
    errands = (go("x", 1), go("y", 12), go("z", 13))
    show = play(cancels, service={"n1": 10 * MS}, puppets=lanes, errands=errands)
    assert [what for _, what in show.seen("n1")] == ["x", "y", "z"]
    assert show.of("drop") == []


def test_a_service_time_passes_before_each_step_and_not_before_a_boot() -> None:
    show = play(burst(Ping(1), Ping(2)), service={"n1": 3 * MS, "n2": 50 * MS})
    assert ms(show.seen("n1")) == [(8, 1), (11, 2)]
    assert show.at("state", "n1") == [0]


def test_a_pause_keeps_state_and_queues_inputs() -> None:
    def counts(me: Puppet, input: Input, now: Now) -> None:
        me.count += 1
        logs(me, input, now)

    show = play(counts, puppets=ACTIONS, errands=(go("a", 1), go("b", 10), go("c", 11)), faults=(pause(5, 20),))
    assert ms(show.seen("n1")) == [(1, "a"), (25, "b"), (25, "c")]
    assert show.of("state", "n1")[-1]["data"] == [4]
    assert show.of("crash") == []


def test_overlapping_pauses_end_with_the_last() -> None:
    show = play(logs, puppets=ACTIONS, errands=(go("a", 12),), faults=(pause(5, 20), pause(10, 40), pause(11, 3)))
    assert ms(show.seen("n1")) == [(50, "a")]


def test_a_pause_prolongs_a_service_time_by_as_long_as_it_lasts() -> None:
    show = play(burst(Ping(1), Ping(2)), service={"n1": 10 * MS}, faults=(pause(7, 4), pause(12, 1)))
    assert ms(show.seen("n1")) == [(20, 1), (30, 2)]
    show = play(burst(Ping(1), Ping(2)), service={"n1": 10 * MS}, faults=(pause(7, 100),))
    assert ms(show.seen("n1")) == [(115, 1), (125, 2)]


def test_a_node_whose_crash_is_over_during_a_pause_boots_after_it() -> None:
    show = play(logs, faults=(crash(5, 10), pause(10, 30)))
    assert [at // MS for at in show.at("boot", "n1")] == [0, 40]


def test_a_crash_ends_a_pauses_grip_only_with_the_pause() -> None:
    show = play(logs, puppets=ACTIONS, errands=(go("a", 30),), faults=(pause(10, 50), crash(15, 5)))
    assert [at // MS for at in show.at("boot", "n1")] == [0, 60]
    assert [r["why"] for r in show.of("drop")] == ["down"]


# -- words of chance and time ------------------------------------------------------------------------------


def test_words_depend_on_seed_node_life_and_step_only() -> None:
    def draws(me: Puppet, input: Input, now: Now) -> None:
        me.note(Seen((me.life, now.word(), now.word(1))))

    def words(seed: int, **more: Any) -> list[Any]:
        return [what for _, what in play(draws, seed=seed, puppets=ACTIONS, **more).seen("n1")]

    asks = (go("a", 1, 20), go("b", 2))
    first = words(1, errands=asks, faults=(crash(10, 5),))
    assert len({w for step in first for w in step[1:]}) == 2 * len(first) == 10
    assert words(1, errands=asks, faults=(crash(10, 5),), nodes=7, latency=Uniform(1, 5)) == first
    assert words(2, errands=asks, faults=(crash(10, 5),)) != first


# -- refused sends -----------------------------------------------------------------------------------------


def test_a_send_that_asked_is_told_of_its_refusal_right_after_its_step() -> None:
    def asks_to_be_told(me: Puppet, input: Input, now: Now) -> None:
        if asked(input):
            me.send("n2", Ping("quiet"))
            me.send("n2", Ping("told"), tell=True)
            me.note(Seen("step over"))
        elif isinstance(input, Refused):
            me.note(Seen((input.dst, input.msg.n, input.why)))

    show = play(
        asks_to_be_told, puppets=ACTIONS, errands=(go("x", 5),), service={"n1": 1},
        faults=(Planned(LinkFault(refuse=True), at=0, lasting=50 * MS),),
    )  # fmt: skip
    assert [what for _, what in show.seen()] == ["step over", ("n2", "told", "refused")]
    assert [r["why"] for r in show.of("drop")] == ["refused", "refused"]
    refused = show.of("step", "n1", input="refused")[0]
    assert refused["cause"] == show.of("send")[1]["seq"]


def test_a_message_to_oneself_that_finds_its_lane_full_is_refused_to_who_asked() -> None:
    def talks_to_itself(me: Puppet, input: Input, now: Now) -> None:
        if asked(input):
            for n in range(3):
                me.send("n1", Ping(n), tell=True)
            me.send("n1", Ping("quiet"))
        elif isinstance(input, Refused):
            me.note(Seen((input.dst, input.msg.n, input.why)))
        elif isinstance(input, Receive):
            me.note(Seen(input.msg.n))

    lanes = {"LANES": (Lane("all", 2),), **ACTIONS}
    show = play(talks_to_itself, nodes=1, puppets=lanes, errands=(go("x", 5),))
    assert [what for _, what in show.seen()] == [("n1", 2, "lane-full"), 0, 1]
    assert [r["why"] for r in show.of("drop")] == ["lane-full", "lane-full"]


# -- what a model gets wrong -------------------------------------------------------------------------------


def at_5ms(do: Callable[[Puppet, Now], Any]) -> Callable[..., Any]:
    def script(me: Puppet, input: Input, now: Now) -> Any:
        return do(me, now) if asked(input) else None

    return script


def error_of(do: Callable[[Puppet, Now], Any], **more: Any) -> str:
    message = fail(at_5ms(do), puppets=ACTIONS, errands=(go("x", 5),), **more)
    assert "\n" not in message
    assert len(message) < 700
    return message


ON_ASK = r"^n1 at 0\.005000s on Ask\(client='n1 x \(5,\)', op=1, action='go', args=\('x',\)\): "


@pytest.mark.parametrize(
    ("do", "said"),
    [
        (lambda me, now: 5, "returned 5; return a sequence of effects, \\[\\] for nothing to do"),
        (lambda me, now: "text", "returned 'text'; return a sequence"),
        (lambda me, now: Send("n2", Ping(1)), "returned Send"),
        (lambda me, now: {"a": 1}, "returned {'a': 1}; return a sequence"),
        (lambda me, now: iter([]), "returned .*iterator"),
        (lambda me, now: [5], "returned 5, which is no effect"),
        (lambda me, now: (Ping(1),), r"returned Ping\(n=1\), which is no effect"),
        (lambda me, now: me.send("n9", Ping(1)), "sent to 'n9', which is no node; allowed: n1, n2"),
        (lambda me, now: me.send(None, Ping(1)), "sent to None, which is no node"),
        (lambda me, now: me.send(["n2"], Ping(1)), "sent to \\['n2'\\], which is no node; allowed: n1, n2"),
        (
            lambda me, now: me.send("n2", "hello"),
            "found a message 'hello' \\(str\\), allowed: an instance of a NamedTuple",
        ),
        (lambda me, now: me.send("n2", Ping(0.5)), "message Ping: found 0.5 \\(float\\)"),
        (lambda me, now: me.send("n2", Ping(({1: 2},))), "message Ping: found {1: 2} \\(dict\\)"),
        (lambda me, now: me.send("n2", Ping([1])), "message Ping: found \\[1\\] \\(list\\)"),
        (lambda me, now: me.send("n2", Ping({"b", "a"})), "message Ping: found {'a', 'b'} \\(set\\)"),
        (lambda me, now: me.note(Ping(1)), "found a note of Ping\\(n=1\\), allowed: instances of the classes in FACTS"),
        (lambda me, now: me.note("text"), "found a note of 'text'"),
        (lambda me, now: me.note(Seen(float("nan"))), "seen: found nan \\(float\\)"),
        (lambda me, now: me.note(Seen(object())), "seen: found <object object> \\(object\\)"),
        (lambda me, now: me.persist("k", 0.5), "Persist value: found 0.5"),
        (lambda me, now: me.persist("k", [1]), "Persist value: found \\[1\\]"),
        (lambda me, now: me.persist(["k"], 1), "Persist key: found \\['k'\\]"),
        (lambda me, now: me.forget({"k"}), "Forget key: found {'k'}"),
        (lambda me, now: me.alarm("a", -1), "SetAlarm a: found after=-1, allowed: ns as an int from 0"),
        (lambda me, now: me.alarm("a", 0.5), "SetAlarm a: found after=0.5"),
        (lambda me, now: me.alarm("a", (5, 1)), "SetAlarm a: found after=\\(5, 1\\)"),
        (lambda me, now: me.alarm("a", True), "SetAlarm a: found after=True"),
        (lambda me, now: me.alarm("a", 1, every=0), "SetAlarm a: found every=0, allowed: ns as an int above 0"),
        (lambda me, now: me.alarm("a", 1, every=1.5), "SetAlarm a: found every=1.5"),
        (lambda me, now: me.alarm(["a"], 1), "SetAlarm: found name=\\['a'\\], allowed: text"),
        (lambda me, now: me.alarm(7, 1), "SetAlarm: found name=7, allowed: text"),
        (lambda me, now: me.cancel(["a"]), "CancelAlarm: found name=\\['a'\\], allowed: text"),
        (lambda me, now: setattr(me, "count", 0.5), "view: found 0.5"),
        (lambda me, now: setattr(me, "count", [1]), "view: found \\[1\\]"),
        (lambda me, now: delattr(me, "count"), "AttributeError: 'Puppet' object has no attribute 'count'"),
        (
            lambda me, now: me.answer(Ask("c", 1, "go"), "maybe"),
            "Answer: found outcome 'maybe', allowed: ok, fail, else",
        ),
        (lambda me, now: me.answer(Ask("c", 1, "go"), "ok", 0.5), "answer: found 0.5"),
        (lambda me, now: me.answer(Ask(["c"], 1, "go"), "ok"), "answer: found \\['c'\\]"),
        (lambda me, now: me.answer(Ask("c", 1, "go"), "elsewhere", hint=["n1"]), "answer: found \\['n1'\\]"),
    ],
)
def test_what_a_model_gets_wrong_is_one_message_with_node_time_and_input(do: Any, said: str) -> None:
    message = error_of(do)
    assert re.search(ON_ASK + said, message), message


def test_a_model_that_raises_is_told_with_its_file_and_line() -> None:
    def raises(me: Puppet, now: Now) -> None:
        raise ValueError("out of cheese")

    line = raises.__code__.co_firstlineno + 1
    assert re.search(ON_ASK + rf"ValueError: out of cheese \(test_host\.py:{line}\)$", error_of(raises))


def test_the_line_is_the_models_also_if_the_standard_library_raised_for_it() -> None:
    def raises(me: Puppet, now: Now) -> None:
        import json

        json.loads("{")

    line = raises.__code__.co_firstlineno + 3
    assert f"(test_host.py:{line})" in error_of(raises)


def test_an_unhandled_message_is_told_with_what_to_do() -> None:
    class Deaf(Machine):
        View = Puppet.View

        def __init__(self, node: str, cluster: Any) -> None:
            super().__init__(node, cluster)
            self.count = 0

    def script(me: Puppet, input: Input, now: Now) -> None:
        if booted(input):
            me.send("n2", Ping(1))

    speaks = puppet(script)
    made = Plan(lambda node, cluster: (speaks if node == "n1" else Deaf)(node, cluster), ("n1", "n2"), S)
    assert perform(made).outcome.model_error == (
        "n2 at 0.005000s on Receive(src='n1', msg=Ping(n=1)): no handler for Ping: mark a method with @on(Ping)"
    )


def test_a_wrong_role_word_is_told_with_the_allowed_ones() -> None:
    def crowns(me: Puppet, now: Now) -> None:
        me.role = "king"

    message = fail(at_5ms(crowns), puppets={"View": RoleView, **ACTIONS}, errands=(go("x", 5),))
    assert message.endswith("View.role: found 'king', allowed: leader, follower, candidate, idle")


def test_a_machine_that_cannot_be_made_again_is_told_with_its_line() -> None:
    made: list[int] = []

    class Fragile(Puppet):
        script = staticmethod(silent)  # type: ignore[assignment]

        def __init__(self, node: str, cluster: Any) -> None:
            super().__init__(node, cluster)
            made.append(1)
            if len(made) > 3:
                raise RuntimeError("broken")

    message = perform(Plan(Fragile, ("n1", "n2"), S, faults=(crash(5, 5),))).outcome.model_error
    assert message is not None
    assert re.fullmatch(r"n1 at 0\.010000s when it was made: RuntimeError: broken \(test_host\.py:\d+\)", message)


def test_a_machine_that_cannot_even_be_made_once_ends_the_run_alike() -> None:
    def breaks(node: str, cluster: Any) -> Any:
        raise RuntimeError("broken")

    from sim.host import ModelError
    from sim.world import run

    with pytest.raises(ModelError, match=r"n1 at 0\.000000s when it was made: RuntimeError: broken \(test_host\.py:"):
        run(Plan(breaks, ("n1",), S), 1)


def test_a_machine_without_a_view_is_told_what_is_missing() -> None:
    from sim.host import ModelError
    from sim.world import run

    with pytest.raises(ModelError, match=r"Blind\.View: found None, allowed: a NamedTuple class with a field or more"):
        run(Plan(type("Blind", (Machine,), {}), ("n1",), S), 1)


def test_contents_that_are_no_pairs_or_raise_are_a_model_error() -> None:
    def contents(value: Any) -> str:
        def holds(self: Any) -> Any:
            return value() if callable(value) else value

        return fail(silent, puppets={"contents": holds})

    def raises() -> Any:
        raise KeyError("k")

    assert re.fullmatch(r"n1 at 1\.000000s in contents\(\): KeyError: 'k' \(test_host\.py:\d+\)", contents(raises))
    assert "in contents(): found 5, allowed: pairs of a key and a fingerprint" in contents([5])
    assert "in contents(): found ('k',), allowed: pairs" in contents([("k",)])
    assert "in contents(): contents: found 0.5" in contents([(0.5, "x")])
    assert "in contents(): TypeError" in contents(5)


def test_a_wrong_effect_that_waited_for_the_disk_is_told_when_it_left() -> None:
    def late(me: Puppet, now: Now) -> None:
        me.persist("k", 1)
        me.send("n9", Ping(1))

    message = error_of(late, sync={"n1": 10 * MS})
    assert message.startswith("n1 at 0.015000s when Send(dst='n9', msg=Ping(n=1), tell=False) left the disk's queue: ")


def test_a_message_whose_corrupted_raises_is_a_model_error() -> None:
    class Brittle(Ping):
        def corrupted(self, word: int) -> Any:
            raise ZeroDivisionError("no")

    def sends(me: Puppet, now: Now) -> None:
        me.send("n2", Brittle(1))

    from fractions import Fraction

    message = error_of(sends, corrupt=Fraction(1))
    assert re.search(ON_ASK + r"Brittle\.corrupted\(\) raised ZeroDivisionError: no", message)


def test_a_run_that_goes_on_for_ever_is_a_model_error() -> None:
    def spins(me: Puppet, input: Input, now: Now) -> None:
        me.alarm("again", 0)

    message = fail(spins, nodes=1, records_max=500)
    assert message == "n1 at 0.000000s: the run has more than 500 records; it may go on for ever"


def test_a_text_that_is_no_utf_8_is_a_model_error_that_names_its_record() -> None:
    message = error_of(lambda me, now: me.note(Seen("\ud800")))
    assert re.fullmatch(r"n1 at 0\.005000s: record \d+ \(note\) cannot be written: surrogates not allowed", message)


def test_a_run_that_a_model_ended_keeps_its_trace_up_to_there() -> None:
    show = perform(plan(at_5ms(lambda me, now: 5), puppets=ACTIONS, errands=(go("x", 5),)))
    assert [r["kind"] for r in show.records] == ["boot", "boot", "state", "state", "ask", "step"]
    assert show.outcome.stats["sim_ns"] == 5 * MS
    assert show.outcome.digest is not None


def test_a_model_error_is_the_same_traced_or_not() -> None:
    from sim.world import run

    for do in (lambda me, now: me.note(Seen(0.5)), lambda me, now: setattr(me, "count", [1]), lambda me, now: 5):
        made = plan(at_5ms(do), puppets=ACTIONS, errands=(go("x", 5),))
        traced, untraced = run(made, 1), run(made, 1, None)
        assert traced.model_error == untraced.model_error is not None


def test_inputs_reach_a_machine_as_the_words_that_tests_build() -> None:
    heard: list[Any] = []

    def listens(me: Puppet, input: Input, now: Now) -> None:
        heard.append(input)
        if booted(input):
            me.send("n1", Ping(1))
            me.alarm("a", 5 * MS, about=("x",))

    play(listens, nodes=1, puppets=ACTIONS, errands=(go("x", 9),))
    assert heard == [Boot({}, 1), Receive("n1", Ping(1)), Alarm("a", ("x",)), Ask("n1 x (9,)", 1, "go", ("x",))]
