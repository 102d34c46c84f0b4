"""Snapshots in place of logs (paper 7): every server takes its own, and a leader sends its own to who lags too far."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from sim.machine import NodeId, Now, Operate, Persisted, on

from .configuration import Configuration
from .facts import Configured, Snapped, Stored
from .log import Log
from .messages import AppendEntries, AppendReply, InstallSnapshot
from .node import Node


class Snapshots(Node):
    """Taking, sending and installing."""

    ACTS = {"snapshot": ()}

    @on(Operate, "snapshot")
    def snapshot_wanted(self, act: Operate, now: Now) -> None:
        """Replace the log as far as it is applied, as an operator may want at any time."""
        if self.commit > self.log.base:
            self.compact(self.commit)
        self.answer(act, "ok", self.log.base)

    def snapshot_if_due(self) -> None:
        every = self.settings.snapshot_every
        if every and self.commit - self.log.base >= every:
            self.compact(self.log.last if self.breaks["snapshot_of"] else self.commit)

    def compact(self, index: int) -> None:
        self.audit += tuple((entry.term, entry.payload) for entry in self.log.compact(index))
        self.commit = max(self.commit, index)
        self.drop_configurations(index)
        self.save(self.snapshot(), False)
        self.note(Snapped(index, False))

    def save(self, snapshot: tuple[Any, ...], sync: bool) -> None:
        """Write a snapshot, and what tells when it is durable: only then the entries go for which it stands.

        To delete succeeds also on a disk on which the snapshot fails, and then both would be lost. Nothing waits for
        the second write: if it alone fails, the entries stay until the next life.
        """
        self.persist("snapshot", snapshot, sync=sync)
        self.persist(("saved", snapshot[0]), True, sync=False, tell=True)

    @on(Persisted)
    def saved(self, key: Hashable, why: str | None, now: Now) -> None:
        assert isinstance(key, tuple)
        self.forget(key)
        if why is None:
            for gone in range(self.kept_from, key[1] + 1):
                self.forget(("log", gone))
            self.kept_from = max(self.kept_from, key[1] + 1)

    def drop_configurations(self, index: int) -> None:
        """Keep the configuration that is in use at an index, and those behind it."""
        used = [one for one in self.configurations if one[0] <= index]
        self.configurations = [*used[-1:], *self.configurations[len(used) :]]

    def snapshot(self) -> tuple[Any, ...]:
        """Return the snapshot as it is on disk."""
        configuration = tuple(self.configurations[0][1])
        state = self.store.dump(sessions=not self.breaks["snapshot_sessions"])
        return (self.log.base, self.log.base_term, self.configurations[0][0], configuration, state, self.audit)

    def install(self, peer: NodeId, now: Now) -> None:
        at = now.monotonic
        since = self.installing.get(peer)
        if since is not None and at - since < self.settings.election[1]:
            # It is under way. What fits every log keeps the other from standing meanwhile.
            self.send(peer, AppendEntries(self.term, 0, 0, (), 0, self.round))
            return
        self.installing[peer] = at
        self.send(peer, InstallSnapshot(self.term, self.snapshot(), self.round))

    @on(InstallSnapshot)
    def told_to_install(self, src: NodeId, msg: InstallSnapshot, now: Now) -> None:
        self.meet(msg.term)
        if msg.term < self.term:
            self.send(src, AppendReply(self.term, False, 0, msg.round))
            return
        self.hear(src, now)
        index, term = msg.snapshot[:2]
        if index > self.commit:
            self.replace(index, term, msg.snapshot)
        self.send(src, AppendReply(self.term, True, max(index, self.commit), msg.round))

    def replace(self, index: int, term: int, snapshot: tuple[Any, ...]) -> None:
        """Let a leader's snapshot stand in place of this log, or if it has that entry of the log up to there (7)."""
        log = self.log
        fits = log.term_at(index) == term
        if not fits or self.breaks["snapshot_suffix"]:
            # First, so that even on a torn disk nothing follows the snapshot that differs from what the leader has.
            self.cut(min(index, log.last) + 1)
        was = log.base
        held = [log.term_at(i) for i in range(was + 1, index + 1)]
        used = self.configurations[-1]
        if fits:
            log.compact(index)
        else:
            self.log = Log(index, term)
        self.save(snapshot, True)
        self.restore(snapshot)
        for i, had in enumerate(held, was + 1):
            then, payload = self.audit[i - 1]
            if had != then:
                self.note(Stored(i, then, payload))
        if self.configurations[-1] != used:
            self.note(Configured(self.configurations[-1][0], *self.configuration))
        self.note(Snapped(index, True))

    def restore(self, snapshot: tuple[Any, ...]) -> None:
        """Take over a snapshot's state; the log is the caller's matter."""
        index, _, since, configuration, state, self.audit = snapshot
        self.commit = index
        self.store.load(state)
        behind = [one for one in self.configurations if one[0] > index and one[0] <= self.log.last]
        self.configurations = [(since, Configuration(*configuration)), *behind]
