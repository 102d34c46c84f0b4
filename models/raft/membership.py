"""Changes of membership: one server at a time (dissertation 4), or any by way of a joint configuration (paper 6)."""

from __future__ import annotations

from typing import NamedTuple

from sim.machine import NodeId, Now, Operate, on

from .configuration import Configuration
from .log import CONFIGURATION, Entry
from .node import LEADER, Node

ROUNDS = 10  # in which a new server must have caught up (D 4.2.1)


class Change(NamedTuple):
    """A change that an operator wants: first new servers catch up, in rounds, each with what came in the one before."""

    act: Operate
    wanted: tuple[NodeId, ...]
    joint: bool
    upto: int  # where the log ended when this round began
    began: int
    rounds: int
    enacted: bool = False  # its entry is in the log


class Membership(Node):
    """The operator's `add`, `remove` and `reconfigure`."""

    ACTS = {"add": ("server",), "remove": ("server",), "reconfigure": ("servers",)}

    change: Change | None = None

    @on(Operate, "add")
    def add(self, act: Operate, now: Now) -> None:
        self.begin_change(act, {*self.configuration.voters, act.args["server"]}, False, now)

    @on(Operate, "remove")
    def remove(self, act: Operate, now: Now) -> None:
        self.begin_change(act, {*self.configuration.voters} - {act.args["server"]}, False, now)

    @on(Operate, "reconfigure")
    def reconfigure(self, act: Operate, now: Now) -> None:
        """Turn to any other set of servers (6); the rule is what makes old and new majorities share one."""
        self.begin_change(act, set(act.args["servers"]), not self.breaks["reconfiguration"], now)

    def begin_change(self, act: Operate, servers: set[NodeId], joint: bool, now: Now) -> None:
        if self.refuses(act):
            return
        wanted = tuple(sorted(servers))
        wrong = self.why_not(wanted)
        if wrong is not None:
            self.answer(act, "fail", wrong)
        elif wanted == self.configuration.voters:
            self.answer(act, "ok")
        else:
            self.change = Change(act, wanted, joint, self.log.last, now.monotonic, 1)
            if not self.breaks["catch_up"]:
                self.learners = tuple(server for server in wanted if server not in self.configuration.members)
                self.configured()
                for server in self.learners:
                    self.copy(server, now)
            self.caught_up(now)

    def why_not(self, wanted: tuple[NodeId, ...]) -> str | None:
        """Return why a change may not begin now."""
        unknown = next((server for server in wanted if server not in self.cluster.nodes), None)
        if unknown is not None or not wanted:
            return f"found {unknown or 'nobody'}, allowed: {', '.join(self.cluster.nodes)}"
        under_way = self.change is not None or self.configuration.joint or self.configurations[-1][0] > self.commit
        if under_way and not self.breaks["changes"]:
            return "a change is under way"
        # Majorities of two leaders' changes need not overlap: the earlier must be out of the race (2015 erratum).
        if self.log.term_at(self.commit) != self.term and not self.breaks["changes_wait"]:
            return "no entry of this term is committed yet"
        return None

    def caught_up(self, now: Now) -> None:
        change = self.change
        if change is None or change.enacted:
            return
        at = now.monotonic
        if any(self.match[server] < change.upto for server in self.learners):
            if at - change.began > ROUNDS * self.settings.election[1]:
                self.abandon_change("fail")
        elif not self.learners or at - change.began < self.settings.election[0]:
            self.enact(change, now)
        elif change.rounds == ROUNDS:
            self.abandon_change("fail")
        else:
            self.change = change._replace(upto=self.log.last, began=at, rounds=change.rounds + 1)
            self.caught_up(now)

    def enact(self, change: Change, now: Now) -> None:
        """Put the change in the log; it is in use from here on, committed or not."""
        self.change = change._replace(enacted=True)
        self.learners = ()
        old = self.configuration.voters
        self.configure(Configuration(old, change.wanted) if change.joint else Configuration(change.wanted), now)

    def configure(self, configuration: Configuration, now: Now) -> None:
        self.keep([Entry(self.term, CONFIGURATION, tuple(configuration))])
        self.begin_round(now)
        self.advance(now)

    def configured(self) -> None:
        if self.role != LEADER:
            return
        peers = [n for n in sorted({*self.configuration.members, *self.learners}) if n != self.node]
        self.next = {peer: self.next.get(peer, self.log.last + 1) for peer in peers}
        self.match = {peer: self.match.get(peer, 0) for peer in peers}
        self.acked = {peer: self.acked.get(peer, 0) for peer in peers}
        self.probing &= {*peers}
        self.installing = {peer: at for peer, at in self.installing.items() if peer in self.next}

    def configuration_committed(self, now: Now) -> None:
        if self.role != LEADER or self.configurations[-1][0] > self.commit:
            return
        if self.configuration.joint:
            self.configure(Configuration(self.configuration.joining), now)
            return
        if self.change is not None and self.change.wanted == self.configuration.voters:
            self.abandon_change("ok")
        if self.node not in self.configuration.voters:
            self.step_down()  # it has led a cluster of which it is no part, until here (6)

    def abandon_change(self, outcome: str) -> None:
        if self.change is not None:
            self.answer(self.change.act, outcome)
            self.change = None
            self.learners = ()
            self.configured()
