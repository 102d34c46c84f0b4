"""The register in which the last writer wins (3.3), and what breaks a tie (the choice `lww_merge`)."""

from __future__ import annotations

from typing import NamedTuple

from sim.machine import fingerprint

STRICT, TOTAL = "strict", "total"


class Written(NamedTuple):
    """What a register holds: None and 0 before the first write; `timestamp` in us since 1970."""

    value: bytes | None = None
    timestamp: int = 0
    writer_node: str = ""


EMPTY = Written()


def rank(written: Written) -> tuple[int, int, str, str]:
    """Return the place of a write in a total order; an empty register is older than a write at stamp 0 (CW-4)."""
    if written.value is None:
        return (0, 0, "", "")
    return (1, written.timestamp, written.writer_node, fingerprint(written.value))


class LwwRegister:
    """A register under one of two orders of its writes.

    `strict` is the specification's: a write of the same stamp overwrites, a merge of the same stamp is ignored, and the
    writer never counts. So merging is not commutative, and replicas may differ for ever (CW-1, CW-2). `total` compares
    stamp, writer and value, of writes as of merges.
    """

    __slots__ = ("held", "order")

    def __init__(self, order: str = STRICT, held: Written = EMPTY) -> None:
        self.order = order
        self.held = held

    def write_at(self, value: bytes, node: str, timestamp: int) -> bool:
        """Write, and return whether it was applied; the caller as specified does not look."""
        written = Written(value, timestamp, node)
        applied = rank(written) >= rank(self.held) if self.order == TOTAL else timestamp >= self.held.timestamp
        if applied:
            self.held = written
        return applied

    def merge(self, other: LwwRegister) -> None:
        self.absorb(other.held)

    def absorb(self, written: Written) -> bool:
        """Merge what another register holds, and return whether it was adopted."""
        if self.order == TOTAL:
            adopted = rank(written) > rank(self.held)
        else:
            adopted = written.timestamp > self.held.timestamp
        if adopted:
            self.held = written
        return adopted

    def read(self) -> bytes | None:
        return self.held.value

    def timestamp(self) -> int:
        return self.held.timestamp
