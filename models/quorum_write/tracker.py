"""Collects the acknowledgements of one write against a deadline (section 3). No input or output, and no clock.

The seed's tracker has no final state: what it says is a function of what it was told by then and of the time that its
caller gives, so that it may contradict itself (QW-2 to QW-5). PeerTracker knows whom it waits for, and Latched makes
the first final verdict the only one.
"""

from __future__ import annotations

from collections.abc import Collection

from .errors import (
    ID_DRIFT,
    IN_FLIGHT,
    REFUSED,
    TIMEOUT,
    UNREACHABLE,
    LocalWriteFailed,
    QuorumError,
    QuorumNotMet,
)
from .policy import INSTANT_MAX, QuorumPolicy

NOT_RECORDED = "local commit not recorded before finalise"


class AckTracker:
    """The seed's tracker; times are ns of the coordinator's monotonic clock.

    Raises OverflowError if the deadline is beyond what an instant can hold.
    """

    def __init__(self, policy: QuorumPolicy, now: int) -> None:
        self.policy = policy
        self.deadline = now + policy.ack_timeout
        if self.deadline >= INSTANT_MAX:
            raise OverflowError(f"the deadline {self.deadline} ns is no instant; allowed: below {INSTANT_MAX}")
        self.local_committed = False
        self.acks: set[str] = set()
        self.id_drifts: list[str] = []

    def record_local(self) -> None:
        """Note that the local write is durable; at any time, and again."""
        self.local_committed = True

    def record_peer_ack(self, peer: str) -> None:
        """Note an acknowledgement: of anybody, at any time, the local node's own included (QW-9)."""
        self.acks.add(peer)

    def record_id_drift(self, peer: str) -> None:
        """Note a success with another row id, once for every time it is told (QW-11)."""
        self.id_drifts.append(peer)

    def is_quorum_met(self, now: int) -> bool:
        """Return whether enough have acknowledged and the deadline is not over: False again behind it (QW-4)."""
        return self.local_committed and now <= self.deadline and self.got >= self.policy.w

    def finalise(self, now: int) -> int:
        """Return how many hold the write. Raises QuorumNotMet or LocalWriteFailed.

        Unlike `is_quorum_met` it does not ask whether the acknowledgements came in time (QW-2), and at the deadline
        itself it says that the answer is still in flight (QW-5).
        """
        if not self.local_committed:
            raise LocalWriteFailed(NOT_RECORDED)
        if self.got >= self.policy.w:
            return self.got
        raise QuorumNotMet(self.got, self.policy.w, self._reason(now))

    def _reason(self, now: int) -> str:
        if now <= self.deadline:
            return IN_FLIGHT
        return TIMEOUT if self.acks else UNREACHABLE

    @property
    def got(self) -> int:
        """Return how many acknowledgements are counted, the local commit included."""
        return len(self.acks) + 1

    def id_drift_count(self) -> int:
        return len(self.id_drifts)

    def acked_peer_ids(self) -> frozenset[str]:
        return frozenset(self.acks)


class PeerTracker(AckTracker):
    """A tracker that knows whom it asked.

    With `nacks` a refusal counts, and what cannot succeed any more is no longer in flight (QW-6). With `latest` each
    peer has one verdict, its latest, and the reason is id_drift where drifts made the difference (QW-11).
    """

    def __init__(
        self, policy: QuorumPolicy, now: int, asked: Collection[str], nacks: bool = True, latest: bool = True
    ) -> None:
        super().__init__(policy, now)
        self.asked = frozenset(asked)
        self.nacks = nacks
        self.latest = latest
        self.refusals: set[str] = set()

    def record_peer_ack(self, peer: str) -> None:
        super().record_peer_ack(peer)
        self.refusals.discard(peer)
        if self.latest and peer in self.id_drifts:
            self.id_drifts.remove(peer)

    def record_id_drift(self, peer: str) -> None:
        if not self.latest:
            super().record_id_drift(peer)
            return
        self.acks.discard(peer)
        if peer not in self.id_drifts:
            self.id_drifts.append(peer)

    def record_refusal(self, peer: str) -> None:
        """Note that a peer said no, or could not be asked."""
        if peer not in self.acks:
            self.refusals.add(peer)

    def hopeless(self) -> bool:
        """Return whether all that are still outstanding would not make a quorum; never if refusals do not count."""
        if not self.nacks:
            return False
        outstanding = self.asked - self.acks - self.refusals - set(self.id_drifts)
        return self.got + len(outstanding) < self.policy.w

    def _reason(self, now: int) -> str:
        if now <= self.deadline and not self.hopeless():
            return IN_FLIGHT
        if self.latest and self.got + len(set(self.id_drifts)) >= self.policy.w:
            return ID_DRIFT
        if not self.acks:
            return UNREACHABLE
        return REFUSED if now <= self.deadline else TIMEOUT


Verdict = int | QuorumError  # how many hold the write, or why it failed


def verdict_of(tracker: AckTracker, now: int) -> Verdict:
    """Return what `finalise` says, as a value."""
    try:
        return tracker.finalise(now)
    except QuorumError as error:
        return error


class Latched:
    """The first final verdict of a tracker, for ever (QW-2 to QW-5, QW-7).

    What is recorded before `expire` counts, whatever the clock says meanwhile: where inputs are handled in the order
    in which they arrived, the verdict depends on nothing else. So `now` never decides.
    """

    def __init__(self, tracker: AckTracker) -> None:
        self.tracker = tracker
        self.verdict: Verdict | None = None

    def look(self) -> Verdict | None:
        """Latch a quorum that is met, or one that never will be; return the verdict if there is one."""
        tracker = self.tracker
        if self.verdict is None and tracker.local_committed:
            lost = isinstance(tracker, PeerTracker) and tracker.hopeless()
            if tracker.got >= tracker.policy.w or lost:
                self.verdict = verdict_of(tracker, tracker.deadline)
        return self.verdict

    def expire(self) -> Verdict:
        """Latch what there is now that the deadline's alarm rings."""
        if self.look() is None:
            self.verdict = verdict_of(self.tracker, self.tracker.deadline + 1)
        assert self.verdict is not None
        return self.verdict
