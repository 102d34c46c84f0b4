"""The runtime of one channel at one node: ticks, messages, clients and operators (sections 3 and 4).

Every handler keeps the order of its section, for much of what redex does wrong hangs on that order.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any, ClassVar

from sim.machine import Alarm, Ask, Boot, Cluster, Lane, Machine, NodeId, Now, Operate, Refused, fingerprint, on
from sim.units import MS, duration, rate, share, size

from .._log_facts import Accepted
from .._parameters import count, quantity
from .budget import BandwidthBudget
from .catchup import CatchupBackoff, Gap, Misfit, OutstandingRequests, fit, serve
from .choices import one_of
from .election import elect, outranks
from .facts import (
    Configured,
    DivergenceSuspected,
    Skipped,
    Stopped,
    Stored,
    Struck,
    Tagged,
    Turned,
    UnderCapacity,
    View,
)
from .gauges import Gauges, observe_lag
from .logfile import AppendFailed, LogFile, SkipRefused
from .messages import (
    BACKPRESSURE,
    BAD_RANGE,
    CHANNEL_CLOSED,
    NOT_LEADER,
    Event,
    Shutdown,
    SyncHeartbeat,
    SyncNack,
    SyncRequest,
    SyncResponse,
)
from .pressure import WITHDRAWAL
from .roles import (
    CANDIDATE,
    CAPABILITY_SELECTED,
    CHANNEL_CLOSE,
    ELECTION_LOST,
    ELECTION_WON,
    FOLLOWER,
    GRACEFUL_RELINQUISH,
    IDLE,
    LEADER,
    MISSED_HEARTBEATS,
    PEER_LEADER_OBSERVED,
    TAG_SINK,
    TRANSITION,
    legal,
)
from .sink import TagSink
from .tracker import HeartbeatTracker

NOBODY = "none"  # as `first_leader`: no placement ever makes a leader
OUTCOME: Mapping[str | None, str] = {None: "ok", TRANSITION: "fail", TAG_SINK: "unsure"}  # of an operator's turn


class Redex(Machine):
    """One node of a redex channel.

    Times are text such as "100ms". `phase` is how long after its boot a node starts its ticks, or "random" for a time
    below one heartbeat; `chunk_max` bounds the bytes that it asks for; `retention_max_events` is what a sweep leaves of
    its log, and beyond `capacity_events` an append fails; `preload` events c0, c1, ... are on every node before the
    first life; `first_leader` is a node, the first of the cluster if None, or "none". As a leader it ships
    `bandwidth_fraction` of `bandwidth`, a rate such as "10MB/s", of which background requests may use
    `background_fraction`; None is no limit. Of a life's calls to the chain-tag sink the next `tag_sink_failures` fail
    after the first `tag_sink_fails_after`, all if None. The others are words of choices.WORDS.
    Raises ValueError with the parameter's name, what was found and what is allowed.
    """

    LOG: ClassVar[type[LogFile]] = LogFile
    View: ClassVar[Any] = View
    FACTS: ClassVar[tuple[Any, ...]] = (
        Configured,
        Turned,
        Tagged,
        Accepted,
        Stored,
        Skipped,
        DivergenceSuspected,
        UnderCapacity,
        Stopped,
        Struck,
    )
    ACTIONS = {"append": ("value",), "read": ()}
    ACTS = {"relinquish": (), "select": (), "close": (), "sweep": (), "close_file": (), "cancel": (), "drop": ()}
    LANES: ClassVar[tuple[Lane, ...]] = (
        Lane("client", 1024, (Ask, Operate)),
        Lane("priority", 128, (SyncResponse, SyncNack, Shutdown)),
        Lane("tick", 1, (Alarm,)),
        Lane("low", 1024, ()),
    )

    def __init__(
        self,
        node: NodeId,
        cluster: Cluster,
        *,
        channel: str = "redex",
        heartbeat: str = "100ms",
        phase: str = "0ms",
        chunk_max: str | int = "64KiB",
        retention_max_events: int | None = None,
        capacity_events: int | None = None,
        tag_sink_fails_after: int | None = None,
        tag_sink_failures: int | None = None,
        preload: int = 0,
        first_leader: str | None = None,
        placed: str = "first-boot",
        bandwidth_class: str = "foreground",
        bandwidth: str | None = None,
        bandwidth_fraction: str = "1",
        background_fraction: str = "3/10",
        bucket: str = "full",
        file: str = "heap",
        follow: str = "latest",
        demoted: str = "keep",
        boundary: str = "at",
        beats: str = "members",
        deaf: str = "waits",
        asks: str = "while-heard",
        below_floor: str = "bad-range",
        at_tail: str = "empty",
        skip_back: str = "error",
        skip_over: str = "keep",
        overlap: str = "stale",
        batch: str = "whole",
        suspects: str = "retained",
        under_capacity: str = "withdraw",
        sweeps: str = "each-append",
        candidate_tag: str = "kept",
        candidate: str = "stays",
        oversized: str = "ships",
        writers: str = "leader",
        clearing: str = "belief",
    ) -> None:
        super().__init__(node, cluster)
        self.channel = channel
        self.heartbeat = quantity("heartbeat", heartbeat, duration)
        if self.heartbeat == 0:
            raise ValueError(f"heartbeat: found {heartbeat!r}, allowed: a time above 0")
        self.phase = None if phase == "random" else quantity("phase", phase, duration)
        self.chunk_max = count("chunk_max", quantity("chunk_max", chunk_max, size), 1)
        if retention_max_events is not None:
            count("retention_max_events", retention_max_events, 1)
        if tag_sink_fails_after is not None:
            count("tag_sink_fails_after", tag_sink_fails_after, 0)
        if tag_sink_failures is not None:
            count("tag_sink_failures", tag_sink_failures, 1)
        self.preload = count("preload", preload, 0)
        if capacity_events is not None:
            count("capacity_events", capacity_events, max(1, preload))
        self.first_leader = _first_leader(first_leader, cluster)
        self.placed = one_of("placed", placed)
        self.bandwidth_class = one_of("bandwidth_class", bandwidth_class)
        self.bandwidth = None if bandwidth is None else quantity("bandwidth", bandwidth, rate)
        self.fraction = quantity("bandwidth_fraction", bandwidth_fraction, share)
        self.background = quantity("background_fraction", background_fraction, share)
        self.bucket = one_of("bucket", bucket)
        self.kept = one_of("file", file) == "kept"
        self.speakers = (
            (FOLLOWER, LEADER, CANDIDATE) if one_of("beats", beats) == "candidates-too" else (FOLLOWER, LEADER)
        )
        self.asks = one_of("asks", asks)
        self.below_floor = one_of("below_floor", below_floor)
        self.at_tail = one_of("at_tail", at_tail)
        self.overlap = one_of("overlap", overlap)
        self.batch = one_of("batch", batch)
        self.suspects = one_of("suspects", suspects)
        self.under_capacity = one_of("under_capacity", under_capacity)
        self.sweeps = one_of("sweeps", sweeps)
        self.candidate = one_of("candidate", candidate)
        self.oversized = one_of("oversized", oversized)
        self.writers = one_of("writers", writers)

        self.role = IDLE
        self.members = frozenset(cluster.nodes)
        self.log = self.LOG(
            one_of("skip_back", skip_back),
            one_of("skip_over", skip_over),
            retention_max_events,
            capacity_events,
            self.kept,
        )
        self.tracker = HeartbeatTracker(
            self.heartbeat,
            one_of("follow", follow),
            one_of("demoted", demoted),
            one_of("boundary", boundary),
            one_of("deaf", deaf),
            one_of("clearing", clearing),
        )
        self.backoff = CatchupBackoff()
        self.outstanding = OutstandingRequests()
        self.recorded_tail = 0  # the coordinator's, which never falls: what the next chain tag announces
        self.sink = TagSink(tag_sink_fails_after, one_of("candidate_tag", candidate_tag), tag_sink_failures)
        self.budget: BandwidthBudget | None = None
        self.cancelled: Operate | None = None  # the act that ends this life
        self.gauges = Gauges()

    @property
    def leader(self) -> NodeId | None:
        return self.tracker.belief

    @property
    def tail(self) -> int:
        return self.log.next_seq

    @property
    def first_retained(self) -> int:
        return self.log.first_retained

    def contents(self) -> Iterable[tuple[Hashable, str]]:
        return [(seq, fingerprint(payload)) for seq, payload in self.log.entries.items()]

    # -- a life begins -------------------------------------------------------------------------------------

    @on(Boot)
    def booted(self, durable: Mapping[Hashable, Any], life: int, now: Now) -> None:
        at = now.monotonic
        self._introduce()
        if self.bandwidth is not None:
            self.budget = BandwidthBudget(self.bandwidth, self.fraction, self.background, at, self.bucket)
        if self.kept:
            self._restore(durable)
        if life == 1:
            for i in range(self.preload):
                self._store(f"c{i}")
            self._preloaded()
        if self.placed == "every-boot" or (self.placed == "first-boot" and life == 1):
            self._turn(FOLLOWER, CAPABILITY_SELECTED, at)
            if life == 1 and self.node == self.first_leader:
                self._turn(CANDIDATE, MISSED_HEARTBEATS, at)
                self._lead_first(now)
        # An interval's first firing does no work: the first tick comes one heartbeat after the start (3.1).
        beat = self.heartbeat
        after = (beat, 2 * beat - 1) if self.phase is None else beat + self.phase
        self.alarm("tick", after, every=beat)

    def _introduce(self) -> None:
        self.note(Configured(self.heartbeat))

    def _restore(self, durable: Mapping[Hashable, Any]) -> None:
        self.log.restore(written(durable))

    def _preloaded(self) -> None:
        """Take in that every node has the preloaded events."""

    def _lead_first(self, now: Now) -> None:
        self._turn(LEADER, ELECTION_WON, now.monotonic)

    # -- the tick (3.2) ------------------------------------------------------------------------------------

    @on(Alarm, "tick")
    def tick(self, about: Any, now: Now) -> None:
        at = now.monotonic
        self.backoff.collect(at)
        self._record_tail(self._advertised())
        self.gauges.record(observe_lag(self.role, self.node, self.cluster.nodes, self.tracker, at))
        # What leaves in this tick shows the role before the turn: a node that is promoted now first says so one
        # heartbeat later.
        if self.role in self.speakers:
            self.broadcast(self._heartbeat(now))
        if self.role == FOLLOWER:
            silent = self.tracker.silent(at)
            if not silent or self.asks == "always":
                self._pull(now)
            if silent:
                self._missed(now)
        elif self.role == CANDIDATE and self.candidate == "stands-again":
            self._elect(at)

    def _heartbeat(self, now: Now) -> Any:
        return SyncHeartbeat(self.channel, self.tail, self.role, now.wall // MS)

    def _missed(self, now: Now) -> None:
        """Replace a leader that is silent."""
        # A sink that fails here ends the tick in role candidate, and nothing ever runs the election (W30).
        if self._turn(CANDIDATE, MISSED_HEARTBEATS, now.monotonic) is None:
            self._elect(now.monotonic)

    def _advertised(self) -> int:
        """Return the tail that a leader would announce: no more than some peer has reported, whoever it is (6.4)."""
        if self.role != LEADER:
            return self.tail
        heard = [peer.tail for node, peer in self.tracker.peers.items() if node != self.node]
        return min(self.tail, max(heard, default=self.tail))

    def _record_tail(self, tail: int) -> None:
        self.recorded_tail = max(self.recorded_tail, tail)

    def _pull(self, now: Now) -> None:
        """Ask the believed leader for what it has and this node has not; blind to requests already under way."""
        leader, at = self.tracker.belief, now.monotonic
        if leader is None or not self._behind(leader) or self.backoff.active(leader, at):
            return
        self._ask(leader, now.word(), at)

    def _ask(self, whom: NodeId, token: int, at: int) -> None:
        self.outstanding.record(whom, token, at)
        self.send(whom, self._request(token))

    def _behind(self, leader: NodeId) -> bool:
        return self.tracker.tail_of(leader) > self.tail

    def _request(self, token: int) -> Any:
        return SyncRequest(self.channel, self.tail, self.chunk_max, token, self.bandwidth_class)

    def _elect(self, at: int) -> None:
        def healthy(node: NodeId) -> bool:
            return node == self.node or self.tracker.fresh(node, at)

        cluster = self.cluster
        elected = elect(cluster.nodes, self.node, cluster.number, cluster.rtt, healthy)
        if elected.is_self:
            self._turn(LEADER, ELECTION_WON, at)
        elif elected.winner is not None:
            self._turn(FOLLOWER, ELECTION_LOST, at)
        else:
            return
        self._forget_leader(at)

    # -- messages (4) --------------------------------------------------------------------------------------

    def _concerns(self, src: NodeId, msg: Any) -> bool:
        """Say whether a message is from a member and about this channel; anything else is dropped without a word."""
        ours: bool = msg.channel_id == self.channel
        return ours and src in self.members

    def _admits(self, src: NodeId, msg: Any, now: Now) -> bool:
        """Say whether a message is to be handled at all."""
        return self._concerns(src, msg)

    @on(SyncHeartbeat)
    def heard(self, src: NodeId, msg: SyncHeartbeat, now: Now) -> None:
        if self._admits(src, msg, now):
            self._hear(src, msg, now)

    def _hear(self, src: NodeId, msg: Any, now: Now) -> None:
        at = now.monotonic
        self.tracker.record(src, msg.role, msg.tail_seq, at)
        if msg.role == LEADER and self.role == LEADER and src != self.node and not self._outranks(src, msg):
            self._turn(FOLLOWER, PEER_LEADER_OBSERVED, at)

    def _outranks(self, src: NodeId, msg: Any) -> bool:
        # NB: this tail is of now and the peer's of when it sent. While both take writes each may be sure to win.
        number = self.cluster.number
        return outranks(self.tail, number(self.node), msg.tail_seq, number(src))

    @on(SyncRequest)
    def asked(self, src: NodeId, msg: SyncRequest, now: Now) -> None:
        if not self._admits(src, msg, now):
            return
        if not self._serves():
            self._refuse(src, msg, NOT_LEADER)
            return
        reply = self._reply(src, msg)
        cost: int | None = getattr(reply, "size", None)
        if cost is None:  # a refusal
            self.send(src, reply)
        elif not self._admit(src, cost, msg.bandwidth_class, now.monotonic):
            self._refuse(src, msg, BACKPRESSURE)
        elif not self._serves():
            # Somebody outside may end the reign just here, and what was taken from the budget is gone. In a world
            # where one step follows another nobody can.
            self._refuse(src, msg, NOT_LEADER)
        else:
            self.gauges.sync_bytes_total += cost
            self._ship(src, reply)

    def _serves(self) -> bool:
        return self.role == LEADER

    def _ship(self, src: NodeId, reply: Any) -> None:
        self.send(src, reply, tell=True)

    def _reply(self, src: NodeId, msg: Any) -> Any:
        return serve(self.log, msg, self.below_floor, self.at_tail, self.oversized)

    def _refuse(self, src: NodeId, msg: SyncRequest, code: int) -> None:
        self.send(src, SyncNack(msg.channel_id, msg.since_seq, code, 0, msg.request_id))

    def _admit(self, src: NodeId, cost: int, bandwidth_class: str, at: int) -> bool:
        """Take a response's bytes from the budget and return whether they were there."""
        return self.budget is None or self.budget.try_consume(cost, bandwidth_class, at)

    @on(Refused)
    def unsent(self, dst: NodeId, msg: Any, why: str, now: Now) -> None:
        """Refund a response that could not even be queued; one that is lost on its way stays paid for."""
        if isinstance(msg, Shutdown):
            self._end()
        elif (cost := getattr(msg, "size", None)) is not None:
            self._refund(dst, cost)

    def _refund(self, dst: NodeId, cost: int) -> None:
        if self.budget is not None:
            self.budget.refund(cost)

    @on(SyncResponse)
    def answered(self, src: NodeId, msg: SyncResponse, now: Now) -> None:
        at = now.monotonic
        if not self._admits(src, msg, now):
            return
        # The token is spent whatever the next two gates say.
        if not self.outstanding.take(src, msg.request_id, at) or not self._trusts(src) or self.role != FOLLOWER:
            return
        self._digest(src, msg, now)

    def _trusts(self, src: NodeId) -> bool:
        """Return whether a node that was asked is one from which entries are taken."""
        return self.tracker.belief == src

    def _digest(self, src: NodeId, msg: Any, now: Now) -> None:
        """Take in a response that this node had asked for."""
        was, at = self.tail, now.monotonic
        fitting = fit(msg, was, self.overlap, self.suspects)
        if isinstance(fitting, Misfit):
            return
        if isinstance(fitting, Gap):
            if self._skip(fitting.first_seq):
                if fitting.divergence_suspected:
                    self.note(DivergenceSuspected(fitting.first_seq))
                # Whatever becomes of it now: no strike, no forgiveness, and a full disk is not looked at.
                self._apply(msg.events)
        elif self._apply(fitting):
            self._judge_progress(src, was, at)
        else:
            self._press(at)

    def _apply(self, events: tuple[Event, ...]) -> bool:
        """Store the events of a chunk, which belong at the tail, and return whether all of them could be appended."""
        try:
            self.log.reserve(len(events) if self.batch == "whole" else 0)
            for event in events:
                self._replicate(event)
        except AppendFailed:
            return False
        finally:
            self._appended()
        self._record_tail(self.tail)
        return True

    def _replicate(self, event: Event) -> None:
        self._store(event[1])

    def _press(self, at: int) -> None:
        """Answer disk pressure as the policy says (6.5)."""
        self._count_pressure()
        if self.under_capacity == "evict-oldest":
            self._sweep()
        else:
            self._turn(IDLE, WITHDRAWAL[self.role], at)

    def _count_pressure(self) -> None:
        self.gauges.under_capacity_total += 1
        self.note(UnderCapacity(self.gauges.under_capacity_total))

    def _judge_progress(self, leader: NodeId, was: int, at: int) -> None:
        """Forgive a leader that shipped something, and count a strike if it shipped nothing but says it has more."""
        if self.tail > was:
            self.backoff.record_progress(leader)
        elif self.tracker.fresh(leader, at) and self.tracker.tail_of(leader) > self.tail:
            strikes = self.backoff.record_empty(leader, at)
            self.note(Struck(leader, strikes.empty, 0 if strikes.until is None else strikes.until - at))

    @on(SyncNack)
    def refused(self, src: NodeId, msg: SyncNack, now: Now) -> None:
        at = now.monotonic
        # Unlike a response, a nack of somebody else leaves its token.
        if not self._admits(src, msg, now) or self.tracker.belief != src:
            return
        if not self.outstanding.take(src, msg.request_id, at):
            return
        if msg.error_code == NOT_LEADER:
            self._led_elsewhere(msg, at)
        elif msg.error_code == BAD_RANGE:
            self._skip(msg.leader_first_retained_seq or msg.since_seq + 1)
        elif msg.error_code == CHANNEL_CLOSED:
            self._closed_elsewhere(at)
        # BACKPRESSURE changes nothing: the next tick asks again.

    def _led_elsewhere(self, msg: Any, at: int) -> None:
        self._forget_leader(at)

    def _closed_elsewhere(self, at: int) -> None:
        self._turn(IDLE, CHANNEL_CLOSE, at)

    # -- clients and operators -----------------------------------------------------------------------------

    @on(Ask, "append")
    def append(self, ask: Ask, now: Now) -> None:
        if self.role != LEADER and self.writers == "leader":
            self.answer(ask, "elsewhere", hint=self.leader)
            return
        payload = ask.args[0]
        try:
            seq = self._store(payload)
        except AppendFailed as full:
            self.answer(ask, "fail", str(full))
            return
        self._appended()
        self.note(Accepted(ask.op, seq, payload))
        self.answer(ask, "ok", seq)

    @on(Ask, "read")
    def read(self, ask: Ask, now: Now) -> None:
        if self.role != LEADER:
            self.answer(ask, "elsewhere", hint=self.leader)
            return
        self.answer(ask, "ok", tuple(self.log.entries.values()))

    @on(Operate, "relinquish")
    def relinquish(self, act: Operate, now: Now) -> None:
        self._operate(act, IDLE, GRACEFUL_RELINQUISH, now)

    @on(Operate, "select")
    def select(self, act: Operate, now: Now) -> None:
        self._operate(act, FOLLOWER, CAPABILITY_SELECTED, now)

    @on(Operate, "close")
    def close(self, act: Operate, now: Now) -> None:
        self._operate(act, IDLE, CHANNEL_CLOSE, now)

    @on(Operate, "sweep")
    def sweep(self, act: Operate, now: Now) -> None:
        self._sweep()
        self.answer(act, "ok", len(self.log.entries))

    @on(Operate, "close_file")
    def close_file(self, act: Operate, now: Now) -> None:
        """Close the log under a runtime that goes on: it is no longer served and takes nothing more."""
        self.log.closed = True
        self.answer(act, "ok", self.role)

    def _operate(self, act: Operate, to: str, signal: str, now: Now) -> None:
        self.answer(act, OUTCOME[self._turn(to, signal, now.monotonic)], self.role)

    # -- the end of a life (6.9) ---------------------------------------------------------------------------

    @on(Operate, "cancel")
    def leave(self, act: Operate, now: Now) -> None:
        """Shut down behind all that waits in the priority lane; if that is full, end at once and in this role."""
        if self.cancelled is not None:
            self.answer(act, "ok", self.role)  # who comes second does not wait
            return
        self.cancelled = act
        self.send(self.node, Shutdown(), tell=True)

    @on(Shutdown)
    def shut_down(self, src: NodeId, msg: Shutdown, now: Now) -> None:
        self._turn(IDLE, CHANNEL_CLOSE, now.monotonic)
        self._end()

    def _end(self) -> None:
        if self.cancelled is not None:
            self.note(Stopped(self.role))
            self.answer(self.cancelled, "ok", self.role)
        self.stop()

    @on(Operate, "drop")
    def drop(self, act: Operate, now: Now) -> None:
        """End as in a crash: the coordinator keeps its role, the chain tag stands, and nobody is told."""
        self.answer(act, "ok", self.role)
        self.stop()

    # -- what handlers share -------------------------------------------------------------------------------

    def _turn(self, to: str, signal: str, at: int) -> str | None:
        """Change the role if that is legal, then the chain tag; return what went wrong, TRANSITION or TAG_SINK."""
        was = self.role
        if not legal(was, to, signal):
            return TRANSITION
        self.role = to
        if to == FOLLOWER:
            self.tracker.listen_from(at)
        if was == to:
            return None
        self.note(Turned(was, to, signal))
        tagged = self.sink.entered(to, self.recorded_tail)
        if tagged is None:
            return None
        self.note(tagged)
        return None if tagged.ok else TAG_SINK

    def _forget_leader(self, at: int) -> None:
        """Drop the belief and every token recorded against it."""
        leader = self.tracker.belief
        self.tracker.clear(at)
        if leader is not None:
            self.outstanding.clear_leader(leader)

    def _store(self, payload: Any) -> int:
        seq = self.log.append(payload)
        if self.kept:
            self.persist(("log", seq), payload)
        self.note(Stored(seq, payload))
        return seq

    def _appended(self) -> None:
        if self.sweeps == "each-append":
            self._sweep()

    def _sweep(self) -> None:
        for seq in self.log.sweep():
            if self.kept:
                self.forget(("log", seq))

    def _skip(self, to: int) -> bool:
        """Skip ahead (6.6) and return whether the log let it happen; what it refuses is counted all the same."""
        self.gauges.skip_ahead_total += 1
        start = self.tail
        try:
            self.log.skip_to(to)
        except SkipRefused:
            return False
        if self.tail != start:
            self.note(Skipped(start, self.tail))
        return True


def written(durable: Mapping[Hashable, Any]) -> dict[int, Any]:
    """Return the entries of a log that an earlier life wrote, by sequence."""
    return {key[1]: value for key, value in durable.items() if isinstance(key, tuple) and key[0] == "log"}


# -- parameters --------------------------------------------------------------------------------------------


def _first_leader(found: str | None, cluster: Cluster) -> NodeId | None:
    if found is None:
        return cluster.nodes[0]
    if found not in (*cluster.nodes, NOBODY):
        raise ValueError(f"first_leader: found {found!r}, allowed: {', '.join(cluster.nodes)} or {NOBODY}")
    return None if found == NOBODY else found
