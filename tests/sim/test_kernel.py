"""The event queue: the order at one instant, and that whole worlds run the same on SimPy's public surface alone."""

import io
import sys
from collections.abc import Generator
from fractions import Fraction
from itertools import repeat
from typing import Any

import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st
from puppets import APPLICABLE, Ping, Pong, Puppet, RoleView, Seen, asked, booted, got, plan, rang

import sim.kernel
import sim.network
import sim.world
from sim.chance import Chance, within
from sim.clients import Errand, Workload
from sim.faults import ClockFault, Crash, LinkFault, PacketFault, Partition, Pause, Planned, When
from sim.kernel import ALARM, CLIENT, DONE, FAULT, PACKET, TRIGGERED, Kernel
from sim.machine import Input, Lane, Now, Persisted, Refused
from sim.network import Lognormal, Uniform
from sim.units import MS, S
from sim.world import ClockPlan, Plan, run

RANKS = (TRIGGERED, FAULT, CLIENT, PACKET, DONE, ALARM)


def test_ranks_stand_in_the_order_that_the_docstrings_promise() -> None:
    assert list(RANKS) == sorted(RANKS)
    assert sim.kernel.STOP < TRIGGERED


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(RANKS)), max_size=30))
def test_entries_run_by_time_then_rank_then_insertion(entries: list[tuple[int, int]]) -> None:
    kernel = Kernel()
    ran: list[Any] = []
    for i, (at, rank) in enumerate(entries):
        kernel.post(at, rank, lambda _, key=(at, rank, i): ran.append((*key, kernel.now)))
    kernel.run_until(10)
    assert ran == sorted((at, rank, i, at) for i, (at, rank) in enumerate(entries))


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(RANKS)), max_size=30), st.integers(0, 5))
def test_shuffled_entries_run_by_time_then_rank(entries: list[tuple[int, int]], seed: int) -> None:
    def order() -> list[Any]:
        kernel = Kernel("shuffled", Chance(seed).stream("ties"))
        ran: list[Any] = []
        for i, (at, rank) in enumerate(entries):
            kernel.post(at, rank, lambda _, key=(at, rank, i): ran.append(key))
        kernel.run_until(10)
        return ran

    ran = order()
    assert [key[:2] for key in ran] == sorted(key[:2] for key in ran)
    assert sorted(ran) == sorted((at, rank, i) for i, (at, rank) in enumerate(entries))
    assert ran == order()


def test_shuffling_needs_words() -> None:
    with pytest.raises(TypeError, match="need a stream of words"):
        Kernel("shuffled")


def test_nothing_at_the_end_runs_whatever_its_rank() -> None:
    kernel = Kernel()
    ran: list[int] = []
    for rank in RANKS:
        kernel.post(10, rank, lambda _: ran.append(1))
    kernel.run_until(10)
    assert ran == []
    assert kernel.now == 10


def test_an_entry_is_what_its_action_is_called_with() -> None:
    kernel = Kernel()
    got_: list[Any] = []
    post = kernel.post(1, FAULT, got_.append)
    kernel.run_until(2)
    assert got_ == [post]


def test_ordinary_simpy_processes_run_beside_entries() -> None:
    kernel = Kernel()
    ran: list[Any] = []

    def process() -> Generator[Any, Any, None]:
        for _ in range(3):
            yield kernel.timeout(5)
            ran.append(kernel.now)

    kernel.process(process())
    kernel.post(7, PACKET, lambda _: ran.append("entry"))
    kernel.run_until(100)
    assert ran == [5, "entry", 10, 15]


# -- equivalence with SimPy's public surface ---------------------------------------------------------------

AHEAD = -3  # of everything else at an instant: a process that was woken goes on at once


class Scheduled(simpy.Event):
    """An event that is triggered when it is made, with a time and a priority: what Timeout is, with a priority."""

    def __init__(self, env: simpy.Environment, delay: int, priority: Any, value: Any = None) -> None:
        super().__init__(env)
        self._ok = True
        self._value = value
        env.schedule(self, priority, delay)


class Plain(simpy.Environment):
    """The kernel on SimPy's public surface: every entry is an Event, every host a process that waits for one."""

    def __init__(self, ties: str = "fifo", words: Any = None) -> None:
        super().__init__(0)
        assert ties == "fifo"
        self.queue: Any = self
        self.numbers = repeat(0)  # SimPy numbers its events itself

    def post(self, at: int, rank: int, action: Any) -> Any:
        event = Scheduled(self, at - self.now, rank)
        event.callbacks.append(action)  # type: ignore[union-attr]
        return event

    def push(self, entry: tuple[int, int, int, Any]) -> None:
        """Let a packet travel as an event of its own."""
        at, rank, _, packet = entry
        arrive = packet.callbacks[0]
        self.post(at, rank, lambda _: arrive(packet))

    def start(self, generator: Generator[Any, Any, None]) -> Any:
        """Run a host as an ordinary process: each input is the value of an event that it waits for."""
        door: list[simpy.Event] = [self.event()]

        def process() -> Generator[Any, Any, None]:
            for _ in generator:
                while True:
                    value = yield door[0]
                    door[0] = self.event()
                    generator.send(value)

        def resume(value: Any) -> None:
            event = door[0]
            event._ok, event._value = True, value
            self.schedule(event, AHEAD)  # type: ignore[arg-type]

        self.process(process())
        return resume

    def run_until(self, stop: int) -> None:
        self.run(until=Scheduled(self, stop - self.now, sim.kernel.STOP))


def plainly(made: Plan, seed: int, monkeypatch: pytest.MonkeyPatch) -> tuple[bytes, Any]:
    with monkeypatch.context() as patched:
        patched.setattr(sim.world, "Kernel", Plain)
        patched.setattr(sim.network, "heappush", lambda queue, entry: queue.push(entry))
        return traced(made, seed)


def traced(made: Plan, seed: int) -> tuple[bytes, Any]:
    file = io.BytesIO()
    outcome = run(made, seed, [file])
    return file.getvalue(), outcome


def protocol(me: Puppet, input: Input, now: Now) -> None:
    """Alarms that move and are cancelled, writes that wait, messages to oneself, refusals, stops."""
    if booted(input):
        me.alarm("tick", (MS, 9 * MS), 11 * MS)
        me.alarm("election", (20 * MS, 40 * MS))
        me.persist("life", me.life)
        me.note(Seen(("boot", me.life)))
    elif rang(input, "tick"):
        me.count += 1
        me.tail = me.count // 5
        for peer in me.peers:
            me.send(peer, Ping((me.count, now.monotonic)), tell=True)
        if me.count % 7 == 0:
            me.send(me.node, Pong("self"))
        if me.count == 40 and me.node == "n3":
            me.stop()
    elif got(input, Ping):
        me.alarm("election", (20 * MS, 40 * MS))
        if now.word() % 3 == 0:
            me.persist(("log", me.count), now.wall, tell=True)
            me.send(input.src, Pong(me.count))  # type: ignore[attr-defined]
    elif rang(input, "election"):
        me.note(Seen(("election", now.wall)))
        me.alarm("election", within(now.word(), 10, 20 * MS))
    elif got(input, Pong):
        me.cancel("election") if now.word() % 9 == 0 else None  # type: ignore[func-returns-value]
    elif asked(input):
        me.persist("op", input.op, sync=input.op % 2 == 0)  # type: ignore[attr-defined]
        me.answer(input, ("ok", "elsewhere", "unsure", "fail")[now.word() % 4])  # type: ignore[arg-type]
    elif isinstance(input, (Persisted, Refused)):
        me.note(Seen(repr(input)))


def whole(in_flight: Any = "deliver", latency: Any = None, **more: Any) -> Plan:
    """Return a plan with all that a world can do."""
    chosen: dict[str, Any] = {
        "nodes": 5,
        "stop": 500 * MS,
        "heal": 400 * MS,
        "latency": latency or Uniform(MS, 15 * MS),
        "loss": Fraction(1, 30),
        "duplicate": Fraction(1, 30),
        "corrupt": Fraction(1, 60),
        "properties": APPLICABLE,
        "puppets": {
            "View": RoleView,
            "ACTIONS": {"append": ("key", "value"), "go": ("what",)},
            "LANES": (Lane("a", 3, (Pong,)), Lane("b", 9)),
        },
        "clocks": {"n2": ClockPlan(offset=-S, drift=170), "n5": ClockPlan(drift=-90)},
        "sync": {"n1": 4 * MS, "n2": MS},
        "service": {"n4": MS, "n1": MS // 7},
        "workload": Workload(
            "append",
            ("n1", "n4", "n5"),
            every=(7 * MS, 19 * MS),
            patience=33_333_333,
            again=2,
            until=350 * MS,
            lose_answers=Fraction(1, 9),
        ),
        "errands": (Errand("e", "n4", "go", ("x",), (50 * MS, 90 * MS, 91 * MS)),),
        "faults": (
            Planned(Partition(groups=(("n1", "random(1)"), "rest"), in_flight=in_flight), at=40 * MS, lasting=60 * MS),
            Planned(
                Partition(groups=("minority", "rest"), oneway=True, in_flight=in_flight), at=80 * MS, lasting=50 * MS
            ),
            Planned(Crash(nodes=("random(2)",), disk="torn"), at=(130 * MS, 160 * MS), lasting=40 * MS),
            Planned(Crash(nodes=("n1",)), when=When("seen", nth=9), lasting=30 * MS),
            Planned(Crash(nodes=("n2",), strike="between"), at=210 * MS, lasting=30 * MS),
            Planned(Pause(nodes=("n4",)), at=100 * MS, lasting=45 * MS),
            Planned(Pause(nodes=("n1",)), at=260 * MS, lasting=20 * MS),
            Planned(ClockFault(nodes=("n5",), drift=300_000), at=60 * MS, lasting=100 * MS),
            Planned(ClockFault(nodes=("n3",), drift=-1_000_000), at=220 * MS, lasting=50 * MS),
            Planned(
                LinkFault(src="n5", jitter=20 * MS, refuse=False, duplicate=Fraction(1, 5)),
                at=250 * MS,
                lasting=60 * MS,
            ),
            Planned(LinkFault(src="n2", dst="n3", refuse=True), at=20 * MS, lasting=60 * MS),
            Planned(PacketFault(link=("n1", "all"), message="Pong", do="delay", by=9 * MS), at=10 * MS),
        ),
    }
    return plan(protocol, **(chosen | more))


@pytest.mark.parametrize("in_flight", ["deliver", "drop", "hold"])
@pytest.mark.parametrize("seed", range(4))
def test_a_whole_world_writes_the_same_trace_on_plain_simpy(
    seed: int, in_flight: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = whole(in_flight)
    ours, outcome = traced(made, seed)
    theirs, other = plainly(made, seed, monkeypatch)
    assert outcome.model_error is None, outcome.model_error
    assert outcome.stats["records"] > 3000
    assert first_difference(ours, theirs) is None
    assert outcome == other


@pytest.mark.parametrize(
    "more",
    [
        {"latency": Lognormal(8 * MS, 400_000)},
        {"latency": Uniform(5 * MS, 5 * MS)},
        {"latency": Uniform(0, 0)},
        {"sync": {}, "service": {}},
        {"nodes": 1, "faults": (), "workload": None, "errands": ()},
        {"clocks": {}, "faults": ()},
    ],
)
def test_other_worlds_write_the_same_traces_on_plain_simpy(more: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = whole(**more)
    assert first_difference(traced(made, 7)[0], plainly(made, 7, monkeypatch)[0]) is None


def test_a_model_error_is_the_same_on_plain_simpy(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(me: Puppet, input: Input, now: Now) -> Any:
        protocol(me, input, now)
        return 5 if me.count == 13 else None

    made = plan(breaks, nodes=3)
    ours, outcome = traced(made, 1)
    theirs, other = plainly(made, 1, monkeypatch)
    assert outcome.model_error is not None
    assert (ours, outcome.model_error) == (theirs, other.model_error)


@pytest.mark.parametrize("name", ["PACKET", "AHEAD"])
def test_the_comparison_sees_a_build_whose_order_at_one_instant_differs(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = whole(latency=Uniform(MS, MS))
    ours = traced(made, 1)[0]
    assert first_difference(ours, plainly(made, 1, monkeypatch)[0]) is None
    monkeypatch.setattr(
        *((sim.network, "PACKET", ALARM + 1) if name == "PACKET" else (sys.modules[__name__], "AHEAD", 9))
    )
    assert first_difference(ours, plainly(made, 1, monkeypatch)[0]) is not None


def first_difference(ours: bytes, theirs: bytes) -> Any:
    if ours == theirs:
        return None
    for one, other in zip(ours.splitlines(), theirs.splitlines(), strict=False):
        if one != other:
            return one, other
    return len(ours), len(theirs)
