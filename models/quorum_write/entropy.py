"""What the sync daemon brings round: rows that a node pushes, or the difference of two nodes (section 1.3, QW-21)."""

from __future__ import annotations

from collections.abc import Iterable

from sim.machine import NodeId

from .messages import Keyed, SyncDigest
from .rows import Rows


def pushed(rows: Rows, scope: str, me: NodeId, since: Iterable[str] | None) -> tuple[Keyed, ...]:
    """Return the rows that a cycle pushes: those that this node's clients wrote (`originated`), or all that it holds.

    With `since` only those under these keys, which changed after the last cycle.
    """
    keys = None if since is None else set(since)
    return tuple(
        (key, row)
        for key, row in rows.all()
        if (scope != "originated" or row.origin == me) and (keys is None or key in keys)
    )


def digest_of(rows: Rows, answer: bool) -> SyncDigest:
    """Return what a node holds, short."""
    held = tuple((key, tuple((row.origin, row.stamp) for row in rows.cells[key])) for key in sorted(rows.cells))
    return SyncDigest(held, answer)


def difference(rows: Rows, theirs: SyncDigest) -> tuple[Keyed, ...]:
    """Return the rows that another node, which told what it holds, may lack."""
    held = dict(theirs.held)
    found = []
    for key, row in rows.all():
        versions = held.get(key, ())
        newer = rows.siblings or all(row.stamp >= stamp for _, stamp in versions)
        if (row.origin, row.stamp) not in versions and newer:
            found.append((key, row))
    return tuple(found)
