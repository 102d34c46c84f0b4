"""Reads that are no entries of the log: by a round of heartbeats, or by a lease (paper 8, dissertation 6.4)."""

from __future__ import annotations

from sim.machine import Ask, Now, on

from .log import COMMAND, Entry
from .node import Node


class Reads(Node):
    """What a leader does before it answers from its state machine."""

    ACTIONS = {"read": ("key",)}

    @on(Ask, "read")
    def read(self, ask: Ask, now: Now) -> None:
        if self.refuses(ask):
            return
        how = self.settings.words["reads"]
        if how == "unchecked":
            self.tell(ask)
        elif how == "log":
            self.keep([Entry(self.term, COMMAND, (ask.client, ask.op, ask.action, ask.args))])
            self.waiting[self.log.last] = ask
            self.begin_round(now)
            self.advance(now)
        elif self.log.term_at(self.commit) != self.term and not self.breaks["read_waits"]:
            # Until then entries may be committed of which this leader does not know that they are (step 1 of D 6.4).
            self.early.append(ask)
        else:
            self.read_now(ask, now)

    def serve_early(self, now: Now) -> None:
        if self.early and self.log.term_at(self.commit) == self.term:
            early, self.early = self.early, []
            for ask in early:
                self.read_now(ask, now)

    def read_now(self, ask: Ask, now: Now) -> None:
        """Answer by a lease, or after a majority has answered a heartbeat that leaves after the read came."""
        if self.settings.words["reads"] == "lease" and self.leased(now):
            self.tell(ask)
            return
        # What was committed when the read came is applied already: here that is one step. One round serves all reads
        # that came before it; those that come while it is under way share the next.
        under_way = any(wanted <= self.round for _, wanted in self.reads)
        self.reads.append((ask, self.round + 1))
        if not under_way:
            self.begin_round(now, beat=True)

    def leased(self, now: Now) -> bool:
        """Return whether nobody else can lead yet: a majority answered this leader and votes for nobody so soon."""
        return self.leases and self.confirmed > 0 and now.monotonic - (self.heard or 0) < self.settings.lease

    def confirm(self, now: Now) -> None:
        round = self.configuration.reached(self.acked | {self.node: self.round})
        if round <= self.confirmed:
            return
        self.confirmed = round
        self.heard = now.monotonic if self.breaks["lease_from"] else self.rounds[round]
        self.rounds = {later: at for later, at in self.rounds.items() if later > round}
        if self.reads:
            ready = [ask for ask, wanted in self.reads if wanted <= round]
            self.reads = [(ask, wanted) for ask, wanted in self.reads if wanted > round]
            for ask in ready:
                self.tell(ask)
            if ready and any(wanted > self.round for _, wanted in self.reads):
                self.begin_round(now, beat=True)

    def tell(self, ask: Ask) -> None:
        self.answer(ask, "ok", self.store.values.get(ask.args[0]))
