"""Packets whose fate is decided beforehand, one by one: what neither a draw nor a link's weather has a say in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

Verdict = tuple[str, int]  # drop, delay, duplicate or corrupt; and by how many ns later it, or its copy, arrives


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What happens to the `nth` packet of a type that is sent on a link from `since` on; 0 is every one.

    `message` is a class name, empty for any type. `by` is in ns and may be negative, but nothing arrives before it
    was sent.
    """

    do: str
    by: int = 0
    message: str = ""
    nth: int = 1
    since: int = 0


class Decisions:
    """The rule of one link that carries decisions out; each counts the packets of its type for itself."""

    def __init__(self, decisions: Iterable[Decision]) -> None:
        self._waiting = sorted(decisions, key=lambda decision: decision.since)[::-1]  # the first last
        self._counting: list[tuple[Decision, int]] = []

    def judge(self, msg: Any, now: int) -> Sequence[Verdict]:
        """Count one packet and return what is decided about it."""
        waiting, counting = self._waiting, self._counting
        while waiting and waiting[-1].since <= now:
            counting.append((waiting.pop(), 0))
        if not counting:
            return ()
        name = msg.__class__.__name__
        said, left = [], []
        for decision, seen in counting:
            if not decision.message or decision.message == name:
                seen += 1
                if decision.nth in (0, seen):
                    said.append((decision.do, decision.by))
                if decision.nth == seen:
                    continue
            left.append((decision, seen))
        self._counting = left
        return said
