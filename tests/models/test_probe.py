"""A probe that believed anything would prove nothing: each judge must tell a true record from a false one."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pytest

from models import probe
from models._probe_network import figures_as_stated, links_as_recorded
from models.probe import Heard, Missed, Ping, Pong, Probe, Returned
from sim.faults import Flap, Hold, LinkFault, Partition, Planned, Swizzle
from sim.machine import Alarm, Boot, Cluster, Note, Now, Persisted, Receive, Send, SetAlarm
from sim.network import Uniform
from sim.property import NOTHING
from sim.trace import Record
from sim.units import MS, S
from sim.weather import Burst, Reorder
from sim.world import Plan, World

NODES = ("n1", "n2", "n3", "n4")


def records(fault: Any, **params: Any) -> list[Record]:
    """Run four probes under one fault from 1 s to 9 s, and return all records as properties see them."""
    made: Any = {"until": "10s", "echo": False, **params}
    plan = Plan(
        lambda node, cluster: Probe(node, cluster, **made), NODES, 12 * S, 10 * S, latency=Uniform(5 * MS, 5 * MS),
        faults=(Planned(fault, at=S, lasting=8 * S),),
    )  # fmt: skip
    world = World(plan, 1, ())
    found: list[Record] = []
    for kind in ("send", "step", "drop", "fault", "stated", "finished"):
        world.recorder.listen(kind, found.append)
    assert world.run().model_error is None
    return found


def verdict(prop: Any, found: list[Record]) -> Any:
    """Return what a property says in the end: NOTHING, None or a sentence."""

    @dataclass
    class Head:
        stop: int = 12 * S

    judge = prop.judge(Head())
    next(judge)
    said = NOTHING
    for record in found:
        said = judge.send(record)
    return said


def told(found: list[Record], **fields: Any) -> list[Record]:
    """Return the records with other fields in those of faults."""
    changed = []
    for r in found:
        data = r.data._replace(fields={**r.data.fields, **fields}) if r.kind == "fault" else r.data
        changed.append(Record(r.seq, r.at, r.kind, r.node, r.cause, r.name, data))
    return changed


REORDER = Reorder(share=Fraction(1, 10), by=(20 * MS, 30 * MS))
BURST = Burst(loss=Fraction(1, 5), lasting=20 * MS)
LIES = [
    (LinkFault(loss=Fraction(1, 20)), {"loss": "1/15"}, "loss: "),
    (LinkFault(duplicate=Fraction(1, 20)), {"duplicate": "1/15"}, "duplicate: "),
    (LinkFault(corrupt=Fraction(1, 20)), {"corrupt": "0"}, "corrupt: "),
    (LinkFault(reorder=REORDER), {"reorder": {"share": "1/7", "by": (20 * MS, 30 * MS)}}, "reorder: "),
    (LinkFault(burst=BURST), {"burst": {"loss": "1/5", "lasting": 40 * MS}}, "bursts last "),
    (LinkFault(burst=BURST), {"burst": {"loss": "2/5", "lasting": 20 * MS}}, "bursts: "),
    (LinkFault(mtu=50), {"mtu": 100}, "mtu: "),
    (LinkFault(bandwidth=5_000), {"bandwidth": 4_000}, "bandwidth: "),
    (LinkFault(src="n1", dst="n2", oneway=True, loss=Fraction(1, 4)), {"oneway": False}, "loss: "),
    (Partition(groups=("n1", "rest")), {"groups": (("n2",), ("n1", "n3", "n4"))}, "cut off"),
    (Partition(groups=("n1", "rest"), oneway=True), {"oneway": False}, "cut off"),
    (Partition(shape="chain"), {"reach": ("1111",) * 4}, "cut off"),
    (Hold(src="n1"), {"src": ("n2",)}, "while it was to be held"),
    (Flap(up=100 * MS, down=(50 * MS, 60 * MS)), {"down": 30 * MS}, "an outage from"),
    (Flap(up=100 * MS, down=50 * MS), {"stable": S, "unstable": S}, "in a stability window"),
    (Swizzle(nodes=("n1", "n2"), over=S), {"over": 10 * MS}, "while all were clogged"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "lie", "said"), LIES, ids=lambda value: getattr(value, "kind", None) or str(value)[:20]
)
def test_a_true_record_holds_and_a_false_one_does_not(fault: Any, lie: Any, said: str) -> None:
    found = records(fault)
    assert verdict(links_as_recorded, found) is None
    assert said in verdict(links_as_recorded, told(found, **lie))


def test_without_a_fault_or_a_figure_there_is_nothing_to_judge() -> None:
    found = records(LinkFault())
    assert verdict(links_as_recorded, [r for r in found if r.kind != "fault"]) is NOTHING
    assert verdict(figures_as_stated, found) is NOTHING


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"flight_median": "5ms", "flight_mean": "5ms", "flight_p99": "5ms"}, None),
        ({"flight_median": "6ms"}, "flight_median is 5000000, stated 6000000"),
        ({"flight_mean": "4ms", "tolerance": "10%"}, "flight_mean"),
        ({"flight_p99": "4ms", "tolerance": "30%"}, None),
        ({"loss": "50%"}, "loss is 0, stated 500000"),
        ({"throughput": "10kB/s"}, None),
        ({"throughput": "11kB/s"}, "throughput is"),
    ],
)
def test_a_stated_figure_is_compared_with_what_was_measured(stated: Any, said: str | None) -> None:
    found = records(LinkFault(), stated=stated)
    judged = verdict(figures_as_stated, found)
    assert judged is None if said is None else said in judged


def node(**params: Any) -> Probe:
    made = Probe("n1", Cluster("n1", NODES), **params)
    made.step(Boot({}, 1), Now(0, 100))
    return made


def test_a_probe_pings_its_peers_and_notes_what_comes_back() -> None:
    one = node(patience="20ms")
    sends = one.step(Alarm("tick"), Now(10 * MS, 500))
    assert sends == [Send(peer, Ping(1, 500, 100), tell=True) for peer in NODES[1:]]
    assert one.step(Receive("n3", Pong(1, 100)), Now(14 * MS, 0)) == [Note(Returned("n3", 1, 4 * MS))]
    assert one.step(Receive("n3", Pong(1, 100)), Now(15 * MS, 0)) == []
    assert one.step(Alarm("tick"), Now(40 * MS, 0))[:2] == [Note(Missed("n2", 1)), Note(Missed("n4", 1))]
    assert one.step(Receive("n2", Ping(7, 400, 9)), Now(0, 450)) == [Note(Heard("n2", 7, 50)), Send("n2", Pong(7, 9))]


def test_a_probe_boots_with_its_alarms_and_stated_figures() -> None:
    effects = Probe("n1", Cluster("n1", NODES), until="1s", stated={"loss": "5%"}).step(Boot({}, 1), Now(0, 0))
    assert effects == [
        Note(probe.Stated("loss", 50_000)), SetAlarm("tick", 10 * MS, 10 * MS), SetAlarm("finish", 2 * S)
    ]  # fmt: skip


def test_a_probe_that_writes_notes_how_long_it_took_and_what_it_recovered() -> None:
    one = node(writes="synced", to="next")
    (persist, send) = one.step(Alarm("tick"), Now(10 * MS, 0))
    assert (persist.key, persist.sync, persist.tell) == (("write", 1), True, True)
    assert send.dst == "n2"
    assert one.step(Persisted(("write", 1)), Now(12 * MS, 0)) == [Note(probe.Wrote(1, 2 * MS, None))]
    again = Probe("n1", Cluster("n1", NODES))
    assert again.step(Boot({("write", 1): 1, ("write", 4): 4}, 2), Now(0, 0))[0] == Note(probe.Recovered(2, 2, 4))


@pytest.mark.parametrize(
    ("params", "said"), [({"every": "0s"}, "every: "), ({"to": "all"}, "to: "), ({"stated": {"loss": "9"}}, "stated: ")]
)
def test_a_wrong_parameter_is_named(params: Any, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}"):
        Probe("n1", Cluster("n1", NODES), **params)
