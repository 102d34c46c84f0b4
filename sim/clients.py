"""Clients: they sit beside a node, share its cuts, and write the history.

A request to a client's own node takes no time; to another it takes the link's nominal delay and no fate, for a lossy
client link would hide anomalies rather than show them. A client believes somebody to be the leader and
learns better from answers; after spent patience it tries the next node with the same operation. What it never
learnt ends as `info`. A client has one operation open at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from .chance import Chance, threshold, within
from .history import History, Operation
from .kernel import CLIENT, Kernel
from .machine import OPERATOR, Answer, Ask, NodeId
from .network import Network
from .recorder import Recorder
from .trace import Answered, Asked
from .units import MS, S

if TYPE_CHECKING:
    from .host import Host

FIND = ("fixed", "hint", "every-leader")
ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "read": ("key",),
    "write": ("key", "value"),
    "cas": ("key", "old", "value"),
    "append": ("key", "value"),
    "add": ("key", "value"),
    "remove": ("key", "value"),
    "increment": ("key", "value"),
    "enqueue": ("key", "value"),
    "dequeue": ("key",),
}
WORKLOADS: Mapping[str, Mapping[str, int]] = {  # how often each action is drawn
    "append": {"append": 1},
    "append-read": {"append": 1, "read": 1},
    "register": {"read": 1, "write": 1},
    "cas-register": {"read": 1, "write": 1, "cas": 1},
    "set": {"add": 4, "read": 1},
    "counter": {"increment": 1, "read": 1},
    "queue": {"enqueue": 1, "dequeue": 1},
}


@dataclass(frozen=True)
class Workload:
    """What all clients of a run do; times in ns.

    `every` is the time between two operations, or a range from which each is drawn; an operation still open then is
    waited for. `again` is how often spent patience is followed by another try with the same operation.
    """

    name: str
    beside: tuple[NodeId, ...]
    find: str = "hint"
    every: tuple[int, int] = (50 * MS, 50 * MS)
    start: int = 0
    until: int | None = None
    patience: int = S
    again: int = 0
    keys: int = 1
    lose_answers: Fraction = Fraction(0)


@dataclass(frozen=True)
class Errand:
    """Single operations at exact instants: an `[[ask]]`; `node` is asked and nobody else, without any delay.

    Without a node the operation is one of a client of the workload, who asks as it asks for all others, and leaves it
    out if one of its own is still open then.
    """

    client: str
    node: NodeId | None
    action: str
    args: tuple[Any, ...]
    at: tuple[int, ...]


@dataclass
class Try:
    """An operation under way: whom it asked in this round, and which attempt counts."""

    operation: Operation
    client: Client
    asked: set[NodeId] = field(default_factory=set)
    attempt: int = 0
    left: int = 0  # tries after spent patience that remain
    doubt: bool = False  # a try was given up without an answer: it may have taken effect, or may yet
    target: NodeId = ""
    direct: bool = False  # an errand: asked where it says, without delay, and nowhere else


class Client:
    """One sequential line of operations beside one node."""

    def __init__(self, name: str, beside: NodeId, desk: Desk, process: int) -> None:
        self.name = name
        self.beside = beside
        self.belief = beside
        self.process = process
        self.open: Try | None = None
        self.made = 0
        self.answers = 0
        self.beats = iter(desk.chance.stream("clients", name, "beats"))
        self.last: Any = None  # the value last written or read, for cas
        self._words = iter(desk.chance.stream("clients", name))

    def word(self) -> int:
        return next(self._words)


class Desk:
    """Where all operations of a run begin and end."""

    def __init__(
        self,
        kernel: Kernel,
        recorder: Recorder,
        network: Network,
        chance: Chance,
        hosts: Mapping[NodeId, Host],
        history: History,
        workload: Workload | None,
    ) -> None:
        self.kernel = kernel
        self.recorder = recorder
        self.network = network
        self.chance = chance
        self.hosts = hosts
        self.history = history
        self.workload = workload
        self._order = tuple(hosts)
        self._open: dict[tuple[str, int], Try] = {}
        self._processes = 0
        self._ops = 0
        self._lost = threshold(workload.lose_answers) if workload is not None else 0
        self.operated: list[tuple[int, str, Any]] = []  # acts answered to the operator

    def open_shop(self, errands: Sequence[Errand]) -> None:
        """Post the first operation of every client, and every errand."""
        runners: dict[str, Client] = {}
        if self.workload is not None:
            for i, node in enumerate(self.workload.beside, 1):
                runners[f"c{i}"] = client = Client(f"c{i}", node, self, self._new_process())
                self._next(client, self.workload.start)
        for errand in errands:
            if errand.node is not None and errand.client not in runners:
                runners[errand.client] = Client(errand.client, errand.node, self, self._new_process())
            client = runners[errand.client]
            begin = self._listed if errand.node is None else self._erranded
            for at in errand.at:
                self.kernel.post(at, CLIENT, begin(client, errand))

    def next_op(self) -> int:
        """Return a number that no operation or act of this run has had."""
        self._ops += 1
        return self._ops

    def _new_process(self) -> int:
        self._processes += 1
        return self._processes - 1

    # -- beginning -----------------------------------------------------------------------------------------

    def _next(self, client: Client, at: int) -> None:
        workload = self.workload
        assert workload is not None
        if workload.until is None or at < workload.until:
            self.kernel.post(at, CLIENT, lambda _: self._due(client, at))

    def _due(self, client: Client, at: int) -> None:
        workload = self.workload
        assert workload is not None
        low, high = workload.every
        self._next(client, at + (low if low == high else within(next(client.beats), low, high)))
        if self._may(client, workload):
            self._begin(client, *self._draw(client, workload), again=workload.again)

    def _may(self, client: Client, workload: Workload) -> bool:
        """Return whether a client begins an operation now: none of its own is open, and its node leads if it must."""
        if client.open is not None:
            return False
        return workload.find != "every-leader" or getattr(self.hosts[client.beside].view, "role", None) == "leader"

    def _draw(self, client: Client, workload: Workload) -> tuple[str, tuple[Any, ...]]:
        """Return the next operation of a client: an action of the workload and arguments in the model's order."""
        weights = WORKLOADS[workload.name]
        client.made += 1
        action = next(iter(weights))
        if len(weights) > 1:
            tickets = [action for action, weight in weights.items() for _ in range(weight)]
            action = tickets[client.word() * len(tickets) >> 64]
        key = "k" if workload.keys == 1 else f"k{client.word() * workload.keys >> 64}"
        value: Any = client.made if action == "increment" else f"{client.name}.{client.made}"
        named = {"key": key, "value": 1 if action == "increment" else value, "old": client.last}
        return action, tuple(named[name] for name in self.history.actions[action])

    def _listed(self, client: Client, errand: Errand) -> Callable[[Any], None]:
        workload = self.workload
        assert workload is not None

        def begin(_: Any) -> None:
            if self._may(client, workload):
                self._begin(client, errand.action, errand.args, again=workload.again)

        def due(_: Any) -> None:
            # After all else that is due at this instant: it may end the one before.
            self.kernel.post(self.kernel.now, CLIENT, begin)

        return due

    def _erranded(self, client: Client, errand: Errand) -> Callable[[Any], None]:
        def begin(_: Any) -> None:
            if client.open is not None:  # the one before is unanswered: its process is spent
                self._end(client.open, "info")
            self._begin(client, errand.action, errand.args, at=errand.node)

        return begin

    def _begin(
        self, client: Client, action: str, args: tuple[Any, ...], again: int = 0, at: NodeId | None = None
    ) -> None:
        op = self.next_op()
        target = client.belief if at is None else at
        operation = Operation(op, client.name, client.process, action, args, target, self.kernel.now)
        self.history.begin(operation)
        client.open = self._open[client.name, op] = Try(operation, client, left=again, direct=at is not None)
        self._ask(client.open, target)
        if at is None:
            self._wait(client.open)

    def _ask(self, trial: Try, node: NodeId) -> None:
        operation = trial.operation
        asked = Asked(operation.client, operation.op, operation.action, operation.args)
        seq = self.recorder.record("ask", self.kernel.now, node, None, asked)
        trial.asked.add(node)
        trial.target = node
        delay = 0 if trial.direct else self.network.passage(trial.client.beside, node)
        if delay is None:
            self.network.drop(node, seq, "partition", False)
            return

        def arrive(_: Any) -> None:
            ask = Ask(*asked)
            ask.cause = seq
            self.hosts[node].offer(ask)

        if delay:
            self.kernel.post(self.kernel.now + delay, CLIENT, arrive)
        else:
            arrive(None)

    # -- ending --------------------------------------------------------------------------------------------

    def answered(self, host: Host, answer: Answer, cause: int) -> None:
        """Carry a machine's answer to whoever asked."""
        own = Answered(answer.client, answer.op, answer.outcome, answer.value, answer.hint)
        seq = self.recorder.record("answer", self.kernel.now, host.node, cause, own)
        if answer.client == OPERATOR:
            self.operated.append((answer.op, answer.outcome, answer.value))
            return
        trial = self._open.get((answer.client, answer.op))
        if trial is None:
            return  # answered before, or given up
        if self._lost:
            trial.client.answers += 1
            if self.chance.word("clients", trial.client.name, "answer", trial.client.answers) >> 32 < self._lost:
                self.network.drop(host.node, seq, "answers-lost", False)
                return
        delay = 0 if trial.direct else self.network.passage(host.node, trial.client.beside)
        if delay is None:
            self.network.drop(host.node, seq, "partition", False)
            return
        self.kernel.post(self.kernel.now + delay, CLIENT, lambda _: self._told(trial, host.node, answer))

    def _told(self, trial: Try, node: NodeId, answer: Answer) -> None:
        if trial.operation.outcome is not None:
            return
        client = trial.client
        if answer.outcome == "elsewhere":
            self._elsewhere(trial, node, answer.hint)
        elif answer.outcome == "unsure":
            self._end(trial, "info")
        else:
            if answer.outcome == "ok":
                client.belief = node
                client.last = (
                    answer.value if trial.operation.action == "read" else next(iter(trial.operation.args[-1:]), None)
                )
            self._end(trial, answer.outcome, answer.value)

    def _elsewhere(self, trial: Try, node: NodeId, hint: NodeId | None) -> None:
        """Go on with the same operation: where the answer points, else at the next node not asked in this round."""
        workload, client = self.workload, trial.client
        if node != trial.target:
            return
        if workload is None or trial.direct or workload.find != "hint":
            self._end(trial, "fail")
            return
        if hint is None or hint in trial.asked or hint not in self.hosts:
            hint = self._after(node, trial.asked)
        if hint is None:  # nobody leads: begin another round after a while
            attempt = trial.attempt

            def again(_: Any) -> None:
                if trial.operation.outcome is None and trial.attempt == attempt:
                    trial.asked = set()
                    self._ask(trial, self._after(node, set()) or node)

            self.kernel.post(self.kernel.now + max(workload.every[0], MS), CLIENT, again)
            return
        client.belief = hint
        self._ask(trial, hint)

    def _after(self, node: NodeId, asked: set[NodeId]) -> NodeId | None:
        """Return the next node by name that is not among those asked."""
        at = self._order.index(node)
        return next((n for n in self._order[at + 1 :] + self._order[: at + 1] if n not in asked), None)

    def _wait(self, trial: Try) -> None:
        workload = self.workload
        assert workload is not None
        trial.attempt += 1
        attempt = trial.attempt

        def spent(_: Any) -> None:
            if trial.operation.outcome is not None or trial.attempt != attempt:
                return
            client = trial.client
            if workload.find == "hint":
                client.belief = self._after(trial.target, set()) or trial.target
            if not trial.left:
                self._end(trial, "info")
                return
            trial.left -= 1
            trial.doubt = True
            trial.asked = set()
            self._ask(trial, client.belief)
            self._wait(trial)

        self.kernel.post(self.kernel.now + workload.patience, CLIENT, spent)

    def _end(self, trial: Try, outcome: str, value: Any = None) -> None:
        operation, client = trial.operation, trial.client
        if outcome == "fail" and trial.doubt:
            outcome, value = "info", None  # it speaks for the last try only
        self.history.end(operation, self.kernel.now, outcome, value)
        del self._open[client.name, operation.op]
        client.open = None
        if outcome == "info":
            client.process = self._new_process()


def instants(at: int, every: int | None, times: int) -> Iterator[int]:
    """Yield the instants of an errand that is repeated."""
    for i in range(times):
        yield at + i * (every or 0)
