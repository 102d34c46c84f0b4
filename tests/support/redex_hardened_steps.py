"""Words for stepping one hardened redex node by hand: H is 100 ms, times are ms, the node under test is n1 of three."""

from __future__ import annotations

from typing import Any

from models.redex import PROFILES, SWITCHES, machine, wire
from models.redex.hardened import Hardened
from models.redex.roles import FOLLOWER, LEADER
from sim.machine import Alarm, Answer, Boot, Cluster, Note, Now, Receive, Send
from sim.units import MS

ALL = PROFILES["hardened"]
WORDS = (11, 12, 13)


def now(ms: int) -> Now:
    return Now(ms * MS, 1_700_000_000_000 * MS + ms * MS, WORDS)


def made(*switches: str, node: str = "n1", life: int = 1, durable: Any = None, nodes: int = 3, **params: Any) -> Any:
    """Return a machine with these switches on, or with all, that has booted; nobody is placed as leader."""
    names = tuple(f"n{i + 1}" for i in range(nodes))
    settings = {k: v for name in switches for k, v in SWITCHES[name].items()} if switches else dict(ALL)
    own = {"first_leader": "none", "placed": "every-boot"} | settings | params
    one = machine(node, Cluster(node, names, lambda _: 10 * MS), **own)
    assert isinstance(one, Hardened)
    one.step(Boot(durable or {}, life), now(0))
    return one


def tick(one: Any, ms: int) -> Any:
    return one.step(Alarm("tick"), now(ms))


def receive(one: Any, src: str, msg: Any, ms: int) -> Any:
    return one.step(Receive(src, msg), now(ms))


def beat(role: str, tail: int = 0, **fields: Any) -> wire.SyncHeartbeat:
    return wire.SyncHeartbeat("redex", tail, role, 0)._replace(**fields)


def vote(term: int, granted: bool = True, pre: bool = False) -> wire.Vote:
    return wire.Vote("redex", term, granted, pre)


def canvass(term: int, last_term: int = 0, tail: int = 0, pre: bool = False) -> wire.VoteRequest:
    return wire.VoteRequest("redex", term, last_term, tail, pre)


def sends(effects: Any, kind: type) -> list[tuple[str, Any]]:
    return [(e.dst, e.msg) for e in effects if isinstance(e, Send) and isinstance(e.msg, kind)]


def notes(effects: Any, kind: type) -> list[Any]:
    return [e.fact for e in effects if isinstance(e, Note) and isinstance(e.fact, kind)]


def answers(effects: Any) -> list[tuple[str, Any]]:
    return [(e.outcome, e.value) for e in effects if isinstance(e, Answer)]


def crown(one: Any, ms: int, voter: str = "n2") -> Any:
    """Make a node that votes leader: it stands, and another one agrees twice."""
    for at in (ms - 100, ms):
        tick(one, at)
    one.step(Alarm("stand"), now(ms))
    receive(one, voter, vote(one.term + 1, pre=True), ms)
    effects = receive(one, voter, vote(one.term), ms)
    assert one.role == LEADER
    return effects


def follow(one: Any, leader: str, ms: int, term: int = 1, **fields: Any) -> Any:
    """Let a node hear a leader."""
    effects = receive(one, leader, beat(LEADER, term=term, stamp=ms * MS, leader=leader, **fields), ms)
    assert one.role == FOLLOWER
    return effects
