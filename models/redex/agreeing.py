"""One log on all nodes, and what of it is safe: MATCH, COMMIT and SNAP of section 9.0."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from sim.machine import Ask, Cluster, NodeId, Now, on

from .._log_facts import Accepted, Committed
from . import wire
from .catchup import serve
from .claims import Cut, Diverged, Quorum, Reset, Stored
from .commit import Holdings, Reading, Waiting
from .electing import Electing
from .logfile import AppendFailed
from .messages import BAD_RANGE, CHANNEL_CLOSED, SyncResponse
from .roles import FOLLOWER, LEADER
from .runtime import written

BASE = "base"  # the key on disk of the floor, its mark and the term below it


class Agreeing(Electing):
    """A runtime whose logs agree, and whose clients are told of what a majority holds."""

    def __init__(self, node: NodeId, cluster: Cluster, **params: Any) -> None:
        super().__init__(node, cluster, **params)
        self.holdings = Holdings()
        self.waiting = Waiting()
        self._claims: dict[NodeId, wire.Mark] = {}  # the tail and its mark of each leader, as it last said
        self._verified: tuple[NodeId | None, int, int] = (None, 0, 0)  # with whom in which term up to where logs agree
        self._readable_from = 0  # the commit index from which on this reign knows all that was committed before it

    # -- the log -------------------------------------------------------------------------------------------

    def _store(self, payload: Any, term: int | None = None) -> int:
        term = self.term if term is None else term
        seq = self.log.write(payload, term)
        if self.kept:
            self.persist(("log", seq), (term, payload))
        self.note(Stored(seq, term, payload))
        return seq

    def _replicate(self, event: Any) -> None:
        self._store(event[1], event[2])

    def _restore(self, durable: Mapping[Hashable, Any]) -> None:
        for seq in self.log.revive(durable.get(BASE, (0, "", 0)), written(durable)):
            self.forget(("log", seq))
        for seq, payload in self.log.entries.items():
            # A crash may have come between writing an entry and saying so.
            self.note(Stored(seq, self.log.terms[seq], payload))
        self.commit = self.log.first_retained if self.agreeing else 0

    def _preloaded(self) -> None:
        if self.agreeing:
            self._commit_to(self.tail)

    def _sweep(self) -> None:
        gone = self.log.sweep(self._sweepable())
        if gone:
            self._discarded(gone)

    def _sweepable(self) -> int | None:
        """Return below what entries may go: what is not committed, or what a live member lacks, must stay."""
        bounds = [self.commit] if self.agreeing else []
        if self.resetting:
            at = self._now.monotonic
            live = (peer for peer in self.peers if self.tracker.fresh(peer, at))
            bounds += [self.tracker.tail_of(peer) for peer in live]
        return min(bounds, default=None)

    def _discarded(self, gone: list[int]) -> None:
        """Have the new floor on disk before what lay below it goes."""
        if self.kept:
            self.persist(BASE, self.log.base)
            for seq in gone:
                self.forget(("log", seq))

    # -- the follower's side -------------------------------------------------------------------------------

    def _hear(self, src: NodeId, msg: Any, now: Now) -> None:
        super()._hear(src, msg, now)
        if msg.role == LEADER and self.role == FOLLOWER and self.tracker.belief == src:
            self._claims[src] = (msg.tail_seq, msg.mark)
            if self._same(msg.tail_seq, msg.mark):
                self._verify(src, msg.tail_seq)
            self._learn(src, msg.commit)
        elif msg.role == FOLLOWER and self.role == LEADER and self._same(msg.tail_seq, msg.mark):
            self.holdings.hold(src, msg.tail_seq)

    def _same(self, seq: int, mark: str) -> bool:
        """Return whether another log, of which this is said, is the same as this one below `seq`."""
        return self.log.mark(seq) == mark if self.matching else seq <= self.tail

    def _verify(self, leader: NodeId, upto: int) -> None:
        known = self._verified
        before = known[2] if known[:2] == (leader, self.term) else 0
        self._verified = (leader, self.term, max(before, upto))

    def _learn(self, leader: NodeId, commit: int) -> None:
        """Take over a leader's commit index, as far as this log is known to be the leader's."""
        upto = min(commit, self._verified[2])
        if self.agreeing and self._verified[:2] == (leader, self.term) and upto > self.commit:
            self._commit_to(upto)

    def _behind(self, leader: NodeId) -> bool:
        if not self.matching:
            return super()._behind(leader)
        claim = self._claims.get(leader)
        return claim is not None and claim != self.log.tail_mark

    def _request(self, token: int) -> Any:
        points = self.log.points(self.commit) if self.matching else ()
        return wire.SyncRequest(self.channel, self.tail, self.chunk_max, token, self.bandwidth_class, self.term, points)

    @on(wire.SyncResponse)
    def answered(self, src: NodeId, msg: Any, now: Now) -> None:
        super().answered(src, msg, now)

    def _digest(self, src: NodeId, msg: Any, now: Now) -> None:
        before = self.log.tail_mark
        if msg.reset and not self._same(msg.first_seq, msg.mark) and not self._begin_anew(src, msg):
            return
        leader = self.tracker.belief
        if leader is None:
            return
        if self.matching:
            if src == leader:
                self._claims[src] = (msg.tail, msg.tail_mark)
            self._reconcile(src, leader, msg, now)
        else:
            super()._digest(src, msg, now)
            self._verify(leader, self.tail)
        self._learn(leader, msg.commit)
        if self.log.tail_mark != before:
            self._heard_of = leader  # what this node holds now may be what a client waits for

    def _reconcile(self, src: NodeId, leader: NodeId, msg: Any, now: Now) -> None:
        """Make this log the leader's from where the two part; `src` is the leader or has the same log so far."""
        log, at = self.log, now.monotonic
        if log.mark(msg.first_seq) != msg.mark:
            return  # this log is not any more what it was when it asked
        was = log.tail_mark
        held = log.parting(msg.events)
        upto = msg.first_seq + held
        # What lies beyond all that the leader has is not of it, unless it came since this node asked.
        whole = src == leader and upto == msg.tail and was == msg.asked
        if held < len(msg.events) or whole:
            if not self._cut(upto, src):
                return
            if not self._apply(msg.events[held:]):
                self._press(at)
                return
        self._verify(leader, msg.first_seq + len(msg.events))
        if log.tail_mark != was:
            self.backoff.record_progress(src)
        else:
            self._judge_progress(src, self.tail, at)

    def _cut(self, seq: int, leader: NodeId) -> bool:
        """Take off what lies at `seq` and beyond and return True; what is committed stays, whatever a leader says."""
        to = self.tail
        if seq >= to:
            return True
        if seq < self.commit:
            self.note(Diverged(leader, self.commit))
            return False
        for gone in self.log.cut(seq):
            if self.kept:
                self.forget(("log", gone))
        self.note(Cut(seq, to))
        return True

    def _begin_anew(self, src: NodeId, msg: Any) -> bool:
        """Discard a log that the leader's has nothing in common with, and return whether that was possible."""
        if msg.first_seq < self.commit:
            self.note(Diverged(src, self.commit))
            return False
        start = self.first_retained
        gone = self.log.reset(msg.first_seq, msg.mark, msg.below)
        if self.kept:
            # A crash may fall between any two: what lies above the new floor must not be found on top of it, and what
            # lies below must not be missing before the floor is there.
            for seq in reversed([seq for seq in gone if seq >= msg.first_seq]):
                self.forget(("log", seq))
            self._discarded([seq for seq in gone if seq < msg.first_seq])
        self.note(Reset(start, msg.first_seq))
        if self.agreeing:
            self.commit = msg.first_seq  # a leader discards only what is committed
        return True

    @on(wire.SyncNack)
    def refused(self, src: NodeId, msg: Any, now: Now) -> None:
        before = self.tail
        super().refused(src, msg, now)
        if msg.error_code == BAD_RANGE and before != self.tail == msg.leader_first_retained_seq:
            self.log.trust(msg.mark)

    # -- the leader's side ---------------------------------------------------------------------------------

    @on(wire.SyncRequest)
    def asked(self, src: NodeId, msg: Any, now: Now) -> None:
        super().asked(src, msg, now)

    def _room(self, src: NodeId, msg: Any) -> int:
        """Return how many bytes of entries a response may hold."""
        room: int = msg.chunk_max
        return room

    def _reply(self, src: NodeId, msg: Any) -> Any:
        log, floor = self.log, self.first_retained
        if log.closed:
            return self._nack(msg, CHANNEL_CLOSED)
        since: int | None = msg.since_seq
        if self.matching:
            since = log.common(msg.marks)
            if since is not None and self.role == LEADER:
                self.holdings.hold(src, since)
        else:
            self.holdings.hold(src, min(msg.since_seq, self.tail))
        below = since is None or since < floor
        if below and not self.resetting and self.matching:
            return self._nack(msg, BAD_RANGE)._replace(leader_first_retained_seq=floor, mark=log.base[1])
        if self.matching or (below and self.resetting):
            first = floor if below or since is None else since
            events = log.chunk(first, self._room(src, msg), self.oversized)
            return self._response(msg, first, events)._replace(reset=below)
        return self._wired(serve(log, msg._replace(chunk_max=self._room(src, msg)), *self._serving()), msg)

    def _serving(self) -> tuple[str, str, str]:
        return self.below_floor, self.at_tail, self.oversized

    def _wired(self, reply: Any, msg: Any) -> Any:
        """Return what the runtime without hardening would say, with what a hardened one adds."""
        if isinstance(reply, SyncResponse):
            events: Any = reply.events
            return self._response(msg, reply.first_seq, events)
        return self._nack(msg, reply.error_code)._replace(leader_first_retained_seq=reply.leader_first_retained_seq)

    def _response(self, msg: Any, first: int, events: tuple[wire.Entry, ...]) -> wire.SyncResponse:
        log = self.log
        return wire.SyncResponse(
            self.channel,
            first,
            self.first_retained,
            events,
            msg.request_id,
            self.term,
            self.commit,
            log.mark(first) or "",
            self.tail,
            log.tail_mark[1],
            msg.marks[0] if msg.marks else (msg.since_seq, ""),
            False,
            log.base_term,
        )

    # -- committing ----------------------------------------------------------------------------------------

    def _turned(self, was: str, signal: str, at: int) -> None:
        super()._turned(was, signal, at)
        if was == LEADER:
            self._dismiss()
        if self.role == LEADER:
            self.holdings.begin()
            if self.agreeing and self.fenced and self.commit < self.tail:
                self._open_reign()
            self._readable_from = self.tail

    def _open_reign(self) -> None:
        """Write an entry without a payload: only one of the own term tells what a majority holds for good."""
        try:
            self._store(None)
        except AppendFailed:
            return  # the next write that fits does as well
        self._appended()

    def _dismiss(self) -> None:
        """Tell the clients of a reign that is over: nobody knows what becomes of their writes."""
        for _, ask in self.waiting.written(self.tail + 1):
            self.answer(ask, "unsure")
        for ask in self.waiting.readable(self._now.monotonic):
            self.answer(ask, "elsewhere", hint=self.leader)

    def _follow_up(self, now: Now) -> None:
        if self.agreeing and self.role == LEADER:
            self._weigh()
            self._let_read(now.monotonic)
        super()._follow_up(now)

    def _weigh(self) -> None:
        """Commit what a majority holds; of an earlier term only with something of this one on top."""
        upto = self.holdings.majority(self.tail, self.cluster.majority())
        if upto <= self.commit or (self.fenced and self.log.terms.get(upto - 1) != self.term):
            return
        self.note(Quorum(upto - 1, tuple(sorted((self.node, *self.holdings.who(upto))))))
        self._commit_to(upto)
        for seq, ask in self.waiting.written(upto):
            self.note(Accepted(ask.op, seq, ask.args[0]))
            self.answer(ask, "ok", seq)

    def _commit_to(self, upto: int) -> None:
        for seq in range(self.commit, upto):
            if seq in self.log.entries:
                self.note(Committed(seq, self.log.entries[seq]))
        self.commit = upto

    def _advertised(self) -> int:
        return self.commit if self.agreeing else super()._advertised()

    # -- clients -------------------------------------------------------------------------------------------

    @on(Ask, "append")
    def append(self, ask: Ask, now: Now) -> None:
        self._keep_lease(now.monotonic)
        if not self.agreeing or self.role != LEADER:
            super().append(ask, now)
            return
        if self.waiting.has(ask):
            return  # asked again; the answer is on its way
        try:
            seq = self._store(ask.args[0])
        except AppendFailed as full:
            self.answer(ask, "fail", str(full))
            return
        self.waiting.writes[seq] = ask
        self._appended()

    @on(Ask, "read")
    def read(self, ask: Ask, now: Now) -> None:
        self._keep_lease(now.monotonic)
        if self.agreeing and self.role == LEADER:
            self.waiting.reads.append(Reading(ask, now.monotonic))
        else:
            super().read(ask, now)

    def _let_read(self, at: int) -> None:
        """Answer reads once a majority has followed since they were asked: then no other leader was in between."""
        followed = self.lease.followed(at)
        if not self.waiting.reads or followed is None or self.commit < self._readable_from:
            return
        ready = self.waiting.readable(followed)
        entries = self.log.entries
        value = tuple(p for seq, p in entries.items() if seq < self.commit and p is not None) if ready else ()
        for ask in ready:
            self.answer(ask, "ok", value)
