"""The baseline: the very same machines on plain SimPy, as its documentation teaches and nobody would be ashamed of.

A `Store` per node, a process per message (`timeout`, then `put`: the event latency example of SimPy's
documentation) and a process per alarm. Messages are delayed; nothing is lost, cut, skewed, recorded or judged.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Sequence
from typing import Any

import simpy

from sim.machine import (
    Alarm,
    Boot,
    CancelAlarm,
    Cluster,
    Forget,
    Machine,
    NodeId,
    Note,
    Now,
    Persist,
    Receive,
    Send,
    SetAlarm,
)  # fmt: skip


class NaiveHost:
    """One node: takes inputs from its store for ever and does what the machine says."""

    def __init__(self, naive: Naive, node: NodeId, machine: Machine) -> None:
        self.naive = naive
        self.env = naive.env
        self.node = node
        self.machine = machine
        self.inbox = simpy.Store(naive.env)
        self.durable: dict[Any, Any] = {}
        self.tokens: dict[str, int] = {}  # of the alarms that are set: a timeout cannot be cancelled
        self.rings = 0
        naive.env.process(self.run())

    def run(self) -> Generator[Any, Any, None]:
        env, naive, machine = self.env, self.naive, self.machine
        self.perform(machine.step(Boot({}), Now()))
        while True:
            item = yield self.inbox.get()
            if item.__class__ is Receive:
                naive.delivered += 1
            elif self.tokens.get(item.name) != item.cause:
                continue  # cancelled or moved while it waited
            at: Any = env.now
            self.perform(machine.step(item, Now(at, at)))

    def perform(self, effects: Sequence[Any]) -> None:
        for effect in effects:
            kind = effect.__class__
            if kind is Send:
                self.naive.sent += 1
                self.env.process(self.deliver(effect.dst, effect.msg))
            elif kind is Note:
                pass
            elif kind is Persist:
                self.durable[effect.key] = effect.value
            elif kind is SetAlarm:
                self.rings += 1
                self.tokens[effect.name] = self.rings
                self.env.process(self.ring(effect, self.rings))
            elif kind is CancelAlarm:
                self.tokens.pop(effect.name, None)
            elif kind is Forget:
                self.durable.pop(effect.key, None)
            else:
                raise TypeError(f"the naive host knows no {kind.__name__}")

    def deliver(self, dst: NodeId, msg: Any) -> Generator[Any, Any, None]:
        yield self.env.timeout(self.naive.delay())
        self.naive.hosts[dst].inbox.put(Receive(self.node, msg))

    def ring(self, alarm: SetAlarm, token: int) -> Generator[Any, Any, None]:
        wait: Any = alarm.after
        while wait is not None:
            yield self.env.timeout(wait)
            if self.tokens.get(alarm.name) != token:
                return
            alarmed = Alarm(alarm.name, alarm.about)
            alarmed.cause = token
            self.inbox.put(alarmed)
            wait = alarm.every


class Naive:
    """A cluster on plain SimPy; delays are drawn between two bounds in ns."""

    def __init__(
        self, factory: Callable[[NodeId, Cluster], Machine], nodes: Sequence[NodeId], low: int, high: int, seed: int
    ) -> None:
        self.env = simpy.Environment()
        self.sent = 0
        self.delivered = 0
        draw, span = random.Random(seed).random, high - low
        self.delay: Callable[[], int] = lambda: low + int(span * draw())
        self.hosts = {node: NaiveHost(self, node, factory(node, Cluster(node, nodes))) for node in nodes}

    def run(self, stop: int) -> None:
        self.env.run(until=stop)
