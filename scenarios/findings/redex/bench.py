"""Worlds in which a machine is doctored, for what no scenario can make: a leader that lies, a node that floods."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from models.redex import Redex, machine
from sim.clients import Errand
from sim.faults import Planned
from sim.latency import Uniform
from sim.machine import Cluster, Effect, Input, NodeId, Now, Send
from sim.trace import Record
from sim.units import MS
from sim.world import Plan, World

from ..weakness import Evidence
from .seen import Seen

Doctor = Callable[[Redex], None]

LISTENED = ("state", "note", "send", "content")
PHASES = ("0ms", "50ms", "47ms")  # of two nodes, and a third


def play(
    params: Mapping[str, Any],
    nodes: int,
    stop_ms: int,
    *,
    doctors: Mapping[NodeId, Doctor] | None = None,
    own: Mapping[NodeId, Mapping[str, Any]] | None = None,
    faults: Sequence[Planned] = (),
    errands: Sequence[Errand] = (),
    service: Mapping[NodeId, int] | None = None,
) -> tuple[Seen, dict[NodeId, Redex]]:
    """Run redex as in section 9, D being 5 ms and two events everywhere; return what showed, and who still lives."""
    names = tuple(f"n{i + 1}" for i in range(nodes))

    def make(node: NodeId, cluster: Cluster) -> Redex:
        given = {"phase": PHASES[cluster.number(node)], "preload": 2, **params, **(own or {}).get(node, {})}
        made: Redex = machine(node, cluster, **given)
        if doctors is not None and node in doctors:
            doctors[node](made)
        return made

    latency = Uniform(5 * MS, 5 * MS)
    plan = Plan(
        make, names, stop_ms * MS, heal=stop_ms * MS, latency=latency, errands=tuple(errands), faults=tuple(faults),
        service=service or {},
    )  # fmt: skip
    world = World(plan, 0, None)
    records: list[Record] = []
    for kind in LISTENED:
        world.recorder.listen(kind, records.append)
    outcome = world.run()
    if outcome.model_error is not None:
        raise RuntimeError(str(outcome.model_error))
    living = {node: host.machine for node, host in world.hosts.items() if isinstance(host.machine, Redex)}
    return Seen(Evidence(outcome, tuple(records), {})), living


def write(node: NodeId, at_ms: int, word: str, count: int) -> list[Errand]:
    """Return single writes at one node and instant."""
    return [Errand(f"{word}{i}", node, "append", (f"{word}{i}",), (at_ms * MS,)) for i in range(count)]


def doctored(doctor: Callable[[Any, Now], Any]) -> Doctor:
    """Return what makes a machine send `doctor(message, now)` in place of each message."""

    def change(made: Redex) -> None:
        step = made.step

        def doctoring(input: Input, now: Now) -> list[Effect]:
            return [
                Send(effect.dst, doctor(effect.msg, now), effect.tell) if isinstance(effect, Send) else effect
                for effect in step(input, now)
            ]

        setattr(made, "step", doctoring)  # noqa: B010  # one machine, not its class

    return change
