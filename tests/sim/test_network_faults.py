"""What links do beyond fates and cuts: bursts, reordering, limits, holds, flaps, swizzles. Times are ms."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from time import perf_counter
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from puppets import Ping, Pong, Puppet, Show, booted, fail, got, names, perform, plan, play, rang, silent

from sim.chance import Chance
from sim.clients import Workload
from sim.faults import Flap, Hold, LinkFault, Partition, Planned, Swizzle
from sim.faults.base import Levers
from sim.machine import Input, Now, Refused
from sim.network import ByLink, Drawn, Ends, Line, Link, Network, Uniform
from sim.quantiles import exponential
from sim.units import MS, S
from sim.weather import Burst, Reorder
from sim.world import World

BURST = Burst(loss=Fraction(1, 5), lasting=20 * MS)
FIVE = Uniform(5 * MS, 5 * MS)


def everybody(every: int = 5 * MS, kind: type = Ping, until: int = 10**18) -> Any:
    """Return a script: everybody tells everybody on a fixed grid."""

    def script(me: Puppet, input: Input, now: Now) -> None:
        if booted(input):
            me.alarm("tick", every, every)
        elif rang(input, "tick") and now.monotonic < until:
            me.memory["n"] = me.memory.get("n", 0) + 1
            me.broadcast(kind(me.memory["n"]))

    return script


def fates(show: Show, src: str = "n1", dst: str = "n2", kind: str = "Ping") -> list[tuple[int, Any]]:
    """Return (sent at, ms of flight, or why it was dropped, or None) of every message of a kind on a link."""
    arrived = {r["cause"]: r["at"] for r in show.of("step", dst, input="receive")}
    dropped = {r["cause"]: r["why"] for r in show.of("drop", dst)}
    found: list[tuple[int, Any]] = []
    for r in show.of("send", src, dst=dst, type=kind):
        at = arrived.get(r["seq"])
        found.append((r["at"] // MS, (at - r["at"]) / MS if at is not None else dropped.get(r["seq"])))
    return found


def lost(show: Show, why: str, src: str = "n1", dst: str = "n2") -> list[int]:
    return [at for at, fate in fates(show, src, dst) if fate == why]


def during(fault: Any, at: int = 0, lasting: int = 10_000) -> tuple[Planned, ...]:
    return (Planned(fault, at=at * MS, lasting=lasting * MS),)


# -- weather and fate --------------------------------------------------------------------------------------


@settings(max_examples=25)
@given(
    st.integers(0, 2**70),
    st.sampled_from(["node", "client", "protocol", "fault elsewhere", "order", "cut here", "line"]),
    st.sampled_from([("n1", "n2"), ("n3", "n1")]),
)
def test_the_bursts_of_a_link_are_its_own_whatever_else_is_there(seed: int, what: str, link: tuple[str, str]) -> None:
    storm = LinkFault(burst=BURST)

    def bursts(script: Any = None, nodes: int = 3, faults: Any = (), **more: Any) -> dict[int, bool]:
        made = plan(
            script or everybody(), nodes=nodes, stop=400 * MS, latency=Uniform(MS, 4 * MS), loss=Fraction(1, 10),
            puppets={"ACTIONS": {"append": ("key", "value")}}, faults=(*faults, *during(storm, 50, 300)), **more,
        )  # fmt: skip
        return {at: fate == "burst" for at, fate in fates(perform(made, seed), *link)}

    def talkative(me: Puppet, input: Input, now: Now) -> None:
        everybody()(me, input, now)
        if got(input, Ping):
            me.send(input.src, Pong(now.word() % 7))  # type: ignore[attr-defined]

    base = bursts()
    assert len(base) > 70
    third = next(node for node in ("n1", "n2", "n3") if node not in link)
    others: Mapping[str, Any] = {
        "node": {"nodes": 6},
        "client": {"workload": Workload("append", ("n1", "n2"), every=(MS, 3 * MS))},
        "protocol": {"script": talkative},
        "fault elsewhere": {"faults": during(LinkFault(src=link[0], dst=third, loss=Fraction(1, 2)), 20, 300)},
        "order": {"ties": "shuffled"},
        "cut here": {"faults": during(Partition(groups=(link[0], link[1])), 100, 100)},
        "line": {"lines": (Line(Ends(frozenset([link[1]]), frozenset([third])), {"burst": BURST}),)},
    }
    changed = bursts(**others[what])
    if what == "cut here":  # a cut is asked before the weather, and does not stop it
        assert {at: b for at, b in base.items() if not 100 <= at < 200} == {
            at: b for at, b in changed.items() if not 100 <= at < 200
        }
    else:
        assert changed == base


def test_two_senders_at_other_rates_meet_the_same_bursts() -> None:
    def at(every: int) -> dict[int, bool]:
        show = play(everybody(every * MS), stop=5 * S, faults=during(LinkFault(burst=BURST)))
        return {at: fate == "burst" for at, fate in fates(show)}

    often, seldom = at(2), at(14)
    assert len(seldom) > 300
    assert seldom == {moment: often[moment] for moment in seldom}
    assert 0.1 < sum(seldom.values()) / len(seldom) < 0.3


def test_a_link_first_used_late_has_the_weather_that_it_would_have_had() -> None:
    def from_then_on(begin: int) -> Any:
        def script(me: Puppet, input: Input, now: Now) -> None:
            if booted(input):
                me.alarm("tick", begin, 5 * MS)
            elif rang(input, "tick"):
                me.broadcast(Ping(1))

        return script

    for fault in (LinkFault(burst=BURST), Flap(up=50 * MS, down=20 * MS)):
        early, late = (dict(fates(play(from_then_on(b * MS), stop=3 * S, faults=during(fault)))) for b in (5, 1000))
        assert late == {at: fate for at, fate in early.items() if at >= 1000}


def test_two_bursts_at_once_are_independent_and_the_first_rages_on_when_the_second_ends() -> None:
    one = LinkFault(burst=BURST)
    alone = play(everybody(), stop=4 * S, faults=during(one))
    both = play(everybody(), stop=4 * S, faults=(*during(one), *during(one, 1000, 2000)))
    first, second = set(lost(alone, "burst")), set(lost(both, "burst"))
    assert {at for at in first if not 1000 <= at < 3000} == {at for at in second if not 1000 <= at < 3000}
    assert first < second


def test_a_networks_own_burst_is_there_from_the_beginning_and_a_fault_adds_to_it() -> None:
    made = plan(everybody(), stop=4 * S, good_day={"burst": BURST})
    alone = set(lost(perform(made), "burst"))
    assert min(alone) < 1000
    more = plan(everybody(), stop=4 * S, good_day={"burst": BURST}, faults=during(LinkFault(burst=BURST), 2000))
    assert {at for at in lost(perform(more), "burst") if at < 2000} == {at for at in alone if at < 2000}
    assert alone < set(lost(perform(more), "burst"))


def test_a_burst_may_strike_one_type_of_message_only() -> None:
    def script(me: Puppet, input: Input, now: Now) -> None:
        everybody()(me, input, now)
        if rang(input, "tick"):
            me.broadcast(Pong(1))

    show = play(script, stop=3 * S, faults=during(LinkFault(burst=BURST, messages=("Pong",))))
    assert lost(show, "burst") == []
    assert sum(fate == "burst" for _, fate in fates(show, kind="Pong")) > 50


def test_a_link_is_asked_about_packets_in_bursts_and_where_one_has_ended_and_about_no_others(monkeypatch: Any) -> None:
    asked = []
    ask = Network._ask
    monkeypatch.setattr(Network, "_ask", lambda self, *args: (asked.append(args), ask(self, *args)))
    show = play(everybody(MS), stop=5 * S, good_day={"burst": BURST})
    drops = len(show.of("drop", why="burst"))
    assert drops > 1000
    assert drops < len(asked) < drops + 2 * 5 * S // (100 * MS) * 2
    asked.clear()
    play(everybody(MS), stop=S, good_day={"reorder": Reorder(share=Fraction(1, 2), by=MS), "jitter": MS})
    assert asked == []


# -- reordering, delays ------------------------------------------------------------------------------------


def test_reordered_packets_are_late_by_their_range_and_as_many_as_stated() -> None:
    # 4,000 packets: binomial, four standard errors are 2.5 %.
    fault = LinkFault(reorder=Reorder(share=Fraction(1, 5), by=(20 * MS, 60 * MS)))
    found = [fate for _, fate in fates(play(everybody(MS), stop=4100 * MS, latency=FIVE, faults=during(fault)))][:4000]
    held = [fate for fate in found if fate != 5]
    assert abs(len(held) - 800) < 4 * (4000 * 0.2 * 0.8) ** 0.5
    assert 25 <= min(held) < 27
    assert 63 < max(held) < 65
    assert abs(sum(held) / len(held) - 45) < 4 * (40 / 12**0.5) / len(held) ** 0.5


def test_reordering_moves_nothing_but_what_it_holds_back() -> None:
    fault = LinkFault(reorder=Reorder(share=Fraction(1, 10), by=500 * MS))
    base = dict(fates(play(everybody(), stop=2 * S, latency=Uniform(MS, 40 * MS))))
    found = fates(play(everybody(), stop=2 * S, latency=Uniform(MS, 40 * MS), faults=during(fault)))
    moved = {round(fate - base[at], 6) for at, fate in found if at < 1400}
    assert moved == {0, 500}


def test_latencies_of_single_links_hold_there_and_the_last_counts() -> None:
    one, two = Ends(frozenset(["n1"]), frozenset(["n2", "n3"])), Ends(frozenset(["n1"]), frozenset(["n3"]), True)
    slow = ByLink(FIVE, ((one, Uniform(20 * MS, 20 * MS)), (two, Drawn(exponential(MS), 90 * MS))))
    delays = {(a, b): slow.between(a, b).low // MS for a in names(3) for b in names(3) if a != b}
    assert delays == {
        ("n1", "n2"): 20,
        ("n2", "n1"): 20,
        ("n1", "n3"): 90,
        ("n3", "n1"): 20,
        ("n2", "n3"): 5,
        ("n3", "n2"): 5,
    }
    show = play(everybody(), nodes=3, stop=300 * MS, latency=slow)
    assert {fate for _, fate in fates(show, "n3", "n1") if fate} == {20.0}
    assert all(fate is None or fate >= 90 for _, fate in fates(show, "n1", "n3"))


def test_lines_replace_what_the_network_says_and_those_for_types_come_on_top() -> None:
    first, both = Ends(frozenset(["n1"]), frozenset(["n2"]), True), Ends(frozenset(["n1"]), frozenset(["n2"]))
    made = plan(
        everybody(), stop=S, latency=FIVE, loss=Fraction(1),
        lines=(Line(both, {"loss": Fraction(0)}), Line(first, {"corrupt": Fraction(1)}, ("Ping",))),
    )  # fmt: skip
    show = perform(made)
    assert {fate for _, fate in fates(show, "n1", "n2")} == {"corrupt", None}
    assert {fate for _, fate in fates(show, "n2", "n1")} == {5.0, None}
    made = plan(everybody(kind=Pong), stop=S, lines=(Line(first, {"corrupt": Fraction(1)}, ("Ping",)),))
    assert not perform(made).of("drop")


# -- bandwidth, queue, MTU ---------------------------------------------------------------------------------


class Sized(NamedTuple):
    """A message as long as it says."""

    size: Any


def burst_of(*sizes: int, tell: bool = False, at: int = 10) -> Any:
    """Return a script: n1 sends these sizes to n2 at one instant; it notes nothing and remembers what was refused."""

    def script(me: Puppet, input: Input, now: Now) -> None:
        if booted(input) and me.node == "n1":
            me.alarm("go", at * MS)
        elif rang(input, "go"):
            for size in sizes:
                me.send("n2", Sized(size), tell=tell)
        elif isinstance(input, Refused):
            me.count = (*(me.count or ()), input.why)

    return script


def test_messages_wait_for_the_bandwidth_one_behind_the_other() -> None:
    # 1000 bytes at 100 kB/s take 10 ms.
    show = play(burst_of(1000, 500, 2000), stop=S, latency=FIVE, good_day={"bandwidth": 100_000})
    assert [fate for _, fate in fates(show, kind="Sized")] == [15, 20, 40]


def test_the_time_on_the_wire_is_rounded_up_so_that_no_link_is_faster_than_it_may_be() -> None:
    show = play(burst_of(1, 1, 1), stop=S, latency=Uniform(0, 0), good_day={"bandwidth": 3 * 10**8})
    assert [r["at"] - 10 * MS for r in show.got("n2")] == [4, 8, 12]


def test_an_idle_link_does_not_save_up_bandwidth() -> None:
    def script(me: Puppet, input: Input, now: Now) -> None:
        if booted(input) and me.node == "n1":
            me.alarm("tick", 100 * MS, 100 * MS)
        elif rang(input, "tick"):
            me.send("n2", Sized(1000))

    show = play(script, stop=S, latency=FIVE, good_day={"bandwidth": 100_000})
    assert {fate for _, fate in fates(show, kind="Sized")} == {15.0}


def test_a_queue_drops_what_finds_no_room_but_never_what_finds_the_link_idle() -> None:
    limits = {"bandwidth": 100_000, "queue": 2000}
    show = play(burst_of(5000, 1000, 10, tell=True), stop=S, latency=FIVE, good_day=limits)
    # 5000 bytes are on the wire, which is more than the queue holds: both others are dropped.
    assert [fate for _, fate in fates(show, kind="Sized")] == [55, "queue-full", "queue-full"]
    show = play(burst_of(1000, 900, 200, 100), stop=S, latency=FIVE, good_day=limits)
    assert [fate for _, fate in fates(show, kind="Sized")] == [15, 24, "queue-full", 25]


def test_a_queue_that_is_exactly_full_takes_nothing_more() -> None:
    limits = {"bandwidth": 100_000, "queue": 2000}
    show = play(burst_of(1000, 1000, 1), stop=S, latency=FIVE, good_day=limits)
    assert [fate for _, fate in fates(show, kind="Sized")] == [15, 25, "queue-full"]


def test_whoever_asked_is_told_why_a_message_could_not_be_queued() -> None:
    limits = {"bandwidth": 100_000, "queue": 0, "mtu": 1500}
    show = play(burst_of(1500, 1501, 100, tell=True), stop=S, latency=FIVE, good_day=limits)
    assert [fate for _, fate in fates(show, kind="Sized")] == [20, "too-big", "queue-full"]
    assert show.of("state", "n1")[-1]["data"] == [["too-big", "queue-full"]]


def test_a_message_without_a_size_has_100_bytes() -> None:
    assert set(lost(play(everybody(), stop=S, good_day={"mtu": 99}), "too-big"))
    assert not lost(play(everybody(), stop=S, good_day={"mtu": 100}), "too-big")


@pytest.mark.parametrize("size", [-1, 0.5, "long", True, None])
def test_a_size_that_is_no_number_of_bytes_is_blamed_on_the_model(size: Any) -> None:
    class Odd(Ping):
        pass

    Odd.size = size  # type: ignore[attr-defined]

    def script(me: Puppet, input: Input, now: Now) -> None:
        if booted(input) and me.node == "n1":
            me.send("n2", Odd(1))

    assert "Odd.size: found" in fail(script, stop=S, good_day={"mtu": 100})


def test_a_sustained_overload_gets_the_stated_throughput() -> None:
    # 1 MB/s for 10 s; 2 MB/s are offered. Exact but for the first and the last message.
    def script(me: Puppet, input: Input, now: Now) -> None:
        if booted(input) and me.node == "n1":
            me.alarm("tick", MS, MS)
        elif rang(input, "tick"):
            me.send("n2", Sized(2000))

    show = play(script, stop=10 * S, good_day={"bandwidth": 10**6, "queue": 20_000})
    assert abs(len(show.got("n2")) * 2000 / 10**7 - 1) < 0.002
    assert 0.49 < len(show.of("drop", why="queue-full")) / len(show.of("send")) < 0.51


def test_limits_of_several_causes_bind_at_their_tightest_and_go_when_their_fault_does() -> None:
    tight = LinkFault(bandwidth=10_000, mtu=500)
    made = {"latency": FIVE, "good_day": {"bandwidth": 100_000, "mtu": 1500}}
    assert [f for _, f in fates(play(burst_of(500, 501), stop=S, faults=during(tight), **made), kind="Sized")] == [
        55,
        "too-big",
    ]
    after = play(burst_of(500, 1500, at=300), stop=S, faults=during(tight, 0, 200), **made)
    assert [f for _, f in fates(after, kind="Sized")] == [10, 25]


def test_each_direction_and_each_link_has_a_bandwidth_of_its_own() -> None:
    show = play(everybody(10 * MS), nodes=3, stop=95 * MS, latency=FIVE, good_day={"bandwidth": 10_000})
    for a, b in (("n1", "n2"), ("n2", "n1"), ("n1", "n3")):
        assert [fate for _, fate in fates(show, a, b)][:4] == [15, 15, 15, 15]


def test_lost_packets_have_used_the_bandwidth_too() -> None:
    show = play(burst_of(1000, 1000), stop=S, latency=FIVE, good_day={"bandwidth": 100_000}, loss=Fraction(1))
    assert [fate for _, fate in fates(show, kind="Sized")] == ["loss", "loss"]
    world = World(plan(burst_of(1000, 1000), stop=S, good_day={"bandwidth": 100_000}, loss=Fraction(1)), 1, None)
    world.run()
    assert world.network.links()[0].free == 30 * MS


# -- hold, flap, swizzle -----------------------------------------------------------------------------------


def test_a_hold_lets_nothing_arrive_and_loses_nothing() -> None:
    found = fates(play(everybody(10 * MS), stop=300 * MS, latency=FIVE, faults=during(Hold(), 100, 50)))
    # Whatever would arrive from 100 to 150 arrives at 150.
    assert [fate for at, fate in found if at < 90] == [5] * 8
    assert [at + fate for at, fate in found if 95 <= at < 145] == [150] * 5
    assert [fate for at, fate in found if 150 <= at < 290] == [5] * 14


def test_a_hold_in_one_direction_leaves_the_other() -> None:
    fault = Hold(src="n1", dst="n2", oneway=True)
    show = play(everybody(10 * MS), stop=300 * MS, latency=FIVE, faults=during(fault, 100, 50))
    assert {fate for at, fate in fates(show, "n2", "n1") if at < 290} == {5}
    assert max(fate for at, fate in fates(show, "n1", "n2") if at < 290) > 40


def test_what_is_held_comes_out_in_the_order_in_which_it_would_have_come() -> None:
    show = play(everybody(MS), stop=200 * MS, latency=Uniform(MS, 20 * MS), faults=during(Hold(), 50, 100))
    flew = {r["seq"]: r["at"] for r in show.of("send", "n1")}
    free = play(everybody(MS), stop=200 * MS, latency=Uniform(MS, 20 * MS))
    due = {r["at"]: r2 for (r, r2) in zip(free.of("send", "n1"), [f for _, f in fates(free)], strict=True)}
    out = [flew[r["cause"]] for r in show.got("n2") if r["at"] == 150 * MS]
    assert out == sorted(out, key=lambda at: at + due[at] * MS)
    assert len(out) > 80


def test_a_flapping_link_drops_while_it_is_down_and_both_directions_are_down_as_one() -> None:
    fault = Flap(up=(20 * MS, 60 * MS), down=(30 * MS, 40 * MS))
    show = play(everybody(), nodes=3, stop=2 * S, faults=during(fault, 0, 1500))
    there, back, other = (lost(show, "partition", *link) for link in (("n1", "n2"), ("n2", "n1"), ("n1", "n3")))
    assert there == back != other
    assert there and max(there) < 1500


def test_a_flap_in_one_direction_leaves_the_other() -> None:
    fault = Flap(src="n1", dst="n2", oneway=True, up=30 * MS, down=30 * MS)
    show = play(everybody(), stop=S, faults=during(fault))
    assert lost(show, "partition", "n1", "n2")
    assert not lost(show, "partition", "n2", "n1")


@pytest.mark.parametrize(("policy", "said"), [("deliver", {60.0}), ("drop", {"partition"}), ("hold", set())])
def test_packets_under_way_fare_as_the_flap_says(policy: Any, said: set[Any]) -> None:
    # Up for 100 ms at most in the first round, then down for 100: sent just before, arriving in the midst of it.
    fault = Flap(up=100 * MS, down=100 * MS, in_flight=policy)
    latency = Uniform(60 * MS, 60 * MS)
    show = play(everybody(), stop=S, latency=latency, faults=during(fault))
    downs = lost(
        play(everybody(), stop=S, latency=latency, faults=during(Flap(up=100 * MS, down=100 * MS))), "partition"
    )
    found = dict(fates(show))
    midst = [at for at in found if at not in downs and at < 800 and at + 60 in downs and at + 65 in downs]
    assert len(midst) > 20
    if policy == "hold":
        assert all(found[at] > 60 for at in midst)
    else:
        assert {found[at] for at in midst} == said


def test_clients_do_not_pass_a_link_that_is_down() -> None:
    workload = Workload("append", ("n1",), patience=5 * MS, every=(10 * MS, 10 * MS))
    actions = {"ACTIONS": {"append": ("key", "value")}}
    faults = during(Flap(up=50 * MS, down=50 * MS))
    show = perform(plan(silent, stop=2 * S, workload=workload, puppets=actions, faults=faults))
    assert 30 < len(show.of("drop", why="partition")) < 70


def test_a_swizzle_clogs_one_after_another_and_lets_go_one_after_another_in_another_order() -> None:
    fault = Swizzle(nodes=("n1", "n2", "n3"), over=200 * MS)
    show = play(everybody(), nodes=5, stop=2 * S, latency=FIVE, faults=during(fault, 100, 1000))
    (begin,) = show.of("fault", phase="begin")
    clogged, let_go = begin["fields"]["clogged"], begin["fields"]["let_go"]
    assert sorted(clogged) == sorted(let_go) == ["n1", "n2", "n3"]
    assert clogged != let_go
    for node in clogged:
        first, last = 100 + 100 * clogged.index(node), 900 + 100 * let_go.index(node)
        arrivals = [at + fate for at, fate in fates(show, "n4", node) if fate is not None]
        assert not [at for at in arrivals if first < at < last]
        assert [at for at in arrivals if first - 10 <= at <= first]
        assert arrivals.count(last) > 50
    assert not show.of("drop")
    assert {fate for _, fate in fates(show, "n4", "n5")} <= {5.0, None}


@pytest.mark.parametrize("heal", [150, 250, 700, 950])
def test_a_swizzle_that_heal_cuts_short_leaves_nothing_clogged(heal: int) -> None:
    fault = Swizzle(nodes=("n1", "n2", "n3"), over=200 * MS)
    world = World(plan(everybody(), nodes=5, stop=2 * S, heal=heal * MS, faults=during(fault, 100, 1000)), 1, None)
    world.run()
    assert all(link.hold == 0 and not link.held for link in world.network.links())


# -- all of them together ----------------------------------------------------------------------------------

TARGETS = st.sampled_from(["all", "n1", ("n2", "n3"), "random(2)"])
MAYBE = st.sampled_from([Fraction(0), Fraction(1, 3), Fraction(1)])
FAULTS = st.one_of(
    st.builds(
        LinkFault, src=TARGETS, dst=TARGETS, oneway=st.booleans(), loss=MAYBE, duplicate=MAYBE, corrupt=MAYBE,
        burst=st.sampled_from([None, BURST]), reorder=st.sampled_from([None, Reorder(share=Fraction(1, 2), by=9 * MS)]),
        bandwidth=st.sampled_from([None, 10_000]), queue=st.sampled_from([None, 500]), mtu=st.sampled_from([None, 50]),
        delay=st.sampled_from([0, 5 * MS]), refuse=st.booleans(), messages=st.sampled_from([(), ("Ping",), ("Pong",)]),
    ),
    st.builds(Hold, src=TARGETS, dst=TARGETS, oneway=st.booleans()),
    st.builds(Flap, src=TARGETS, dst=TARGETS, oneway=st.booleans(), up=st.just((10 * MS, 30 * MS)),
              down=st.just(20 * MS), in_flight=st.sampled_from(["deliver", "drop", "hold"])),
    st.builds(Swizzle, nodes=st.just(("n1", "n2", "n3")), over=st.just(20 * MS)),
    st.builds(Partition, shape=st.sampled_from(["halves", "bridge", "majorities-ring", "chain"]), oneway=st.booleans(),
              in_flight=st.sampled_from(["deliver", "drop", "hold"])),
    st.builds(Partition, groups=st.just(("n1", "rest")), oneway=st.booleans(),
              in_flight=st.sampled_from(["drop", "hold"])),
)  # fmt: skip


def state_of(link: Link) -> tuple[Any, ...]:
    """Return what faults may change of a link: all but its fates, its epoch and what it has sent."""
    return (
        link.cuts, link.hold, link.held, link.changes, link.rules, link.shape, link.until, link.delay, link.free,
        len(link.storms),
    )  # fmt: skip


@settings(max_examples=60)
@given(
    st.lists(st.tuples(FAULTS, st.integers(0, 200), st.integers(1, 200)), min_size=1, max_size=6), st.integers(0, 2**32)
)
def test_whatever_overlaps_and_ends_in_any_order_leaves_links_as_they_were(entries: Any, seed: int) -> None:
    faults = tuple(Planned(fault, at=at * MS, lasting=lasting * MS) for fault, at, lasting in entries)
    base = {"nodes": 5, "stop": 900 * MS, "heal": 450 * MS, "latency": FIVE}
    struck = World(plan(everybody(until=500 * MS), faults=faults, **base), seed, None)
    error = struck.run().model_error
    assert error is None
    free = World(plan(everybody(until=500 * MS), **base), seed, None)
    free.run()
    assert [state_of(link) for link in struck.network.links()] == [state_of(link) for link in free.network.links()]
    assert [link.fates for link in struck.network.links()] == [link.fates for link in free.network.links()]
    assert not (struck.network._changes or struck.network._cuts or struck.network._holds or struck.network._flaps)


@settings(max_examples=60)
@given(st.lists(st.tuples(FAULTS, st.booleans()), min_size=1, max_size=6), st.data())
def test_any_interleaving_of_begin_and_mend_leaves_links_as_they_were(entries: Any, data: Any) -> None:
    world = World(plan(silent, nodes=4, stop=S, latency=FIVE), 1, None)
    network = world.network

    def touch(a: str, b: str) -> Link:
        return network.link(world.hosts[a], b)

    early = [touch(a, b) for a, b in (("n1", "n2"), ("n2", "n1"), ("n3", "n4"))]
    before = [state_of(link) for link in early]
    levers = Levers(world.kernel, network, world.hosts, world.desk, world.chance, 0, 10**9)
    nodes = world.plan.nodes
    open_: list[Any] = []
    for i, (fault, late) in enumerate(entries):
        aims = tuple((nodes[:2], nodes[1:])[k % 2] for k in range(len(fault.targets())))
        if isinstance(fault, Partition):
            aims = (nodes,) if fault.shape else (nodes[:1], nodes[1:])
        open_.append(fault.apply(levers, fault.arranged(aims, Chance(i).stream("nemesis", "order"))))
        if late:
            touch(*data.draw(st.sampled_from([("n1", "n3"), ("n4", "n1"), ("n2", "n3"), ("n4", "n3")])))
        if open_ and data.draw(st.booleans()):
            open_.pop(data.draw(st.integers(0, len(open_) - 1)))()
    while open_:
        open_.pop(data.draw(st.integers(0, len(open_) - 1)))()
    assert [state_of(link) for link in early] == before
    assert {state_of(link)[:2] for link in network.links()} == {(0, 0)}
    assert {link.until for link in network.links()} == {before[0][6]}


@pytest.mark.parametrize(
    "fault",
    [
        Partition(shape="halves"), Partition(shape="majorities-ring"), Partition(shape="chain", oneway=True),
        LinkFault(burst=BURST, bandwidth=1000, mtu=10), Hold(), Flap(up=MS, down=MS), Swizzle(nodes=("all",), over=S),
    ],
    ids=lambda fault: getattr(fault, "shape", None) or fault.kind,
)  # fmt: skip
def test_a_fault_over_a_thousand_nodes_makes_no_links_and_is_cheap(fault: Any) -> None:
    def quiet(me: Puppet, input: Input, now: Now) -> None:
        if booted(input) and me.node == "n0001":
            me.alarm("one", 500 * MS)
        elif rang(input, "one"):
            me.send("n0999", Ping(1))

    world = World(plan(quiet, nodes=1000, stop=10 * S, faults=during(fault, 10, 9000)), 1, None)
    began = perf_counter()
    world.run()
    assert len(world.network.links()) == 1
    assert perf_counter() - began < 5
