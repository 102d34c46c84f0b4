from fractions import Fraction
from typing import Any

from puppets import Ping, Pong, Puppet, Show, booted, play, rang

from sim.faults import LinkFault, Planned
from sim.latency import Uniform
from sim.machine import Input, Now
from sim.units import MS


def both(me: Puppet, input: Input, now: Now) -> None:
    """n1 and n2 tell everybody a ping at 5, 15, 25 ... ms and a pong 1 ms later."""
    if booted(input):
        me.alarm("ping", 5 * MS, 10 * MS)
        me.alarm("pong", 6 * MS, 10 * MS)
    elif rang(input, "ping"):
        me.broadcast(Ping(1))
    elif rang(input, "pong"):
        me.broadcast(Pong(1))


def fates(*faults: LinkFault, link: tuple[str, str] = ("n1", "n2"), kind: str = "Ping", stop: int = 60) -> list[Any]:
    """Return how long, in ms, each message from 15 to 55 ms flew, or why it was dropped; the faults last 30 ms."""
    planned = tuple(Planned(fault, at=10 * MS, lasting=30 * MS) for fault in faults)
    show = play(both, nodes=3, stop=stop * MS, latency=Uniform(MS, MS), faults=planned)
    return [fate(show, sent) for sent in show.of("send", link[0], dst=link[1], type=kind)][1:5]


def fate(show: Show, sent: dict[str, Any]) -> Any:
    for r in show.records:
        if r["cause"] == sent["seq"]:
            return r["why"] if r["kind"] == "drop" else (r["at"] - sent["at"]) / MS
    return "under way"


def test_delays_add_while_it_lasts() -> None:
    assert fates(LinkFault(delay=2 * MS)) == [3, 3, 3, 1]
    assert fates(LinkFault(delay=2 * MS), LinkFault(delay=3 * MS)) == [6, 6, 6, 1]


def test_jitter_is_drawn_for_each_packet() -> None:
    found = fates(LinkFault(jitter=4 * MS))
    assert len(set(found[:3])) == 3
    assert all(1 <= delay < 5 for delay in found[:3])
    assert found[3] == 1


def test_a_fault_is_on_the_links_between_its_groups_in_both_directions() -> None:
    fault = LinkFault(src="n1", dst="n2", delay=2 * MS)
    assert fates(fault, link=("n1", "n2"))[0] == fates(fault, link=("n2", "n1"))[0] == 3
    assert fates(fault, link=("n1", "n3"))[0] == fates(fault, link=("n3", "n2"))[0] == 1


def test_a_oneway_fault_is_on_one_direction_only() -> None:
    fault = LinkFault(src="n1", dst="n2", delay=2 * MS, oneway=True)
    assert fates(fault, link=("n1", "n2"))[0] == 3
    assert fates(fault, link=("n2", "n1"))[0] == 1


def test_by_default_it_is_on_all_links() -> None:
    for link in (("n1", "n2"), ("n3", "n1"), ("n2", "n3")):
        assert fates(LinkFault(delay=2 * MS), link=link)[0] == 3


def test_a_fault_may_be_limited_to_message_types() -> None:
    for fault, hit in (
        (LinkFault(messages=("Ping",), loss=Fraction(1)), "loss"),
        (LinkFault(messages=("Ping",), delay=MS), 2),
        (LinkFault(messages=("Ping",), refuse=True), "refused"),
        (LinkFault(messages=("Ping",), corrupt=Fraction(1)), "corrupt"),
    ):
        assert fates(fault, kind="Ping") == [hit, hit, hit, 1]
        assert fates(fault, kind="Pong") == [1, 1, 1, 1]


def test_two_limited_faults_are_each_on_their_own_type() -> None:
    faults = (LinkFault(messages=("Ping",), delay=MS), LinkFault(messages=("Pong",), delay=2 * MS), LinkFault(delay=MS))
    assert fates(*faults, kind="Ping")[0] == 3
    assert fates(*faults, kind="Pong")[0] == 4


def test_duplicates_arrive_twice() -> None:
    planned = Planned(LinkFault(duplicate=Fraction(1)), at=10 * MS, lasting=30 * MS)
    show = play(both, nodes=2, stop=60 * MS, latency=Uniform(MS, MS), faults=(planned,))
    sent = show.of("send", "n1", type="Ping")
    copies = [sum(r["cause"] == s["seq"] for r in show.got("n2")) for s in sent]
    assert copies == [1, 2, 2, 2, 1, 1]


def test_a_refusal_is_a_drop_before_the_link() -> None:
    assert fates(LinkFault(refuse=True)) == ["refused"] * 3 + [1]
