"""What the three planes of a node share: its choices, its name, and how it answers clients."""

from __future__ import annotations

from typing import Any

from sim.machine import Ask, Cluster, Machine, NodeId, Now, Operate

from .choices import LOG, STATE, Rules
from .facts import FACTS, View
from .partners import Partners


class Base(Machine):
    """A node before it has any plane. Planes are mixed into it; each keeps to its own attributes."""

    View = View
    FACTS = FACTS

    rules: Rules
    planes: tuple[str, ...]

    def __init__(self, node: NodeId, cluster: Cluster, rules: Rules, planes: tuple[str, ...], node_id: str) -> None:
        super().__init__(node, cluster)
        self.rules = rules
        self.planes = planes
        self.node_id = node_id  # what it calls itself: a copied configuration makes two nodes call themselves alike
        self.origin = node_id  # what names its slots and entries
        self.incarnation = 0
        self.fenced = False
        self.offset = 0  # of the stream: how many events took effect here in this life
        self.digest = ""
        self._answered: dict[tuple[str, int], tuple[str, Any]] = {}

    def runs(self, plane: str) -> bool:
        return plane in self.planes

    def refresh(self) -> None:
        """Work out anew what the view says; the planes extend it."""

    def touched(self) -> None:
        """Do what follows a change: the view, and the disk if there is one."""
        self.refresh()
        if self.rules.storage == "durable":
            self.keep()

    def keep(self) -> None:
        """Write down what must outlive the process; the planes extend it."""

    # -- clients -------------------------------------------------------------------------------------------

    def refused(self, ask: Ask, plane: str) -> bool:
        """Answer what is not to be done, and return whether that was so: a retry, a fenced node, a missing plane."""
        known = self._answered.get((ask.client, ask.op))
        if known is not None:
            self.answer(ask, *known)
        elif self.fenced or not self.runs(plane):
            self.answer(ask, "fail")
        else:
            return False
        return True

    def reply(self, ask: Ask | Operate, outcome: str, value: Any = None) -> None:
        """Answer, and remember the answer if retries are to be told the same; acts are never retried."""
        if isinstance(ask, Ask) and self.rules.requests == "remembered":
            self._answered[ask.client, ask.op] = (outcome, value)
        self.answer(ask, outcome, value)

    def writes_to(self) -> str:
        """Return the plane that a client's `write` and `read` are about: registers, or without a log the state."""
        return LOG if self.runs(LOG) else STATE

    def partners(self, fanout: int, stale_rounds: int) -> Partners:
        """Return a plane's partners, none added yet."""
        rules = self.rules
        suspects = rules.membership == "suspects"
        return Partners(
            fanout, stale_rounds, rules.peer_choice, rules.stale_rule, suspects, "keeps" if suspects else "resets"
        )

    def meet(self, partners: Partners, now: Now) -> None:
        """Add all peers, in the order that this node's process happens to have."""
        peers = list(self.peers)
        if self.rules.peer_order == "shuffled":
            for i in range(len(peers) - 1, 0, -1):
                j = now.word(i) % (i + 1)
                peers[i], peers[j] = peers[j], peers[i]
        monotonic = now.monotonic
        for peer in peers:
            partners.add_peer(peer, monotonic)
