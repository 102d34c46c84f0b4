"""Operations of clients that change something (paper 8): an entry each, and an answer once it is applied."""

from __future__ import annotations

from sim.machine import Ask, Now, Operate, on

from .log import COMMAND, Entry
from .node import LEADER, Node


class Clients(Node):
    """What clients ask of a leader; whoever is none says who may be."""

    ACTIONS = {"write": ("key", "value"), "cas": ("key", "old", "value"), "append": ("key", "value")}

    @on(Ask, "write")
    def write(self, ask: Ask, now: Now) -> None:
        self.propose(ask, now)

    @on(Ask, "cas")
    def cas(self, ask: Ask, now: Now) -> None:
        self.propose(ask, now)

    @on(Ask, "append")
    def append(self, ask: Ask, now: Now) -> None:
        self.propose(ask, now)

    def refuses(self, ask: Ask | Operate) -> bool:
        handed = self.transfer_to()
        if self.role == LEADER and handed is None:
            return False
        hint = self.leader if handed is None else handed
        self.answer(ask, "elsewhere", hint=None if hint == self.node else hint)
        return True

    def propose(self, ask: Ask, now: Now) -> None:
        if self.refuses(ask):
            return
        told = self.store.told(ask.client, ask.op)
        if told is not None:
            self.answer(ask, *told)
            return
        self.keep([Entry(self.term, COMMAND, (ask.client, ask.op, ask.action, ask.args))])
        self.waiting[self.log.last] = ask
        self.begin_round(now)
        self.advance(now)
