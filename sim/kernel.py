"""The event queue: SimPy's Environment, and the one place that reaches inside it.

Why reach inside: a Timeout, its callback list and a resumed Process cost three times as much as everything else that
a message needs. SimPy's loop asks two things of an entry in its queue, `callbacks` and `_ok`, so a packet
can be that entry itself; and a process that is parked on an event can be resumed with its generator's `send` inside the
arrival. `tests/sim/test_kernel.py` runs whole worlds on SimPy's public surface alone and compares the traces.
SimPy is pinned below 5 for this file's sake.

Order at one instant: a queue entry is (time, rank, number, event). Ranks are below; inside a rank entries run as
they were inserted (`fifo`), or by a keyed draw (`shuffled`) to expose hidden reliance on that order.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from heapq import heappop, heappush
from typing import Any

import simpy
from simpy.core import StopSimulation

from .chance import Stream

STOP = -2  # nothing at `stop` itself runs
TRIGGERED = -1  # a triggered fault runs right after the event whose record matched
FAULT = 0  # heal, faults, restarts, operator acts; SimPy starts processes at this rank
CLIENT = 1  # client operations, answers and patience
PACKET = 2
DONE = 3  # syncs and service times that are over
ALARM = 4
TIES = ("fifo", "shuffled")


class Post:
    """A queue entry that calls one action with itself."""

    __slots__ = ("callbacks",)
    _ok = True

    def __init__(self, action: Callable[[Any], None]) -> None:
        self.callbacks: Any = (action,)


class Kernel(simpy.Environment):
    """SimPy's environment with integer time, ranks, and entries that are not SimPy events.

    The packet path pushes on `queue` with the next of `numbers` itself; everything else calls `post`.
    """

    __slots__ = ("_now",)  # SimPy's loop writes the time here, and nothing reads faster than a slot
    now: int

    def __init__(self, ties: str = "fifo", words: Stream | None = None) -> None:
        super().__init__(0)
        if ties not in TIES:
            raise ValueError(f"ties: found {ties!r}, allowed: {', '.join(TIES)}")
        if ties == "shuffled":
            if words is None:
                raise TypeError("shuffled ties need a stream of words")
            self._eid = _shuffled(words)  # type: ignore[assignment]
        self.queue: list[Any] = self._queue
        self.numbers: Iterator[int] = self._eid

    def post(self, at: int, rank: int, action: Callable[[Any], None]) -> Post:
        """Call an action at an instant and rank; the returned entry is what it is called with."""
        post = Post(action)
        heappush(self.queue, (at, rank, next(self.numbers), post))
        return post

    def start(self, generator: Generator[Any, Any, None]) -> Callable[[Any], Any]:
        """Start a process at this instant; the result resumes it with a value inside its caller's own event."""
        self.process(generator)
        return generator.send

    def run_until(self, stop: int) -> None:
        """Run everything before `stop`; nothing at that instant.

        The loop of SimPy's `run` and `step` in one, with a short way for our own entries: a tuple of one callback
        marks them, where SimPy's events have a list. `run` does the same, 4 % of a message's time more slowly.
        """
        self.post(stop, STOP, _stop)
        queue = self.queue
        try:
            while True:
                self.now, _, _, entry = heappop(queue)
                callbacks = entry.callbacks
                if callbacks.__class__ is tuple:
                    callbacks[0](entry)
                    continue
                entry.callbacks = None
                for callback in callbacks:
                    callback(entry)
                if not entry._ok and not hasattr(entry, "_defused"):
                    raise entry._value
        except StopSimulation:
            pass


# The same slot under its public name: SimPy's own `now` is a property, a Python call for every reading.
Kernel.now = vars(Kernel)["_now"]


def _stop(_: Any) -> None:
    raise StopSimulation(None)


def _shuffled(words: Stream) -> Iterator[int]:
    for number, word in enumerate(words):
        yield word << 40 | number
