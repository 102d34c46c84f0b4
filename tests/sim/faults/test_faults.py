"""What holds for every kind of fault: it is a value, it shows its fields, and it mends what it broke."""

import dataclasses
from fractions import Fraction
from itertools import pairwise
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from puppets import Ping, Puppet, Show, booted, got, perform, plan, rang

from sim.faults import (
    FOREVER,
    KINDS,
    ClockFault,
    Crash,
    DiskFault,
    EdgeFault,
    Fault,
    Flap,
    Hold,
    LinkFault,
    Operate,
    PacketFault,
    Partition,
    Pause,
    Planned,
    Slow,
    Swizzle,
)
from sim.machine import Input, Now
from sim.topology import Graph, Topology
from sim.units import MS, S
from sim.weather import Burst, Reorder
from sim.world import World

SAMPLES: dict[str, list[Fault]] = {
    "partition": [
        Partition(groups=(("n1",), "rest")),
        Partition(groups=("random(2)", "rest"), oneway=True, in_flight="drop"),
        Partition(groups=(("n1", "n2"), ("n3",)), in_flight="hold"),
        Partition(shape="bridge"),
        Partition(shape="majorities-ring", in_flight="drop"),
        Partition(shape="chain", oneway=True),
    ],
    "link": [
        LinkFault(loss=Fraction(1, 2), duplicate=Fraction(1, 3), corrupt=Fraction(1, 9), delay=3 * MS, jitter=MS),
        LinkFault(src="n1", dst=("n2", "n3"), oneway=True, refuse=True, messages=("Ping",)),
        LinkFault(burst=Burst(loss=Fraction(1, 2), lasting=9 * MS), reorder=Reorder(share=Fraction(1, 2), by=(1, MS))),
        LinkFault(dst="n1", bandwidth=9_000, queue=300, mtu=500),
    ],
    "edge": [
        EdgeFault(cut=(("n1", "n2"),)),
        EdgeFault(cut=(("n2", "n3"), ("n1", "n4")), in_flight="hold"),
        EdgeFault(between=("n1", "n3"), in_flight="drop"),
    ],
    "hold": [Hold(), Hold(src="n1", dst=("n2", "n3"), oneway=True)],
    "flap": [Flap(up=20 * MS, down=(5 * MS, 40 * MS)), Flap(src="n1", up=MS, down=9 * MS, in_flight="hold")],
    "swizzle": [Swizzle(nodes=("random(3)",)), Swizzle(nodes=("n1", "n2"), over=20 * MS)],
    "packet": [
        PacketFault(link=("n1", "n2"), do="delay", by=9 * MS),
        PacketFault(link=("all", "n3"), do="drop", nth=2),
    ],
    "crash": [
        Crash(nodes=("n2",)),
        Crash(nodes=("random(2)",), disk="wiped", strike="between", reboot=True),
        Crash(nodes=("n1",), disk="torn"),
        Crash(nodes=("all",), disk="keep"),
    ],
    "pause": [Pause(nodes=("n3", "n1"))],
    "slow": [Slow(nodes=("n2", "n3"), service=2 * MS), Slow(nodes=("all",), service=MS)],
    "clock": [
        ClockFault(nodes=("n1",), drift=300_000),
        ClockFault(nodes=("n2",), drift=-1_000_000, which="monotonic"),
        ClockFault(nodes=("n1", "n2"), freeze=True, jump=S),
        ClockFault(nodes=("n1",), freeze=True, which="monotonic"),
        ClockFault(nodes=("n1", "n3"), strobe=-5 * MS, jitter=MS, period=7 * MS, drift=5),
        ClockFault(nodes=("n1",), slew=400 * MS, rate=900_000),
        ClockFault(nodes=("n1",), slew=-MS, rate=9, reset="1970"),
        ClockFault(nodes=("all",), drift=-70, reset="true-time", mend="slew", rate=1_000_000),
    ],
    "disk": [
        DiskFault(nodes=("n1", "n2"), slow=3 * MS),
        DiskFault(nodes=("all",), stall=True),
        DiskFault(nodes=("n1",), full=True),
        DiskFault(nodes=("n1",), eio=Fraction(1)),
        DiskFault(nodes=("n1", "n3"), eio=Fraction(1, 7), bitrot=Fraction(1)),
    ],
    "operate": [Operate(nodes=("n1",), action="boot")],
}
EVERY = [fault for faults in SAMPLES.values() for fault in faults]
LASTING = [fault for fault in EVERY if not fault.instant]
NODES = ("n1", "n2", "n3", "n4")
# A ring with 1 to 7 ms an edge.
RING = Topology(Graph(NODES, dict.fromkeys([*pairwise(NODES), ("n1", "n4")], MS)), {n: n for n in NODES}, Fraction(6))


def busy(me: Puppet, input: Input, now: Now) -> None:
    if booted(input):
        me.alarm("tick", 3 * MS, 5 * MS)
    elif rang(input, "tick"):
        me.persist("n", now.monotonic)
        me.broadcast(Ping(now.word() % 5))
        me.count += 1
    elif got(input):
        me.count += 1


def world(*faults: Planned, seed: int = 1, heal: int | None = 300, stop: int = 400) -> tuple[World, Show]:
    made = plan(
        busy, nodes=4, stop=stop * MS, heal=None if heal is None else heal * MS, latency=RING,
        sync={"n1": 2 * MS}, service={"n2": MS // 10}, faults=faults,
    )  # fmt: skip
    it = World(made, seed, None)
    outcome = it.run()
    assert outcome.model_error is None, outcome.model_error
    return it, Show(outcome, b"", [])


def levers(it: World) -> list[Any]:
    """Return everything that faults can move, as it stands at the end."""
    links = {
        (a.node, b.node): it.network.link(a, b.node) for a in it.hosts.values() for b in it.hosts.values() if a is not b
    }
    hosts, clocks, disks = it.hosts.values(), [h.clock for h in it.hosts.values()], [h.disk for h in it.hosts.values()]
    return [
        [(h.live, h._down, h._still, h._strike, h.services, h._gave_up, h._stuck) for h in hosts],
        # A correction that goes on is no lever: it is what mending by a slew leaves behind.
        [(clock.wall._sum - clock._correcting, clock.wall._frozen, clock.wall.shifted) for clock in clocks],
        [(clock.monotonic._sum, clock.monotonic._frozen, clock.monotonic.rate) for clock in clocks],
        [(disk.slow, disk.stalled, disk.full, disk.eio, disk.instant, disk.sound, disk.sync_time) for disk in disks],
        [
            (key, link.cuts, link.stranded, link.hold, link.held, link.changes, link.rules, link.shape, link.until)
            for key, link in links.items()
        ],
        it.network.latency,
        it.network._cuts,
        it.network._changes,
        it.network._rules,
        it.network._holds,
        it.network._flaps,
        it._active,
    ]


def test_there_is_a_sample_of_every_kind() -> None:
    assert SAMPLES.keys() == KINDS.keys()


@pytest.mark.parametrize("kind", KINDS.values())
def test_a_kind_is_a_frozen_dataclass_whose_fields_say_what_they_are(kind: type[Fault]) -> None:
    assert dataclasses.is_dataclass(kind)
    assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
    hints = get_type_hints(kind, include_extras=True)
    for field in dataclasses.fields(kind):
        texts = [extra for extra in get_args(hints[field.name])[1:] if isinstance(extra, str)]
        assert texts or any(hasattr(e, "form") for e in get_args(hints[field.name])[1:]), field.name
        assert texts, field.name
    assert set(kind.aimed) <= set(hints)
    assert kind.__doc__
    assert kind.colour.startswith("#")


@pytest.mark.parametrize("fault", EVERY)
def test_a_fault_is_a_value(fault: Fault) -> None:
    assert fault == dataclasses.replace(fault)
    with pytest.raises(dataclasses.FrozenInstanceError):
        fault.nodes = ()  # type: ignore[attr-defined]


@pytest.mark.parametrize("fault", EVERY)
def test_its_record_has_its_effective_fields_and_nodes_but_not_its_targets(fault: Fault) -> None:
    made = plan(busy, nodes=4, stop=100 * MS, latency=RING, faults=(Planned(fault, at=20 * MS),))
    (begin, *_) = perform(made).of("fault")
    assert begin["what"] == fault.kind
    aimed = set(fault.aimed)
    names, shown = {f.name for f in dataclasses.fields(fault)}, begin["fields"]
    assert {name for name in names - shown.keys() if getattr(fault, name) not in (None, ())} <= {"nodes", "link"}
    assert shown.keys() - names <= {"order", "reach", "clogged", "let_go", "left", "majority"}
    for name in {"src", "dst"} & shown.keys():
        assert set(shown[name]) <= {"n1", "n2", "n3", "n4"}
    assert bool(begin["nodes"]) == bool(aimed)  # edges are no nodes
    assert all(node in ("n1", "n2", "n3", "n4") for node in begin["nodes"])


@pytest.mark.parametrize("fault", LASTING)
def test_a_fault_mends_what_it_broke(fault: Fault) -> None:
    untouched, _ = world()
    mended, shown = world(Planned(fault, at=50 * MS, lasting=100 * MS))
    assert levers(mended) == levers(untouched)
    (entry,) = shown.outcome.faults
    assert (entry.phase, entry.begin, entry.end) == ("mended", 50 * MS, 150 * MS)


@pytest.mark.parametrize("fault", LASTING)
def test_a_fault_without_an_end_is_mended_at_heal(fault: Fault) -> None:
    untouched, _ = world()
    for lasting in (None, S):
        mended, shown = world(Planned(fault, at=50 * MS, lasting=lasting))
        assert levers(mended) == levers(untouched)
        assert (shown.outcome.faults[0].phase, shown.outcome.faults[0].end) == ("mended", 300 * MS)


@pytest.mark.parametrize("fault", LASTING)
def test_a_fault_that_lasts_for_ever_is_not_mended(fault: Fault) -> None:
    it, shown = world(Planned(fault, at=50 * MS, lasting=FOREVER))
    untouched, _ = world()
    assert (shown.outcome.faults[0].phase, shown.outcome.faults[0].end) == ("forever", None)
    assert levers(it) != levers(untouched)


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from(LASTING), st.integers(0, 250), st.one_of(st.none(), st.integers(1, 250))),
        min_size=2, max_size=6,
    ), st.integers(0, 9),
)  # fmt: skip
def test_faults_overlap_and_mend_in_any_order(drawn: list[tuple[Fault, int, int | None]], seed: int) -> None:
    faults = [Planned(f, at=at * MS, lasting=None if lasting is None else lasting * MS) for f, at, lasting in drawn]
    untouched, _ = world(seed=seed)
    mended, shown = world(*faults, seed=seed)
    assert levers(mended) == levers(untouched)
    assert {entry.phase for entry in shown.outcome.faults} <= {"mended", "unresolved"}


@pytest.mark.parametrize("fault", LASTING)
def test_before_it_begins_and_without_it_nothing_differs(fault: Fault) -> None:
    def lines(*faults: Planned) -> list[Any]:
        show = perform(plan(busy, nodes=4, stop=100 * MS, latency=RING, faults=faults))
        return [r for r in show.records if r["at"] < 50 * MS]

    assert lines(Planned(fault, at=50 * MS, lasting=20 * MS)) == lines()
