"""Anti-entropy over the network: a node opens sessions with one peer after another and pulls what it lacks (1.3).

The session object is the initiator's; whoever answers keeps nothing. What arrives is held at once, whatever becomes of
the session.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from sim.machine import Alarm, Cluster, NodeId, Now, Persisted, fingerprint, on
from sim.units import duration

from .._parameters import quantity
from .choices import Parameters
from .config import FOLLOWER
from .facts import Forked, SessionEnded, SessionOpened
from .leading import Leading
from .messages import (
    Gone,
    InventoryReply,
    InventoryRequest,
    MarkerRange,
    MarkerRun,
    SymbolReply,
    SymbolRequest,
    TipReply,
    TipRequest,
)
from .objects import CAPSULE, ID_BYTES, MARKER, CommitMarker, EcsInternalError, ObjectId
from .session import COMPLETE, PERSIST_AND_UPDATE, AntiEntropySession, ReplicaTip

BUCKETS = 16  # in which inventories are compared when they are pruned
LIFE_SESSIONS = 1_000_000  # session ids of different lives differ


@dataclass
class Pull:
    """An open session with a peer."""

    session_id: int
    session: AntiEntropySession
    opened: int  # ns on this node's monotonic clock
    fetched: dict[int, CommitMarker] = field(default_factory=dict)  # markers that wait for their capsules


class Pulling(Leading):
    """Sessions of one node, at most one with each peer, and its answers to the sessions of others."""

    def __init__(self, node: NodeId, cluster: Cluster, parameters: Parameters) -> None:
        super().__init__(node, cluster, parameters)
        self.pulls: dict[NodeId, Pull] = {}
        self.timeout = (
            None if parameters.ae_session is None else quantity("ae_session", parameters.ae_session, duration)
        )
        self._turn = 0  # whose turn it is, among the peers
        self._sessions = 0

    # -- a session of this node's --------------------------------------------------------------------------

    @on(Alarm, "ae")
    def round(self, about: Any, now: Now) -> None:
        opens = bool(self.peers) and (self.p.initiators == "all" or self.role == FOLLOWER)
        if self.timeout is not None:
            for other in [p for p, pull in self.pulls.items() if now.monotonic - pull.opened >= self.timeout]:
                self._end(other, "timeout")
                if opens:
                    self._open(other, now)
        if not opens:
            return
        peer = self.peers[self._turn % len(self.peers)]
        self._turn += 1
        if self.p.recheck == "each-round":
            for other in list(self.pulls):
                self._recheck(other)
        if peer in self.pulls:
            if self.p.sessions == "until-complete":
                return
            self._end(peer, "replaced")
        self._open(peer, now)

    def _open(self, peer: NodeId, now: Now) -> None:
        self._sessions += 1
        session_id = self.life * LIFE_SESSIONS + self._sessions
        self.pulls[peer] = Pull(session_id, AntiEntropySession(self.p.empty_diff, self.p.strays), now.monotonic)
        self.note(SessionOpened(peer, session_id))
        self.send(peer, TipRequest(session_id))

    def _end(self, peer: NodeId, how: str) -> None:
        pull = self.pulls.pop(peer)
        needed = pull.session.objects_to_request() or ()
        lacks = sum(oid not in self.held and oid not in self.deleted for oid in needed)
        self.note(SessionEnded(peer, pull.session_id, how, len(needed), lacks))

    def _mine(self, peer: NodeId, session_id: int) -> Pull | None:
        """Return the session that a reply belongs to: the one open with its sender, whatever its id says."""
        pull = self.pulls.get(peer)
        if pull is None or (self.p.session_ids == "checked" and pull.session_id != session_id):
            return None
        return pull

    def _failed(self, peer: NodeId) -> None:
        """Take the error of a session: the session is over, or nothing happened."""
        if self.p.session_error == "abort":
            self._end(peer, "aborted")

    @on(TipReply)
    def tipped(self, src: NodeId, msg: TipReply, now: Now) -> None:
        pull = self._mine(src, msg.session_id)
        if pull is None:
            return
        mine, theirs = self.tip(), ReplicaTip(*msg[1:])
        try:
            pull.session.exchange_tips(mine, theirs)
        except EcsInternalError:
            self._failed(src)
            return
        if self.p.tips == "compared":
            if mine == theirs:
                self._end(src, "equal")
                return
            if mine.marker_position == theirs.marker_position and mine.root_manifest_id != theirs.root_manifest_id:
                self.note(Forked(src, mine.marker_position))
        if self.p.fetch == "markers-first":
            self.send(src, MarkerRange(pull.session_id, self.upto + 1))
        digests = self.digests() if self.p.pruning == "checkpointed" else ()
        self.send(src, InventoryRequest(pull.session_id, digests, tuple(sorted(self.deleted))))

    @on(InventoryReply)
    def listed(self, src: NodeId, msg: InventoryReply, now: Now) -> None:
        pull = self._mine(src, msg.session_id)
        if pull is None:
            return
        self._bury(msg.deleted)
        local = set(self.held)
        if msg.buckets is not None:
            local = {oid for oid in local if oid[0] % BUCKETS in msg.buckets}
        try:
            missing = pull.session.compute_missing(local, set(msg.object_ids) - self.deleted)
        except EcsInternalError:
            self._failed(src)
            return
        if missing.needed:
            self.send(src, SymbolRequest(pull.session_id, self._in_order(missing.needed, pull)))
        if self.p.exchange == "both":
            mine = self.inventory()
            for oid in missing.to_offer:
                if oid in mine:
                    self._send_symbols(src, pull.session_id, oid)
        self._progressed(src, now)

    def _bury(self, deleted: tuple[ObjectId, ...]) -> None:
        """Delete what others have deleted; without tombstones nobody says what that is."""
        for oid in deleted:
            self.drop(oid)

    def _in_order(self, needed: tuple[ObjectId, ...], pull: Pull) -> tuple[ObjectId, ...]:
        """Return what is needed as it is asked for: by id, or first the capsules of fetched markers by sequence."""
        first = [marker.capsule_id for _, marker in sorted(pull.fetched.items()) if marker.capsule_id in needed]
        return (*first, *(oid for oid in needed if oid not in first))

    @on(SymbolReply)
    def replied(self, src: NodeId, msg: SymbolReply, now: Now) -> None:
        if self.take(msg.symbol, msg.k, "pulled" if msg.session_id else "fetched"):
            self.arrived(msg.object_id, src, msg.session_id, now)

    def arrived(self, oid: ObjectId, src: NodeId, session: int | None, now: Now) -> None:
        """Offer an object to the sessions that are open; an error in another's is swallowed (1.3)."""
        super().arrived(oid, src, session, now)
        for peer in list(self.pulls):
            own = peer == src and session is not None
            if own and self._mine(peer, session or 0) is None:
                own = False
            if not own and self.p.feeds == "own":
                continue
            pull = self.pulls[peer]
            try:
                pull.session.record_decoded(oid)
            except EcsInternalError:
                if own:
                    self._failed(peer)
                continue
            self._progressed(peer, now)
        self._learn_fetched()

    def _recheck(self, peer: NodeId) -> None:
        """Count what a session needs and is here, however it came."""
        session = self.pulls[peer].session
        for oid in session.objects_to_request() or ():
            if oid in self.held and oid not in session.decoded and session.phase not in (PERSIST_AND_UPDATE, COMPLETE):
                session.record_decoded(oid)
        self._progressed(peer, None)

    def _progressed(self, peer: NodeId, now: Now | None) -> None:
        """Persist and update, if everything is here; the session ends when that is durable."""
        pull = self.pulls.get(peer)
        if pull is None or pull.session.phase != PERSIST_AND_UPDATE:
            return
        if self.p.durability == "volatile" and not self._writes_first:
            self._finalize(peer)
        else:
            self.persist("tip", (self.position, self.root), tell=True)

    @on(Persisted)
    def written(self, key: Any, why: str | None, now: Now) -> None:
        if key == "tip" and why is None:
            for peer in list(self.pulls):
                if self.pulls[peer].session.phase == PERSIST_AND_UPDATE:
                    self._finalize(peer)

    def _finalize(self, peer: NodeId) -> None:
        session = self.pulls[peer].session
        session.finalize()
        if self.p.position == "copied" and session.remote_tip is not None:
            self._copied = max(self._copied, session.remote_tip.marker_position)
        self._end(peer, "complete")

    @on(Gone)
    def gone(self, src: NodeId, msg: Gone, now: Now) -> None:
        """Wait no longer for an object that no longer is."""
        self.drop(msg.object_id)
        pull = self._mine(src, msg.session_id)
        if pull is not None:
            with suppress(EcsInternalError):  # said to an earlier session
                pull.session.record_decoded(msg.object_id)
            self._progressed(src, now)

    @on(MarkerRun)
    def fetched(self, src: NodeId, msg: MarkerRun, now: Now) -> None:
        pull = self._mine(src, msg.session_id)
        if pull is not None:
            for seq, capsule, timestamp, _ in msg.markers:
                pull.fetched[seq] = CommitMarker(seq, capsule, timestamp)
            self._learn_fetched()

    def _learn_fetched(self) -> None:
        """Learn fetched markers by sequence, each when its capsule is here, so that a token is not spent in vain."""
        for pull in self.pulls.values():
            for seq in sorted(pull.fetched):
                if pull.fetched[seq].capsule_id not in self.held:
                    break
                self.learn(pull.fetched.pop(seq))

    # -- answers to the sessions of others -----------------------------------------------------------------

    def tip(self) -> ReplicaTip:
        """Return this node's tip: the root of what is applied, its marker position, and a digest of what it tells of.

        The digest stands for the tips of index segments; it is made only where somebody reads it.
        """
        digests: tuple[ObjectId, ...] = ()
        if self.p.tips == "compared":
            digests = (blake2b(b"".join(sorted(self.inventory())), digest_size=ID_BYTES).digest(),)
        return ReplicaTip(self.root, self.position, digests)

    def inventory(self) -> set[ObjectId]:
        """Return the ids that others are told of: all, or only what belongs to published markers."""
        if self.p.inventory == "all":
            return set(self.held)
        capsules = {marker.capsule_id for marker, _ in self.markers.values()}
        published = capsules | self.marker_ids()
        return {oid for oid in self.held if oid in published or self.kind(oid) not in (CAPSULE, MARKER)}

    def digests(self) -> tuple[str, ...]:
        """Return a digest of each bucket of this node's inventory."""
        buckets: list[list[ObjectId]] = [[] for _ in range(BUCKETS)]
        for oid in sorted(self.inventory()):
            buckets[oid[0] % BUCKETS].append(oid)
        return tuple(fingerprint(tuple(bucket)) for bucket in buckets)

    @on(TipRequest)
    def tip_asked(self, src: NodeId, msg: TipRequest, now: Now) -> None:
        self.send(src, TipReply(msg.session_id, *self.tip()))

    @on(InventoryRequest)
    def inventory_asked(self, src: NodeId, msg: InventoryRequest, now: Now) -> None:
        self._bury(msg.deleted)
        ids = self.inventory()
        buckets = None
        if msg.digests:
            buckets = tuple(i for i, own in enumerate(self.digests()) if own != msg.digests[i])
            ids = {oid for oid in ids if oid[0] % BUCKETS in buckets}
        self.send(src, InventoryReply(msg.session_id, tuple(sorted(ids)), tuple(sorted(self.deleted)), buckets))

    @on(SymbolRequest)
    def symbols_asked(self, src: NodeId, msg: SymbolRequest, now: Now) -> None:
        for oid in msg.needed:
            if oid in self.held:
                self._send_symbols(src, msg.session_id, oid)
            elif oid in self.deleted:
                self.send(src, Gone(msg.session_id, oid))

    def _send_symbols(self, dst: NodeId, session_id: int, oid: ObjectId) -> None:
        for one in self.symbols_of(oid):
            self.send(dst, SymbolReply(session_id, one.object_id, self.p.k, one.esi, one.data, one.auth_tag))

    @on(MarkerRange)
    def markers_asked(self, src: NodeId, msg: MarkerRange, now: Now) -> None:
        known = [(*self.markers[seq][0], self.markers[seq][1]) for seq in sorted(self.markers) if seq >= msg.from_seq]
        self.send(src, MarkerRun(msg.session_id, tuple(known)))
