"""Checkpoints of many nodes, collected at one place (3.5 to 3.7).

A checkpoint is complete when every expected node has contributed to its id; that parts belong together, to one moment
or to one execution, nobody checks. As specified a root covers a part's bytes alone, whoever contributes is taken in,
and an id is forgotten as soon as it is complete, so a late duplicate begins it anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from .digests import fnv_combined, fnv_root
from .errors import CheckpointVerificationFailed
from .gossip import flipped
from .merkle import leaf, root


class NodeCheckpoint(NamedTuple):
    """One node's part: `created_at` in us since 1970; `life` counts the node's boots, and is 0 as specified."""

    checkpoint_id: str
    node_id: str
    logical_time: int
    state_bytes: bytes
    merkle_root: str
    created_at: int
    life: int = 0

    @property
    def size(self) -> int:
        """Return about how many bytes this takes on the wire."""
        return 60 + len(self.checkpoint_id) + len(self.merkle_root) + len(self.state_bytes)

    def corrupted(self, word: int) -> NodeCheckpoint:
        """Return this part with one bit wrong, of its state or, where no root covers it, of its logical time."""
        if word >> 48 & 1:
            return self._replace(logical_time=self.logical_time ^ 1 << word % 64)
        return self._replace(state_bytes=flipped(self.state_bytes, word))


class GlobalDistributedCheckpoint(NamedTuple):
    """All parts of one id, by node."""

    checkpoint_id: str
    node_checkpoints: tuple[tuple[str, NodeCheckpoint], ...]
    combined_merkle_root: str
    min_logical_time: int
    max_logical_time: int
    is_complete: bool
    created_at: int


class CheckpointerStats(NamedTuple):
    """What became of submissions; the mean is of the last checkpoint alone, as specified (CW-36)."""

    completed_checkpoints: int
    failed_verifications: int
    latest_checkpoint_id: str | None
    avg_state_bytes: Fraction


class Unwanted(NamedTuple):
    """Why a part was not taken in, under the hardened rules."""

    why: str


def fields_root(part: NodeCheckpoint) -> str:
    """Return the root of a part over every field but the root itself."""
    whole = _leaf(part)
    return root([whole])


def _leaf(part: NodeCheckpoint) -> bytes:
    named = part._replace(state_bytes=b"", merkle_root="")
    return leaf(*((name, str(value).encode()) for name, value in zip(named._fields, named, strict=True)),
                ("state", part.state_bytes))  # fmt: skip


def root_of(part: NodeCheckpoint, digest: str) -> str:
    """Return the root that a part should carry: of its bytes as specified, of all its fields under `blake2b`."""
    return fnv_root(part.state_bytes) if digest == "fnv-1a" else fields_root(part)


def combined_root(parts: Iterable[NodeCheckpoint], digest: str) -> str:
    """Return the root over parts; only under `blake2b` it says whose part is which."""
    if digest == "fnv-1a":
        return fnv_combined(part.merkle_root for part in parts)
    return root([_leaf(part) for part in sorted(parts, key=lambda part: part.node_id)])


def make_node_checkpoint(
    checkpoint_id: str,
    node_id: str,
    logical_time: int,
    state: bytes,
    created_at: int = 0,
    digest: str = "fnv-1a",
    life: int = 0,
) -> NodeCheckpoint:
    """Return a part with the right root."""
    part = NodeCheckpoint(checkpoint_id, node_id, logical_time, state, "", created_at, life)
    return part._replace(merkle_root=root_of(part, digest))


class DistributedCheckpointer:
    """Collects parts until every expected node has contributed.

    `members` is anyone or expected, under which of one node's parts the newest is kept, by life and logical time.
    With `remember` a finished id stays finished, and the latest checkpoint is the one of the latest logical time.
    """

    def __init__(
        self, expected: Iterable[str], digest: str = "fnv-1a", members: str = "anyone", remember: bool = False
    ) -> None:
        self.expected = frozenset(expected)
        self.active: dict[str, list[NodeCheckpoint]] = {}
        self.completed: list[GlobalDistributedCheckpoint] = []
        self.done: set[str] = set()
        self._digest = digest
        self._strict = members == "expected"
        self._remember = remember
        self._failed = self._count = 0
        self._latest: str | None = None
        self._bytes = Fraction(0)

    def submit_node_checkpoint(
        self, part: NodeCheckpoint, created_at: int = 0
    ) -> GlobalDistributedCheckpoint | Unwanted | None:
        """Take a part in, and return the whole if it is complete now.

        Raises CheckpointVerificationFailed if its root is not the one of its content; roots are compared as text.
        """
        computed = root_of(part, self._digest)
        if computed != part.merkle_root:
            self._failed += 1
            raise CheckpointVerificationFailed(part.merkle_root, computed)
        if self._remember and part.checkpoint_id in self.done:
            return Unwanted("that checkpoint is complete")
        if self._strict and part.node_id not in self.expected:
            return Unwanted("not a member")
        self.active.setdefault(part.checkpoint_id, []).append(part)
        return self._finalised(part.checkpoint_id, created_at)

    def latest_checkpoint(self) -> GlobalDistributedCheckpoint | None:
        """Return the checkpoint that was completed last, which need not be the newest (CW-32)."""
        if self._remember:
            return max(self.completed, key=lambda whole: whole.min_logical_time, default=None)
        return self.completed[-1] if self.completed else None

    def stats(self) -> CheckpointerStats:
        return CheckpointerStats(self._count, self._failed, self._latest, self._bytes)

    def _finalised(self, name: str, created_at: int) -> GlobalDistributedCheckpoint | None:
        parts = self.active[name]
        if not self.expected <= {part.node_id for part in parts}:
            return None
        whole = self._built(name, parts, created_at)
        self.completed.append(whole)
        self.done.add(name)
        self._count += 1
        self._latest = name
        held = [part for _, part in whole.node_checkpoints]
        self._bytes = Fraction(sum(len(part.state_bytes) for part in held), len(held))
        del self.active[name]
        return whole

    def _built(self, name: str, parts: list[NodeCheckpoint], created_at: int) -> GlobalDistributedCheckpoint:
        if self._strict:  # in the order of their age, so that the newest of a node is the last
            parts = sorted(parts, key=lambda part: (part.life, part.logical_time))
        by_node = {part.node_id: part for part in parts}
        times = [part.logical_time for part in by_node.values()]
        return GlobalDistributedCheckpoint(
            name,
            tuple(sorted(by_node.items())),
            combined_root(by_node.values(), self._digest),
            min(times, default=0),
            max(times, default=0),
            len(by_node) == len(self.expected),
            created_at,
        )
