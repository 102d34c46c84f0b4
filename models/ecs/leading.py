"""What a leader does: commits, gates, publication, and under fencing the way to become one."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from sim.machine import Alarm, Ask, Cluster, NodeId, Now, Operate, Point, on

from .applying import Applying
from .choices import Parameters
from .config import FOLLOWER, LEADER
from .facts import Created, Published
from .fencing import Recovery, Vote, next_epoch
from .messages import Fence, Fenced, MarkerAnnounce, Stale, StoreAck, SymbolPush, SymbolRequest
from .objects import CAPSULE, MARKER, CommitMarker, ObjectId, marker_object, object_id
from .quorum import CommitPublicationGate, QuorumPolicy
from .storing import CANDIDATE


@dataclass
class Open:
    """A commit under way."""

    gate: CommitPublicationGate
    epoch: int
    ask: Ask | None = None  # who waits for it
    done: bool = False

    @property
    def capsule_id(self) -> ObjectId:
        return self.gate.marker.capsule_id


class Leading(Applying):
    """Commits at one node. As specified nobody asks whether it may make any (EW-34)."""

    ACTIONS: ClassVar[Mapping[str, tuple[str, ...]]] = {"append": ("value",), "read": ()}
    ACTS: ClassVar[Mapping[str, tuple[str, ...]]] = {**Applying.ACTS, "promote": (), "demote": ()}

    def __init__(self, node: NodeId, cluster: Cluster, parameters: Parameters) -> None:
        super().__init__(node, cluster, parameters)
        self.policy = QuorumPolicy(parameters.required, parameters.total)
        self.epoch = 0
        self.next_seq = 1
        self.next_publish = 1  # the lowest sequence that is not published, for publication in order
        self.gates: dict[int, Open] = {}
        self.last_stamp = 0
        self._waiting: list[Ask] = []  # for this node to lead
        self._recovery: Recovery | None = None
        self._recovering: dict[int, Vote] = {}  # what must be published again, and whose capsule is not here

    @property
    def term(self) -> int:
        return max(self.epoch, self.epoch_seen)

    def restore(self, durable: Mapping[Hashable, Any]) -> None:
        if self.fenced:
            self.role = durable.get("role", self.role)
        super().restore(durable)
        for key, value in durable.items():
            if isinstance(key, tuple) and key[0] == "marker":
                marker = CommitMarker(key[1], value[0], value[1])
                self.remember(marker, value[2])
                self.last_stamp = max(self.last_stamp, marker.timestamp_ns)
        self.next_seq = self.next_publish = self.tail

    def restate(self, durable: Mapping[Hashable, Any]) -> None:
        """With a durable outbox, say first in a life what an earlier one has published.

        The crash may have fallen when a marker was durable and nobody had been told, and whatever role the node has
        from now on, others learn the marker from its answers.
        """
        if self.p.outbox == "durable":
            for seq in sorted(key[1] for key in durable if isinstance(key, tuple) and key[0] == "marker"):
                self.note(Published(*self.markers[seq][0], self.policy.required))

    def lead(self, now: Now) -> None:
        """Begin to lead: with a durable outbox, by saying again what may not have been heard."""
        self.role = LEADER
        if self.p.outbox == "durable":
            self.announce_again(None, now)
        if self._buffers and self.p.leader_applies == "on":
            self.drain()

    # -- a commit ------------------------------------------------------------------------------------------

    @on(Ask, "append")
    def append(self, ask: Ask, now: Now) -> None:
        if self.role == CANDIDATE:
            self._waiting.append(ask)
        elif self.role == FOLLOWER and (self.fenced or self.p.roles == "enforced"):
            self.answer(ask, "elsewhere", hint=self.believed or self.leaders[0])
        else:
            self._commit(ask, now)

    @on(Ask, "read")
    def read(self, ask: Ask, now: Now) -> None:
        self.answer(ask, "ok", self.tally)

    def _commit(self, ask: Ask, now: Now) -> None:
        seq, self.next_seq = self.next_seq, self.next_seq + 1
        capsule = self.create(CAPSULE, str(ask.args[0]).encode())
        self.open(CommitMarker(seq, capsule, self._stamp(now)), ask, now)

    def _stamp(self, now: Now) -> int:
        stamp = now.wall if self.p.timestamps == "wall" else max(now.wall, self.last_stamp + 1)
        self.last_stamp = max(self.last_stamp, stamp)
        return stamp

    def open(self, marker: CommitMarker, ask: Ask | None, now: Now) -> None:
        """Create the gate of a commit whose capsule is here, and send its symbols to the stores."""
        if self.p.marker_objects == "built":
            self._hold_marker(marker)
        members = None
        if self.p.members == "stores":
            members = self.owners(marker.capsule_id, 0) if self.p.placement == "by-object" else self.store_ids
        self.gates[marker.commit_seq] = Open(CommitPublicationGate(marker, self.policy, members), self.epoch, ask)
        self.push(marker, self.epoch, now)
        self.try_publish(marker.commit_seq, now)

    def _hold_marker(self, marker: CommitMarker) -> None:
        data = marker_object(marker)
        oid = object_id(data)
        if oid not in self.held:
            self.note(Created(oid, MARKER))
            self.hold(oid, data, "created")

    def push(self, marker: CommitMarker, epoch: int, now: Now) -> None:
        """Send each symbol of a commit to its stores, but for those that have accepted; to itself without a network."""
        entry = self.gates[marker.commit_seq]
        for one in self.symbols_of(marker.capsule_id):
            pushed = SymbolPush(
                one.object_id, CAPSULE, one.esi, one.data, one.auth_tag, self.p.k, marker.commit_seq,
                marker.capsule_id, marker.timestamp_ns, epoch,
            )  # fmt: skip
            for number in self.owners(one.object_id, one.esi):
                store = self.cluster.nodes[number]
                if number in entry.gate.tracker.accepted:
                    continue
                # A message to oneself goes through the world too, so that a crash may fall before it.
                self.send(store, pushed)

    @on(StoreAck)
    def acked(self, src: NodeId, msg: StoreAck, now: Now) -> None:
        seq = self._acknowledged(msg)
        if seq is not None:
            self.gates[seq].gate.record_store_acceptance(msg.store_id)
            self.try_publish(seq, now)

    def _acknowledged(self, msg: StoreAck) -> int | None:
        """Return the commit that an acknowledgement is taken to be for, None if there is none."""
        by = self.p.acks
        if by == "store":
            waiting = (s for s, e in self.gates.items() if not e.done and msg.store_id not in e.gate.tracker.accepted)
            return min(waiting, default=None)
        entry = self.gates.get(msg.commit_seq)
        if entry is None or (by != "seq" and entry.capsule_id != msg.capsule_id):
            return None
        return None if by == "epoch" and entry.epoch != msg.epoch else msg.commit_seq

    # -- publication ---------------------------------------------------------------------------------------

    def try_publish(self, seq: int, now: Now) -> None:
        """Publish what may be: this commit, or in order the lowest ones."""
        if self.role != LEADER and (self.fenced or self.p.roles == "enforced"):
            return
        if self.p.publication == "independent":
            entry = self.gates[seq]
            if not entry.done and entry.gate.try_publish() is not None:
                self.publish(entry, now)
            return
        while (due := self.gates.get(self.next_publish)) is not None and due.gate.try_publish() is not None:
            self.next_publish += 1
            if not due.done:
                self.publish(due, now)

    def publish(self, entry: Open, now: Now) -> None:
        """Append a marker to the log, state it, tell the client, announce it (flow, step 5)."""
        entry.done = True
        marker = entry.gate.marker
        stored = (marker.capsule_id, marker.timestamp_ns, self.epoch)
        if self.p.outbox == "durable":
            self.persist(("marker", marker.commit_seq), stored)
        else:
            self.write(("marker", marker.commit_seq), stored)
        self.remember(marker, self.epoch)
        self.note(Published(*marker, self.policy.required))
        if entry.ask is not None:
            self.answer(entry.ask, "ok", marker.commit_seq)
        self.note(Point("told"))
        if self.p.marker_objects != "none":
            self._hold_marker(marker)
        self._announce(marker)
        self.note(Point("announced"))
        if self._buffers:
            if self.p.leader_applies == "on":
                self.drain()
        elif self.p.leader_applies == "on" and self.dedup.should_accept(marker):
            self.apply(marker)
        if self.p.pruning == "checkpointed":
            del self.gates[marker.commit_seq]

    def _announce(self, marker: CommitMarker) -> None:
        # The epoch is the leader's own, in which it may not have published this: a leader of an older epoch that has
        # nothing to push to the stores hears in no other way that it leads no more.
        self.broadcast(MarkerAnnounce(*marker, self.epoch))

    @on(Alarm, "markers")
    def announce_again(self, about: Any, now: Now) -> None:
        if self.role == LEADER:
            for seq in sorted(self.markers)[-self.p.recent :] if self.p.recent else ():
                self._announce(self.markers[seq][0])

    @on(Alarm, "retry")
    def retry(self, about: Any, now: Now) -> None:
        if self.role == CANDIDATE:
            self._ask_stores()
        may = self.role == LEADER or not (self.fenced or self.p.roles == "enforced")
        if may and self.p.commit_retry is not None:
            for entry in list(self.gates.values()):
                if not entry.done and entry.capsule_id in self.held:
                    self.push(entry.gate.marker, entry.epoch, now)
        if self._recovering:
            self._fetch()

    # -- who leads -----------------------------------------------------------------------------------------

    @on(Operate, "promote")
    def promote(self, act: Operate, now: Now) -> None:
        if self.fenced:
            self.campaign(now)
        elif self.role != LEADER:
            self.next_seq = self.next_publish = self.tail
            self.lead(now)
        self.answer(act, "ok")

    @on(Operate, "demote")
    def demote(self, act: Operate, now: Now) -> None:
        self.step_down()
        self.answer(act, "ok")

    def step_down(self) -> None:
        """Lead no more: what is under way is left to whoever leads next, and nobody knows how it will end."""
        self.role = FOLLOWER
        if not self.fenced:
            return
        self.persist("role", self.role)
        for entry in self.gates.values():
            if entry.ask is not None and not entry.done:
                self.answer(entry.ask, "unsure")
        for ask in self._waiting:
            self.answer(ask, "elsewhere", hint=self.believed)
        self.gates.clear()
        self._waiting.clear()
        self._recovering.clear()
        self._recovery = None

    def see_epoch(self, epoch: int) -> None:
        super().see_epoch(epoch)
        if self.fenced and self.role != FOLLOWER and epoch > self.epoch:
            self.step_down()

    def campaign(self, now: Now) -> None:
        """Begin an epoch: durable before anybody hears of it, and no leader before the stores have answered."""
        self.role = CANDIDATE
        self.epoch = self.epoch_seen = next_epoch(self.epoch_seen, self.number, len(self.cluster.nodes))
        self.persist("role", LEADER)
        self.persist("epoch", self.epoch)
        self._recovery = Recovery(self.epoch, len(self.stores), self.policy.required)
        self._ask_stores()

    def _ask_stores(self) -> None:
        for store in self.stores:
            if self._recovery is None or self.cluster.number(store) not in self._recovery.answered:
                self.send(store, Fence(self.epoch))

    @on(Fence)
    def fence(self, src: NodeId, msg: Fence, now: Now) -> None:
        if not self.acceptor.promise(msg.epoch):
            self.send(src, Stale(self.acceptor.promised))
            return
        self.see_epoch(msg.epoch)
        self.write("promised", msg.epoch)
        self.send(src, Fenced(self.number, msg.epoch, self.acceptor.told()))

    @on(Stale)
    def outdated(self, src: NodeId, msg: Stale, now: Now) -> None:
        self.see_epoch(msg.epoch)

    @on(Fenced)
    def fenced_off(self, src: NodeId, msg: Fenced, now: Now) -> None:
        recovery = self._recovery
        if recovery is None or msg.epoch != self.epoch:
            return
        recovery.add(msg.store_id, msg.accepted)
        if recovery.complete():
            self._recovery = None
            self._lead(recovery, now)

    def _lead(self, recovery: Recovery, now: Now) -> None:
        """Publish again what may have been published, fill what certainly was not, and take up clients' commits."""
        self.lead(now)
        first = self._prefix() + 1
        # Of whatever was published some store that has answered has the vote; a marker without one is no marker.
        last = max([first - 1, *recovery.votes])
        self.next_seq, self.next_publish = last + 1, first
        stamp = self.markers[first - 1][0].timestamp_ns if first > 1 else 0
        for seq in range(first, last + 1):
            vote = recovery.votes.get(seq) or Vote(self.epoch, self.create(CAPSULE, b""), stamp)
            # A timestamp that falls is of a vote from a later epoch than the one before it, whose leader had not
            # published that and so, in order, not this either: nobody has seen it, and it may be raised.
            stamp = max(stamp, vote.timestamp_ns)
            self._recovering[seq] = vote._replace(timestamp_ns=stamp)
        self.last_stamp = max(self.last_stamp, stamp)
        self._fetch()
        self._recommit(now)
        waiting, self._waiting = self._waiting, []
        for ask in waiting:
            self._commit(ask, now)

    def _prefix(self) -> int:
        """Return up to which sequence this node knows every marker and holds every capsule."""
        seq = 0
        while (known := self.markers.get(seq + 1)) is not None and known[0].capsule_id in self.held:
            seq += 1
        return seq

    def _fetch(self) -> None:
        """Ask the stores for the capsules that are not here."""
        lacking = tuple(sorted({vote.capsule_id for vote in self._recovering.values()} - set(self.held)))
        if lacking:
            for store in self.stores:
                if store != self.node:
                    self.send(store, SymbolRequest(0, lacking))

    def _recommit(self, now: Now) -> None:
        for seq, vote in sorted(self._recovering.items()):
            if vote.capsule_id in self.held:
                del self._recovering[seq]
                self.open(CommitMarker(seq, vote.capsule_id, vote.timestamp_ns), None, now)

    def arrived(self, oid: ObjectId, src: NodeId, session: int | None, now: Now) -> None:
        super().arrived(oid, src, session, now)
        if self._recovering and self.role == LEADER:
            self._recommit(now)
