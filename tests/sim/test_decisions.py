from fractions import Fraction
from typing import Any

from puppets import Ping, Pong, Puppet, booted, play, rang

from sim.decisions import Decision, Decisions
from sim.faults import LinkFault, Planned
from sim.latency import Uniform
from sim.machine import Input, Now
from sim.units import MS
from sim.weather import Burst


def verdicts(rule: Decisions, *sent: tuple[Any, int]) -> list[list[tuple[str, int]]]:
    return [list(rule.judge(msg, at)) for msg, at in sent]


PINGS = [(Ping(1), at) for at in (0, 10, 20, 30)]


def test_the_nth_packet_counts_from_its_moment() -> None:
    assert verdicts(Decisions([Decision(do="drop", nth=2, since=10)]), *PINGS) == [[], [], [("drop", 0)], []]


def test_only_packets_of_its_type_count() -> None:
    rule = Decisions([Decision(do="drop", message="Pong")])
    assert verdicts(rule, (Ping(1), 0), (Pong(1), 1), (Pong(1), 2)) == [[], [("drop", 0)], []]


def test_number_0_is_every_packet() -> None:
    assert verdicts(Decisions([Decision(do="delay", by=3, nth=0, since=20)]), *PINGS)[1:] == [[], *[[("delay", 3)]] * 2]


def test_each_decision_counts_for_itself() -> None:
    rule = Decisions([Decision(do="duplicate", by=1), Decision(do="delay", by=2, nth=2), Decision(do="delay", by=5)])
    assert verdicts(rule, *PINGS)[:2] == [[("duplicate", 1), ("delay", 5)], [("delay", 2)]]


# -- in a run ----------------------------------------------------------------------------------------------


def talks(me: Puppet, input: Input, now: Now) -> None:
    """Everybody tells everybody a ping every 10 ms from 5 ms on."""
    if booted(input):
        me.alarm("ping", 5 * MS, 10 * MS)
    elif rang(input, "ping"):
        me.broadcast(Ping(1))


def fates(**more: Any) -> list[list[Any]]:
    """Return what became of each ping from n1 to n2: delays in ms, or reasons."""
    show = play(talks, stop=64 * MS, **more)
    return [
        [r.get("why") or (r["at"] - sent["at"]) / MS for r in show.records if r["cause"] == sent["seq"]]
        for sent in show.of("send", "n1", dst="n2")[:5]
    ]


def test_with_nominal_fates_everything_arrives_once_after_the_median_delay() -> None:
    half = Fraction(1, 2)
    bad = {"burst": Burst(loss=half, lasting=5 * MS), "jitter": 2 * MS}
    wild = {"latency": Uniform(MS, 5 * MS), "loss": half, "duplicate": half, "corrupt": half, "good_day": bad}
    assert fates(**wild, fates="nominal") == [[4.0]] * 5
    assert fates(**wild) != [[4.0]] * 5


def test_with_nominal_fates_a_link_fault_still_delays() -> None:
    slow = Planned(LinkFault(delay=3 * MS, loss=Fraction(1)), at=10 * MS, lasting=20 * MS)
    assert fates(faults=(slow,), fates="nominal", latency=Uniform(MS, MS)) == [[1.0], [4.0], [4.0], [1.0], [1.0]]


def test_a_decided_packet_fares_as_decided_also_after_heal() -> None:
    packets = (("n1", "n2", Decision(do="drop", nth=2)), ("n1", "n2", Decision(do="delay", by=2 * MS, since=40 * MS)))
    steady = {"latency": Uniform(MS, MS), "heal": 20 * MS}
    assert fates(packets=packets, **steady) == [[1.0], ["packet"], [1.0], [1.0], [3.0]]


def test_nothing_arrives_before_it_was_sent() -> None:
    packets = (("n1", "n2", Decision(do="delay", by=-9 * MS)), ("n1", "n2", Decision(do="duplicate", by=2 * MS)))
    assert fates(packets=packets, latency=Uniform(MS, MS))[:2] == [[0.0, 2.0], [1.0]]


def test_a_decision_moves_the_fate_of_no_other_packet() -> None:
    drawn = {"latency": Uniform(MS, 9 * MS), "loss": Fraction(1, 5)}
    packets = (("n1", "n2", Decision(do="drop", nth=3)),)
    before, after = fates(**drawn), fates(**drawn, packets=packets)
    assert after[2] == ["packet"] != before[2]
    assert after[:2] + after[3:] == before[:2] + before[3:]
