"""Whole runs: phases, faults in time, triggers, ties and what an outcome tells. Times in the tests are ms."""

import gc
import io
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from puppets import (
    APPLICABLE,
    Ping,
    Puppet,
    RoleView,
    Seen,
    Show,
    asked,
    booted,
    got,
    operated,
    perform,
    plan,
    play,
    rang,
    silent,
)

from sim.checks import single_leader
from sim.clients import Errand, Workload
from sim.faults import FOREVER, ClockFault, Crash, LinkFault, Operate, Partition, Pause, Planned, When
from sim.machine import Alarm, Boot, Input, Now
from sim.network import Regions, Uniform
from sim.trace import Record
from sim.tracefile import read
from sim.units import MS, S
from sim.world import WALL_START, ClockPlan, header, run

ACTIONS: dict[str, Any] = {"ACTIONS": {"go": ("what",), "append": ("key", "value")}, "ACTS": {"go": ()}}
ZERO = Uniform(0, 0)


def fault_records(show: Show) -> list[tuple[float, int, str]]:
    return [(r["at"] / MS, r["fault"], r["phase"]) for r in show.of("fault")]


# -- beginning and end -------------------------------------------------------------------------------------


def test_nodes_boot_at_0_unless_the_plan_says_when_or_never() -> None:
    show = play(silent, nodes=3, boots={"n2": 30 * MS, "n3": None})
    assert [(r["node"], r["at"] // MS) for r in show.of("boot")] == [("n1", 0), ("n2", 30)]


def test_nothing_at_stop_itself_runs() -> None:
    def ticks(me: Puppet, input: Input, now: Now) -> None:
        if booted(input):
            me.alarm("tick", 5 * MS, 5 * MS)
        elif isinstance(input, Alarm):
            me.send("n2", Ping(1))

    crash = Planned(Crash(nodes=("n1",)), at=20 * MS)
    errand = Errand("e", "n1", "go", ("x",), (20 * MS,))
    show = play(
        ticks, stop=20 * MS, latency=Uniform(5 * MS, 5 * MS), faults=(crash,), errands=(errand,), puppets=ACTIONS
    )
    assert max(r["at"] for r in show.records) == 15 * MS
    assert show.outcome.stats["sim_ns"] == 20 * MS
    assert show.outcome.stats["faults_fired"] == 0


def test_contents_are_asked_of_every_live_machine_at_stop() -> None:
    def contents(me: Any) -> Any:
        return [(me.node, "ff")]

    crash = Planned(Crash(nodes=("n2",)), at=10 * MS)
    show = play(silent, nodes=3, stop=50 * MS, faults=(crash,), puppets={"contents": contents})
    assert [(r["node"], r["at"] // MS, r["data"]) for r in show.of("content")] == [
        ("n1", 50, [["n1", "ff"]]), ("n3", 50, [["n3", "ff"]]),
    ]  # fmt: skip


def test_a_machine_that_tells_no_contents_is_not_asked() -> None:
    assert play(silent).of("content") == []


def test_a_run_leaves_the_garbage_collector_as_it_was() -> None:
    assert gc.isenabled()
    run(plan(silent), 1)
    assert gc.isenabled()
    gc.disable()
    try:
        run(plan(silent), 1)
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_the_header_of_a_plan_is_the_first_line_of_its_trace() -> None:
    made = plan(silent, model="m", profile="p", heal=5 * MS)
    assert perform(made, 7).lines.startswith(header(made, 7).line())


def test_every_record_has_a_seq_a_time_and_an_earlier_cause() -> None:
    show = everything(1)
    assert [r["seq"] for r in show.records] == list(range(1, len(show.records) + 1))
    times = [r["at"] for r in show.records]
    assert times == sorted(times)
    assert all(r["cause"] is None or r["cause"] < r["seq"] for r in show.records)
    causeless = {r["kind"] for r in show.records if r["cause"] is None}
    assert causeless <= {"boot", "ask", "fault", "content"}


def test_an_alarm_leads_by_its_causes_back_to_the_boot() -> None:
    show = everything(1)
    by_seq = {r["seq"]: r for r in show.records}
    for r in show.records:
        if r["kind"] in ("note", "send", "answer"):
            steps = 0
            while r["cause"] is not None:
                r = by_seq[r["cause"]]
                steps += 1
            assert r["kind"] in ("boot", "ask", "fault")


def chatty(me: Puppet, input: Input, now: Now) -> None:
    if booted(input):
        me.role = "leader" if me.node == "n1" else "follower"
        me.alarm("tick", (MS, 20 * MS), 17 * MS)
        me.persist("life", me.life)
    elif rang(input, "tick"):
        me.term += 1
        me.broadcast(Ping((me.term, "x", b"\x01")))
    elif got(input):
        me.count += 1
        if me.count % 9 == 0:
            me.persist(me.count, (me.count,), tell=True)
            me.note(Seen(me.count))
    elif asked(input):
        me.persist("op", input.op)  # type: ignore[attr-defined]
        me.tail += 1
        me.answer(input, "ok", me.tail) if now.word() % 3 else me.answer(input, "elsewhere")  # type: ignore[arg-type, func-returns-value]
        me.send(me.node, Ping(me.tail))


def full(ties: str = "fifo", **more: Any) -> Any:
    """Return a plan with everything in it."""
    chosen: dict[str, Any] = {
        "nodes": 4,
        "stop": 600 * MS,
        "heal": 450 * MS,
        "latency": Uniform(MS, 12 * MS),
        "loss": Fraction(1, 50),
        "ties": ties,
        "duplicate": Fraction(1, 40),
        "corrupt": Fraction(1, 80),
        "puppets": {"View": RoleView, **ACTIONS},
        "clocks": {"n2": ClockPlan(offset=-S, drift=150)},
        "sync": {"n1": 3 * MS, "n3": MS},
        "service": {"n4": MS // 5},
        "workload": Workload(
            "append",
            ("n1", "n3"),
            every=(8 * MS, 25 * MS),
            patience=40 * MS,
            again=1,
            until=400 * MS,
            lose_answers=Fraction(1, 20),
        ),
        "errands": (Errand("e", "n4", "go", ("x",), (100 * MS, 300 * MS)),),
        "properties": APPLICABLE,
        "faults": (
            Planned(
                Partition(groups=(("leader", "a-follower"), "rest"), in_flight="hold"), at=60 * MS, lasting=70 * MS
            ),
            Planned(Partition(groups=("random(2)", "rest"), in_flight="drop"), at=150 * MS, lasting=(20 * MS, 60 * MS)),
            Planned(Partition(groups=(("n3",), ("n4",)), oneway=True), at=90 * MS, lasting=100 * MS),
            Planned(Crash(nodes=("random(1)",), disk="torn"), at=(200 * MS, 260 * MS), lasting=40 * MS),
            Planned(Crash(nodes=("n2",)), when=When("seen", nth=3), after=5 * MS, lasting=30 * MS),
            Planned(Pause(nodes=("n3",)), at=280 * MS, lasting=50 * MS),
            Planned(ClockFault(nodes=("n1",), drift=40_000, jump=S), at=120 * MS, lasting=200 * MS),
            Planned(LinkFault(src="n1", dst="n4", loss=Fraction(1, 3), jitter=9 * MS), at=330 * MS),
        ),
    }
    chosen |= more
    return plan(chatty, **chosen)


def everything(seed: int, **more: Any) -> Show:
    show = perform(full(**more), seed)
    assert show.outcome.model_error is None, show.outcome.model_error
    return show


def test_a_run_is_a_function_of_plan_and_seed() -> None:
    assert everything(3).lines == everything(3).lines != everything(4).lines


def test_everything_in_one_world_happens() -> None:
    show = everything(1)
    assert {r["kind"] for r in show.records} >= {
        "send",
        "drop",
        "step",
        "state",
        "note",
        "ask",
        "answer",
        "boot",
        "crash",
        "fault",
    }
    assert {entry.phase for entry in show.outcome.faults} == {"mended"}
    assert show.outcome.stats["faults_fired"] == 8
    assert {"loss", "partition", "corrupt"} <= set(show.outcome.drops)


# -- faults in time ----------------------------------------------------------------------------------------


def pause(at: Any = None, lasting: Any = None, nodes: Any = ("n1",), **more: Any) -> Planned:
    return Planned(Pause(nodes=nodes), at=None if at is None else at * MS, lasting=lasting, **more)


def test_a_fault_begins_and_is_mended_when_it_says() -> None:
    show = play(silent, faults=(pause(10, 5 * MS),))
    assert fault_records(show) == [(10, 0, "begin"), (15, 0, "mend")]
    begin, mend = show.of("fault")
    assert mend["cause"] == begin["seq"]
    (entry,) = show.outcome.faults
    assert (entry.kind, entry.begin, entry.end, entry.nodes, entry.phase) == (
        "pause",
        10 * MS,
        15 * MS,
        ("n1",),
        "mended",
    )


def test_a_fault_without_a_time_begins_at_0() -> None:
    assert fault_records(play(silent, faults=(pause(None, 5 * MS),)))[0] == (0, 0, "begin")


def test_heal_mends_what_is_still_broken_the_last_first() -> None:
    faults = (pause(10, S), pause(20, None), pause(30, 5 * MS), pause(40, FOREVER))
    show = play(silent, heal=100 * MS, faults=faults)
    assert fault_records(show) == [
        (10, 0, "begin"), (20, 1, "begin"), (30, 2, "begin"), (35, 2, "mend"), (40, 3, "forever"),
        (100, 1, "mend"), (100, 0, "mend"),
    ]  # fmt: skip


def test_no_fault_begins_at_or_after_heal() -> None:
    show = play(silent, heal=100 * MS, faults=(pause(100, 5 * MS), pause(150, 5 * MS)))
    assert fault_records(show) == []
    assert [entry.phase for entry in show.outcome.faults] == ["waiting", "waiting"]
    assert show.outcome.stats["faults_fired"] == 0


def test_a_time_given_as_a_range_is_drawn_once_per_seed_and_told() -> None:
    made = plan(silent, faults=(pause(1, None), Planned(Pause(nodes=("n1",)), at=(10, 20), lasting=(30, 40))))
    drawn = set()
    for seed in range(30):
        entry = perform(made, seed).outcome.faults[1]
        assert entry.begin == entry.drawn["at"]
        assert entry.end == entry.begin + entry.drawn["lasting"]
        assert 10 <= entry.drawn["at"] <= 20
        assert 30 <= entry.drawn["lasting"] <= 40
        drawn.add((entry.drawn["at"], entry.drawn["lasting"]))
    assert len(drawn) > 20


def test_drawn_times_replay_as_absolute_ones_to_the_same_digest() -> None:
    made = plan(chatty, nodes=4, puppets={"View": RoleView}, faults=(
        Planned(Crash(nodes=("n1",)), at=(10 * MS, 90 * MS), lasting=(5 * MS, 50 * MS)),))  # fmt: skip
    first = perform(made, 5)
    entry = first.outcome.faults[0]
    fixed = Planned(Crash(nodes=("n1",)), at=entry.drawn["at"], lasting=entry.drawn["lasting"])
    again = perform(plan(chatty, nodes=4, puppets={"View": RoleView}, faults=(fixed,)), 5)
    assert first.outcome.digest == again.outcome.digest


def test_a_role_that_nobody_holds_is_recorded_and_counts_as_not_fired() -> None:
    show = play(silent, faults=(pause(10, 5 * MS, ("leader",)),))
    assert fault_records(show) == [(10, 0, "unresolved")]
    assert show.of("fault")[0]["nodes"] == []
    assert (show.outcome.faults[0].phase, show.outcome.stats["faults_fired"]) == ("unresolved", 0)


def test_roles_are_resolved_when_the_fault_fires() -> None:
    def takes_turns(me: Puppet, input: Input, now: Now) -> None:
        if booted(input):
            me.alarm("turn", 10 * MS, 10 * MS)
        elif isinstance(input, Alarm):
            me.count += 1
            me.role = "leader" if me.cluster.number(me.node) == me.count % 3 else "follower"

    faults = tuple(pause(at, MS, ("leader",)) for at in (5, 15, 25, 35))
    show = play(takes_turns, nodes=3, faults=faults, stop=50 * MS, puppets={"View": RoleView})
    assert [entry.nodes for entry in show.outcome.faults] == [(), ("n2",), ("n3",), ("n1",)]


# -- triggers ----------------------------------------------------------------------------------------------


def counts(me: Puppet, input: Input, now: Now) -> None:
    if booted(input):
        me.alarm("tick", 10 * MS, 10 * MS)
    elif isinstance(input, Alarm):
        me.count += 1
        me.note(Seen(me.count))


def test_a_trigger_fires_at_the_nth_record_that_matches() -> None:
    for when, at in (
        (When("seen"), 10), (When("seen", nth=3), 20), (When("seen", (("what", 3),)), 30),
        (When("seen", (("what", 2), ("node", "n2"))), 20), (When("state", (("count", 4),)), 40),
        (When("boot", (("node", "n2"),)), 0), (When("step", (("input", "alarm tick"),), nth=5), 30),
        (When("note", nth=2), 10),
    ):  # fmt: skip
        show = play(counts, stop=60 * MS, faults=(pause(None, MS, when=when),))
        assert fault_records(show)[0] == (at, 0, "begin"), when


def test_a_trigger_that_never_matches_never_fires() -> None:
    for when in (When("seen", (("what", "x"),)), When("seen", (("gold", 1),)), When("moved"), When("crash")):
        assert play(counts, stop=60 * MS, faults=(pause(None, MS, when=when),)).of("fault") == []


def test_a_trigger_fires_once() -> None:
    show = play(counts, stop=90 * MS, faults=(pause(None, MS, when=When("seen")),))
    assert [phase for _, _, phase in fault_records(show)] == ["begin", "mend"]


def test_a_state_matches_when_it_begins_to_have_the_values() -> None:
    def flips(me: Puppet, input: Input, now: Now) -> None:
        if booted(input) and me.node == "n1":
            me.role = "leader"
            me.alarm("tick", 10 * MS, 10 * MS)
        elif isinstance(input, Alarm):
            me.tail += 1
            me.role = "leader" if me.tail != 3 else "follower"

    when = When("state", (("role", "leader"),), nth=2)
    show = play(flips, stop=90 * MS, puppets={"View": RoleView}, faults=(pause(None, MS, when=when),))
    assert fault_records(show)[0][0] == 40


def test_a_triggered_fault_runs_right_after_the_event_whose_record_matched() -> None:
    def talks(me: Puppet, input: Input, now: Now) -> None:
        if booted(input) and me.node == "n2":
            for i in range(4):
                me.send("n1", Ping(i))
        elif got(input):
            me.note(Seen(input.msg.n))  # type: ignore[attr-defined]
            me.note(Seen("after"))

    crash = Planned(Crash(nodes=("n1",), strike="now"), when=When("seen", (("what", 1),)), lasting=20 * MS)
    show = play(talks, latency=Uniform(5 * MS, 5 * MS), faults=(crash,))
    # Whole steps happen; the packets of the same instant find the node down.
    assert [what for _, what in show.seen("n1")] == [0, "after", 1, "after"]
    assert [(r["at"] // MS, r["why"]) for r in show.of("drop")] == [(5, "down"), (5, "down")]


def test_a_triggered_fault_may_come_later() -> None:
    show = play(counts, stop=60 * MS, faults=(pause(None, MS, when=When("seen", nth=2), after=7 * MS),))
    assert fault_records(show)[0] == (17, 0, "begin")


def test_a_fault_may_trigger_another() -> None:
    chain = (pause(10, 5 * MS), pause(None, MS, ("n2",), when=When("fault", (("phase", "mend"), ("fault", 0)))))
    assert fault_records(play(silent, faults=chain)) == [
        (10, 0, "begin"),
        (15, 0, "mend"),
        (15, 1, "begin"),
        (16, 1, "mend"),
    ]


def test_a_trigger_that_matches_at_heal_or_later_fires_nothing_but_acts() -> None:
    act = Planned(Operate(nodes=("n1",), action="go"), when=When("seen", (("what", 5),)))
    show = play(
        counts,
        stop=90 * MS,
        heal=30 * MS,
        faults=(pause(None, MS, when=When("seen", (("what", 4),))), act),
        puppets=ACTIONS,
    )
    assert fault_records(show) == [(50, 1, "begin")]


# -- ties --------------------------------------------------------------------------------------------------


def at_one_instant(me: Puppet, input: Input, now: Now) -> None:
    """At 50 ms n1 has an alarm, a packet, an ask, an act, the end of a sync and, with a service time, of an input."""
    if booted(input) and me.node == "n1":
        me.alarm("a", 50 * MS)
        me.alarm("b", 50 * MS)
        me.alarm("write", 40 * MS)
    elif booted(input):
        me.alarm("send", 30 * MS)
    elif rang(input, "send"):
        me.send("n1", Ping("packet"))
        me.send("n1", Ping("packet too"))
    elif rang(input, "write"):
        me.persist("k", 1, tell=True)
        me.note(Seen("sync"))
    elif isinstance(input, Alarm):
        me.note(Seen(f"alarm {input.name}"))
    elif got(input):
        me.note(Seen(input.msg.n))  # type: ignore[attr-defined]
    elif asked(input) or operated(input):
        me.note(Seen(type(input).__name__))


TIES = {
    "latency": Uniform(20 * MS, 20 * MS), "sync": {"n1": 10 * MS}, "puppets": ACTIONS,
    "errands": (Errand("e", "n1", "go", ("x",), (50 * MS,)),),
    "faults": (Planned(Operate(nodes=("n1",), action="go"), at=50 * MS),),
}  # fmt: skip


def test_at_one_instant_faults_come_first_then_clients_packets_completions_and_alarms() -> None:
    show = play(at_one_instant, stop=100 * MS, **TIES)
    # All that was said before the sync was over waited for it, in order.
    assert show.seen("n1") == [
        (50 * MS, what) for what in ("sync", "Operate", "Ask", "packet", "packet too", "alarm a", "alarm b")
    ]
    steps = [r["input"] for r in show.of("step", "n1") if r["at"] == 50 * MS]
    assert steps == ["operate go", "ask go", "receive", "receive", "persisted", "alarm a", "alarm b"]


def shuffled_steps(seed: int) -> list[str]:
    show = perform(plan(at_one_instant, stop=100 * MS, ties="shuffled", **TIES), seed)
    found = []
    for r in show.of("step", "n1"):
        if r["at"] == 50 * MS:
            sent = [s for s in show.of("send") if s["seq"] == r["cause"]]
            found.append(sent[0]["data"][0] if sent else r["input"])
    return found


def test_shuffled_ties_permute_inside_a_class_only() -> None:
    orders = {tuple(shuffled_steps(seed)) for seed in range(40)}
    packets = {("packet", "packet too"), ("packet too", "packet")}
    alarms = {("alarm a", "alarm b"), ("alarm b", "alarm a")}
    assert orders == {
        ("operate go", "ask go", *p, "persisted", *a) for p in packets for a in alarms
    }  # fmt: skip


def test_shuffled_ties_are_a_function_of_the_seed() -> None:
    shows = {everything(2, ties="shuffled", latency=ZERO).lines for _ in range(2)}
    assert len(shows) == 1
    assert shows != {everything(2, latency=ZERO).lines}


def test_ties_are_fifo_or_shuffled() -> None:
    with pytest.raises(ValueError, match=r"ties: found 'lifo', allowed: fifo, shuffled"):
        run(plan(silent, ties="lifo"), 1)


def test_heal_comes_before_everything_else_of_its_instant() -> None:
    errand = Errand("e", "n1", "go", ("x",), (50 * MS,))
    show = play(
        at_one_instant, stop=90 * MS, heal=50 * MS, faults=(pause(10, None),), errands=(errand,), puppets=ACTIONS
    )
    assert next((r["at"] // MS, r["kind"]) for r in show.records if r["at"] == 50 * MS) == (50, "fault")
    assert show.of("step", "n1", input="ask go")[0]["at"] == 50 * MS


# -- what nodes are told -----------------------------------------------------------------------------------


def test_nodes_know_nominal_round_trips_or_what_the_plan_says_instead() -> None:
    def tells(me: Puppet, input: Input, now: Now) -> None:
        if booted(input):
            me.note(Seen(tuple(me.cluster.rtt(node) for node in me.cluster.nodes)))

    place = {"n1": "eu", "n2": "us"}
    far = Regions({("eu", "us"): 40 * MS, ("us", "eu"): 42 * MS, ("eu", "eu"): 0, ("us", "us"): 0}, place)
    assert play(tells, latency=far).seen("n1") == [(0, (0, 82 * MS))]
    assert play(tells, latency=far, rtt=7 * MS).seen("n2") == [(0, (7 * MS, 0))]


def test_the_wall_clock_starts_at_the_plans_date() -> None:
    def tells(me: Puppet, input: Input, now: Now) -> None:
        me.note(Seen((now.monotonic, now.wall)))

    assert play(tells).seen("n1") == [(0, (0, WALL_START))]
    assert play(tells, wall_start=9 * S, boots={"n1": S // 2}).seen("n1") == [(S // 2, (0, 9 * S + S // 2))]


# -- what nobody who watches may change --------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_sinks_properties_and_tracing_change_neither_records_nor_verdicts_nor_digest(seed: int) -> None:
    class Slow(io.BytesIO):
        pass

    plain = run(full(), seed, ())
    many = run(full(), seed, [io.BytesIO(), Slow()])
    untraced = run(full(), seed, None)
    watched = run(full(properties=(*APPLICABLE, single_leader.lasting(5), watcher)), seed, ())
    unwatched = run(full(properties=()), seed, ())
    assert plain.digest == many.digest == watched.digest == unwatched.digest
    assert untraced.digest is None
    assert plain.stats == many.stats == untraced.stats == watched.stats == unwatched.stats
    assert plain.findings == many.findings == untraced.findings == watched.findings[: len(APPLICABLE)]
    assert list(plain.history.lines()) == list(untraced.history.lines()) == list(unwatched.history.lines())


def watch(cluster: Any) -> Any:
    while True:
        yield None


from sim.property import always  # noqa: E402  # beside the one property that is made here

watcher = always("listens to everything", needs=dict.fromkeys(("send", "drop", "step", "state", "note", "seen"), ""))(
    watch
)


def test_a_trace_is_what_the_reader_reads(tmp_path: Any) -> None:
    show = everything(5)
    path = tmp_path / "trace.jsonl"
    path.write_bytes(show.lines)
    records: list[Record] = list(read(path)[1])
    assert len(records) == show.outcome.stats["records"]


@settings(max_examples=12)
@given(st.integers(-(2**80), 2**80))
def test_any_integer_is_a_seed(seed: int) -> None:
    outcome = run(plan(silent), seed)
    assert outcome.digest == run(plan(silent), seed).digest


def test_a_life_begins_with_what_the_disk_kept() -> None:
    def script(me: Puppet, input: Input, now: Now) -> None:
        if isinstance(input, Boot):
            me.note(Seen((input.life, tuple(sorted(input.durable.items())))))
            me.persist("life", input.life)

    crash = Planned(Crash(nodes=("n1",)), at=5 * MS, lasting=5 * MS)
    show = play(script, faults=(crash,))
    assert show.seen("n1") == [(0, (1, ())), (10 * MS, (2, (("life", 1),)))]
