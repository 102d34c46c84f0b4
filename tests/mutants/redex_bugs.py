"""The shipped redex with one of its rules broken per bug: what it promises must then be seen to fail."""

from __future__ import annotations

from typing import Any

from models.redex.messages import SyncHeartbeat
from models.redex.properties import bounded
from models.redex.properties import legal_turns as turns
from models.redex.roles import CANDIDATE, FOLLOWER, LEADER, PEER_LEADER_OBSERVED
from models.redex.runtime import Redex
from sim.machine import Cluster, NodeId, Now, on

NONE = "none"
BUGS = {
    "slow-to-miss": "a follower waits for six heartbeats, not three, before it gives its leader up",
    "never-yields": "a leader that hears another one leads on",
    "both-yield": "of two leaders that hear each other both step down",
    "skips-candidacy": "a follower that misses its leader leads without having been a candidate",
    "misplaces": "a chunk is applied from its end to its beginning",
    "never-pulls": "a follower no longer asks for entries once it has been given some",
}
PROPERTIES = (turns, *bounded())


class BrokenRedex(Redex):
    def __init__(
        self, node: NodeId, cluster: Cluster, bug: str = NONE, phase: str = "random", preload: int = 2
    ) -> None:
        super().__init__(node, cluster, phase=phase, preload=preload)
        if bug not in (NONE, *BUGS):
            raise ValueError(f"bug: found {bug!r}, allowed: {NONE}, {', '.join(BUGS)}")
        self.bug = bug
        self.given = False
        if bug == "slow-to-miss":
            self.tracker.window *= 2

    @on(SyncHeartbeat)
    def heard(self, src: NodeId, msg: SyncHeartbeat, now: Now) -> None:
        two = msg.role == LEADER and self.role == LEADER and src != self.node
        if two and self.bug == "never-yields":
            self.tracker.record(src, msg.role, msg.tail_seq, now.monotonic)
        elif two and self.bug == "both-yield":
            self.tracker.record(src, msg.role, msg.tail_seq, now.monotonic)
            self._turn(FOLLOWER, PEER_LEADER_OBSERVED, now.monotonic)
        else:
            super().heard(src, msg, now)

    def _turn(self, to: str, signal: str, at: int) -> bool:
        if self.bug == "skips-candidacy" and to == CANDIDATE:
            self.role = LEADER
            self.note(self.FACTS[1](FOLLOWER, LEADER, signal))
            return True
        return super()._turn(to, signal, at)

    def _apply(self, fitting: Any) -> bool:
        self.given = True
        return super()._apply(fitting[::-1] if self.bug == "misplaces" and type(fitting) is tuple else fitting)

    def _pull(self, now: Now) -> None:
        if not (self.bug == "never-pulls" and self.given):
            super()._pull(now)


machine = BrokenRedex
