from typing import Any

import pytest
from puppets import Ping, Pong, Puppet, booted, play, rang

from sim.faults import LinkFault, PacketFault, Partition, Planned
from sim.latency import Uniform
from sim.machine import Input, Now
from sim.units import MS


def talks(me: Puppet, input: Input, now: Now) -> None:
    """Everybody tells everybody a ping at 5, 15, 25, 35 ms and a pong right after it."""
    if booted(input):
        me.alarm("ping", 5 * MS, 10 * MS)
    elif rang(input, "ping"):
        me.broadcast(Ping(1))
        me.broadcast(Pong(1))


def fates(
    *faults: PacketFault,
    kind: str = "Ping",
    link: tuple[str, str] = ("n1", "n2"),
    more: Any = (),
    at: int = 0,
    lasting: Any = None,
) -> list[Any]:
    planned = tuple(Planned(f, at=at * MS, lasting=lasting) for f in faults) + tuple(more)
    show = play(talks, nodes=3, stop=44 * MS, latency=Uniform(MS, MS), faults=planned)
    found: list[Any] = []
    for sent in show.of("send", link[0], dst=link[1], type=kind):
        led = [r for r in show.records if r["cause"] == sent["seq"]]
        found.append([r.get("why") or (r["at"] - sent["at"]) // MS for r in led])
    return found


def test_the_nth_of_a_type_on_a_link_is_dropped() -> None:
    fault = PacketFault(link=("n1", "n2"), message="Ping", nth=3)
    assert fates(fault) == [[1], [1], ["packet"], [1]]
    assert fates(fault, kind="Pong") == fates(fault, link=("n2", "n1")) == fates(fault, link=("n1", "n3")) == [[1]] * 4


def test_without_a_type_all_messages_of_the_link_are_counted() -> None:
    fault = PacketFault(link=("n1", "n2"), nth=4)
    assert fates(fault, kind="Ping") == [[1]] * 4
    assert fates(fault, kind="Pong") == [[1], ["packet"], [1], [1]]


def test_without_a_number_every_one_is_struck_while_it_lasts() -> None:
    fault = PacketFault(link=("n1", "n2"), message="Ping")
    assert fates(fault, at=10, lasting=20 * MS) == [[1], ["packet"], ["packet"], [1]]


def test_it_counts_from_when_it_is_in_force() -> None:
    assert fates(PacketFault(link=("n1", "n2"), message="Ping", nth=1), at=10) == [[1], ["packet"], [1], [1]]


@pytest.mark.parametrize(
    ("do", "by", "struck"),
    [
        ("drop", 0, ["packet"]),
        ("delay", 7 * MS, [8]),
        ("duplicate", 2 * MS, [1, 3]),
        ("duplicate", 0, [1, 1]),
        ("corrupt", 0, ["corrupt"]),
    ],
)
def test_what_happens_to_it(do: Any, by: int, struck: Any) -> None:
    assert fates(PacketFault(link=("n1", "n2"), message="Ping", nth=2, do=do, by=by)) == [[1], struck, [1], [1]]


def test_links_of_roles_and_groups_are_counted_each_by_itself() -> None:
    fault = PacketFault(link=("all", "n2"), message="Ping", nth=2)
    assert fates(fault, link=("n1", "n2")) == fates(fault, link=("n3", "n2")) == [[1], ["packet"], [1], [1]]
    assert fates(fault, link=("n2", "n3")) == [[1]] * 4


def test_two_faults_count_the_same_packets() -> None:
    second = PacketFault(link=("n1", "n2"), message="Ping", nth=2)
    third = PacketFault(link=("n1", "n2"), message="Ping", nth=3, do="delay", by=MS)
    assert fates(second, third) == [[1], ["packet"], [2], [1]]


def test_packets_that_a_cut_or_a_refusal_takes_are_counted_too() -> None:
    third = PacketFault(link=("n1", "n2"), message="Ping", nth=3)
    cut = Planned(Partition(groups=(("n1",), ("n2",))), at=10 * MS, lasting=10 * MS)
    assert fates(third, more=(cut,)) == [[1], ["partition"], ["packet"], [1]]
    refusal = Planned(LinkFault(refuse=True), at=10 * MS, lasting=10 * MS)
    assert fates(third, more=(refusal,)) == [[1], ["refused"], ["packet"], [1]]
