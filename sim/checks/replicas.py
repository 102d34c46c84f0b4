"""What each replica's log holds, as far as `stored` facts and tails say it."""

from __future__ import annotations

from typing import Any


class Logs:
    """Logs by node. A tail that falls cuts off what lay above it: `tail` is the sequence after the last entry."""

    def __init__(self) -> None:
        self._logs: dict[str, dict[Any, Any]] = {}
        self._tops: dict[str, int] = {}  # above every sequence that the log holds

    def of(self, node: str) -> dict[Any, Any]:
        """Return a node's log by sequence."""
        return self._logs.setdefault(node, {})

    def store(self, node: str, seq: Any, entry: Any) -> None:
        """Put an entry in a node's log, in place of what was there."""
        self.of(node)[seq] = entry
        if isinstance(seq, int) and seq >= self._tops.get(node, 0):
            self._tops[node] = seq + 1

    def cut(self, node: str, tail: Any) -> tuple[int, int]:
        """Take in a node's tail and return from where to where entries went with it."""
        top = self._tops.get(node, 0)
        if not isinstance(tail, int) or tail >= top:
            return top, top
        log = self.of(node)
        for seq in range(tail, top):
            log.pop(seq, None)
        self._tops[node] = tail
        return tail, top
