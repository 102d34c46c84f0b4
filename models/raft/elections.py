"""Elections (paper 5.2 and 5.4.1), the vote before the vote (dissertation 9.6), and who is not voted for (4.2.3)."""

from __future__ import annotations

from typing import Any

from sim.machine import Alarm, NodeId, Now, on

from .log import NOOP, Entry
from .messages import PreVoteReply, RequestPreVote, RequestVote, VoteReply
from .node import CANDIDATE, LEADER, Node


class Elections(Node):
    """Standing, voting and beginning to lead."""

    @on(Alarm, "election")
    def timed_out(self, about: Any, now: Now) -> None:
        if self.role == LEADER:
            return
        self.leader = None
        self.wait()
        if not self.may_stand():
            return
        if self.breaks["pre_vote"]:
            self.stand(now)
        else:
            self.poll(now)

    def may_stand(self) -> bool:
        """Return whether this server votes in the configuration in use, or does until that is committed (D 4.2.2)."""
        index, configuration = self.configurations[-1]
        before = self.configurations[-2][1] if index > self.commit else configuration
        return self.node in configuration.members or self.node in before.members

    def poll(self, now: Now) -> None:
        """Ask who would vote for this server, without beginning a term."""
        self.role, self.polling, self.votes = CANDIDATE, True, {self.node: 1}
        self.canvass(RequestPreVote(self.term + 1, self.log.last, self.log.last_term), now)

    def stand(self, now: Now, transfer: bool = False) -> None:
        self.role, self.polling, self.votes, self.leader = CANDIDATE, False, {self.node: 1}, None
        self.enter(self.term + 1, self.node)
        self.wait()
        self.canvass(RequestVote(self.term, self.log.last, self.log.last_term, transfer), now)

    def canvass(self, request: RequestVote | RequestPreVote, now: Now) -> None:
        for member in self.configuration.members:
            if member != self.node:
                self.send(member, request)
        self.tally(now)

    def tally(self, now: Now) -> None:
        if not self.configuration.reached(self.votes, int(self.breaks["elected_by"])):
            return
        if self.polling:
            self.stand(now)
        else:
            self.lead(now)

    def lead(self, now: Now) -> None:
        """Begin to lead, with an entry of this term: only behind one are earlier terms' entries committed (8)."""
        self.role, self.leader = LEADER, self.node
        self.heard = now.monotonic
        self.begin_leading(member for member in self.configuration.members if member != self.node)
        self.cancel("election")
        self.alarm("beat", self.settings.heartbeat, every=self.settings.heartbeat)
        self.keep([Entry(self.term, NOOP, None)])
        self.begin_round(now)
        self.advance(now)

    # -- voting --------------------------------------------------------------------------------------------

    def hears_leader(self, now: Now) -> bool:
        """Return whether an election would only do harm: this server heard a leader less than a timeout ago (D 4.2.3).

        A leader is heard by itself as long as a majority answers it.
        """
        return self.heard is not None and now.monotonic - self.heard < self.settings.election[0]

    def up_to_date(self, last_term: int, last_index: int) -> bool:
        """Return whether a candidate's log is at least as up-to-date as this one (5.4.1)."""
        return self.breaks["candidates"] or (last_term, last_index) >= (self.log.last_term, self.log.last)

    @on(RequestPreVote)
    def asked_whether(self, src: NodeId, msg: RequestPreVote, now: Now) -> None:
        would = msg.term > self.term and self.up_to_date(msg.last_term, msg.last_index) and not self.hears_leader(now)
        self.send(src, PreVoteReply(msg.term if would else self.term, would))

    @on(PreVoteReply)
    def told_whether(self, src: NodeId, msg: PreVoteReply, now: Now) -> None:
        if not msg.granted:
            self.meet(msg.term)
        elif self.polling and msg.term == self.term + 1:
            self.votes[src] = 1
            self.tally(now)

    @on(RequestVote)
    def asked_for_vote(self, src: NodeId, msg: RequestVote, now: Now) -> None:
        if not self.breaks["disregards"] and not msg.transfer and self.hears_leader(now):
            return
        self.meet(msg.term)
        free = self.voted in (None, src) or self.breaks["votes"]
        granted = (
            msg.term == self.term and free and self.role != LEADER and self.up_to_date(msg.last_term, msg.last_index)
        )
        if granted:
            if self.voted != src:
                self.enter(self.term, src)
            self.wait()
        self.send(src, VoteReply(self.term, granted))

    @on(VoteReply)
    def told_vote(self, src: NodeId, msg: VoteReply, now: Now) -> None:
        self.meet(msg.term)
        if msg.granted and msg.term == self.term and self.role == CANDIDATE and not self.polling:
            self.votes[src] = 1
            self.tally(now)
