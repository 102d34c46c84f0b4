"""Commits that were seen before are not taken again (section 3.1)."""

from __future__ import annotations

from .objects import CommitMarker, idempotency_key


class CommitDeduplicator:
    """The keys of all commits seen in this life. Order, gaps and conflicts are nobody's business here.

    `never` pruned, it grows for ever (EW-35). `checkpointed`, it forgets what lies below a sequence up to which all is
    applied, and takes nothing of that again.
    """

    def __init__(self, pruning: str = "never") -> None:
        self.seen: dict[bytes, int] = {}  # the sequence of each key
        self.floor = 0
        self._prunes = pruning == "checkpointed"

    def should_accept(self, marker: CommitMarker) -> bool:
        """Return whether a commit is new, and know it from now on: the answer is given once, whatever becomes of it."""
        key = idempotency_key(marker.commit_seq, marker.capsule_id)
        if key in self.seen or marker.commit_seq < self.floor:
            return False
        self.seen[key] = marker.commit_seq
        return True

    def applied_below(self, seq: int) -> None:
        """Be told that all commits below a sequence are applied."""
        if self._prunes and seq > self.floor:
            self.floor = seq
            self.seen = {key: at for key, at in self.seen.items() if at >= seq}

    def seen_count(self) -> int:
        """Return how many commits are known as seen."""
        return len(self.seen)
