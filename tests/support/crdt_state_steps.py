"""Words for stepping crdt_state nodes by hand: times are ms, clients' operations get numbers of their own."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import Any

from models.crdt_state import CrdtState
from sim.machine import Alarm, Answer, Ask, Boot, Cluster, Effect, Note, Now, Operate, Persist, Receive, Send
from sim.units import MS

NAMES = ("n1", "n2", "n3")
WALL = 1_700_000_000_000 * MS
_ops = count(1)


def now(ms: int = 0, word: int = 0) -> Now:
    return Now(ms * MS, WALL + ms * MS, tuple(word + i for i in range(16)))


def boot(
    name: str = "n1",
    planes: Any = "log",
    life: int = 1,
    durable: Any = None,
    names: Any = NAMES,
    word: int = 0,
    **params: Any,
) -> CrdtState:
    """Make a machine and let it boot; `word` tells processes of one name and life apart."""
    machine = CrdtState(name, Cluster(name, names), planes=planes, **params)
    machine.step(Boot({} if durable is None else durable, life), now(0, word))
    return machine


def ask(machine: CrdtState, action: str, *args: Any, ms: int = 1, op: int | None = None) -> Answer:
    """Let a client ask, and return the answer."""
    effects = machine.step(Ask("c", next(_ops) if op is None else op, action, args), now(ms))
    return next(effect for effect in effects if isinstance(effect, Answer))


def act(machine: CrdtState, action: str, ms: int = 1, **args: Any) -> list[Effect]:
    return list(machine.step(Operate(next(_ops), action, args), now(ms)))


def ring(machine: CrdtState, name: str = "gossip", ms: int = 1, word: int = 0) -> list[Effect]:
    return list(machine.step(Alarm(name), now(ms, word)))


def tell(machine: CrdtState, src: str, msg: Any, ms: int = 1) -> list[Effect]:
    return list(machine.step(Receive(src, msg), now(ms)))


def sends(effects: Iterable[Effect]) -> list[tuple[str, Any]]:
    return [(effect.dst, effect.msg) for effect in effects if isinstance(effect, Send)]


def notes(effects: Iterable[Effect], kind: type) -> list[Any]:
    return [effect.fact for effect in effects if isinstance(effect, Note) and isinstance(effect.fact, kind)]


def kept(effects: Iterable[Effect]) -> dict[Any, Any]:
    return {effect.key: effect.value for effect in effects if isinstance(effect, Persist)}


def exchange(one: CrdtState, other: CrdtState, ms: int = 1) -> None:
    """Let each gossip once and hear what the other had to say before."""
    crossing = [(src, dst, msg) for src in (one, other) for dst, msg in sends(ring(src, ms=ms))]
    for src, dst, msg in crossing:
        for machine in (one, other):
            if machine.node == dst and machine is not src:
                tell(machine, src.node, msg, ms)
