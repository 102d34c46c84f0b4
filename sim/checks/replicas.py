"""What each replica's log holds, as far as `stored` facts and tails say it."""

from __future__ import annotations

from typing import Any

from ..trace import Record


class Logs:
    """Logs by node. A tail that falls cuts off what lay above it: `tail` is the sequence after the last entry.

    A crash may keep an entry whose note it lost. Of what a node finds when it boots, and never noted, nothing is known.
    """

    def __init__(self) -> None:
        self._logs: dict[str, dict[Any, Any]] = {}
        self._tops: dict[str, int] = {}  # above every sequence that the log holds
        self._found: dict[str, int] = {}  # above every sequence that a life began with

    def of(self, node: str) -> dict[Any, Any]:
        """Return a node's log by sequence."""
        return self._logs.setdefault(node, {})

    def store(self, node: str, seq: Any, entry: Any) -> None:
        """Put an entry in a node's log, in place of what was there."""
        self.of(node)[seq] = entry
        if isinstance(seq, int) and seq >= self._tops.get(node, 0):
            self._tops[node] = seq + 1

    def unknown(self, node: str, seq: Any) -> bool:
        """Return whether a node may hold an entry that it never noted."""
        return isinstance(seq, int) and 0 <= seq < self._found.get(node, 0) and seq not in self.of(node)

    def look(self, record: Record) -> tuple[int, int]:
        """Take in the tail of a node that is up, by a state record; return from where to where entries went with it."""
        node, tail = str(record.node), record.data.tail
        if isinstance(tail, int):
            self._found[node] = tail if record.was is None else min(tail, self._found.get(node, 0))
        return self.cut(node, tail)

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
