"""Simulated time discipline: every so often a node measures how far its wall clock is off, and slews it back.

What it measures is wrong by a keyed error, so a disciplined clock is never right either: its error stays within the
measurement's plus what the clock drifts until the next poll, if the slew is faster than the drift. A measurement
belongs to the weather: it depends on the seed, the node and its number, and on nothing that protocols or faults do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .chance import Chance, within
from .clock import Clock
from .kernel import FAULT, Kernel
from .machine import NodeId


@dataclass(frozen=True)
class Ntp:
    """How wall clocks are disciplined: ns between two polls, a measurement's largest error in ns, the slew in ppm."""

    every: int
    error: int = 0
    slew: int = 500


def discipline(kernel: Kernel, chance: Chance, node: NodeId, clock: Clock, ntp: Ntp) -> None:
    """Poll from now on for ever: first at a keyed instant within one period, so that nodes do not poll all at once."""
    polls = 0

    def poll(_: Any) -> None:
        nonlocal polls
        polls += 1
        measured = clock.error() + within(chance.word("weather", "ntp", node, polls), -ntp.error, ntp.error)
        clock.correct(-measured, ntp.slew)
        kernel.post(kernel.now + ntp.every, FAULT, poll)

    kernel.post(kernel.now + within(chance.word("weather", "ntp", node, 0), 0, ntp.every - 1), FAULT, poll)
