"""Small worlds for tests of sim/: a machine that does what a function tells it, and a run laid out as records."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sim.checks import SHIPPED
from sim.jury import lacking
from sim.machine import Alarm, Ask, Boot, Cluster, Effect, Input, Lane, Machine, Now, Operate, Receive
from sim.trace import Header, Record
from sim.units import MS, S
from sim.world import Outcome, Plan, run

Script = Callable[["Puppet", Input, Now], Any]


class Ping(NamedTuple):
    """A message with one value."""

    n: Any


class Pong(NamedTuple):
    """Another message."""

    n: Any


class Urgent(NamedTuple):
    """A message that lanes may put first."""

    n: Any


class Seen(NamedTuple):
    """A fact."""

    what: Any


class Stored(NamedTuple):
    """The fact that shipped checks read."""

    seq: Any
    payload: Any


class Accepted(NamedTuple):
    """The other fact that shipped checks read."""

    seq: Any
    payload: Any


class View(NamedTuple):
    """What is to be seen of a puppet."""

    count: Any


class RoleView(NamedTuple):
    """What is to be seen of a puppet with a role."""

    role: Any
    term: Any
    tail: Any
    commit: Any


class Puppet(Machine):
    """Says whatever its script says; attributes of all views are there."""

    View = View
    FACTS = (Seen, Stored, Accepted)
    script: Script
    holds: Iterable[Any] = ()

    def __init__(self, node: str, cluster: Cluster) -> None:
        super().__init__(node, cluster)
        self.count: Any = 0
        self.role: Any = "follower"
        self.term: Any = 0
        self.tail: Any = 0
        self.commit: Any = 0
        self.life = 0
        self.durable: Mapping[Any, Any] = {}
        self.memory: dict[Any, Any] = {}

    def step(self, input: Input, now: Now) -> Any:
        self._effects: list[Effect] = []
        if isinstance(input, Boot):
            self.life = input.life
            self.durable = input.durable
        returned = type(self).script(self, input, now)
        return self._effects if returned is None else returned


def puppet(script: Script, **attributes: Any) -> Callable[[str, Cluster], Machine]:
    """Return a factory of puppets with this script; attributes are those of the class: View, LANES, FACTS ..."""
    return type("Puppet", (Puppet,), {"script": staticmethod(script), **attributes})


@dataclass
class Show:
    """A run that is over."""

    outcome: Outcome
    lines: bytes
    records: list[dict[str, Any]]

    def of(self, kind: str, node: str | None = None, **fields: Any) -> list[dict[str, Any]]:
        return [
            r
            for r in self.records
            if r["kind"] == kind
            and (node is None or r["node"] == node)
            and all(r.get(name) == value for name, value in fields.items())
        ]

    def at(self, kind: str, node: str | None = None, **fields: Any) -> list[int]:
        return [r["at"] for r in self.of(kind, node, **fields)]

    def seen(self, node: str | None = None) -> list[tuple[int, Any]]:
        """Return (ns, what) of every Seen fact."""
        return [(r["at"], tuples(r["data"][0])) for r in self.of("note", node, name="seen")]

    def got(self, node: str) -> list[dict[str, Any]]:
        """Return the steps by which a node took a message."""
        return self.of("step", node, input="receive")


def tuples(value: Any) -> Any:
    """Return a value with the tuples that JSON made lists."""
    return tuple(map(tuples, value)) if isinstance(value, list) else value


def names(count: int) -> tuple[str, ...]:
    return tuple(f"n{i + 1:0{len(str(count))}}" for i in range(count))


def plan(script: Script, nodes: int = 2, stop: int = S, puppets: Mapping[str, Any] | None = None, **more: Any) -> Plan:
    return Plan(puppet(script, **(puppets or {})), names(nodes), stop, **more)


def perform(made: Plan, seed: int = 1) -> Show:
    file = io.BytesIO()
    outcome = run(made, seed, [file])
    lines = file.getvalue()
    return Show(outcome, lines, [json.loads(line) for line in lines.splitlines()[1:]])


def play(script: Script, nodes: int = 2, seed: int = 1, **more: Any) -> Show:
    """Run puppets and lay the run out; a model error fails the test that did not ask for one."""
    show = perform(plan(script, nodes, **more), seed)
    assert show.outcome.model_error is None, show.outcome.model_error
    return show


def fail(script: Script, nodes: int = 2, seed: int = 1, **more: Any) -> str:
    """Run puppets that break their contract and return what the run says about it."""
    show = perform(plan(script, nodes, **more), seed)
    assert show.outcome.model_error is not None
    return show.outcome.model_error


def silent(me: Puppet, input: Input, now: Now) -> None:
    """Do nothing, ever."""


def booted(input: Input, life: int | None = None) -> bool:
    return isinstance(input, Boot) and life in (None, input.life)


def rang(input: Input, name: str) -> bool:
    return isinstance(input, Alarm) and input.name == name


def asked(input: Input) -> bool:
    return isinstance(input, Ask)


def operated(input: Input) -> bool:
    return isinstance(input, Operate)


def got(input: Input, kind: type | None = None) -> bool:
    return isinstance(input, Receive) and (kind is None or isinstance(input.msg, kind))


def record(
    seq: int,
    kind: str,
    data: Any,
    node: str | None = "n1",
    at: int | None = None,
    name: str | None = None,
    was: Any = None,
    cause: int | None = None,
) -> Record:
    return Record(seq, seq * MS if at is None else at, kind, node, cause, name, data, was)


def header(nodes: int = 3, stop: int = 10 * S, heal: int | None = None, view: Any = RoleView) -> Header:
    facts = {"seen": Seen._fields, "stored": Stored._fields, "accepted": Accepted._fields}
    return Header(names(nodes), stop, heal, facts=facts, views=view._fields)


# What ships and reads nothing that puppets with a RoleView lack.
APPLICABLE = tuple(prop for prop in SHIPPED if not lacking(prop, header(), contents=True))

__all__ = [
    "APPLICABLE", "Accepted", "Lane", "Ping", "Pong", "Puppet", "RoleView", "Seen", "Show", "Stored", "Urgent", "View",
    "asked", "booted", "fail", "got", "header", "names", "operated", "perform", "plan", "play", "puppet", "rang",
    "record", "silent",
]  # fmt: skip
