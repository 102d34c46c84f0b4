"""The whole node: what writers and replicas do, and reads, the sync daemon, hints and members beside."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import fields
from inspect import Parameter, signature
from typing import Any, cast

from sim.machine import Alarm, Ask, Boot, Cluster, NodeId, Now, Operate, on

from .attempts import Attempt
from .coordinator import Coordinator, drawn, outcome_of
from .entropy import difference, digest_of, pushed
from .facts import (
    Committed,
    Configured,
    Counted,
    Drifted,
    Held,
    Hinted,
    Joined,
    Late,
    Quorum,
    Refusal,
    SkewSeen,
    Status,
    Verdict,
    Wrote,
)
from .messages import DaemonPush, Query, QueryReply, SyncAck, SyncDigest, SyncPush
from .policy import majority
from .reading import Reading
from .rows import Cell, Row
from .settings import Settings
from .tracker import PeerTracker, verdict_of

HINT, READ = "hint", "read"  # with these words begin the names of pushes that belong to no attempt


class QuorumWrite(Coordinator):
    """One node of a leaderless cluster; its parameters are the fields of Settings."""

    FACTS = (
        Configured, Wrote, Committed, Held, Counted, Drifted, Refusal, Late, Quorum, Verdict, Status, SkewSeen, Hinted,
        Joined,
    )  # fmt: skip
    ACTIONS = {"read": ("key",), "write": ("key", "value")}
    ACTS = {"join": ("node",), "status": ()}

    def __init__(self, node: NodeId, cluster: Cluster, settings: Settings) -> None:
        super().__init__(node, cluster, settings)
        self.readings: dict[str, Reading] = {}
        self.hints: dict[tuple[NodeId, str], Row] = {}
        self.handing = False

    def _named(self, kind: type, name: str) -> Any:
        return super()._named(kind, name.partition(" ")[0])  # alarms are called after what they are for

    @on(Boot)
    def booted(self, durable: Mapping[Hashable, Any], life: int, now: Now) -> None:
        super().booted(durable, life, now)
        self.alarm("sync", after=self.settings.sync_ns, every=self.settings.sync_ns)
        for key, value in durable.items():
            if isinstance(key, tuple) and key[0] == "hint":
                self.hints[key[1], key[2]] = value
        self._hand_over_later()
        for client, op in sorted(self.unfinished):
            self.resume((client, op), None, now)

    # -- reads (QW-20) -------------------------------------------------------------------------------------

    @on(Ask, "read")
    def read(self, ask: Ask, now: Now) -> None:
        key = str(ask.args[0])
        if self.node not in self.members:
            self.answer(ask, "elsewhere", hint=self.members[0])
            return
        if self.settings.reads == "local":
            self.answer(ask, "ok", told(self.rows.cell(key)))
            return
        policy = self._policy()
        need = max(len(self.members) - policy.w + 1, 1) if self.settings.r is None else self.settings.r
        name = f"{READ} {self.next_id()}"
        reading = self.readings[name] = Reading(name, ask, key, need, self.rows)
        self.alarm(name, after=policy.ack_timeout, about=name)
        others = self.others
        if self.settings.contacts == "as-needed":
            others = drawn(others, need - 1, now)
        for peer in others:
            self.send(peer, Query(name, key))
        self._read_more(reading, self.node, self.rows.cell(key), now)

    @on(Query)
    def queried(self, src: NodeId, msg: Query, now: Now) -> None:
        self.send(src, QueryReply(msg.read, msg.key, self.rows.cell(msg.key)))

    @on(QueryReply)
    def replied(self, src: NodeId, msg: QueryReply, now: Now) -> None:
        reading = self.readings.get(msg.read)
        if reading is not None:
            self._read_more(reading, src, msg.cell, now)

    def _read_more(self, reading: Reading, src: NodeId, cell: Cell, now: Now) -> None:
        if reading.heard(src, cell):
            if self.settings.read_repair == "never" or not reading.chosen:
                self._read_done(reading)
                return
            self._repair(reading, now)

    def _repair(self, reading: Reading, now: Now) -> None:
        """Bring what was chosen to the replicas that lack it, before or after the answer."""
        for row in reading.lacking(self.node):
            self.keep(reading.key, self.rows.joined(reading.key, row), now)
        reading.holders.add(self.node)
        before = self.settings.read_repair == "before"
        for peer in self.others if before else [node for node in reading.replies if node != self.node]:
            rows = reading.lacking(peer)
            if rows:
                reading.repairing[peer] = len(rows)
            for row in rows:
                self.send(peer, SyncPush(reading.id, reading.key, row))
        if not before or len(reading.holders) >= self._policy().w:
            self._read_done(reading)

    def _read_done(self, reading: Reading) -> None:
        self.answer(reading.ask, "ok", told(reading.chosen or ()))
        self.cancel(reading.id)
        del self.readings[reading.id]

    @on(Alarm, "read")
    def read_expired(self, about: Any, now: Now) -> None:
        reading = self.readings.pop(about, None)
        if reading is not None:
            self.answer(reading.ask, "fail", f"read quorum not met (got {len(reading.replies)}, need {reading.need})")

    # -- answers to pushes that belong to no attempt -------------------------------------------------------

    @on(SyncAck)
    def acked(self, src: NodeId, msg: SyncAck, now: Now) -> None:
        kind = msg.attempt.partition(" ")[0]
        if kind == READ:
            reading = self.readings.get(msg.attempt)
            if reading is not None and msg.ok and reading.repaired(src) and len(reading.holders) >= self._policy().w:
                self._read_done(reading)
        elif kind == HINT:
            held = self.hints.get((src, msg.key))
            if held is not None and msg.ok and held.stamp == msg.pushed:
                del self.hints[src, msg.key]
                self.forget((HINT, src, msg.key))
                self.note(Hinted(src, msg.key, False))
        else:
            super().acked(src, msg, now)

    # -- hints for who was not there (beyond the seed) -----------------------------------------------------

    def leave_hints(self, attempt: Attempt) -> None:
        if self.settings.handoff == "hinted" and attempt.pushed:
            for peer in attempt.missing():
                if peer in self.members and peer != self.node:
                    self.take_hint(peer, attempt.key, attempt.row)

    def take_hint(self, peer: NodeId, key: str, row: Row) -> None:
        held = self.hints.get((peer, key))
        if held is None or held.stamp < row.stamp:
            self.hints[peer, key] = row
            self.persist((HINT, peer, key), row, tell=True)
            self.note(Hinted(peer, key, True))
            self._hand_over_later()

    def _hand_over_later(self) -> None:
        if self.hints and not self.handing:
            self.handing = True
            self.alarm("handoff", after=self.settings.handoff_ns)

    @on(Alarm, "handoff")
    def hand_over(self, about: Any, now: Now) -> None:
        self.handing = False
        for peer, key in sorted(self.hints):
            self.send(peer, SyncPush(f"{HINT} {self.node}", key, self.hints[peer, key]))
        self._hand_over_later()

    # -- the sync daemon (QW-21) ---------------------------------------------------------------------------

    @on(Alarm, "sync")
    def cycle(self, about: Any, now: Now) -> None:
        changed, self.changed = self.changed, {}
        if self.settings.daemon == "symmetric":
            message: Any = digest_of(self.rows, answer=False)
        else:
            since = changed if self.settings.daemon_rows == "changed" else None
            rows = pushed(self.rows, self.settings.daemon, self.node, since)
            message = DaemonPush(rows) if rows else None
        if message is not None and self.node in self.members:
            for peer in self.others:
                self.send(peer, message)

    @on(DaemonPush)
    def brought(self, src: NodeId, msg: DaemonPush, now: Now) -> None:
        for key, row in msg.rows:
            cell = self.rows.joined(key, row)
            if cell != self.rows.cell(key):
                self.remember(key, row)
                self.keep(key, cell, now)

    @on(SyncDigest)
    def compared(self, src: NodeId, msg: SyncDigest, now: Now) -> None:
        rows = difference(self.rows, msg)
        if rows:
            self.send(src, DaemonPush(rows))
        if not msg.answer:
            self.send(src, digest_of(self.rows, answer=True))

    # -- operators -----------------------------------------------------------------------------------------

    @on(Operate, "join")
    def join(self, act: Operate, now: Now) -> None:
        """Take a node for another replica, from now on; what is open is pushed to it too (QW-24)."""
        node = str(act.args["node"])
        if node not in self.members:
            self.members = tuple(member for member in self.cluster.nodes if member in (*self.members, node))
            for attempt in self.attempts.values():
                if not attempt.done and attempt.pushed and self.node != node:
                    self._join_attempt(attempt, node)
        self.note(Joined(self.members))
        self.answer(act, "ok", len(self.members))

    def _join_attempt(self, attempt: Attempt, node: NodeId) -> None:
        attempt.asked.append(node)
        tracker = attempt.tracker
        if tracker is not None and self.settings.membership == "epochs":
            n = len(self.members)
            tracker.policy = self._policy()
            if tracker.policy.w < majority(n, "true-majority"):
                raise AssertionError(f"a policy of {n} members asks for {tracker.policy.w}")
            if isinstance(tracker, PeerTracker):
                tracker.asked |= {node}
        self._push(attempt, node)

    @on(Operate, "status")
    def status(self, act: Operate, now: Now) -> None:
        """Say of every attempt of this life what its tracker says now: what a metric or a retry would look at."""
        for attempt in self.attempts.values():
            tracker, latch = attempt.tracker, attempt.latch
            if tracker is None:
                continue
            verdict = verdict_of(tracker, now.monotonic)
            met = tracker.is_quorum_met(now.monotonic)
            if latch is not None and latch.verdict is not None:
                verdict, met = latch.verdict, isinstance(latch.verdict, int)
            outcome = outcome_of(verdict)
            self.note(Status(attempt.id, met, outcome))
            self.note(Verdict(attempt.id, attempt.op, "status", outcome, tracker.got, tracker.policy.w))
        self.answer(act, "ok")


def told(cell: Cell) -> Any:
    """Return what a reader is told: a value, None, or all of several siblings."""
    values = tuple(row.value for row in cell)
    return values if len(values) > 1 else next(iter(values), None)


def machine(node: NodeId, cluster: Cluster, **params: Any) -> QuorumWrite:
    """Return a node; its parameters are the fields of Settings. Raises ValueError on what they do not allow."""
    return QuorumWrite(node, cluster, Settings(**params))


# Who makes a machine from a scenario asks for its parameters by signature.
_parameters = [*signature(machine).parameters.values()][:2]
_parameters += [Parameter(f.name, Parameter.KEYWORD_ONLY, default=f.default) for f in fields(Settings)]
cast(Any, machine).__signature__ = signature(machine).replace(parameters=_parameters)
