"""A learner: what is chosen (2.3), and takes effect instance by instance (3).

A leader says how many instances from the first are chosen. Of these a node knows what it accepted under that very
ballot, for a ballot proposes one command for an instance; what it lacks it asks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sim.machine import Ask, Cluster, NodeId, Now, fingerprint, on

from .._log_facts import Accepted, Applied, Committed
from .._store import Command, Store
from .acceptor import Acceptor
from .messages import NOOP, Accept, Chosen, Learn


class Learner(Acceptor):
    """The room of the learner."""

    def __init__(self, node: NodeId, cluster: Cluster, words: Mapping[str, str]) -> None:
        super().__init__(node, cluster, words)
        self.chosen: dict[int, Command] = {}
        self.commit = 0  # the first instance that is not known to be chosen
        self.tail = 0
        self.store = Store(words["sessions"] == "kept")
        self.waiting: dict[int, Ask] = {}  # clients that asked this leader, by operation

    @property
    def digest(self) -> str:
        return self.store.digest

    def contents(self) -> Iterable[tuple[int, str]]:
        return [(instance, fingerprint(tuple(command))) for instance, command in sorted(self.chosen.items())]

    def learn(self, src: NodeId, msg: Accept, now: Now) -> None:
        for instance in range(self.commit, msg.chosen):
            ballot, command = self.accepted.get(instance, (0, NOOP))
            if ballot == msg.ballot or (ballot and self.words["learns"] == "own"):
                self.choose(instance, command)
        self.advance()
        if self.commit < msg.chosen and not msg.proposals:
            self.send(src, Learn(self.commit))

    @on(Learn)
    def asked_what_is_chosen(self, src: NodeId, msg: Learn, now: Now) -> None:
        if msg.first < self.commit:
            self.send(src, Chosen(msg.first, tuple(self.chosen[i] for i in range(msg.first, self.commit))))

    @on(Chosen)
    def learned(self, src: NodeId, msg: Chosen, now: Now) -> None:
        for instance, command in enumerate(msg.commands, msg.first):
            self.choose(instance, command)
        self.advance()

    def choose(self, instance: int, command: Command) -> None:
        """Take a command for chosen."""
        if instance in self.chosen:
            return
        self.chosen[instance] = command
        self.tail = max(self.tail, instance + 1)
        self.note(Committed(instance, tuple(command)))
        if self.words["applies"] == "as-chosen":
            self.apply(instance, command)

    def advance(self) -> None:
        """Let what is chosen take effect up to the first gap."""
        while (command := self.chosen.get(self.commit)) is not None:
            if self.words["applies"] == "in-order":
                self.apply(self.commit, command)
            self.commit += 1

    def apply(self, instance: int, command: Command) -> None:
        if command == NOOP:
            return
        op = command.op
        told, new = self.store.apply(command)
        if new:
            self.note(Applied(op, instance))
        if (ask := self.waiting.pop(op, None)) is not None:
            self.note(Accepted(op, instance, tuple(command)))
            self.answer(ask, *told)
