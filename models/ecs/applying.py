"""What a node makes of markers: known, seen before, applied, each in the order or disorder in which they come."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from hashlib import blake2b
from typing import Any

from sim.machine import Cluster, NodeId, Now, Point, on

from .choices import Parameters
from .config import FOLLOWER
from .dedup import CommitDeduplicator
from .facts import Applied, Halted, Received
from .messages import MarkerAnnounce
from .objects import ID_BYTES, CommitMarker, ObjectId, idempotency_key, marker_object, object_id, read_marker
from .storing import Storing

Known = tuple[CommitMarker, int]  # a marker and its epoch


class Applying(Storing):
    """Markers and the state that commits make. `tally` and `root` are that state: how many took effect, and which."""

    def __init__(self, node: NodeId, cluster: Cluster, parameters: Parameters) -> None:
        super().__init__(node, cluster, parameters)
        self.markers: dict[int, Known] = {}  # the first known of each sequence
        self.dedup = CommitDeduplicator(parameters.pruning)
        self.tally = 0
        self.root: ObjectId = bytes(ID_BYTES)
        self.upto = 0  # all sequences from 1 to here are applied
        self.believed: NodeId | None = None  # who announced last
        self.halted = False
        self._applied: set[int] = set()  # above upto
        self._buffers = parameters.application == "buffered"
        self._copied = 0

    @property
    def applied(self) -> int:
        return self.tally

    @property
    def tail(self) -> int:
        return max(self.markers, default=0) + 1

    @property
    def position(self) -> int:
        if self.p.position == "applied":
            return self.upto
        return max(self.tail - 1, self._copied)

    def restore(self, durable: Mapping[Hashable, Any]) -> None:
        super().restore(durable)
        self.tally, self.root, self.upto = durable.get("state", (0, bytes(ID_BYTES), 0))
        self.dedup.applied_below(self.upto + 1)
        keys = sorted(key[1:] for key in durable if isinstance(key, tuple) and key[0] == "seen")
        self.dedup.seen.update({key: seq for seq, key in keys})
        if self.role == FOLLOWER:
            for data in self.held.values():
                if (marker := read_marker(data)) is not None:
                    self.markers.setdefault(marker.commit_seq, (marker, 0))

    # -- markers -------------------------------------------------------------------------------------------

    @on(MarkerAnnounce)
    def announced(self, src: NodeId, msg: MarkerAnnounce, now: Now) -> None:
        self.believed = src
        self.see_epoch(msg.epoch)
        self.learn(CommitMarker(msg.commit_seq, msg.capsule_id, msg.timestamp_ns), msg.epoch)

    def learn(self, marker: CommitMarker, epoch: int = 0) -> None:
        """Take in a marker that was announced or came as an object; who leads has no use for others'."""
        if self.role != FOLLOWER:
            return
        self.note(Received(*marker))
        seq = marker.commit_seq
        known = self.markers.get(seq)
        if self.fenced and known is not None and known[0].capsule_id != marker.capsule_id:
            self.halted = True
            self.note(Halted(seq))
            return
        self.markers.setdefault(seq, (marker, epoch))
        if self._buffers:
            self.drain()
        elif self.dedup.should_accept(marker):
            # As specified the answer is spent here, whatever becomes of the commit (EW-4).
            if self.p.seen == "kept":
                self.persist(("seen", seq, idempotency_key(seq, marker.capsule_id)), True)
                self.note(Point("accepted"))
            if marker.capsule_id in self.held:
                self.apply(marker)

    def remember(self, marker: CommitMarker, epoch: int) -> None:
        """Know a marker that this node published itself."""
        self.markers[marker.commit_seq] = (marker, epoch)

    def arrived(self, oid: ObjectId, src: NodeId, session: int | None, now: Now) -> None:
        super().arrived(oid, src, session, now)
        marker = read_marker(self.held[oid])
        if marker is not None:
            self.learn(marker)
        elif self._buffers:
            self.drain()

    # -- application ---------------------------------------------------------------------------------------

    def drain(self) -> None:
        """Apply what is due: the next sequence, once its capsule is here, and so on."""
        while (known := self.markers.get(self.upto + 1)) is not None and known[0].capsule_id in self.held:
            self.apply(known[0])

    def apply(self, marker: CommitMarker) -> None:
        """Let a commit take effect. The effect adds to a state, so doing it twice is not doing it once."""
        if self.halted:
            return
        seq = marker.commit_seq
        self.tally += 1
        self.root = blake2b(self.root + seq.to_bytes(8, "little") + marker.capsule_id, digest_size=ID_BYTES).digest()
        self._applied.add(seq)
        while self.upto + 1 in self._applied:
            self.upto += 1
            self._applied.discard(self.upto)
        if self._buffers:
            # The last sequence applied is part of the state, written in one: so a crash loses neither or both (EW-5).
            self.persist("state", (self.tally, self.root, self.upto))
        else:
            self.write("state", (self.tally, self.root, self.upto))
        self.note(Applied(seq, marker.capsule_id, self.tally))
        self.dedup.applied_below(self.upto + 1)

    def marker_ids(self) -> set[ObjectId]:
        """Return the ids of the marker objects of all known markers."""
        return {object_id(marker_object(marker)) for marker, _ in self.markers.values()}
