"""The row store at one node: what a key holds, and which of two rows wins (section 1.3, the upstream row store).

A key keeps the id under which it was first stored, whatever is pushed (QW-23). Where the last writer wins a key holds
one row; where siblings are kept it holds every row that no other one has seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import NamedTuple

Seen = tuple[tuple[str, int], ...]  # by node, the stamp of its latest row for this key that is covered; sorted


class Row(NamedTuple):
    """A value and what decides which of two wins; `stamp` in ns, `origin` is the node whose client wrote it.

    `seen` is only kept where siblings are: what the writing node held, and so what this row replaces. `token` is the
    client and the operation, where retries are recognised by it.
    """

    id: str
    value: str
    stamp: int
    origin: str
    seen: Seen = ()
    token: tuple[str, int] | None = None


Cell = tuple[Row, ...]  # what one key holds, in the order of stamps and ids


def digest(row: Row) -> bytes:
    """Return what an acknowledgement is bound to: 16 bytes of what was written and when; ids may be those of others."""
    return blake2b(repr((row.value, row.stamp, row.origin)).encode(), digest_size=16).digest()


def covers(row: Row, other: Row) -> bool:
    """Return whether a row was written where the other one, or one that covers it, was known; a row covers itself."""
    if (row.origin, row.stamp) == (other.origin, other.stamp):
        return True
    return any(node == other.origin and stamp >= other.stamp for node, stamp in row.seen)


def seen_by(cell: Cell) -> Seen:
    """Return what a row written on top of a cell has seen."""
    latest: dict[str, int] = {}
    for row in cell:
        for node, stamp in (*row.seen, (row.origin, row.stamp)):
            latest[node] = max(latest.get(node, stamp), stamp)
    return tuple(sorted(latest.items()))


class Rows:
    """The rows of one node in memory; `ties` and `siblings` say how rows are compared."""

    def __init__(self, ties: str = "larger-id", siblings: bool = False) -> None:
        self.cells: dict[str, Cell] = {}
        self.ties = ties
        self.siblings = siblings

    def cell(self, key: str) -> Cell:
        return self.cells.get(key, ())

    def id_of(self, key: str) -> str | None:
        """Return the id under which a key is stored."""
        cell = self.cell(key)
        return cell[0].id if cell else None

    def wins(self, row: Row, held: Row) -> bool:
        """Return whether a pushed row replaces the one that is held."""
        if row.stamp != held.stamp or self.ties == "none":
            return row.stamp > held.stamp
        return row.id > held.id

    def joined(self, key: str, row: Row) -> Cell:
        """Return what a key would hold once this row has been pushed; the same cell if the row changes nothing."""
        cell = self.cell(key)
        if not cell:
            return (row,)
        kept = row._replace(id=cell[0].id)
        if not self.siblings:
            return (kept,) if self.wins(row, cell[0]) else cell
        if any(covers(held, row) for held in cell):
            return cell
        return _ordered([*(held for held in cell if not covers(row, held)), kept])

    def written(self, key: str, row: Row) -> Cell:
        """Return what a key would hold once a client of this node has written this row, which replaces all it holds."""
        cell = self.cell(key)
        return (row._replace(id=cell[0].id),) if cell else (row,)

    def has(self, key: str, row: Row) -> bool:
        """Return whether a key holds this very row, or one that was written in its knowledge."""
        cell = self.cell(key)
        if self.siblings:
            return any(covers(held, row) for held in cell)
        return any(digest(held) == digest(row) for held in cell)

    def values(self, key: str) -> tuple[str, ...]:
        return tuple(row.value for row in self.cell(key))

    def all(self) -> Iterator[tuple[str, Row]]:
        """Yield every row with its key, sorted by key."""
        for key in sorted(self.cells):
            for row in self.cells[key]:
                yield key, row


def latest(cell: Cell) -> Row:
    """Return the row of a cell with the greatest stamp."""
    return cell[-1]


def _ordered(rows: list[Row]) -> Cell:
    return tuple(sorted(rows, key=lambda row: (row.stamp, row.id, row.origin)))
