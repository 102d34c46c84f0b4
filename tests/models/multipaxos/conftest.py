"""Nodes of Paxos that are stepped by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from models.multipaxos import MultiPaxos
from models.multipaxos.messages import Promise
from sim.machine import Alarm, Boot, Cluster, Now, Receive, Send

NODES = ("n1", "n2", "n3")


class Stepped:
    """One node, n1 of three unless told otherwise, and what it says when it is given something."""

    def __init__(self, name: str = "n1", durable: Any = None, life: int = 1, **params: Any) -> None:
        self.machine = MultiPaxos(name, Cluster(name, NODES), **params)
        self.machine.step(Boot(durable or {}, life), Now())

    def given(self, src: str, msg: Any) -> list[Any]:
        return list(self.machine.step(Receive(src, msg), Now()))

    def asked(self, ask: Any) -> list[Any]:
        return list(self.machine.step(ask, Now()))

    def rings(self, name: str) -> list[Any]:
        return list(self.machine.step(Alarm(name), Now()))

    def leads(self, *accepted: tuple[int, int, Any]) -> list[Any]:
        """Let it lead with ballot 3, of promises of which the first tells what was accepted."""
        self.rings("election")
        self.given("n2", Promise(3, tuple(accepted)))
        return self.given("n3", Promise(3, ()))


@pytest.fixture
def stepped() -> Callable[..., Stepped]:
    return Stepped


@pytest.fixture
def sent() -> Callable[[list[Any], type], list[tuple[str, Any]]]:
    def of(effects: list[Any], kind: type) -> list[tuple[str, Any]]:
        return [(e.dst, e.msg) for e in effects if isinstance(e, Send) and type(e.msg) is kind]

    return of
