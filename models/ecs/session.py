"""One session of anti-entropy: five phases from the exchange of tips to the end (section 3.2).

The session is the initiator's alone and reads no clock. Its order of phases is the whole of its protocol: what comes in
another phase is an error, and nothing but the arrival of every object that the diff named leads to the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import NamedTuple

from .objects import EcsInternalError, ObjectId

EXCHANGE_TIPS = "ExchangeTips"
COMPUTE_MISSING = "ComputeMissing"
REQUEST_SYMBOLS = "RequestSymbols"
STREAM_UNTIL_DECODE = "StreamUntilDecode"
PERSIST_AND_UPDATE = "PersistAndUpdate"
COMPLETE = "Complete"
PHASES = (EXCHANGE_TIPS, COMPUTE_MISSING, REQUEST_SYMBOLS, STREAM_UNTIL_DECODE, PERSIST_AND_UPDATE, COMPLETE)


class ReplicaTip(NamedTuple):
    """What a replica says of itself before it exchanges anything; as specified nobody reads it (EW-13)."""

    root_manifest_id: ObjectId
    marker_position: int
    index_segment_tips: tuple[ObjectId, ...] = ()


class MissingObjects(NamedTuple):
    """The two halves of a diff, in the order of ids."""

    needed: tuple[ObjectId, ...]
    to_offer: tuple[ObjectId, ...]


def diff(local: Set[ObjectId], remote: Set[ObjectId]) -> MissingObjects:
    """Return what only the remote has, and what only this side has."""
    return MissingObjects(tuple(sorted(remote - local)), tuple(sorted(local - remote)))


class AntiEntropySession:
    """A session, from its initiator's side.

    `empty_diff` says whether a session that needs nothing `waits`, for ever if nothing comes, or `completes` at once;
    `strays` whether an object that was not needed is `counted` as if it were, or `ignored`.
    """

    def __init__(self, empty_diff: str = "waits", strays: str = "counted") -> None:
        self.phase = EXCHANGE_TIPS
        self.local_tip: ReplicaTip | None = None
        self.remote_tip: ReplicaTip | None = None
        self.missing: MissingObjects | None = None
        self.decoded: set[ObjectId] = set()
        self._completes = empty_diff == "completes"
        self._counts = strays == "counted"

    def exchange_tips(self, local: ReplicaTip, remote: ReplicaTip) -> None:
        """Keep both tips; nothing is compared. Raises EcsInternalError in any phase but the first."""
        self._expect(EXCHANGE_TIPS)
        self.local_tip, self.remote_tip = local, remote
        self.phase = COMPUTE_MISSING

    def compute_missing(self, local: Iterable[ObjectId], remote: Iterable[ObjectId]) -> MissingObjects:
        """Return the diff of two sets of ids and keep it. Raises EcsInternalError in any phase but the second."""
        self._expect(COMPUTE_MISSING)
        self.missing = diff(set(local), set(remote))
        self.phase = REQUEST_SYMBOLS
        if self._completes and not self.missing.needed:
            self.phase = PERSIST_AND_UPDATE
        return self.missing

    def objects_to_request(self) -> tuple[ObjectId, ...] | None:
        """Return what is needed, None before the diff."""
        return None if self.missing is None else self.missing.needed

    def record_decoded(self, object_id: ObjectId) -> None:
        """Count an object; when all that were needed are, the session may be finalized.

        Raises EcsInternalError unless symbols are awaited: also of what arrives again when everything is there (EW-8).
        """
        self._expect(REQUEST_SYMBOLS, STREAM_UNTIL_DECODE)
        needed = () if self.missing is None else self.missing.needed
        if not self._counts and object_id not in needed:
            return
        self.phase = STREAM_UNTIL_DECODE
        self.decoded.add(object_id)
        if self.missing is not None and self.decoded.issuperset(needed):
            self.phase = PERSIST_AND_UPDATE

    def finalize(self) -> None:
        """End. Persists nothing and moves no position (EW-14). Raises EcsInternalError in any phase but the fifth."""
        self._expect(PERSIST_AND_UPDATE)
        self.phase = COMPLETE

    def is_converged(self) -> bool:
        """Return whether the session is over, which is what the sources call converged (EW-11)."""
        return self.phase == COMPLETE

    def _expect(self, *phases: str) -> None:
        if self.phase not in phases:
            raise EcsInternalError(f"anti-entropy: expected {'/'.join(phases)}, got {self.phase}")
