"""An acceptor: what it promises and what it accepts (2.2), on disk before it says so (2.5)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from sim.machine import Cluster, Machine, NodeId, Now, on

from .._store import Command
from .messages import Accept, Accepts, Ballot, Prepare, Promise, Refuse, Voted


class Acceptor(Machine):
    """The room of the acceptor."""

    def __init__(self, node: NodeId, cluster: Cluster, words: Mapping[str, str]) -> None:
        super().__init__(node, cluster)
        self.words = words
        self.promised: Ballot = 0
        self.accepted: dict[int, tuple[Ballot, Command]] = {}

    def restore(self, durable: Mapping[Hashable, Any]) -> None:
        self.promised = durable.get("promised", 0)
        kept = [(key[1], value) for key, value in durable.items() if isinstance(key, tuple)]
        self.accepted = {instance: (ballot, Command(*command)) for instance, (ballot, command) in sorted(kept)}

    def promise(self, ballot: Ballot, src: NodeId) -> None:
        """Follow a ballot, never a lower one than before."""
        if ballot > self.promised:
            self.promised = ballot
            self.persist("promised", ballot, sync=self.words["kept"] == "durably")
            self.note(Voted(ballot, src))

    @on(Prepare)
    def prepare(self, src: NodeId, msg: Prepare, now: Now) -> None:
        again = msg.ballot == self.promised and src != self.node  # this one has been answered, maybe in a life before
        if msg.ballot < self.promised or (again and self.words["numbers"] == "disjoint"):
            self.send(src, Refuse(self.promised))
            return
        self.follow(msg.ballot, src, now)
        told = sorted((i, ballot, command) for i, (ballot, command) in self.accepted.items() if i >= msg.first)
        self.send(src, Promise(msg.ballot, tuple(told)))

    @on(Accept)
    def accept(self, src: NodeId, msg: Accept, now: Now) -> None:
        if msg.ballot < self.promised and self.words["promises"] == "kept":
            self.send(src, Refuse(self.promised))
            return
        if msg.ballot >= self.promised:
            self.follow(msg.ballot, src, now)
        for instance, command in msg.proposals:
            self.accepted[instance] = msg.ballot, command
            last = instance == msg.proposals[-1][0] and self.words["kept"] == "durably"
            self.persist(("accepted", instance), (msg.ballot, tuple(command)), sync=last)
        if msg.proposals:
            self.send(src, Accepts(msg.ballot, tuple(instance for instance, _ in msg.proposals)))
        self.learn(src, msg, now)

    # -- what rooms ask of each other ----------------------------------------------------------------------

    def follow(self, ballot: Ballot, src: NodeId, now: Now) -> None:
        """Promise a ballot, and stop leading or standing under a lower one (leader)."""
        raise NotImplementedError

    def learn(self, src: NodeId, msg: Accept, now: Now) -> None:
        """See what is chosen (learner)."""
        raise NotImplementedError
