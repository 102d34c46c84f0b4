"""Words for stepping one redex node by hand: H is 100 ms, times are ms, and the node under test is n1."""

from __future__ import annotations

from typing import Any

from models.redex import Redex
from models.redex.facts import Tagged, Turned
from models.redex.messages import SyncHeartbeat, SyncNack, SyncRequest, SyncResponse
from sim.machine import Alarm, Effect, Note, Now, Receive, Send
from sim.units import MS

CHUNK = 65_536


def now(ms: int, *words: int) -> Now:
    return Now(ms * MS, 1_700_000_000_000 * MS + ms * MS, words)


def beat(role: str, tail: int, ms: int = 0) -> SyncHeartbeat:
    return SyncHeartbeat("redex", tail, role, 1_700_000_000_000 + ms)


def beats(role: str, tail: int, ms: int, *dsts: str) -> list[Effect]:
    return [Send(dst, beat(role, tail, ms)) for dst in dsts]


def tick(machine: Redex, ms: int, *words: int) -> Any:
    return machine.step(Alarm("tick"), now(ms, *words))


def hear(machine: Redex, src: str, role: str, tail: int, ms: int) -> Any:
    return machine.step(Receive(src, beat(role, tail)), now(ms))


def receive(machine: Redex, src: str, msg: Any, ms: int) -> Any:
    return machine.step(Receive(src, msg), now(ms))


def follow(machine: Redex, leader: str, tail: int, ms: int, token: int = 77) -> None:
    """Let a follower hear a leader that is ahead, and ask it."""
    hear(machine, leader, "leader", tail, ms)
    sent = tick(machine, ms, token)
    assert sent[-1].msg.request_id == token


def pull(since: int = 0, token: int = 77, chunk: int = CHUNK, channel: str = "redex") -> SyncRequest:
    return SyncRequest(channel, since, chunk, token, "foreground")


def chunk(first: int, *payloads: str, token: int = 77, channel: str = "redex", floor: int = 0) -> SyncResponse:
    return SyncResponse(channel, first, floor, tuple(enumerate(payloads, first)), token)


def nack(code: int, since: int = 0, floor: int = 0, token: int = 77) -> SyncNack:
    return SyncNack("redex", since, code, floor, token)


def turn(was: str, to: str, signal: str, tip: int = 0) -> list[Effect]:
    """Return the notes of one turn: the chain tag follows the role, but for a candidate's."""
    tag = [Note(Tagged(None if to == "idle" else tip, True))] if to != "candidate" else []
    return [Note(Turned(was, to, signal)), *tag]


def served(dst: str, response: SyncResponse) -> Send:
    return Send(dst, response, tell=True)
