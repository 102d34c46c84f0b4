"""One run: Plan -> World -> Outcome. The only file that knows all the others.

A run is a pure function of (plan, seed). It is hostile until `heal`, when everything that a fault broke is mended
(but for faults that last for ever), and ends just before `stop`; then every live machine is asked for its contents.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import Any, NamedTuple

from .chance import Chance, choose, threshold, within
from .clients import Desk, Errand, Workload
from .clock import Clock
from .decisions import Decision, Decisions
from .disk import Disk
from .fate import Change
from .faults import FOREVER, Levers, Planned, When
from .faults.base import Aims, Mend
from .history import History
from .host import Host, ModelError, told
from .jury import Finding, Jury
from .kernel import FAULT, TRIGGERED, Kernel
from .latency import Latency, Uniform
from .machine import Cluster, Machine, NodeId, Point, snake_case
from .network import Line, Network
from .ntp import Ntp, discipline
from .property import Property
from .recorder import Recorder, Sink
from .targets import resolve
from .trace import BadValue, Faulted, Header, Record, steady
from .units import MS, S, Span, clock_text

WALL_START = 1_704_067_200 * S  # 2024-01-01
POINT = snake_case(Point.__name__)
RECORDS_MAX = 50_000_000  # a run that goes on and on is a model error, not a machine that swaps


@dataclass(frozen=True)
class ClockPlan:
    """A node's clocks at first: the wall clock's offset in ns; in ppm how wrong both run, and the wall one besides."""

    offset: int = 0
    drift: int = 0
    wall_drift: int = 0


@dataclass(frozen=True)
class Plan:
    """Everything about a run but its seed. Times in ns.

    `machine` makes the state machine of a node; `boots` holds when a node first boots if not at 0, None for never;
    `rtt` overrides what nodes are told of their nominal round trips. With a `core`, nodes or "quorum" for a majority
    drawn at heal, only the faults that touch it are mended then, and the others last for ever.
    """

    machine: Callable[[NodeId, Cluster], Machine]
    nodes: tuple[NodeId, ...]
    stop: int
    heal: int | None = None
    latency: Latency = field(default_factory=lambda: Uniform(5 * MS, 5 * MS))
    loss: Fraction = Fraction(0)
    duplicate: Fraction = Fraction(0)
    corrupt: Fraction = Fraction(0)
    good_day: Mapping[str, Any] = field(default_factory=dict)  # further fields of the Change that is always in force
    lines: tuple[Line, ...] = ()
    regions: Mapping[NodeId, str] = field(default_factory=dict)
    racks: Mapping[NodeId, str] = field(default_factory=dict)
    rtt: int | None = None
    boots: Mapping[NodeId, int | None] = field(default_factory=dict)
    service: Mapping[NodeId, int] = field(default_factory=dict)
    wall_start: int = WALL_START
    clocks: Mapping[NodeId, ClockPlan] = field(default_factory=dict)
    ntp: Ntp | None = None
    sync: Mapping[NodeId, int] = field(default_factory=dict)
    workload: Workload | None = None
    errands: tuple[Errand, ...] = ()
    packets: tuple[tuple[NodeId, NodeId, Decision], ...] = ()  # from, to
    fates: str = "drawn"  # or "nominal": every packet takes the median delay, and none is lost but by a decision
    faults: tuple[Planned, ...] = ()
    core: tuple[NodeId, ...] | str | None = None
    properties: tuple[Property, ...] = ()
    ties: str = "fifo"
    model: str = ""
    profile: str = ""
    records_max: int = RECORDS_MAX


@dataclass
class FaultRun:
    """What became of one planned fault, in ns; `phase` is waiting, active, forever, mended, done or unresolved.

    A fault that strikes again and again has one for each time: `occurrence` counts them from 1.
    """

    index: int
    kind: str
    colour: str
    counted: bool
    occurrence: int = 1
    phase: str = "waiting"
    begin: int | None = None
    end: int | None = None
    nodes: tuple[NodeId, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    drawn: Mapping[str, int] = field(default_factory=dict)  # times that the scenario gave as a range


@dataclass
class Outcome:
    """What a run showed; `digest` is None if untraced, `model_error` says where the machine broke its contract."""

    findings: list[Finding]
    stats: dict[str, int]
    digest: str | None
    history: History
    faults: list[FaultRun]
    drops: dict[str, int]
    model_error: str | None = None
    core: tuple[NodeId, ...] = ()  # who was healed, if not everybody
    clocks: dict[NodeId, tuple[tuple[int, int, int], ...]] = field(default_factory=dict)  # see Clock.errors


def run(
    plan: Plan, seed: int, sinks: Sequence[Sink] | None = (), watchers: Sequence[Callable[[Recorder], None]] = ()
) -> Outcome:
    """Run a plan under a seed. The trace goes to the sinks and into the digest.

    Each watcher is given the recorder before anything happens, to listen; whoever listens changes no digest.
    `sinks=None` traces nothing and does not look into messages, so a bad value in one is found in traced runs only.
    Raises ModelError if not even one machine can be made; what goes wrong later is in the outcome.
    """
    world = World(plan, seed, sinks)
    for watch in watchers:
        watch(world.recorder)
    collecting = gc.isenabled()
    # A finaliser that ran in the middle could reorder nothing here today; keep it so.
    gc.disable()
    try:
        return world.run()
    finally:
        if collecting:
            gc.enable()


def header(plan: Plan, seed: int) -> Header:
    """Return the first line of a run's trace."""
    return _header(plan, seed, _kind(plan, Cluster(plan.nodes[0], plan.nodes)))


def _kind(plan: Plan, cluster: Cluster) -> type[Machine]:
    """Return the class of the machines. Raises ModelError if none can be made, or if it has no View."""
    node = plan.nodes[0]
    try:
        kind = type(plan.machine(node, cluster))
    except Exception as error:
        raise ModelError(f"{node} at {clock_text(0)} when it was made: {told(error)}") from error
    if not getattr(kind.View, "_fields", ()):
        raise ModelError(f"{kind.__name__}.View: found {kind.View!r}, allowed: a NamedTuple class with a field or more")
    return kind


def _header(plan: Plan, seed: int, kind: type[Machine]) -> Header:
    return Header(
        nodes=plan.nodes,
        stop=plan.stop,
        heal=plan.heal,
        model=plan.model,
        profile=plan.profile,
        seed=seed,
        facts={snake_case(fact.__name__): fact._fields for fact in kind.FACTS},
        views=kind.View._fields,
        messages={message.__name__: message._fields for message in kind.MESSAGES if hasattr(message, "_fields")},
    )


class Active(NamedTuple):
    """A fault that will be mended: whom it struck, its record, and what mends it."""

    entry: FaultRun
    aims: Aims
    cause: int
    mend: Mend


class World:
    """The parts of one run, connected."""

    def __init__(self, plan: Plan, seed: int, sinks: Sequence[Sink] | None) -> None:
        self.plan = plan
        self.chance = Chance(seed)
        self.kernel = Kernel(plan.ties, self.chance.stream("ties"))
        numbers = {node: i for i, node in enumerate(plan.nodes)}
        clusters = {node: Cluster(node, plan.nodes, self._rtt_of(node), numbers) for node in plan.nodes}
        kind = _kind(plan, clusters[plan.nodes[0]])
        head = _header(plan, seed, kind)
        self.recorder = Recorder(head, sinks, kind.FACTS)
        self.jury = Jury(plan.properties, head)
        self.jury.attend(self.recorder)
        self.hosts: dict[NodeId, Host] = {}
        always = Change(loss=plan.loss, duplicate=plan.duplicate, corrupt=plan.corrupt, **plan.good_day)
        self.network = Network(
            self.kernel, self.recorder, self.chance, plan.latency, self.hosts, always, plan.lines,
            drawn=plan.fates == "drawn",
        )  # fmt: skip
        self.history = History(dict(kind.ACTIONS))
        for node in plan.nodes:
            clock_plan = plan.clocks.get(node, ClockPlan())
            clock = Clock(self.kernel, plan.wall_start, clock_plan.drift, clock_plan.offset, clock_plan.wall_drift)
            disk = Disk(plan.sync.get(node, 0), node, self.chance)
            self.hosts[node] = Host(
                node, self.kernel, self.recorder, self.network, self.chance, clock, disk,
                clusters[node], plan.machine, plan.service.get(node, 0), plan.records_max,
            )  # fmt: skip
        decided: dict[tuple[NodeId, NodeId], list[Decision]] = {}
        for src, dst, decision in plan.packets:
            decided.setdefault((src, dst), []).append(decision)
        for (src, dst), decisions in decided.items():
            self.network.rule(src, dst, Decisions(decisions), 1)
        self.desk = Desk(self.kernel, self.recorder, self.network, self.chance, self.hosts, self.history, plan.workload)
        self.faults = [FaultRun(i, p.fault.kind, p.fault.colour, p.fault.counted) for i, p in enumerate(plan.faults)]
        # What heal must mend, in the order in which it was broken, by number of the fault and of its occurrence.
        self._active: dict[tuple[int, int], Active] = {}
        self.core: tuple[NodeId, ...] = ()

    def _rtt_of(self, node: NodeId) -> Callable[[NodeId], int | None]:
        plan = self.plan

        def rtt(peer: NodeId) -> int | None:
            if peer == node:
                return 0
            if plan.rtt is not None:
                return plan.rtt
            there, back = plan.latency.between(node, peer), plan.latency.between(peer, node)
            return None if there is None or back is None else there.nominal() + back.nominal()

        return rtt

    def run(self) -> Outcome:
        """Run to the end and judge."""
        error: str | None = None
        try:
            self._begin()
            self.kernel.run_until(self.plan.stop)
            self._close()
            self.recorder.flush()
        except (ModelError, BadValue) as broken:  # a value that only the encoder found to be bad names its record
            error = str(broken)
        return Outcome(
            findings=self.jury.findings(),
            stats=self._stats(),
            digest=self.recorder.digest(),
            history=self.history,
            faults=sorted(self.faults, key=lambda f: (f.index, f.occurrence)),
            drops=dict(sorted(self.network.counts.why.items())),
            model_error=error,
            core=self.core,
            clocks={node: tuple(host.clock.errors) for node, host in self.hosts.items()},
        )

    def _begin(self) -> None:
        plan, kernel = self.plan, self.kernel
        if plan.heal is not None:
            kernel.post(plan.heal, FAULT, self._heal)
        for node, host in self.hosts.items():
            host.desk = self.desk
            at = plan.boots.get(node, 0)
            if at is not None:
                kernel.post(at, FAULT, _booting(host))
            if plan.ntp is not None:
                discipline(kernel, self.chance, node, host.clock, plan.ntp)
        for i, planned in enumerate(plan.faults):
            self._schedule(i, planned)
        self.desk.open_shop(plan.errands)

    def _close(self) -> None:
        """Ask every live machine what it holds."""
        for node, host in self.hosts.items():
            machine = host.machine
            if machine is not None and type(machine).contents is not Machine.contents:
                try:
                    pairs: tuple[Any, ...] = tuple(machine.contents())
                except Exception as error:
                    raise ModelError(host.blame("in contents()", error)) from error
                for pair in pairs:
                    if not isinstance(pair, tuple) or len(pair) != 2:
                        wrong = f"found {steady(repr(pair))}, allowed: pairs of a key and a fingerprint"
                        raise ModelError(host.blame("in contents()", wrong))
                try:
                    self.recorder.contents(self.plan.stop, node, None, pairs)
                except BadValue as bad:
                    raise ModelError(host.blame("in contents()", bad)) from bad

    def _stats(self) -> dict[str, int]:
        counts = self.network.counts
        return {
            "sim_ns": min(self.kernel.now, self.plan.stop),
            "messages_sent": counts.sent,
            "messages_delivered": counts.delivered,
            "messages_dropped": counts.dropped,
            "records": self.recorder.seq,
            "operations": len(self.history.operations),
            "acknowledged": self.history.acknowledged(),
            "faults_fired": sum(1 for f in self.faults if f.counted and f.begin is not None),
        }

    # -- faults --------------------------------------------------------------------------------------------

    def _draws(self, i: int) -> int:
        """Return the number that names what is drawn for a fault."""
        named = self.plan.faults[i].draws
        return i if named is None else named

    def _drawn(self, i: int, name: str, span: Span) -> int:
        """Return a time, drawn from the seed if the plan gives a range."""
        if isinstance(span, int):
            return span
        value = within(self.chance.word("nemesis", self._draws(i), name), *span)
        self.faults[i].drawn = {**self.faults[i].drawn, name: value}
        return value

    def _schedule(self, i: int, planned: Planned) -> None:
        lasting = planned.lasting
        if lasting is not None and lasting != FOREVER:
            lasting = self._drawn(i, "lasting", lasting)  # type: ignore[arg-type]
        if planned.until is not None:
            ending = _Ending(planned.until, self.chance, self._draws(i), lambda _: self._end_early(i))
            self.recorder.listen(planned.until.what, ending.hear)
        if planned.when is None:
            at = self._drawn(i, "at", planned.at if planned.at is not None else 0)
            self.kernel.post(at, FAULT, lambda _: self._fire(i, planned, lasting, None))
            return
        after = self._drawn(i, "after", planned.after)
        kernel = self.kernel

        def matched(record: Record) -> None:
            if planned.fault.inside():
                self._fire(i, planned, lasting, record.node)
                return
            # Not inside the record: its step has not performed its effects yet.
            rank = FAULT if after else TRIGGERED
            kernel.post(kernel.now + after, rank, lambda _: self._fire(i, planned, lasting, record.node))

        self.recorder.listen(planned.when.what, _Trigger(planned.when, self.chance, self._draws(i), matched).hear)

    def _end_early(self, i: int) -> None:
        """Mend what is active of a fault right after the event whose record matched `until`."""
        for nth in [nth for index, nth in self._active if index == i]:
            self.kernel.post(self.kernel.now, TRIGGERED, partial(self._over, i, nth))

    def _fire(self, i: int, planned: Planned, lasting: Any, itself: NodeId | None, nth: int = 1) -> None:
        now, heal, entry = self.kernel.now, self.plan.heal, self.faults[i]
        fault = planned.fault.settled(planned.when is not None)
        if heal is not None and now >= heal and not fault.instant:
            return  # the hostile phase is over
        if planned.every is not None and (planned.times is None or nth < planned.times):
            self.kernel.post(now + planned.every, FAULT, lambda _: self._fire(i, planned, lasting, itself, nth + 1))
        name = self._draws(i)
        words = self.chance.stream("nemesis", name, "targets")
        if nth > 1:
            words = self.chance.stream("nemesis", name, "targets", nth)
            entry = FaultRun(i, fault.kind, fault.colour, fault.counted, nth)
            self.faults.append(entry)
        aims = resolve(fault.targets(), self.hosts, self.plan.regions, words, self.plan.racks, itself)
        if aims is None:
            entry.phase = "unresolved"
            self._record(entry, "unresolved", None)
            return
        entry.begin = now
        entry.nodes = tuple(dict.fromkeys(node for group in aims for node in group))
        aims = fault.arranged(aims, self.chance.stream("nemesis", name, "order"))
        entry.fields = fault.effective(aims) | fault.toll(aims, self.hosts)
        entry.phase = "done" if fault.instant else "forever" if lasting == FOREVER else "active"
        seq = self._record(entry, "begin" if entry.phase != "forever" else "forever", None)
        span = None if not isinstance(lasting, int) else lasting
        mend = fault.apply(Levers(self.kernel, self.network, self.hosts, self.desk, self.chance, seq, span), aims)
        if entry.phase == "active":
            self._active[i, nth] = Active(entry, aims, seq, mend)
            if span is not None:
                self.kernel.post(now + span, FAULT, partial(self._over, i, nth))
        elif entry.phase == "done":
            entry.end = now

    def _over(self, i: int, nth: int, _: Any) -> None:
        """Mend a fault, unless that has happened before."""
        active = self._active.pop((i, nth), None)
        if active is not None:
            active.entry.end, active.entry.phase = self.kernel.now, "mended"
            self._record(active.entry, "mend", active.cause)
            active.mend()

    def _heal(self, _: Any) -> None:
        """Mend everything that is still broken, the last first; with a core, only what touches it."""
        self.core = self._drawn_core()
        core = frozenset(self.core)
        for (i, nth), (entry, aims, cause, _mend) in reversed(tuple(self._active.items())):
            beyond = self.plan.faults[i].fault.beyond(aims, core) if core else None
            if beyond is None:
                self._over(i, nth, None)
                continue
            del self._active[i, nth]
            entry.phase = "forever"
            own = Faulted(entry.index, entry.kind, "forever", entry.fields, beyond)
            self.recorder.record("fault", self.kernel.now, None, cause, own)

    def _drawn_core(self) -> tuple[NodeId, ...]:
        """Return the core: as planned, or a majority of nodes that no fault has struck for ever, or what is left."""
        core, nodes = self.plan.core, self.plan.nodes
        if core is None or isinstance(core, tuple):
            return core or ()
        lost = {
            node
            for entry in self.faults
            if entry.phase == "forever" and self.plan.faults[entry.index].fault.aimed == ("nodes",)
            for node in entry.nodes
        }
        free = [node for node in nodes if node not in lost]
        words = iter(self.chance.stream("nemesis", "core"))
        return tuple(free[i] for i in sorted(choose(words, len(nodes) // 2 + 1, len(free))))

    def _record(self, entry: FaultRun, phase: str, cause: int | None) -> int:
        own = Faulted(entry.index, entry.kind, phase, entry.fields, entry.nodes)
        return self.recorder.record("fault", self.kernel.now, None, cause, own)


class _Trigger:
    """Counts the records that match and calls once, at the nth."""

    def __init__(self, when: When, chance: Chance, fault: int, matched: Callable[[Record], None]) -> None:
        self._when = when
        self._chance = chance
        self._fault = fault
        self._matched = matched
        self._seen = 0
        self._passes: dict[tuple[str, str], int] = {}

    def hear(self, record: Record) -> None:
        if self._matches(record):
            if self._when.what == POINT and not self._lucky(str(record.node), str(record.data.name)):
                return
            self._seen += 1
            if self._seen == self._when.nth:
                self._matched(record)

    def _lucky(self, node: str, name: str) -> bool:
        """Return whether this pass of a point counts: its name is armed for the whole run, or in all of it is not."""
        number = self._passes[node, name] = self._passes.get((node, name), 0) + 1
        armed = self._chance.word("nemesis", "armed", name) >> 32
        fires = self._chance.word("nemesis", self._fault, "fires", name, node, number) >> 32
        return armed < threshold(self._when.armed) and fires < threshold(self._when.fires)

    def _matches(self, record: Record) -> bool:
        return self._fits(record, record.data) and not (record.kind == "state" and self._fits(record, record.was))

    def _fits(self, record: Record, data: Any) -> bool:
        if data is None:
            return False
        return all(
            (record.node if name == "node" else getattr(data, name, None)) == value for name, value in self._when.where
        )


class _Ending(_Trigger):
    """Calls at every record that matches: a fault that strikes again may end early again."""

    def hear(self, record: Record) -> None:
        if self._matches(record):
            self._matched(record)


def _booting(host: Host) -> Callable[[Any], None]:
    return lambda _: host.boot()
