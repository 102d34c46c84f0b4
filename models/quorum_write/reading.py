"""A read that asks several replicas: it waits for R of them and takes what wins (beyond the seed; mends QW-20).

R + W > N makes every read quorum meet every write quorum. That alone is a regular register: to be atomic, a read must
also bring what it returns to W nodes before it answers (`read_repair` = "before").
"""

from __future__ import annotations

from sim.machine import Ask, NodeId

from .rows import Cell, Row, Rows


class Reading:
    """A read under way at its coordinator."""

    def __init__(self, id: str, ask: Ask, key: str, need: int, rows: Rows) -> None:
        self.id = id
        self.ask = ask
        self.key = key
        self.need = need
        self.replies: dict[NodeId, Cell] = {}  # in the order in which they came
        self.chosen: Cell | None = None
        self.repairing: dict[NodeId, int] = {}  # by node, how many rows it has yet to acknowledge
        self.holders: set[NodeId] = set()
        self._join = Rows(rows.ties, rows.siblings)

    def heard(self, node: NodeId, cell: Cell) -> bool:
        """Take a replica's answer; return whether this one made the read quorum."""
        if self.chosen is not None or node in self.replies:
            return False
        self.replies[node] = cell
        for row in cell:
            self._join.cells[self.key] = self._join.joined(self.key, row)
        if len(self.replies) < self.need:
            return False
        self.chosen = self._join.cell(self.key)
        self.holders = {node for node in self.replies if not self.lacking(node)}
        return True

    def lacking(self, node: NodeId) -> list[Row]:
        """Return the rows of what was chosen that a node is not known to hold."""
        held = self.replies.get(node, ())
        return [row for row in self.chosen or () if not any(_same(row, other) for other in held)]

    def repaired(self, node: NodeId) -> bool:
        """Take an acknowledgement of a repair; return whether the node now holds all that was chosen."""
        if node not in self.repairing:
            return False
        self.repairing[node] -= 1
        if self.repairing[node]:
            return False
        del self.repairing[node]
        self.holders.add(node)
        return True


def _same(row: Row, other: Row) -> bool:
    return (row.value, row.stamp, row.origin) == (other.value, other.stamp, other.origin)
