"""What is committed, and what then happens (paper 5.3 and 5.4.2)."""

from __future__ import annotations

from sim.machine import Now

from .._log_facts import Accepted, Applied, Committed
from .._store import Command
from .facts import Quorum
from .log import COMMAND, CONFIGURATION, Entry
from .node import LEADER, Node


class Commitment(Node):
    """The commit index, and the state machine behind it."""

    def advance(self, now: Now) -> None:
        held = self.match | {self.node: self.log.last}
        index = self.configuration.reached(held, int(self.breaks["committed_by"]))
        # An entry of an earlier term may be on a majority and yet be overwritten (5.4.2, figure 8).
        if index > self.commit and (self.log.term_at(index) == self.term or self.breaks["commits"]):
            self.note(Quorum(index, tuple(n for n in self.configuration.members if held.get(n, 0) >= index)))
            self.commit_to(index, now)

    def commit_to(self, index: int, now: Now) -> None:
        reached, first = min(index, self.log.last), self.commit + 1
        if reached < first:
            return
        while self.commit < reached:
            self.commit += 1
            entry = self.log.at(self.commit)
            self.note(Committed(self.commit, entry.payload))
            if entry.kind == COMMAND:
                self.apply(self.commit, entry)
        changed = any(self.log.at(i).kind == CONFIGURATION for i in range(first, reached + 1))
        if self.role == LEADER:
            self.serve_early(now)
        self.snapshot_if_due()
        if changed:
            self.configuration_committed(now)

    def apply(self, index: int, entry: Entry) -> None:
        """Let an operation take effect, if it has not before, and answer the client that waits for it (8)."""
        command = Command(*entry.payload)
        (outcome, answer), new = self.store.apply(command)
        if new:
            self.note(Applied(command.op, index))
        ask = self.waiting.pop(index, None)
        if ask is not None:
            if outcome == "ok":
                self.note(Accepted(ask.op, index, entry.payload))
            self.answer(ask, outcome, answer)
