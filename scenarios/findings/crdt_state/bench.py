"""Machines of crdt_state stepped by hand, and what a run's records say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from models.crdt_state import CrdtState
from sim.machine import Answer, Ask, Boot, Cluster, Effect, Now, Send
from sim.units import S

from ..weakness import Evidence

Params = Mapping[str, Any]
NAMES = ("n1", "n2", "n3")
WALL = 1_700_000_000 * S
WORDS = tuple(range(1, 64))  # where a machine asks for random words
ZERO_HASH = bytes.fromhex("d56bb95342870836")  # FNV-1a of it is 0, and stays 0 however many zero bytes follow


def node(params: Params, planes: str, name: str = "n1", names: tuple[str, ...] = NAMES, **more: Any) -> CrdtState:
    """Return a machine that has booted."""
    machine = CrdtState(name, Cluster(name, names), planes=planes, **{**params, **more})
    machine.step(Boot({}, 1), moment(name))
    return machine


def moment(name: str = "n1", at: int = 0) -> Now:
    """Return a time, with words that differ by node."""
    return Now(at, WALL + at, tuple(word * (1 + NAMES.index(name) if name in NAMES else 9) for word in WORDS))


def sent(effects: Iterable[Effect], dst: str) -> list[Any]:
    """Return the messages for a node among effects."""
    return [effect.msg for effect in effects if isinstance(effect, Send) and effect.dst == dst]


def outcome(effects: Iterable[Effect]) -> str:
    """Return how the client was answered."""
    return next(effect.outcome for effect in effects if isinstance(effect, Answer))


def write(machine: CrdtState, value: str, op: int = 1) -> None:
    """Let a client replace a machine's opaque state."""
    machine.step(Ask("c", op, "write", ("state", value)), moment(machine.node))


def facts(evidence: Evidence, name: str) -> list[Any]:
    """Return the facts of a name, in the order in which they were noted."""
    return [record.data for record in evidence.records if record.name == name]


def last_views(evidence: Evidence) -> dict[str, Any]:
    """Return the last view of each node that was up at the end."""
    views: dict[str, Any] = {}
    for record in evidence.records:
        if record.kind == "state":
            views[str(record.node)] = record.data
    return {node: view for node, view in views.items() if view is not None}
