"""How many stores must hold a commit before its marker is published, and the gate that waits for them (3.3, 3.4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from .objects import CommitMarker, EcsInternalError


class QuorumPolicy(NamedTuple):
    """So many of so many stores. Made by hand it is whatever it says; `policy` looks at the numbers (EW-18)."""

    required: int
    total: int


def policy(required: int, total: int, policies: str = "any") -> QuorumPolicy:
    """Return a policy of at least one store and at most all. Raises EcsInternalError.

    `any` other numbers will do, also those of which two quorums need not meet (EW-17); `intersecting` refuses these.
    """
    if required <= 0 or required > total or (policies == "intersecting" and 2 * required <= total):
        raise EcsInternalError(f"invalid quorum: required={required}, total={total}")
    return QuorumPolicy(required, total)


def local_only() -> QuorumPolicy:
    """Return the default: one store, the leader's own."""
    return QuorumPolicy(1, 1)


def two_of_three() -> QuorumPolicy:
    """Return the policy of two out of three stores."""
    return QuorumPolicy(2, 3)


class QuorumTracker:
    """Which stores have accepted. With `members`, only these count; without, any number is a store (EW-15)."""

    def __init__(self, policy: QuorumPolicy, members: Iterable[int] | None = None) -> None:
        self.policy = policy
        self.accepted: set[int] = set()
        self._members = None if members is None else frozenset(members)

    def record_acceptance(self, store_id: int) -> None:
        """Count a store, once and for ever (EW-16)."""
        if self._members is None or store_id in self._members:
            self.accepted.add(store_id)

    def is_satisfied(self) -> bool:
        """Return whether enough have accepted; of how many is never asked."""
        return len(self.accepted) >= self.policy.required

    def accepted_count(self) -> int:
        """Return how many different stores have accepted."""
        return len(self.accepted)


class CommitPublicationGate:
    """Withholds a marker until its quorum is there. It cannot be closed, and knows of no other gate (EW-3, EW-21)."""

    def __init__(self, marker: CommitMarker, policy: QuorumPolicy, members: Iterable[int] | None = None) -> None:
        self.tracker = QuorumTracker(policy, members)
        self.marker = marker
        self.published = False

    def record_store_acceptance(self, store_id: int) -> None:
        """Count a store; this alone publishes nothing."""
        self.tracker.record_acceptance(store_id)

    def try_publish(self) -> CommitMarker | None:
        """Return the marker if it is published, now or before, else None."""
        if not self.published and not self.tracker.is_satisfied():
            return None
        self.published = True
        return self.marker

    def is_published(self) -> bool:
        """Return whether the marker is published, which it stays."""
        return self.published
