"""The shipped epidemic with one of its promises broken per bug: all sites get all items, and keep what they have."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from models.epidemic import Epidemic, Offer
from sim.machine import Alarm, Cluster, NodeId, Now, on

NONE = "none"
BUGS = {
    "never-compares": "nothing is behind the rumours, which some sites never hear",
    "compares-the-hot": "a site compares with others only what is still a rumour",
    "cuts-offers": "what is offered when sites compare is cut off behind the first eight items",
    "kept-in-memory": "a site forgets at a restart what it has acknowledged",
}


class BrokenEpidemic(Epidemic):
    def __init__(self, node: NodeId, cluster: Cluster, bug: str = NONE) -> None:
        super().__init__(node, cluster, k=1, cycle="200ms", phase="random", anti_entropy="500ms")
        if bug not in (NONE, *BUGS):
            raise ValueError(f"bug: found {bug!r}, allowed: {NONE}, {', '.join(BUGS)}")
        self.bug = bug

    @on(Alarm, "compare")
    def compare(self, about: Any, now: Now) -> None:
        if self.bug == "compares-the-hot":
            self.send(self.peers[now.word() % len(self.peers)], Offer(tuple(sorted(self.hot)), False))
        elif self.bug != "never-compares":
            super().compare(about, now)

    def send(self, dst: NodeId, msg: Any, tell: bool = False) -> None:
        if self.bug == "cuts-offers" and isinstance(msg, Offer):
            msg = msg._replace(items=msg.items[:8])
        super().send(dst, msg, tell)

    def persist(self, key: Hashable, value: Any, sync: bool = True, tell: bool = False) -> None:
        super().persist(key, value, sync=self.bug != "kept-in-memory", tell=tell)


machine = BrokenEpidemic
