"""Leadership transfer (dissertation 3.10): the leader lets another server stand, once that has the whole log."""

from __future__ import annotations

from typing import Any, NamedTuple

from sim.machine import Alarm, NodeId, Now, Operate, on

from .messages import TimeoutNow
from .node import LEADER, Node


class Transfer(NamedTuple):
    """A transfer under way: to whom, who wants it, in which term, and whether the other was told to stand."""

    to: NodeId
    act: Operate
    term: int
    told: bool = False


class Transfers(Node):
    """The operator's `transfer`, and what it sets off."""

    ACTS = {"transfer": ("to",)}

    transfer: Transfer | None = None

    def transfer_to(self) -> NodeId | None:
        """Return to whom this leader is handing over: meanwhile it takes no operations."""
        if self.transfer is None or self.role != LEADER or self.transfer.term != self.term:
            return None
        return self.transfer.to

    @on(Operate, "transfer")
    def wanted(self, act: Operate, now: Now) -> None:
        to = act.args["to"]
        if self.refuses(act):
            return
        if to not in self.configuration.members:
            self.answer(act, "fail", f"found {to}, allowed: a member")
        elif to == self.node:
            self.answer(act, "ok")
        else:
            self.transfer = Transfer(to, act, self.term)
            self.alarm("transfer", self.settings.election[1])
            self.copy(to, now)
            self.hand_over(now)

    def hand_over(self, now: Now) -> None:
        to = self.transfer_to()
        if self.transfer is None or to is None or self.transfer.told or self.match.get(to) != self.log.last:
            return
        self.transfer = self.transfer._replace(told=True)
        # Votes for the other come without regard to who leads, and may come late: no lease is good in this term again.
        self.leases = self.breaks["transfers"]
        self.send(to, TimeoutNow(self.term))

    def somebody_leads(self, leader: NodeId) -> None:
        if self.transfer is not None:
            self.ended("ok" if leader == self.transfer.to else "fail")

    @on(Alarm, "transfer")
    def too_late(self, about: Any, now: Now) -> None:
        """Lead on, if nobody else leads by now."""
        self.ended("fail" if self.role == LEADER else "unsure")

    def ended(self, outcome: str) -> None:
        if self.transfer is not None:
            self.answer(self.transfer.act, outcome)
            self.transfer = None
            self.cancel("transfer")

    @on(TimeoutNow)
    def told_to_stand(self, src: NodeId, msg: TimeoutNow, now: Now) -> None:
        if msg.term == self.term and self.role != LEADER and self.may_stand():
            self.stand(now, transfer=True)
