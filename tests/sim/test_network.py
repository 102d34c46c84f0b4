"""Links: fates, cuts, rules. Times in the tests are ms."""

from collections.abc import Mapping
from fractions import Fraction
from math import exp
from statistics import NormalDist
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from puppets import Ping, Pong, Puppet, Show, booted, got, perform, plan, play, rang, silent

from sim.chance import Chance
from sim.clients import Workload
from sim.fate import Change, decode, shape
from sim.faults import Crash, LinkFault, PacketFault, Partition, Planned
from sim.latency import INSIDE_REGION, Delay, Lognormal, Regions, Uniform
from sim.machine import Input, Now
from sim.network import Cut, Network
from sim.units import MS, US, S
from sim.world import Plan, World, run

Flight = tuple[int, int | None]  # sent at, flew for (None: dropped)


def stream(kind: type = Ping, to: str = "n2", every: int = MS, count: int = 10**9) -> Any:
    """Return a script: n1 sends one message to `to` on a fixed grid, nobody answers."""

    def script(me: Puppet, input: Input, now: Now) -> None:
        if booted(input) and me.node == "n1":
            me.alarm("tick", every, every)
        elif rang(input, "tick") and me.memory.setdefault("sent", 0) < count:
            me.memory["sent"] += 1
            me.send(to, kind(me.memory["sent"]))

    return script


def flights(show: Show, src: str = "n1", dst: str = "n2") -> list[tuple[int, list[int] | str]]:
    """Return (sent at, delays of the copies, or why it was dropped) of every message on a link, in order of sending."""
    arrived: dict[int, list[int]] = {}
    dropped: dict[int, str] = {}
    for r in show.records:
        if r["kind"] == "step" and r["input"] == "receive":
            arrived.setdefault(r["cause"], []).append(r["at"])
        elif r["kind"] == "drop":
            dropped[r["cause"]] = r["why"]
    found: list[tuple[int, list[int] | str]] = []
    for r in show.of("send", src, dst=dst):
        delays = [at - r["at"] for at in arrived.get(r["seq"], [])]
        found.append((r["at"], delays or dropped.get(r["seq"], "under way")))
    return found


# -- latency -----------------------------------------------------------------------------------------------


def delays_of(latency: Any, count: int = 40_000, changes: tuple[Change, ...] = ()) -> list[Any]:
    raw = b""
    source = Chance(11).stream("link", "n1", "n2")
    while len(raw) < 32 * count:
        raw += source.raw()
    return decode(raw[: 32 * count], shape(latency.between("n1", "n2"), [Change(), *changes]))


def test_a_constant_delay_is_constant() -> None:
    assert set(delays_of(Uniform(5 * MS, 5 * MS), 500)) == {5 * MS}


def test_a_uniform_delay_is_uniform() -> None:
    # 40,000 draws in 20 bins: chi-squared with 19 degrees of freedom exceeds 50.8 with probability 1e-4.
    drawn = delays_of(Uniform(10 * MS, 30 * MS))
    bins = [0] * 20
    for delay in drawn:
        bins[(delay - 10 * MS) // MS] += 1
    assert sum((seen - 2000) ** 2 / 2000 for seen in bins) < 50.8


def test_a_lognormal_delay_has_the_closed_forms_quantiles() -> None:
    # Standard errors of the quantiles of 40,000 draws at sigma 0.5 are 0.31, 0.43 and 0.94 %; four of each are allowed.
    drawn = sorted(delays_of(Lognormal(10 * MS, 500_000)))
    for part, allowed in ((0.5, 0.0125), (0.9, 0.017), (0.99, 0.038)):
        exact = 10 * MS * exp(0.5 * NormalDist().inv_cdf(part))
        assert abs(drawn[int(part * len(drawn))] / exact - 1) < allowed


def test_a_lognormal_delay_may_have_a_floor() -> None:
    low = delays_of(Lognormal(10 * MS, 500_000), 2000)
    assert delays_of(Lognormal(10 * MS, 500_000, low=3 * MS), 2000) == [delay + 3 * MS for delay in low]


def test_the_nominal_delay_is_the_median() -> None:
    assert Delay(5, 10).nominal() == 10
    for latency in (Uniform(10 * MS, 30 * MS), Lognormal(10 * MS, 700_000, low=MS)):
        drawn = sorted(delays_of(latency))
        assert abs(drawn[len(drawn) // 2] / latency.between("n1", "n2").nominal() - 1) < 0.02


def test_regions_have_their_delays_jitter_and_a_floor_inside() -> None:
    one_way = {("eu", "eu"): 0, ("eu", "us"): 40 * MS, ("us", "eu"): 41 * MS, ("us", "us"): MS}
    net = Regions(one_way, {"n1": "eu", "n2": "us", "n3": "eu", "n4": "us"}, Fraction(1, 20))
    assert net.between("n1", "n2") == Delay(40 * MS, 2 * MS)
    assert net.between("n2", "n1") == Delay(41 * MS, 2_050_000)
    assert net.between("n1", "n3").low == INSIDE_REGION == 250 * US
    assert net.between("n2", "n4").low == MS


# -- fate --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [Fraction(1, 10), Fraction(1, 2), Fraction(1, 1000)])
def test_loss_and_duplication_happen_as_often_as_they_should(share: Fraction) -> None:
    # Binomial with 40,000 draws: 4 standard deviations, exceeded with probability 6e-5.
    allowed = 4 * (40_000 * share * (1 - share)) ** 0.5
    fates = delays_of(Uniform(MS, 2 * MS), changes=(Change(loss=share),))
    assert abs(fates.count(()) - 40_000 * share) < allowed
    fates = delays_of(Uniform(MS, 2 * MS), changes=(Change(duplicate=share),))
    assert abs(sum(isinstance(fate, tuple) for fate in fates) - 40_000 * share) < allowed
    fates = delays_of(Uniform(MS, 2 * MS), changes=(Change(corrupt=share),))
    spoilt = sum(isinstance(fate, tuple) and fate[0][1] != 0 for fate in fates)
    assert abs(spoilt - 40_000 * share) < allowed


def test_shares_of_several_causes_add_as_independent_ones() -> None:
    both = shape(Delay(0), [Change(loss=Fraction(1, 2)), Change(loss=Fraction(1, 2))])
    assert both.loss == shape(Delay(0), [Change(loss=Fraction(3, 4))]).loss


def test_certain_loss_loses_everything_and_no_loss_nothing() -> None:
    assert set(delays_of(Uniform(MS, MS), 5000, (Change(loss=Fraction(1)),))) == {()}
    assert set(delays_of(Uniform(MS, MS), 5000)) == {MS}


def test_the_copies_of_a_duplicate_have_delays_of_their_own() -> None:
    fates = delays_of(Uniform(0, S), 2000, (Change(duplicate=Fraction(1)),))
    assert len({first[0] - second[0] for first, second in fates}) > 1900


CHANGES = st.builds(
    Change,
    loss=st.fractions(0, 1, max_denominator=100),
    duplicate=st.fractions(0, 1, max_denominator=100),
    corrupt=st.fractions(0, 1, max_denominator=100),
)


@given(CHANGES)
def test_loss_duplication_and_corruption_do_not_move_delays(change: Change) -> None:
    base = delays_of(Uniform(MS, S), 300)
    for fate, delay in zip(delays_of(Uniform(MS, S), 300, (change,)), base, strict=True):
        assert fate == () or fate == delay or fate[0][0] == delay


@given(st.integers(1, 150), CHANGES)
def test_a_change_in_the_middle_of_a_block_does_not_reshuffle_later_packets(at: int, change: Change) -> None:
    made = plan(stream(), stop=200 * MS, latency=Uniform(MS, 40 * MS))
    base = dict(flights(perform(made)))
    fault = Planned(
        LinkFault(loss=change.loss, duplicate=change.duplicate, corrupt=change.corrupt), at=at * MS, lasting=30 * MS
    )
    changed = dict(flights(perform(plan(stream(), stop=200 * MS, latency=Uniform(MS, 40 * MS), faults=(fault,)))))
    assert base.keys() == changed.keys()
    for sent, delays in changed.items():
        if not at * MS <= sent < (at + 30) * MS:
            assert delays == base[sent]
        elif isinstance(delays, list) and isinstance(base[sent], list):
            assert set(base[sent]) & set(delays) or len(delays) == 1


def chatter(me: Puppet, input: Input, now: Now) -> None:
    """Another protocol: everybody tells everybody, answers, and draws words."""
    if booted(input):
        me.alarm("tick", (MS, 9 * MS), 7 * MS)
    elif rang(input, "tick"):
        me.broadcast(Ping(now.word() % 7))
    elif got(input, Ping):
        me.send(input.src, Pong(1))  # type: ignore[attr-defined]


def nth_fates(made: Plan, link: tuple[str, str], count: int = 12) -> list[list[int] | str]:
    return [fate for _, fate in flights(perform(made), *link) if fate != "under way"][:count]


@settings(max_examples=25)
@given(
    st.sampled_from(["node", "client", "fault elsewhere", "protocol", "order"]),
    st.integers(0, 2**70),
    st.sampled_from([("n1", "n2"), ("n3", "n1")]),
)
def test_fates_of_a_link_are_its_own_whatever_else_is_there(what: str, seed: int, link: tuple[str, str]) -> None:
    def fates(script: Any = chatter, nodes: int = 3, **more: Any) -> list[list[int] | str]:
        made = plan(
            script, nodes=nodes, stop=150 * MS, latency=Uniform(MS, 4 * MS), loss=Fraction(1, 5),
            duplicate=Fraction(1, 10), puppets={"ACTIONS": {"append": ("key", "value")}}, **more,
        )  # fmt: skip
        arrived = [fate for _, fate in flights(perform(made, seed), *link) if fate != "under way"]
        return arrived[:12]

    base = fates()
    assert len(base) == 12
    others: Mapping[str, Any] = {
        "node": {"nodes": 8},
        "client": {"workload": Workload("append", ("n1", "n2"), every=(MS, 3 * MS))},
        "fault elsewhere": {
            "faults": (Planned(Partition(groups=(("n2",), ("n3",))), at=5 * MS, lasting=50 * MS),
                    Planned(LinkFault(src="n2", dst="n3", loss=Fraction(1, 2)), at=MS, lasting=90 * MS))
        },
        "protocol": {"script": louder(link)},
        "order": {"ties": "shuffled"},
    }  # fmt: skip
    assert fates(**others[what]) == base


def louder(link: tuple[str, str]) -> Any:
    """Return a script that sends other messages at other times, and much more on all other links."""

    def script(me: Puppet, input: Input, now: Now) -> None:
        if booted(input):
            me.alarm("tick", 2 * MS, 3 * MS)
        elif rang(input, "tick"):
            for peer in me.peers:
                for _ in range(1 if (me.node, peer) == link else 5):
                    me.send(peer, Pong("something else"))

    return script


def test_every_packet_takes_its_fate_also_when_a_cut_or_a_rule_decides() -> None:
    made = plan(stream(), stop=300 * MS, latency=Uniform(MS, 40 * MS), loss=Fraction(1, 10))
    base = flights(perform(made))
    for fault in (
        Planned(Partition(groups=(("n1",), ("n2",))), at=50 * MS, lasting=50 * MS),
        Planned(PacketFault(link=("n1", "n2"), do="drop"), at=50 * MS, lasting=50 * MS),
        Planned(LinkFault(refuse=True), at=50 * MS, lasting=50 * MS),
        Planned(LinkFault(messages=("Ping",), loss=Fraction(1)), at=50 * MS, lasting=50 * MS),
    ):
        changed = flights(
            perform(plan(stream(), stop=300 * MS, latency=Uniform(MS, 40 * MS), loss=Fraction(1, 10), faults=(fault,)))
        )
        assert [f for f in changed if not 50 * MS <= f[0] < 100 * MS] == [
            f for f in base if not 50 * MS <= f[0] < 100 * MS
        ]
        assert all(isinstance(f[1], str) for f in changed if 50 * MS <= f[0] < 100 * MS)


# -- corruption --------------------------------------------------------------------------------------------


class Checked(Ping):
    """A message that can arrive spoilt."""

    def corrupted(self, word: int) -> Any:
        return Checked(("spoilt", word & 1))


def test_a_spoilt_packet_is_dropped_on_arrival_unless_its_type_says_otherwise() -> None:
    show = play(stream(count=1), stop=50 * MS, corrupt=Fraction(1))
    assert [(r["at"] // MS, r["why"]) for r in show.of("drop")] == [(6, "corrupt")]

    def hears(me: Puppet, input: Input, now: Now) -> None:
        if got(input):
            me.count = input.msg.n  # type: ignore[attr-defined]
        stream(Checked, count=1)(me, input, now)

    show = play(hears, stop=50 * MS, corrupt=Fraction(1))
    assert show.of("state", "n2")[-1]["data"] == [["spoilt", 1]]
    assert show.of("drop") == []


# -- oneself -----------------------------------------------------------------------------------------------


def test_a_message_to_oneself_meets_no_link() -> None:
    show = play(stream(to="n1", count=3), stop=50 * MS, loss=Fraction(1))
    assert flights(show, "n1", "n1") == [(t * MS, [0]) for t in (1, 2, 3)]


# -- cuts --------------------------------------------------------------------------------------------------


def partition(at: int, lasting: int, *groups: Any, **more: Any) -> Planned:
    return Planned(Partition(groups=groups or (("n1",), ("n2",)), **more), at=at * MS, lasting=lasting * MS)


def outcomes(*faults: Planned, src: str = "n1", dst: str = "n2", flight: int = 0, **more: Any) -> list[int | str]:
    """Return, for the messages sent at 5, 15, 25 ... ms, how many ms each flew or why it was dropped."""
    found = []

    def script(me: Puppet, input: Input, now: Now) -> None:
        if booted(input) and me.node == src:
            me.alarm("tick", 5 * MS, 10 * MS)
        elif rang(input, "tick"):
            me.send(dst, Ping(1))

    show = play(script, stop=400 * MS, latency=Uniform(flight * MS, flight * MS), faults=faults, **more)
    for _, fate in flights(show, src, dst):
        found.append(fate if isinstance(fate, str) else fate[0] // MS)
    return found


def test_what_is_sent_over_a_cut_is_dropped_until_it_is_mended() -> None:
    assert outcomes(partition(10, 20))[:5] == [0, "partition", "partition", 0, 0]


def test_a_cut_severs_both_directions_and_a_oneway_cut_one() -> None:
    there, back = {"src": "n1", "dst": "n2"}, {"src": "n2", "dst": "n1"}
    both = partition(10, 20)
    assert outcomes(both, **there)[:4] == outcomes(both, **back)[:4] == [0, "partition", "partition", 0]
    one = partition(10, 20, ("n1",), ("n2",), oneway=True)
    assert outcomes(one, **there)[:4] == [0, "partition", "partition", 0]
    assert outcomes(one, **back)[:4] == [0, 0, 0, 0]


def test_nodes_of_one_group_or_of_none_reach_each_other() -> None:
    groups = (("n1", "n2"), ("n3",))
    for link, cut in (
        (("n1", "n2"), False),
        (("n1", "n3"), True),
        (("n3", "n2"), True),
        (("n4", "n1"), False),
        (("n3", "n4"), False),
    ):
        found = outcomes(partition(10, 20, *groups), src=link[0], dst=link[1], nodes=4)[1]
        assert (found == "partition") == cut, link


def test_three_groups_are_cut_pairwise_and_oneway_from_earlier_to_later() -> None:
    groups = (("n1",), ("n2",), ("n3",))
    for link in (("n1", "n2"), ("n2", "n3"), ("n1", "n3")):
        assert outcomes(partition(10, 20, *groups, oneway=True), src=link[0], dst=link[1], nodes=3)[1] == "partition"
        assert outcomes(partition(10, 20, *groups, oneway=True), src=link[1], dst=link[0], nodes=3)[1] == 0
        assert outcomes(partition(10, 20, *groups), src=link[1], dst=link[0], nodes=3)[1] == "partition"


@pytest.mark.parametrize(
    ("first", "second", "until"),
    [((10, 30), (20, 40), 6), ((10, 50), (20, 10), 6), ((20, 20), (10, 10), 4), ((10, 20), (10, 20), 3)],
)
def test_overlapping_cuts_mend_in_any_order(first: Any, second: Any, until: int) -> None:
    found = outcomes(partition(*first), partition(*second))
    assert found[:9] == [0, *["partition"] * (until - 1), *[0] * (9 - until)]


def test_cuts_of_different_kinds_overlap_too() -> None:
    cuts = (
        partition(10, 40, ("n1",), ("n2",), oneway=True, in_flight="hold"),
        partition(20, 60, ("n1", "n3"), ("n2",), in_flight="drop"), partition(30, 10),
    )  # fmt: skip
    assert outcomes(*cuts, nodes=3)[:10] == [0, *["partition"] * 7, 0, 0]


# A cut of 20 ms over packets that fly 60 ms.


def test_packets_in_flight_are_delivered_by_default() -> None:
    found = outcomes(partition(100, 20), flight=60)
    assert found[:10] == [60] * 10
    assert found[10:14] == ["partition", "partition", 60, 60]


def test_packets_in_flight_are_dropped_exactly_if_they_flew_when_the_cut_began() -> None:
    found = outcomes(partition(100, 20, in_flight="drop"), flight=60)
    # Sent at 45 it arrives at 105, sent at 35 at 95; those sent at 45 to 95 were under way at 100.
    assert found[:4] == [60] * 4
    assert found[4:12] == ["partition"] * 8
    assert found[12:15] == [60] * 3


def test_packets_in_flight_are_held_exactly_if_they_would_arrive_during_the_cut() -> None:
    found = outcomes(partition(100, 20, in_flight="hold"), flight=60)
    # Sent at 45 and 55 they would arrive at 105 and 115, and arrive at 120.
    assert found[:6] == [60, 60, 60, 60, 75, 65]
    assert found[6:10] == [60] * 4
    assert found[10:14] == ["partition", "partition", 60, 60]


def test_a_packet_held_by_two_cuts_waits_for_the_later_mend() -> None:
    cuts = (partition(100, 20, in_flight="hold"), partition(110, 30, in_flight="hold"))
    assert outcomes(*cuts, flight=60)[4:8] == [95, 85, 75, 65]


def test_a_held_packet_is_dropped_by_a_cut_that_drops() -> None:
    cuts = (partition(100, 40, in_flight="hold"), partition(120, 10, in_flight="drop"))
    assert outcomes(*cuts, flight=60)[4:10] == ["partition"] * 6


def test_a_spoilt_packet_is_held_and_cut_like_a_sound_one() -> None:
    spoilt = {"flight": 60, "corrupt": Fraction(1)}
    assert outcomes(partition(100, 20, in_flight="drop"), **spoilt)[3:6] == ["corrupt", "partition", "partition"]
    made = plan(stream(every=10 * MS), stop=200 * MS, latency=Uniform(60 * MS, 60 * MS), corrupt=Fraction(1),
                faults=(partition(100, 20, in_flight="hold"),))  # fmt: skip
    drops = [r["at"] // MS for r in perform(made).of("drop", why="corrupt")]
    # Sent every 10 ms from 10 on: those that would arrive at 100 and 110 are held, and 120 is the mend itself.
    assert drops[:6] == [70, 80, 90, 120, 120, 120]


def test_packets_that_a_crash_finds_held_arrive_at_nobody() -> None:
    crash = Planned(Crash(nodes=("n2",)), at=105 * MS, lasting=S)
    found = outcomes(partition(100, 20, in_flight="hold"), crash, flight=60)
    assert found[:6] == [60, 60, 60, 60, "down", "down"]


def test_links_first_used_during_a_cut_are_cut_and_mended_like_the_others() -> None:
    def late(me: Puppet, input: Input, now: Now) -> None:
        if booted(input) and me.node == "n1":
            me.alarm("tick", 15 * MS, 10 * MS)
        elif rang(input, "tick"):
            me.send("n2", Ping(1))

    def fates(*faults: Planned) -> list[Any]:
        show = play(late, stop=80 * MS, latency=Uniform(MS, MS), faults=faults)
        return [f if isinstance(f, str) else f[0] // MS for _, f in flights(show)]

    for policy in ("deliver", "drop", "hold"):
        assert fates(partition(10, 30, in_flight=policy))[:4] == ["partition"] * 3 + [1]
    lossy = Planned(LinkFault(loss=Fraction(1)), at=10 * MS, lasting=30 * MS)
    assert fates(lossy)[:4] == ["loss"] * 3 + [1]
    rule = Planned(PacketFault(link=("n1", "n2")), at=10 * MS, lasting=30 * MS)
    assert fates(rule)[:4] == ["packet"] * 3 + [1]


def test_a_cut_over_a_thousand_nodes_makes_no_links() -> None:
    def quiet(me: Puppet, input: Input, now: Now) -> None:
        if booted(input) and me.node == "n0001":
            me.alarm("one", 50 * MS)
        elif rang(input, "one"):
            me.send("n0999", Ping(1))

    half = tuple(f"n{i:04d}" for i in range(1, 501))
    made = plan(quiet, nodes=1000, stop=S, faults=(partition(10, 100, half, "rest"),))
    world = World(made, 1, None)
    outcome = world.run()
    assert len(world.network.links()) == 1
    assert outcome.drops == {"partition": 1}


NODES = [f"n{i}" for i in range(1, 6)]
CUTS = st.lists(
    st.tuples(
        st.lists(st.sampled_from([0, 1, 2, None]), min_size=5, max_size=5), st.booleans(),
        st.sampled_from(["deliver", "drop", "hold"]), st.integers(0, 90), st.integers(1, 60),
    ), max_size=4,
)  # fmt: skip


@settings(max_examples=40)
@given(CUTS, st.integers(0, 40))
def test_any_cuts_agree_with_a_plain_account_of_each_packet(cuts: list[Any], flight: int) -> None:
    """The account: cut when sent, else dropped if a dropping cut began under way, else late by what held it."""
    spans = []
    faults = []
    for sides, oneway, policy, at, lasting in cuts:
        groups = tuple(tuple(n for n, side in zip(NODES, sides, strict=True) if side == g) for g in (0, 1, 2))
        groups = tuple(g for g in groups if g)
        if len(groups) < 2:
            continue
        side = {n: i for i, group in enumerate(groups) for n in group}
        spans.append((Cut(side, oneway, policy), at * MS, (at + lasting) * MS))
        faults.append(partition(at, lasting, *groups, oneway=oneway, in_flight=policy))

    def expected(src: str, dst: str, sent: int) -> int | str:
        mine = [(cut, lo, hi) for cut, lo, hi in spans if cut.severs(src, dst)]
        if any(lo <= sent < hi for _, lo, hi in mine):
            return "partition"
        at = sent + flight * MS
        while True:
            if any(cut.in_flight == "drop" and sent < lo <= at for cut, lo, _ in mine):
                return "partition"
            held = [hi for cut, lo, hi in mine if cut.in_flight == "hold" and lo <= at < hi]
            if not held:
                return at - sent
            at = max(held)

    def all_to_all(me: Puppet, input: Input, now: Now) -> None:
        if booted(input):
            me.alarm("tick", 7 * MS, 7 * MS)
        elif rang(input, "tick") and now.monotonic < 160 * MS:
            me.broadcast(Ping(1))

    show = play(all_to_all, nodes=5, stop=400 * MS, latency=Uniform(flight * MS, flight * MS), faults=tuple(faults))
    for src in NODES:
        for dst in NODES:
            for sent, fate in flights(show, src, dst):
                assert (fate if isinstance(fate, str) else fate[0]) == expected(src, dst, sent), (src, dst, sent)


# -- statistics of whole runs ------------------------------------------------------------------------------


def test_counts_say_what_became_of_packets() -> None:
    made = plan(chatter, nodes=4, stop=2 * S, loss=Fraction(1, 10), duplicate=Fraction(1, 10), corrupt=Fraction(1, 20))
    show = perform(made)
    stats = show.outcome.stats
    assert stats["messages_sent"] == len(show.of("send"))
    assert stats["messages_delivered"] == sum(len(show.got(f"n{i}")) for i in range(1, 5))
    assert stats["messages_dropped"] == len(show.of("drop")) == sum(show.outcome.drops.values())
    assert set(show.outcome.drops) == {"loss", "corrupt"}


def test_lost_requests_of_clients_are_not_counted_as_messages() -> None:
    workload = Workload("append", ("n1", "n2"), every=(5 * MS, 5 * MS), patience=2 * MS)
    made = plan(silent, stop=200 * MS, workload=workload, puppets={"ACTIONS": {"append": ("key", "value")}},
                faults=(Planned(Crash(nodes=("n1",)), at=10 * MS, lasting=100 * MS),))  # fmt: skip
    outcome = run(made, 1)
    assert outcome.drops["down"] > 0
    assert outcome.stats["messages_dropped"] == outcome.stats["messages_sent"] == 0


def test_a_network_knows_its_links_only() -> None:
    world = World(plan(stream(count=1), nodes=5, stop=50 * MS), 1, None)
    world.run()
    assert isinstance(world.network, Network)
    assert [(link.src, link.dst) for link in world.network.links()] == [("n1", "n2")]
