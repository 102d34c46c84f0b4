"""How a quorum write fails: three errors with the seed's texts, and the reasons of the first (sections 1.1, 3)."""

from __future__ import annotations

UNREACHABLE, TIMEOUT, ID_DRIFT, IN_FLIGHT = "unreachable", "timeout", "id_drift", "in_flight"
REASONS = (UNREACHABLE, TIMEOUT, ID_DRIFT, IN_FLIGHT)  # as on the wire
REFUSED = "refused"  # not the seed's: so many peers have said no that the others cannot make up for it
INVALID_POLICY, LOCAL_WRITE_FAILED = "invalid_policy", "local_write_failed"


class QuorumError(Exception):
    """What a writer may be told instead of a count; errors are equal by value."""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment]  # compared by value, so not to be put in a set


class QuorumNotMet(QuorumError):
    """The local write stands, and too few peers have acknowledged it; both numbers count the local commit."""

    def __init__(self, got: int, needed: int, reason: str) -> None:
        self.got = got
        self.needed = needed
        self.reason = reason
        variant = "".join(part.capitalize() for part in reason.split("_"))
        super().__init__(f"quorum not met (got {got}, need {needed}, reason {variant})")


class InvalidPolicy(QuorumError, ValueError):
    """A policy makes no sense."""

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(f"invalid quorum policy: {detail}")


class LocalWriteFailed(QuorumError):
    """The coordinator's own write failed, or is not recorded yet: the seed does not tell these apart (QW-13)."""

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(f"local write failed: {detail}")
