"""Words for stepping one Raft server by hand: it is n1 of five, times are ms, and messages are the paper's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from models.raft import Raft
from models.raft.log import COMMAND, NOOP, Entry
from models.raft.messages import (
    AppendEntries,
    AppendReply,
    InstallSnapshot,
    PreVoteReply,
    RequestPreVote,
    RequestVote,
    VoteReply,
)
from sim.machine import Alarm, Answer, Ask, Boot, Cluster, Effect, Note, Now, Operate, Persist, Receive, Send
from sim.units import MS

FIVE = ("n1", "n2", "n3", "n4", "n5")


def now(ms: int) -> Now:
    return Now(ms * MS, ms * MS)


def server(
    nodes: Iterable[str] = FIVE, log: Iterable[int] = (), term: int = 0, node: str = "n1", **params: Any
) -> Raft:
    """Return a server in its first life, in a term and with entries of these terms in its log."""
    machine = Raft(node, Cluster(node, tuple(nodes)), **params)
    durable: dict[Any, Any] = {("log", i): (t, NOOP, None) for i, t in enumerate(log, 1)}
    if term:
        durable["term"] = (term, None)
    machine.step(Boot(durable, 1), now(0))
    return machine


def leader(nodes: Iterable[str] = FIVE, log: Iterable[int] = (), ms: int = 200, **params: Any) -> Raft:
    """Return a server that has just been elected in the term after its log's last; its own entry is not committed."""
    terms = tuple(log)
    machine = server(nodes, terms, max(terms, default=0), **({"pre_vote": "none"} | params))
    machine.step(Alarm("election"), now(ms))
    for voter in machine.cluster.nodes[1:]:
        receive(machine, voter, VoteReply(machine.term, True), ms)
    assert machine.role == "leader"
    return machine


def settled(nodes: Iterable[str] = FIVE, ms: int = 200, **params: Any) -> Raft:
    """Return a leader whose first entry everybody has and that is committed."""
    machine = leader(nodes, ms=ms, **params)
    for peer in machine.cluster.nodes[1:]:
        acknowledge(machine, peer, ms)
    assert machine.commit == 1
    return machine


def receive(machine: Raft, src: str, msg: Any, ms: int = 200) -> list[Effect]:
    return list(machine.step(Receive(src, msg), now(ms)))


def acknowledge(machine: Raft, src: str, ms: int = 200, upto: int | None = None) -> list[Effect]:
    """Let a peer answer the leader's latest round, and hold its log up to an index, all of it by default."""
    held = machine.log.last if upto is None else upto
    return receive(machine, src, AppendReply(machine.term, True, held, machine.round), ms)


def ask(machine: Raft, action: str, *args: Any, op: int = 1, client: str = "c1", ms: int = 200) -> list[Effect]:
    return list(machine.step(Ask(client, op, action, args), now(ms)))


def operate(machine: Raft, action: str, ms: int = 200, op: int = 90, **args: Any) -> list[Effect]:
    return list(machine.step(Operate(op, action, args), now(ms)))


def ring(machine: Raft, name: str, ms: int) -> list[Effect]:
    return list(machine.step(Alarm(name), now(ms)))


def entries(*terms: int) -> tuple[Entry, ...]:
    return tuple(Entry(term, NOOP, None) for term in terms)


def write(term: int, value: str, op: int = 1, client: str = "c1") -> Entry:
    return Entry(term, COMMAND, (client, op, "write", ("k", value)))


def append(
    term: int, prev: int, prev_term: int, some: tuple[Entry, ...] = (), commit: int = 0, round: int = 1
) -> AppendEntries:
    return AppendEntries(term, prev, prev_term, some, commit, round)


def sent(effects: Iterable[Effect], kind: type | None = None) -> list[tuple[str, Any]]:
    """Return what is sent, and to whom."""
    return [(e.dst, e.msg) for e in effects if isinstance(e, Send) and (kind is None or isinstance(e.msg, kind))]


def facts(effects: Iterable[Effect], kind: type) -> list[Any]:
    return [e.fact for e in effects if isinstance(e, Note) and isinstance(e.fact, kind)]


def answers(effects: Iterable[Effect]) -> list[tuple[int, str, Any]]:
    return [(e.op, e.outcome, e.value) for e in effects if isinstance(e, Answer)]


def places(effects: list[Effect], kind: type, of: type | None = None) -> list[int]:
    """Return where effects of a kind stand in a step, of those whose message or fact is `of`."""
    return [
        i
        for i, e in enumerate(effects)
        if isinstance(e, kind) and (of is None or isinstance(getattr(e, "msg", getattr(e, "fact", None)), of))
    ]


def terms(machine: Raft) -> list[int]:
    return [entry.term for entry in machine.log.entries]


__all__ = [
    "FIVE", "AppendReply", "InstallSnapshot", "Persist", "PreVoteReply", "RequestPreVote", "RequestVote", "VoteReply",
    "acknowledge", "answers", "append", "ask", "entries", "facts", "leader", "now", "operate", "places", "receive",
    "ring", "sent", "server", "settled", "terms", "write",
]  # fmt: skip
