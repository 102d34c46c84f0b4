"""What the three parts can complain of (section 1). The first is the only one that a sequential use ever meets."""

from __future__ import annotations


class DistributedStateError(Exception):
    """The base of them all; its message is the text of the specification."""


class CheckpointVerificationFailed(DistributedStateError):
    """A submission's root is not that of its content: `expected` is what was claimed, `actual` what was computed."""

    def __init__(self, expected: str, actual: str) -> None:
        super().__init__(f"Checkpoint verification failed: expected {expected}, got {actual}")
        self.expected = expected
        self.actual = actual


class StaleState(DistributedStateError):
    """A state is older than the local one. Nobody raises it: gossip as specified compares no versions (CW-17)."""

    def __init__(self, local: int, remote: int) -> None:
        super().__init__(f"Stale state: local version {local} < remote version {remote}")


class MergeConflict(DistributedStateError):
    """Two values of a key cannot be merged. Nobody raises it: an overwrite meets no conflict."""

    def __init__(self, key: str, detail: str) -> None:
        super().__init__(f"Merge conflict on key {key}: {detail}")


class ReplicationError(DistributedStateError):
    """Gossip failed. Nobody raises it: receiving never fails."""

    def __init__(self, said: str) -> None:
        super().__init__(f"Replication error: {said}")


class SerialisationError(DistributedStateError):
    """A checkpoint could not be built. In sequential use an active checkpoint is always there."""

    def __init__(self, said: str) -> None:
        super().__init__(f"Checkpoint serialisation error: {said}")


class NodeNotRegistered(DistributedStateError):
    """A node is unknown. Nobody raises it as specified: who is unknown is taken in (CW-21, CW-30)."""

    def __init__(self, said: str) -> None:
        super().__init__(f"Node not registered: {said}")
