"""A leader: phase 1 for all instances at once (3), what it must adopt, what it proposes, and clients.

Who leads is nobody's vote but a matter of progress (2.4): a node that hears no leader for an election timeout, drawn
anew each time, tries a ballot higher than all that it has heard of.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from sim.machine import Alarm, Ask, Boot, Cluster, NodeId, Now, on
from sim.units import Span, duration, span

from .._log_facts import Accepted, Applied, Committed
from .._parameters import quantity
from .._rules import chosen as words_of
from .._store import ACTIONS, Command
from .choices import RULES
from .learner import Learner
from .messages import NOOP, Accept, Accepts, Ballot, Prepare, Promise, Refuse, View, Voted


class MultiPaxos(Learner):
    """One node: acceptor, learner, and leader if it comes to that."""

    View = View
    FACTS = (Voted, Committed, Applied, Accepted)
    ACTIONS = ACTIONS

    def __init__(
        self,
        node: NodeId,
        cluster: Cluster,
        *,
        election_timeout: str | Span | Sequence[str] = ("150ms", "300ms"),
        heartbeat: str = "50ms",
        adopts: str = "highest-numbered",
        promises: str = "kept",
        quorum: str = "majority",
        numbers: str = "disjoint",
        learns: str = "same-number",
        gaps: str = "filled",
        applies: str = "in-order",
        reads: str = "logged",
        sessions: str = "kept",
        kept: str = "durably",
    ) -> None:
        super().__init__(node, cluster, words_of(RULES, locals()))
        self.timeout = quantity("election_timeout", election_timeout, span)
        self.beat_ns = quantity("heartbeat", heartbeat, duration)
        least = self.timeout[0] if isinstance(self.timeout, tuple) else self.timeout
        if not 0 < self.beat_ns < least:
            raise ValueError(f"heartbeat: found {heartbeat!r}, allowed: a time above 0 and below the election_timeout")
        self.quorum = cluster.majority() - (quorum == "half")
        self.role = "follower"
        self.leader: NodeId | None = None
        self.highest: Ballot = 0  # that it has heard of
        self.ballot: Ballot = 0  # its own, while it stands or leads
        self.stand_down()

    @property
    def term(self) -> Ballot:
        return self.promised

    @on(Boot)
    def boot(self, durable: Mapping[Hashable, Any], life: int, now: Now) -> None:
        self.restore(durable)
        self.highest = self.promised
        self.alarm("election", self.timeout)

    # -- phase 1 -------------------------------------------------------------------------------------------

    def stand_down(self) -> None:
        """Have nothing of what only a proposer has. Clients that wait are told nothing: they ask again."""
        if self.role == "leader":
            self.cancel("beat")
            self.alarm("election", self.timeout)
        self.role = "follower"
        self.promises: dict[NodeId, Promise] = {}
        self.proposed: dict[int, Command] = {}  # by instance, what is not chosen yet
        self.accepts: dict[int, list[NodeId]] = {}
        self.next = 0
        self.waiting = {}

    def follow(self, ballot: Ballot, src: NodeId, now: Now) -> None:
        self.highest = max(self.highest, ballot)
        if src != self.node:
            if ballot > self.ballot or self.role == "follower":
                self.stand_down()
                self.leader = src
            if self.role == "follower":
                self.alarm("election", self.timeout)
        self.promise(ballot, src)

    @on(Alarm, "election")
    def stand(self, about: Any, now: Now) -> None:
        self.stand_down()
        self.role, self.leader = "candidate", None
        count = len(self.cluster.nodes)
        own = self.cluster.number(self.node) if self.words["numbers"] == "disjoint" else 0
        self.ballot = self.highest = (self.highest // count + 1) * count + own
        self.alarm("election", self.timeout)
        # Before anybody hears of the ballot: a later life that had forgotten it could propose under it once more.
        self.promise(self.ballot, self.node)
        for node in self.cluster.nodes:
            self.send(node, Prepare(self.ballot, self.commit))

    @on(Refuse)
    def refused(self, src: NodeId, msg: Refuse, now: Now) -> None:
        self.highest = max(self.highest, msg.ballot)
        if msg.ballot > self.ballot and self.role != "follower":
            self.stand_down()
            self.leader = None

    @on(Promise)
    def told_promise(self, src: NodeId, msg: Promise, now: Now) -> None:
        if self.role != "candidate" or msg.ballot != self.ballot:
            return
        self.promises[src] = msg
        if len(self.promises) >= self.quorum:
            self.lead(now)

    def adopted(self) -> dict[int, Command]:
        """Return what phase 1 obliges to propose: of each instance what was accepted under the highest number (P2c)."""
        best: dict[int, tuple[Ballot, Command]] = {}
        for _, promise in sorted(self.promises.items()):
            for instance, ballot, command in promise.accepted:
                if instance not in best or ballot > best[instance][0]:
                    best[instance] = ballot, Command(*command)
        return {} if self.words["adopts"] == "nothing" else {i: command for i, (_, command) in sorted(best.items())}

    def lead(self, now: Now) -> None:
        adopted = self.adopted()
        self.role, self.leader = "leader", self.node
        self.cancel("election")
        self.alarm("beat", self.beat_ns, every=self.beat_ns)
        self.next = max([self.commit, self.tail, *(instance + 1 for instance in adopted)])
        for instance in range(self.commit, self.next):
            command = self.chosen.get(instance, adopted.get(instance))
            if command is None and self.words["gaps"] == "filled":
                command = NOOP
            if command is not None:
                self.proposed[instance] = command
        self.propose(tuple(self.proposed.items()))

    # -- phase 2 -------------------------------------------------------------------------------------------

    def propose(self, proposals: tuple[tuple[int, Command], ...]) -> None:
        for instance, _ in proposals:
            self.accepts[instance] = []
        for node in self.cluster.nodes:
            self.send(node, Accept(self.ballot, proposals, self.commit))

    @on(Alarm, "beat")
    def beat(self, about: Any, now: Now) -> None:
        """Be heard, and ask again who has not accepted what is proposed."""
        for node in self.cluster.nodes:
            lacking = tuple((i, one) for i, one in self.proposed.items() if node not in self.accepts[i])
            if lacking:
                self.send(node, Accept(self.ballot, lacking, self.commit))
            if node != self.node:
                self.send(node, Accept(self.ballot, (), self.commit))

    @on(Accepts)
    def accepted_by(self, src: NodeId, msg: Accepts, now: Now) -> None:
        if self.role != "leader" or msg.ballot != self.ballot:
            return
        for instance in msg.instances:
            by = self.accepts.get(instance)
            if by is None or src in by:
                continue
            by.append(src)
            if len(by) >= self.quorum:
                del self.accepts[instance]
                self.choose(instance, self.proposed.pop(instance))
        self.advance()

    # -- clients (3) ---------------------------------------------------------------------------------------

    @on(Ask, "read")
    def read(self, ask: Ask, now: Now) -> None:
        if self.role == "leader" and self.words["reads"] == "unchecked":
            self.answer(ask, "ok", self.store.values.get(ask.args[0]))
        else:
            self.serve(ask)

    @on(Ask, "write")
    def write(self, ask: Ask, now: Now) -> None:
        self.serve(ask)

    @on(Ask, "cas")
    def cas(self, ask: Ask, now: Now) -> None:
        self.serve(ask)

    @on(Ask, "append")
    def append(self, ask: Ask, now: Now) -> None:
        self.serve(ask)

    def serve(self, ask: Ask) -> None:
        if self.role != "leader":
            self.answer(ask, "elsewhere", hint=self.leader)
        elif (told := self.store.told(ask.client, ask.op)) is not None:
            self.answer(ask, *told)
        else:
            self.waiting[ask.op] = ask
            under_way = self.store.remembers and any(one.op == ask.op for one in self.proposed.values())
            if not under_way:
                self.proposed[self.next] = Command(ask.client, ask.op, ask.action, ask.args)
                self.next += 1
                self.propose(((self.next - 1, self.proposed[self.next - 1]),))
