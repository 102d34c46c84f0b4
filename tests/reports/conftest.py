"""Real run directories: a toy protocol runs in the world, and its outcome is written down as scenarios/ does it.

The toy elects without a quorum, so that a partition gives two leaders, and overwrites what it stored.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from sim.checks.leaders import leader_elected, single_leader
from sim.checks.logs import same_payload
from sim.clients import Workload
from sim.faults import FOREVER, Crash, Partition, Planned
from sim.jury import lacking
from sim.latency import Uniform
from sim.machine import Alarm, Ask, Boot, Cluster, Machine, NodeId, on
from sim.units import MS, S
from sim.world import Plan, header, run


class Beat(NamedTuple):
    term: int
    tail: int


class Campaign(NamedTuple):
    term: int


class Grant(NamedTuple):
    term: int


class Copy(NamedTuple):
    term: int
    seq: int
    payload: str


class Stored(NamedTuple):
    seq: int
    payload: str


class Shown(NamedTuple):
    role: str
    term: int
    tail: int


class Toy(Machine):
    View: Any = Shown
    FACTS = (Stored,)
    ACTIONS = {"append": ("key", "value")}
    beat = 200 * MS

    def __init__(self, node: NodeId, cluster: Cluster) -> None:
        super().__init__(node, cluster)
        self.role, self.term, self.tail = "idle", 0, 0
        self.grants: set[NodeId] = set()

    @on(Boot)
    def boot(self, durable: Any, life: int, now: Any) -> None:
        self.term, self.tail = durable.get("term", 0), durable.get("tail", 0)
        self.role = "follower"
        self.wait()

    def wait(self) -> None:
        self.alarm("lonely", (3 * self.beat, 6 * self.beat))

    def follow(self, term: int) -> None:
        self.role, self.term = "follower", term
        self.persist("term", term)
        self.cancel("beat")
        self.wait()

    @on(Alarm, "lonely")
    def lonely(self, about: Any, now: Any) -> None:
        self.role, self.term = "candidate", self.term + 1
        self.persist("term", self.term)
        self.grants = set()
        self.broadcast(Campaign(self.term))
        self.alarm("count", self.beat)

    @on(Alarm, "count")
    def count(self, about: Any, now: Any) -> None:
        if self.role == "candidate" and (self.grants or not self.peers or self.term > 2):
            self.role = "leader"
            self.alarm("beat", 0, every=self.beat)
        elif self.role == "candidate":
            self.wait()

    @on(Alarm, "beat")
    def beating(self, about: Any, now: Any) -> None:
        self.broadcast(Beat(self.term, self.tail))

    @on(Campaign)
    def campaigned(self, src: NodeId, msg: Campaign, now: Any) -> None:
        if msg.term > self.term:
            self.follow(msg.term)
            self.send(src, Grant(msg.term))

    @on(Grant)
    def granted(self, src: NodeId, msg: Grant, now: Any) -> None:
        self.grants.add(src)

    @on(Beat)
    def beaten(self, src: NodeId, msg: Beat, now: Any) -> None:
        if msg.term > self.term or (msg.term == self.term and (self.role != "leader" or src > self.node)):
            self.follow(msg.term)

    @on(Copy)
    def copied(self, src: NodeId, msg: Copy, now: Any) -> None:
        if msg.term >= self.term:
            self.store(msg.seq, msg.payload)

    def store(self, seq: int, payload: str) -> None:
        self.tail = max(self.tail, seq)
        self.persist("tail", self.tail)
        self.note(Stored(seq, payload))

    @on(Ask, "append")
    def append(self, ask: Ask, now: Any) -> None:
        if self.role != "leader":
            self.answer(ask, "elsewhere")
            return
        self.store(self.tail + 1, ask.args[1])
        self.broadcast(Copy(self.term, self.tail, ask.args[1]))
        self.answer(ask, "ok", self.tail)


class OnlyNumbers(NamedTuple):
    applied: int
    term: int


class Numbers(Toy):
    """The same without a role and a tail to see."""

    View: Any = OnlyNumbers

    @property
    def applied(self) -> int:
        return self.tail


class OnlyWords(NamedTuple):
    mood: str


class Words(Toy):
    View: Any = OnlyWords
    FACTS = ()

    @property
    def mood(self) -> str:
        return self.role

    def note(self, fact: Any) -> None:
        return


class Broken(Toy):
    """Breaks its contract in its second election."""

    @on(Alarm, "count")
    def count(self, about: Any, now: Any) -> None:
        if self.term > 1:
            raise ZeroDivisionError
        super().count(about, now)


MACHINES = {"toy": Toy, "numbers": Numbers, "words": Words, "broken": Broken}


def names(count: int) -> tuple[str, ...]:
    wide = len(str(count))
    return tuple(f"n{i:0{wide}}" for i in range(1, count + 1))


def split(count: int, at: int = 4 * S, lasting: Any = 6 * S) -> Planned:
    nodes = names(count)
    half = max(1, count // 2)
    groups = (nodes[:half], nodes[half:])
    return Planned(Partition(groups=groups), at=at, lasting=lasting)


def crash(node: str, at: int, lasting: Any = FOREVER, disk: Any = "unsynced-lost") -> Planned:
    return Planned(Crash(nodes=(node,), disk=disk, strike="now"), at=at, lasting=lasting)


WriteRun = Callable[..., Path]


def write_run(
    into: Path,
    nodes: int = 5,
    seed: int = 7,
    faults: tuple[Planned, ...] | None = None,
    stop: int = 16 * S,
    machine: str = "toy",
    every: int = 400 * MS,
    latency: tuple[int, int] = (5 * MS, 40 * MS),
    scenario: str = "toy/two_leaders",
    change: Callable[[dict[str, Any]], None] | None = None,
) -> Path:
    """Run the toy and write its run directory; `change` may alter result.json before it is written."""
    into.mkdir(parents=True, exist_ok=True)
    plan = Plan(
        machine=MACHINES[machine],
        nodes=names(nodes),
        stop=stop,
        heal=stop * 3 // 4,
        latency=Uniform(*latency),
        loss=Fraction(1, 50),
        duplicate=Fraction(1, 50),
        workload=Workload("append", names(nodes), every=(every, every), until=stop * 3 // 4),
        faults=(split(nodes), crash(names(nodes)[0], 11 * S, 500 * MS)) if faults is None else faults,
        properties=(single_leader, same_payload, leader_elected),
        model="toy",
        profile="as-specified",
    )
    judged = tuple(prop for prop in plan.properties if not lacking(prop, header(plan, seed), False))
    plan = replace(plan, properties=judged)
    with (into / "trace.jsonl").open("wb") as file:
        outcome = run(plan, seed, sinks=(file,))
    (into / "history.jsonl").write_text("".join(outcome.history.lines()), "utf-8")
    (into / "scenario.toml").write_text('model = "toy"\n', "utf-8")
    found = {
        "format": "netsplit.result/1",
        "scenario": scenario,
        "model": "toy",
        "profile": "as-specified",
        "seed": seed,
        "verdict": "model-error" if outcome.model_error else "as-expected",
        "properties": [
            {
                "name": f.name,
                "sentence": prop.sentence,
                "verdict": f.verdict,
                "expected": f.verdict,
                "evidence": {"sentence": f.sentence, "seq": f.seq, "at": f.at} if f.sentence else None,
            }
            for f, prop in zip(outcome.findings, plan.properties, strict=True)
        ],
        "faults": [
            {
                "index": f.index,
                "kind": f.kind,
                "colour": f.colour,
                "phase": f.phase,
                "begin": f.begin,
                "end": f.end,
                "nodes": f.nodes,
                "fields": f.fields,
            }
            for f in outcome.faults
        ],
        "digest": outcome.digest,
        "clocks": {
            node: [{"at": at, "error_ns": error, "rate_ppm": ppm} for at, error, ppm in errors]
            for node, errors in outcome.clocks.items()
        },
        "drops": outcome.drops,
        "stats": outcome.stats,
    }
    if change is not None:
        change(found)
    (into / "result.json").write_text(json.dumps(found, ensure_ascii=False), "utf-8")
    return into


@pytest.fixture(name="write_run", scope="session")
def _write_run() -> WriteRun:
    return write_run
