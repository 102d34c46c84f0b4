"""Machines that are stepped by hand, and small worlds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest

from models.quorum_write import QuorumWrite
from models.quorum_write.messages import SyncAck
from models.quorum_write.node import machine
from models.quorum_write.rows import Row, digest
from sim.clients import Errand
from sim.faults import Planned
from sim.latency import Uniform
from sim.machine import Answer, Ask, Boot, Cluster, Effect, Note, Now, Persisted, Receive, Send
from sim.units import MS
from sim.world import Outcome, Plan, World


def make(name: str = "n1", nodes: int = 3, **params: Any) -> QuorumWrite:
    """Return a machine that has booted."""
    names = tuple(f"n{i + 1}" for i in range(nodes))
    made = machine(name, Cluster(name, names), **params)
    made.step(Boot({}, 1), Now())
    for key in params.get("preload", ()):
        made.step(Persisted(("row", key)), Now())
    return made


def wrote(node: QuorumWrite, key: str = "k", value: str = "v", op: int = 1, now: Now | None = None) -> list[Effect]:
    """Let a client write and the disk be done; return what the node wants."""
    now = now or Now(words=(0,) * 8)
    effects = [*node.step(Ask("c", op, "write", (key, value)), now)]
    return [*effects, *node.step(Persisted(("row", key)), now)]


def ack(node: QuorumWrite, src: str, now: Now | None = None, **fields: Any) -> list[Effect]:
    """Let a peer acknowledge the latest attempt, as if it had stored the row."""
    attempt = list(node.attempts.values())[-1]
    row = attempt.row
    answer = SyncAck(attempt.id, attempt.key, src, row.stamp, row, digest(row), "", 0)._replace(**fields)
    return [*node.step(Receive(src, answer), now or Now())]


def sends(effects: Sequence[Effect]) -> list[tuple[str, Any]]:
    return [(effect.dst, effect.msg) for effect in effects if isinstance(effect, Send)]


def notes(effects: Sequence[Effect], kind: type) -> list[Any]:
    return [effect.fact for effect in effects if isinstance(effect, Note) and isinstance(effect.fact, kind)]


def answers(effects: Sequence[Effect]) -> list[tuple[str, Any]]:
    return [(effect.outcome, effect.value) for effect in effects if isinstance(effect, Answer)]


def row(value: str = "v", stamp: int = 1, id: str = "m1", origin: str = "n2", **fields: Any) -> Row:
    return Row(id, value, stamp, origin, **fields)


class Seen(NamedTuple):
    """What a world showed."""

    outcome: Outcome
    notes: list[tuple[int, str, Any]]
    sends: list[tuple[int, str, str, Any]]
    nodes: dict[str, QuorumWrite]  # those that live at the end

    def told(self, kind: type) -> list[Any]:
        return [fact for _, _, fact in self.notes if isinstance(fact, kind)]

    def verdicts(self) -> dict[str, str]:
        return {finding.name: finding.verdict for finding in self.outcome.findings}

    def answers(self) -> list[tuple[str | None, Any]]:
        return [(o.outcome, o.value) for o in self.outcome.history.operations]

    def values(self, key: str = "k") -> dict[str, tuple[str, ...]]:
        return {name: node.rows.values(key) for name, node in self.nodes.items()}


def observe(
    errands: Sequence[tuple[int, str, str, tuple[str, ...]]],
    until: int = 3000,
    nodes: int = 3,
    faults: Sequence[Planned] = (),
    properties: Any = (),
    seed: int = 0,
    kind: Any = machine,
    per_node: Any = None,
    plan: Any = None,
    **params: Any,
) -> Seen:
    """Run errands (at ms, node, action, arguments) with 5 ms one way, until so many ms, and watch."""
    names = tuple(f"n{i + 1}" for i in range(nodes))
    made = Plan(
        lambda node, cluster: kind(node, cluster, **params, **(per_node or {}).get(node, {})),
        names,
        until * MS,
        latency=Uniform(5 * MS, 5 * MS),
        errands=tuple(
            Errand(f"c{i}", node, what, args, (at * MS,)) for i, (at, node, what, args) in enumerate(errands)
        ),
        faults=tuple(faults),
        properties=properties,
        **({"heal": (until - 1) * MS} | (plan or {})),
    )
    world = World(made, seed, None)
    seen = Seen(None, [], [], {})  # type: ignore[arg-type]
    world.recorder.listen("note", lambda record: seen.notes.append((record.at, record.node, record.data)))
    world.recorder.listen(
        "send", lambda record: seen.sends.append((record.at, record.node, record.data.dst, record.data.data))
    )
    outcome = world.run()
    assert outcome.model_error is None, outcome.model_error
    for name, host in world.hosts.items():
        if host.machine is not None:
            seen.nodes[name] = host.machine  # type: ignore[assignment]
    return seen._replace(outcome=outcome)


@pytest.fixture
def steps() -> Any:
    """What tests build machines and read effects with."""

    class Steps:
        make = staticmethod(make)
        wrote = staticmethod(wrote)
        ack = staticmethod(ack)
        sends = staticmethod(sends)
        notes = staticmethod(notes)
        answers = staticmethod(answers)
        row = staticmethod(row)

    return Steps


@pytest.fixture
def run() -> Any:
    return observe
