"""The leader's log becomes everybody's (paper 5.3): entries are sent as they come, and from where logs agree."""

from __future__ import annotations

from typing import Any

from sim.machine import Alarm, NodeId, Now, on

from .messages import AppendEntries, AppendReply
from .node import FOLLOWER, LEADER, Node


class Replication(Node):
    """Heartbeats, entries and answers to them."""

    @on(Alarm, "beat")
    def beat(self, about: Any, now: Now) -> None:
        if self.role != LEADER:
            return
        if not self.breaks["check_quorum"] and not self.heard_enough(now):
            self.step_down()
        else:
            self.begin_round(now, beat=True)

    def heard_enough(self, now: Now) -> bool:
        """Return whether a majority has answered a heartbeat of the last election timeout (D 6.2)."""
        return self.heard is not None and now.monotonic - self.heard <= self.settings.election[0]

    def begin_round(self, now: Now, beat: bool = False) -> None:
        self.round += 1
        self.rounds[self.round] = now.monotonic
        for peer in self.next:
            self.copy(peer, now, beat)
        if not self.next:
            self.confirm(now)

    def copy(self, peer: NodeId, now: Now, beat: bool = False) -> None:
        log, probing = self.log, peer in self.probing
        after = self.next[peer] - 1
        if after < log.base:
            self.install(peer, now)
        elif beat or not probing:
            entries = log.after(after, self.settings.batch)
            self.send(peer, AppendEntries(self.term, after, log.term_at(after), entries, self.commit, self.round))
            if not probing:  # what is on its way need not be sent again
                self.next[peer] += len(entries)

    def hear(self, src: NodeId, now: Now) -> None:
        if self.role != FOLLOWER:
            self.step_down()
        if self.leader != src:
            self.leader = src
            self.somebody_leads(src)
        self.heard = now.monotonic
        self.wait()

    @on(AppendEntries)
    def asked_to_append(self, src: NodeId, msg: AppendEntries, now: Now) -> None:
        self.meet(msg.term)
        if msg.term < self.term or self.role == LEADER:
            self.send(src, AppendReply(self.term, False, 0, msg.round))
            return
        self.hear(src, now)
        prev, log = msg.prev_index, self.log
        if self.breaks["consistency"]:
            prev = min(prev, log.last)
        elif prev > log.last:
            self.send(src, AppendReply(self.term, False, log.last + 1, msg.round))
            return
        elif prev > log.base and log.term_at(prev) != msg.prev_term:
            # One answer goes back over all entries of the term that is wrong (end of 5.3).
            self.send(src, AppendReply(self.term, False, log.first_of_term(prev), msg.round))
            return
        self.take(prev, msg)
        upto = prev + len(msg.entries)
        self.send(src, AppendReply(self.term, True, upto, msg.round))
        self.commit_to(min(msg.commit, self.log.last if self.breaks["follower_commits"] else upto), now)

    def take(self, prev: int, msg: AppendEntries) -> None:
        """Store what the log lacks of a message whose beginning fits; what differs goes, and all behind it (5.3)."""
        log = self.log
        if self.breaks["truncates"] and prev + 1 <= log.last and prev >= log.base:
            self.cut(prev + 1)
        for at, entry in enumerate(msg.entries):
            index = prev + 1 + at
            if index > log.last:
                self.keep(msg.entries[at:])
                return
            # A snapshot stands for what is committed, so the leader's entries there are the same.
            if index > log.base and log.term_at(index) != entry.term and not self.breaks["conflicts"]:
                self.cut(index)
                self.keep(msg.entries[at:])
                return

    @on(AppendReply)
    def told(self, src: NodeId, msg: AppendReply, now: Now) -> None:
        self.meet(msg.term)
        if self.role != LEADER or msg.term != self.term or src not in self.next:
            return
        if msg.round > self.acked[src]:
            self.acked[src] = msg.round
            self.confirm(now)
        if not msg.ok:
            self.step_back(src, msg.upto, now)
            return
        if msg.upto > self.match[src]:
            self.match[src] = msg.upto
            self.next[src] = max(self.next[src], msg.upto + 1)
            self.advance(now)
        if self.role != LEADER or src not in self.next:
            return  # it led only until this was committed, or the other was a member until then
        self.installing.pop(src, None)
        self.probing.discard(src)
        if self.next[src] <= self.log.last:
            self.copy(src, now)
        self.hand_over(now)
        self.caught_up(now)

    def step_back(self, peer: NodeId, index: int, now: Now) -> None:
        """Try again from an earlier entry; answers to what was sent behind it need no further one."""
        earlier = max(self.match[peer] + 1, index)
        if earlier < self.next[peer] or peer not in self.probing:
            self.next[peer] = min(earlier, self.next[peer])
            self.probing.add(peer)
            self.copy(peer, now, beat=True)
