"""Runs of redex under exact schedules, and machines that are stepped by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pytest

from models.redex import PROPERTIES, Redex
from sim.clients import Errand, Workload
from sim.faults import Planned
from sim.latency import Latency, Uniform
from sim.machine import Boot, Cluster, Now
from sim.units import MS
from sim.world import Outcome, Plan, World

PHASES = (0, 13, 47, 81)  # ms, of A to D in the specification's schedules; two nodes have 0 and 50


class Seen(NamedTuple):
    """What a run showed; times in ms."""

    outcome: Outcome
    leaders: list[tuple[int, tuple[str, ...]]]  # each set of leaders, and from when
    turns: list[tuple[int, str, str, str]]  # when, node, role, signal
    notes: list[tuple[int, str, Any]]
    sends: list[tuple[int, str, str, Any]]
    logs: dict[str, dict[int, Any]]  # of the nodes that live at the end
    views: dict[str, Any]

    def leaders_at(self, ms: float) -> tuple[str, ...]:
        return next((who for at, who in reversed(self.leaders) if at <= ms), ())

    def led(self, node: str) -> list[int]:
        """Return when a node was promoted."""
        return [at for at, who, role, _ in self.turns if who == node and role == "leader" and at > 0]

    def conceded(self, node: str) -> list[int]:
        return [at for at, who, _, signal in self.turns if who == node and signal == "PeerLeaderObserved"]

    def log(self, node: str) -> str:
        """Return a log as words, `--` where there is a hole."""
        held = self.logs[node]
        return " ".join(str(held.get(seq, "--")) for seq in range(self.views[node].tail))


def _ms(ns: int) -> int:
    assert ns % MS == 0, f"{ns} ns is no whole ms"
    return ns // MS


def observe(
    nodes: int,
    until: int,
    faults: Sequence[Planned] = (),
    *,
    seed: int = 0,
    phases: Sequence[int] | None = None,
    delay: int = 5,
    latency: Latency | None = None,
    errands: Sequence[Errand] = (),
    workload: Workload | None = None,
    params: Mapping[str, Any] | None = None,
    per_node: Mapping[str, Mapping[str, Any]] | None = None,
    round_ms: bool = True,
    machine: Any = Redex,
    **plan: Any,
) -> Seen:
    """Run H = 100 ms, preload 2, no loss, until so many ms, and watch; nothing that redex promises may break.

    A machine other than redex promises nothing.
    """
    names = tuple(f"n{i + 1}" for i in range(nodes))
    phases = phases or ((0, 50) if nodes == 2 else PHASES)

    def make(node: str, cluster: Cluster) -> Redex:
        own = {"phase": f"{phases[cluster.number(node)]}ms", "preload": 2}
        made: Redex = machine(node, cluster, **own, **(params or {}), **(per_node or {}).get(node, {}))
        return made

    ms = _ms if round_ms else (lambda ns: ns)
    latency = latency or Uniform(delay * MS, delay * MS)
    plan.setdefault("properties", PROPERTIES)
    world = World(
        Plan(make, names, until * MS, latency=latency, errands=tuple(errands), workload=workload,
             faults=tuple(faults), **plan),
        seed, None,
    )  # fmt: skip
    seen = Seen(None, [], [], [], [], {}, {})  # type: ignore[arg-type]
    now: set[str] = set()

    def state(record: Any) -> None:
        (now.add if record.data is not None and record.data.role == "leader" else now.discard)(record.node)
        seen.views[record.node] = record.data
        who = tuple(sorted(now))
        if seen.leaders and seen.leaders[-1][0] == ms(record.at):
            seen.leaders.pop()
        if not seen.leaders or seen.leaders[-1][1] != who:
            seen.leaders.append((ms(record.at), who))

    def turned(record: Any) -> None:
        seen.turns.append((ms(record.at), record.node, record.data.to, record.data.signal))

    def noted(record: Any) -> None:
        seen.notes.append((record.at, record.node, record.data))

    def sent(record: Any) -> None:
        seen.sends.append((record.at, record.node, record.data.dst, record.data.data))

    world.recorder.listen("state", state)
    world.recorder.listen("turned", turned)
    world.recorder.listen("note", noted)
    world.recorder.listen("send", sent)
    outcome = world.run()
    assert outcome.model_error is None, outcome.model_error
    if plan["properties"] is PROPERTIES and machine is Redex:
        assert [f for f in outcome.findings if f.verdict == "violated"] == []
    for node, host in world.hosts.items():
        if host.machine is not None:
            assert isinstance(host.machine, Redex)
            seen.logs[node] = dict(host.machine.log.entries)
    return seen._replace(outcome=outcome)


@pytest.fixture
def run() -> Any:
    return observe


@pytest.fixture
def node() -> Any:
    """Make a machine that has booted: n1 of three unless said otherwise, with a round trip of 10 ms to everyone."""

    def make(name: str = "n1", nodes: int = 3, role: str = "follower", booted_at: int = 0, **params: Any) -> Redex:
        names = tuple(f"n{i + 1}" for i in range(nodes))
        placed = {"placed": "never"} if role == "idle" else {"first_leader": name if role == "leader" else "none"}
        machine = Redex(name, Cluster(name, names, lambda _: 10 * MS), **(placed | params))
        machine.step(Boot({}, 1), Now(booted_at))
        assert machine.role == role
        return machine

    return make
