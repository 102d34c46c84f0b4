"""The writer that the seed announces and lacks: a local write, pushes to the peers, and a verdict (section 1.3).

Every node coordinates what its clients ask. The order of effects is that of the specification's step by step; what it
leaves open is a wiring in `choices`.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, TypeVar

from sim.machine import Alarm, Ask, Cluster, NodeId, Now, Refused, fingerprint, on

from .attempts import ACK, DRIFT, OTHER_ATTEMPT, Attempt
from .errors import IN_FLIGHT, LOCAL_WRITE_FAILED, TIMEOUT, UNREACHABLE, LocalWriteFailed, QuorumNotMet
from .facts import Committed, Counted, Drifted, Late, Quorum, Refusal, SkewSeen, Verdict, Wrote
from .messages import SyncAck, SyncPush
from .policy import QuorumPolicy, majority
from .replica import Replica
from .rows import Row, seen_by
from .settings import Settings
from .tracker import AckTracker, Latched, PeerTracker, verdict_of
from .tracker import Verdict as TrackerVerdict

REPLY, STATUS = "reply", "status"  # to whom a verdict is told
Some = TypeVar("Some")


class Coordinator(Replica):
    """A node that takes clients' writes as well."""

    ACTIONS = {"write": ("key", "value")}

    def __init__(self, node: NodeId, cluster: Cluster, settings: Settings) -> None:
        super().__init__(node, cluster, settings)
        self.attempts: dict[str, Attempt] = {}
        self.of_row: dict[str, str] = {}  # the latest attempt for a row id, where acknowledgements carry nothing else
        self.of_token: dict[tuple[str, int], Attempt] = {}
        self.finished: set[tuple[str, int]] = set()  # operations that were acknowledged in this life
        self.undecided = 0

    @property
    def open(self) -> int:
        return self.undecided

    # -- a client writes -----------------------------------------------------------------------------------

    @on(Ask, "write")
    def write(self, ask: Ask, now: Now) -> None:
        if self.node not in self.members:
            self.answer(ask, "elsewhere", hint=self.members[0])
            return
        token = (ask.client, ask.op)
        if self.settings.tri_state and token in self.known:
            self._again(ask, token, now)
            return
        key, value = (str(arg) for arg in ask.args)
        held = self.rows.cell(key)
        new = fingerprint(key) if self.settings.row_ids == "of-key" else self.next_id()
        row = Row(
            id=held[0].id if held else new,
            value=value,
            stamp=self.stamp(now),
            origin=self.node,
            seen=seen_by(held) if self.rows.siblings else (),
            token=token if self.settings.tri_state else None,
        )
        attempt = self._open(ask.client, ask.op, ask, key, row)
        self.note(Wrote(ask.client, ask.op, attempt.id, key, row.id, value, row.stamp))
        self._log(attempt)
        self._begin(attempt, now)

    def _open(self, client: str, op: int, ask: Ask | None, key: str, row: Row) -> Attempt:
        attempt = Attempt(self.next_id(), client, op, ask, key, row)
        self.attempts[attempt.id] = attempt
        self.of_row[row.id] = attempt.id
        self.of_token[client, op] = attempt
        self.undecided += 1
        return attempt

    def _begin(self, attempt: Attempt, now: Now) -> None:
        """Write the row here, and ask the peers before or after."""
        if self.settings.tracker_at == "before-local" or self.settings.fan_first:
            self._track(attempt, now)
        if self.settings.fan_first:
            self._fan_out(attempt, now)
            self._set_deadline(attempt, now)  # it runs while the disk is at work
        compared = self.settings.local_write == "compared" and not self.rows.siblings
        again = self.rows.has(attempt.key, attempt.row)
        cell = (self.rows.joined if compared or again else self.rows.written)(attempt.key, attempt.row)
        self.keep(attempt.key, cell, now, lambda why, now: self._written(attempt, why, now))

    def _written(self, attempt: Attempt, why: str | None, now: Now) -> None:
        """Go on when the local write is durable, or report that it failed."""
        if why is not None:
            self._forget(attempt)
            self._end(attempt, LocalWriteFailed(why), now)
            return
        if attempt.tracker is None:
            self._track(attempt, now)
        assert attempt.tracker is not None
        attempt.tracker.record_local()
        self.note(Committed(attempt.id))
        if self.settings.deadline_from == "local-commit":
            attempt.tracker.deadline = now.monotonic + attempt.tracker.policy.ack_timeout
        if not attempt.pushed:
            self._fan_out(attempt, now)
        if not attempt.done:
            self._set_deadline(attempt, now)
        self._settle(attempt, now)

    def _track(self, attempt: Attempt, now: Now) -> None:
        asked = self._asked(attempt, now)
        if self.settings.knows_peers:
            nacks, latest = self.settings.nack == "counted", self.settings.drift == "per-peer"
            attempt.tracker = PeerTracker(self._policy(), now.monotonic, asked, nacks, latest)
        else:
            attempt.tracker = AckTracker(self._policy(), now.monotonic)
        if self.settings.latched:
            attempt.latch = Latched(attempt.tracker)
        elif self.settings.integration == "polling":
            self.alarm(f"poll {attempt.id}", after=self.settings.poll_ns, every=self.settings.poll_ns, about=attempt.id)

    def _policy(self) -> QuorumPolicy:
        """Return the policy of an attempt that begins now: with epochs it follows the members that are known."""
        policy = self.policy
        if self.settings.membership == "fixed" or policy.n == len(self.members):
            return policy
        n = len(self.members)
        return QuorumPolicy(n, max(policy.w, majority(n, "true-majority")), policy.ack_timeout, policy.clock_skew_warn)

    def _set_deadline(self, attempt: Attempt, now: Now) -> None:
        assert attempt.tracker is not None
        tick = int(self.settings.finalise_at == "next-tick")
        after = max(attempt.tracker.deadline + tick - now.monotonic, 0)
        self.alarm(f"deadline {attempt.id}", after=after, about=attempt.id)

    # -- asking the peers ----------------------------------------------------------------------------------

    def _asked(self, attempt: Attempt, now: Now) -> list[NodeId]:
        """Return whom this attempt asks, drawn once."""
        if not attempt.asked:
            others = self.others
            if self.settings.contacts == "as-needed":
                others = drawn(others, max(self._policy().w - 1, 0), now)
            attempt.asked = [self.node, *others] if self.settings.broadcast == "everyone" else list(others)
        return attempt.asked

    def _fan_out(self, attempt: Attempt, now: Now) -> None:
        attempt.pushed = True
        for peer in self._asked(attempt, now):
            self._push(attempt, peer)
        if attempt.asked and self.settings.retries == "unanswered":
            attempt.to_retry = set(attempt.asked)
        if attempt.to_retry or self.settings.quorum == "sloppy":
            self._retry_later(attempt)

    def _push(self, attempt: Attempt, peer: NodeId, hint_for: NodeId | None = None) -> None:
        self.send(peer, SyncPush(attempt.id, attempt.key, attempt.row, hint_for), tell=True)

    def _retry_later(self, attempt: Attempt) -> None:
        self.alarm(f"retry {attempt.id}", after=self.settings.retry_ns, about=attempt.id)

    @on(Alarm, "retry")
    def retry(self, about: Any, now: Now) -> None:
        """Push once more to whom it is due; in a sloppy quorum spares stand in for who has not answered."""
        attempt = self.attempts[about]
        due = [peer for peer in attempt.asked if peer in attempt.to_retry and peer not in attempt.answered]
        attempt.to_retry = set()
        attempt.retried |= set(due)
        for peer in due:
            self._push(attempt, peer)
        if self.settings.quorum == "sloppy" and not attempt.done:
            spares = [node for node in self.cluster.nodes if node not in (*self.members, *attempt.asked)]
            silent = [peer for peer in attempt.missing() if peer in self.members]
            for peer, spare in zip(silent, spares, strict=False):
                attempt.asked.append(spare)
                self._push(attempt, spare, hint_for=peer)

    @on(Refused)
    def unsent(self, dst: NodeId, msg: Any, why: str, now: Now) -> None:
        if isinstance(msg, SyncPush) and (attempt := self.attempts.get(msg.attempt)) is not None:
            self._refused(attempt, dst, why, now)

    def _refused(self, attempt: Attempt, peer: NodeId, why: str, now: Now) -> None:
        """Note that a peer said no, or could not be asked: once it is tried again, then it is final."""
        self.note(Refusal(attempt.id, peer, why))
        if self.settings.retries != "never" and peer not in attempt.retried:
            if not attempt.to_retry:
                self._retry_later(attempt)
            attempt.to_retry.add(peer)
            return
        if isinstance(attempt.tracker, PeerTracker):
            attempt.tracker.record_refusal(peer)
        self._settle(attempt, now)

    # -- the peers answer ----------------------------------------------------------------------------------

    @on(SyncAck)
    def acked(self, src: NodeId, msg: SyncAck, now: Now) -> None:
        self._compare_clocks(src, msg, now)
        attempt = self._attempt_of(msg)
        if attempt is None or attempt.tracker is None:
            return
        bound = self.settings.bound
        worth = attempt.worth(src, msg, bound, self.node)
        if worth == OTHER_ATTEMPT or (self.settings.hybrid and msg.pushed != attempt.row.stamp):
            return  # an answer to what was asked before
        if self._behind(attempt, msg) and msg.stored is not None:
            self._restamp(attempt, msg.stored.stamp, now)
            return
        if msg.ok:
            attempt.answered.add(src)
        name = attempt.named(src, msg, bound)
        if worth == ACK:
            self._count(attempt, src, name, now)
        elif worth == DRIFT:
            attempt.tracker.record_id_drift(name)
            self.note(Drifted(attempt.id, name))
            self._settle(attempt, now)
        else:
            self._refused(attempt, src, worth, now)

    def _attempt_of(self, msg: SyncAck) -> Attempt | None:
        if self.settings.ack_names == "row" and not self.settings.bound:
            return self.attempts.get(self.of_row.get(msg.stored.id if msg.stored is not None else "", ""))
        return self.attempts.get(msg.attempt)

    def _count(self, attempt: Attempt, src: NodeId, name: str, now: Now) -> None:
        assert attempt.tracker is not None
        row = attempt.row
        attempt.tracker.record_peer_ack(name)
        if attempt.done:
            self.note(Late(attempt.id, name))
        else:
            self.note(Counted(attempt.id, name, src, attempt.key, row.id, row.value, row.stamp))
        self._settle(attempt, now)

    def _compare_clocks(self, src: NodeId, msg: SyncAck, now: Now) -> None:
        if self.settings.skew == "reported":
            skew = msg.wall - now.wall
            self.note(SkewSeen(src, skew, abs(skew) > self.policy.clock_skew_warn))

    def _behind(self, attempt: Attempt, msg: SyncAck) -> bool:
        """Return whether a hybrid clock learns that the row's stamp is below that of an earlier row elsewhere."""
        if not self.settings.hybrid or self.rows.siblings or msg.stored is None or attempt.done:
            return False
        return msg.ok and msg.stored.stamp > attempt.row.stamp

    def _restamp(self, attempt: Attempt, above: int, now: Now) -> None:
        """Stamp the row anew, above what a peer holds, and begin again: the later write is to win."""
        assert attempt.tracker is not None
        self.clock.see(above)
        attempt.row = attempt.row._replace(stamp=self.clock.tick(now.wall))
        attempt.tracker.acks.clear()
        attempt.answered.clear()
        self.keep(attempt.key, self.rows.joined(attempt.key, attempt.row), now)
        for peer in attempt.asked:
            self._push(attempt, peer)

    # -- verdicts ------------------------------------------------------------------------------------------

    def _settle(self, attempt: Attempt, now: Now) -> None:
        """Tell the client at once if the wiring looks at its tracker after every input."""
        tracker = attempt.tracker
        if attempt.done or tracker is None:
            return
        verdict: TrackerVerdict | None = None
        if attempt.latch is not None:
            verdict = attempt.latch.look()
        elif isinstance(tracker, PeerTracker) and tracker.local_committed and tracker.hopeless():
            verdict = verdict_of(tracker, now.monotonic)
        elif self.settings.integration == "early" and tracker.is_quorum_met(now.monotonic):
            verdict = tracker.got
        if verdict is not None:
            self._end(attempt, verdict, now)

    @on(Alarm, "poll")
    def poll(self, about: Any, now: Now) -> None:
        """Ask whether the quorum is met; once the deadline is over, no means no."""
        attempt = self.attempts[about]
        tracker = attempt.tracker
        if attempt.done or tracker is None:
            self.cancel(f"poll {attempt.id}")
        elif tracker.is_quorum_met(now.monotonic):
            self._end(attempt, tracker.got, now)
        elif now.monotonic > tracker.deadline:
            verdict = verdict_of(tracker, now.monotonic)
            if isinstance(verdict, int):  # it is met by now, and too late to be met (QW-2)
                verdict = QuorumNotMet(tracker.got, tracker.policy.w, TIMEOUT if tracker.acks else UNREACHABLE)
            self._end(attempt, verdict, now)

    @on(Alarm, "deadline")
    def deadline(self, about: Any, now: Now) -> None:
        attempt = self.attempts[about]
        if attempt.done or attempt.tracker is None:
            return
        if attempt.latch is not None:
            self._end(attempt, attempt.latch.expire(), now)
        elif self.settings.integration != "polling":
            verdict = verdict_of(attempt.tracker, now.monotonic)
            if isinstance(verdict, QuorumNotMet) and verdict.reason == IN_FLIGHT:
                if self.settings.in_flight == "waits":
                    return  # nobody sets another alarm: the client waits for ever (QW-5)
                verdict = QuorumNotMet(verdict.got, verdict.needed, TIMEOUT)
            self._end(attempt, verdict, now)

    def _end(self, attempt: Attempt, verdict: TrackerVerdict, now: Now) -> None:
        """Tell the client how its write ended; the local row stays whatever comes of it."""
        tracker = attempt.tracker
        got = 0 if tracker is None else tracker.got
        needed = self.policy.w if tracker is None else tracker.policy.w
        attempt.outcome = outcome_of(verdict)
        self.undecided -= 1
        for name in ("deadline", "poll"):
            self.cancel(f"{name} {attempt.id}")
        row = attempt.row
        if isinstance(verdict, int):
            self.finished.add((attempt.client, attempt.op))
            if row.token is not None:
                self.forget(("attempt", *row.token))
            nodes = (self.node, *(attempt.behind[name] for name in sorted(tracker.acks if tracker else ())))
            what = (attempt.id, attempt.op, attempt.key, row.id, row.value, row.stamp)
            self.note(Quorum(*what, verdict, nodes, self.members))
        self.note(Verdict(attempt.id, attempt.op, REPLY, attempt.outcome, got, needed))
        self._reply(attempt, verdict)
        self.leave_hints(attempt)

    def _reply(self, attempt: Attempt, verdict: TrackerVerdict) -> None:
        if attempt.ask is None:
            return
        if isinstance(verdict, int):
            self.answer(attempt.ask, "ok", verdict)
        elif self.settings.tri_state and not (isinstance(verdict, LocalWriteFailed) and not attempt.pushed):
            self.answer(attempt.ask, "unsure", str(verdict))
        else:
            # NB: the row stays here and may be elsewhere, so that `fail` is not true (QW-8).
            self.answer(attempt.ask, "fail", str(verdict))
        attempt.ask = None

    def leave_hints(self, attempt: Attempt) -> None:
        """Remember who has not acknowledged; the seed writes it to a log, and that is all (QW-21)."""

    # -- retries of clients, where attempts are durable (QW-22) --------------------------------------------

    def _log(self, attempt: Attempt) -> None:
        """Write down that an operation is under way, and with which row."""
        token = attempt.row.token
        if token is not None:
            self.known[token] = (attempt.key, attempt.row)
            self.persist(("token", *token), (attempt.key, attempt.row), tell=True)
            self.persist(("attempt", *token), attempt.key, tell=True)

    def _forget(self, attempt: Attempt) -> None:
        """Strike an operation of which nothing was written, so that a retry of it begins anew."""
        token = attempt.row.token
        if token is not None:
            self.known.pop(token, None)
            self.forget(("token", *token))
            self.forget(("attempt", *token))

    def _again(self, ask: Ask, token: tuple[str, int], now: Now) -> None:
        """Take a retry for what it is: answer it, wait with the attempt under way, or go on with the same row."""
        attempt = self.of_token.get(token)
        if token in self.finished:
            self.answer(ask, "ok")
        elif attempt is not None and not attempt.done:
            attempt.ask = ask
        else:
            self.resume(token, ask, now)

    def resume(self, token: tuple[str, int], ask: Ask | None, now: Now) -> None:
        """Try again to have an operation's row on enough nodes."""
        key, row = self.known[token]
        attempt = self._open(*token, ask, key, row)
        self._log(attempt)
        self._begin(attempt, now)

    def restore(self, durable: Mapping[Hashable, Any]) -> None:
        super().restore(durable)
        self.unfinished = [key[1:] for key in durable if isinstance(key, tuple) and key[0] == "attempt"]


def outcome_of(verdict: TrackerVerdict) -> str:
    """Return a verdict as a word."""
    if isinstance(verdict, int):
        return "ok"
    return verdict.reason if isinstance(verdict, QuorumNotMet) else LOCAL_WRITE_FAILED


def drawn(among: Sequence[Some], many: int, now: Now) -> list[Some]:
    """Return so many of a sequence, drawn without replacement by this step's words, in the order of the draw."""
    left = list(among)
    return [left.pop(now.word(i) * len(left) >> 64) for i in range(min(many, len(left)))]
