"""The words that models and the world speak to each other.

A protocol is a Machine: a function of its state, one input and the time that returns effects. It holds no clock,
no randomness and no network. Everything here is standard library only, so a model can be stepped by a test or
a search without a world around it.

Effects happen left to right, and a crash may fall between any two. A Persist holds back the Send, Answer and Note
effects to its right until its key is durable; inputs go on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, ClassVar, NamedTuple, TypeVar

NodeId = str  # n1, n2, ... padded to the width of the count, so that string order is node order


class _Word:
    """A record that compares and prints by `__match_args__` and is treated as frozen."""

    __slots__ = ()
    __match_args__: ClassVar[tuple[str, ...]] = ()
    __hash__ = None  # type: ignore[assignment]  # compared by value, so not to be put in a set

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Word) or self.__match_args__ != other.__match_args__:
            return NotImplemented
        if _kind(self) is not _kind(other):
            return False
        return all(getattr(self, name) == getattr(other, name) for name in self.__match_args__)

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
        return f"{_kind(self).__name__}({fields})"


def _kind(word: _Word) -> type:
    """Return the public class of a word: the world hands models subclasses that carry more than models may see."""
    for kind in type(word).__mro__:
        if kind.__module__ == __name__:
            return kind
    return type(word)


# -- inputs ------------------------------------------------------------------------------------------------


class Input(_Word):
    """What a machine is told. `cause` is the world's: the record that led to this input."""

    __slots__ = ("cause",)
    cause: int


class Boot(Input):
    """The first input of every life: what the disk kept, and which life this is (from 1)."""

    __slots__ = ("durable", "life")
    __match_args__ = ("durable", "life")

    def __init__(self, durable: Mapping[Hashable, Any], life: int = 1) -> None:
        self.durable = durable
        self.life = life


class Receive(Input):
    """A message has arrived."""

    __slots__ = ("msg", "src")
    __match_args__ = ("src", "msg")

    def __init__(self, src: NodeId, msg: Any) -> None:
        self.src = src
        self.msg = msg


class Alarm(Input):
    """An alarm that the machine set is due on this node's own monotonic clock."""

    __slots__ = ("about", "name")
    __match_args__ = ("name", "about")

    def __init__(self, name: str, about: Any = None) -> None:
        self.name = name
        self.about = about


class Ask(Input):
    """A client's operation. A retry keeps its `op`."""

    __slots__ = ("action", "args", "client", "op")
    __match_args__ = ("client", "op", "action", "args")

    def __init__(self, client: str, op: int, action: str, args: tuple[Any, ...] = ()) -> None:
        self.client = client
        self.op = op
        self.action = action
        self.args = args


class Operate(Input):
    """An administrator's act, from the scenario's timeline."""

    __slots__ = ("action", "args", "op")
    __match_args__ = ("op", "action", "args")

    def __init__(self, op: int, action: str, args: Mapping[str, Any] | None = None) -> None:
        self.op = op
        self.action = action
        self.args = {} if args is None else args


class Persisted(Input):
    """A Persist that asked to be told is durable (`why` is None) or has failed (`why` is "full" or "eio")."""

    __slots__ = ("key", "why")
    __match_args__ = ("key", "why")

    def __init__(self, key: Hashable, why: str | None = None) -> None:
        self.key = key
        self.why = why


class Refused(Input):
    """A Send that asked to be told could not even be queued. Comes right after the step's effects."""

    __slots__ = ("dst", "msg", "why")
    __match_args__ = ("dst", "msg", "why")

    def __init__(self, dst: NodeId, msg: Any, why: str) -> None:
        self.dst = dst
        self.msg = msg
        self.why = why


# -- effects -----------------------------------------------------------------------------------------------


class Effect(_Word):
    """What a machine wants from the world."""

    __slots__ = ()


class Send(Effect):
    """Give a message to the network; `tell` asks for a Refused if it cannot even be queued."""

    __slots__ = ("dst", "msg", "tell")
    __match_args__ = ("dst", "msg", "tell")

    def __init__(self, dst: NodeId, msg: Any, tell: bool = False) -> None:
        self.dst = dst
        self.msg = msg
        self.tell = tell


class SetAlarm(Effect):
    """Ring `name` after so many ns on this node's monotonic clock, drawn by the world if `after` is a range.

    Setting an alarm that is already set moves it. With `every` it rings again on a fixed grid; rings missed
    during a pause are skipped.
    """

    __slots__ = ("about", "after", "every", "name")
    __match_args__ = ("name", "after", "every", "about")

    def __init__(self, name: str, after: int | tuple[int, int], every: int | None = None, about: Any = None) -> None:
        self.name = name
        self.after = after
        self.every = every
        self.about = about


class CancelAlarm(Effect):
    """Forget an alarm; one that is not set is no error."""

    __slots__ = ("name",)
    __match_args__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class Persist(Effect):
    """Write one key. With `sync` later Send, Answer and Note effects wait until it is durable.

    Without, it goes to the cache and is durable with the next sync. `tell` asks for a Persisted then. A write that
    fails discards the effects that waited for it, and crashes a node that had not asked to be told.
    """

    __slots__ = ("key", "sync", "tell", "value")
    __match_args__ = ("key", "value", "sync", "tell")

    def __init__(self, key: Hashable, value: Any, sync: bool = True, tell: bool = False) -> None:
        self.key = key
        self.value = value
        self.sync = sync
        self.tell = tell


class Forget(Effect):
    """Delete one key; it becomes durable with the next sync, unless a synced write before it failed."""

    __slots__ = ("key",)
    __match_args__ = ("key",)

    def __init__(self, key: Hashable) -> None:
        self.key = key


OUTCOMES = ("ok", "fail", "elsewhere", "unsure")


class Answer(Effect):
    """Tell a client how its operation ended: `ok`, `fail` (did not happen), `elsewhere` (try `hint`), `unsure`."""

    __slots__ = ("client", "hint", "op", "outcome", "value")
    __match_args__ = ("client", "op", "outcome", "value", "hint")

    def __init__(self, client: str, op: int, outcome: str, value: Any = None, hint: NodeId | None = None) -> None:
        self.client = client
        self.op = op
        self.outcome = outcome
        self.value = value
        self.hint = hint


class Note(Effect):
    """State a fact for whoever watches: an instance of a class in the machine's FACTS."""

    __slots__ = ("fact",)
    __match_args__ = ("fact",)

    def __init__(self, fact: Any) -> None:
        self.fact = fact


class Point(NamedTuple):
    """A fact that asks for trouble: here, between the effects before and behind this note, a fault may strike.

    Where nothing is aimed at its name it is a note like any other. List it in FACTS.
    """

    name: str


class Stop(Effect):
    """End this life in order; later inputs are dropped with the reason `stopped`."""

    __slots__ = ()


# -- what a machine is given -------------------------------------------------------------------------------


class Now:
    """The time and chance of one step, in ns on this node's own clocks.

    `wall` may be skewed, drift and jump; `monotonic` may run fast or slow but never jumps while a node is up.
    """

    __slots__ = ("_words", "monotonic", "wall")
    monotonic: int
    wall: int

    def __init__(self, monotonic: int = 0, wall: int = 0, words: Sequence[int] = ()) -> None:
        self.monotonic = monotonic
        self.wall = wall
        self._words = words

    def word(self, i: int = 0) -> int:
        """Return the i-th 64-bit word of this step: in a run a function of (seed, node, life, step, i)."""
        if i >= len(self._words):
            raise LookupError(
                f"this step asked for random word {i}; Now was given {len(self._words)}: pass words=(...)"
            )
        return self._words[i]


class Cluster:
    """What a node is configured with: its peers, their numbers and the nominal round trips to them."""

    __slots__ = ("_numbers", "_rtt", "nodes", "peers")

    def __init__(
        self,
        node: NodeId,
        nodes: Sequence[NodeId],
        rtt: Callable[[NodeId], int | None] | None = None,
        numbers: Mapping[NodeId, int] | None = None,
    ) -> None:
        self.nodes = tuple(nodes)
        self._rtt = rtt
        # The world shares one table between all its nodes.
        self._numbers = {name: i for i, name in enumerate(self.nodes)} if numbers is None else numbers
        at = self._numbers.get(node, len(self.nodes))
        self.peers = self.nodes[:at] + self.nodes[at + 1 :]

    def number(self, node: NodeId) -> int:
        """Return the place of a node in the cluster's order, from 0."""
        return self._numbers[node]

    def rtt(self, node: NodeId) -> int | None:
        """Return the nominal round trip to a node in ns, or None if it was never measured."""
        return None if self._rtt is None else self._rtt(node)

    def majority(self) -> int:
        """Return the smallest number of nodes that any two sets of that size must share a member."""
        return len(self.nodes) // 2 + 1


class Lane(NamedTuple):
    """How inputs queue while a host is busy: `takes` lists message classes, Alarm, Ask or Operate; empty is the rest.

    Lanes are served in the order of LANES. `room` bounds what messages and client operations may wait; an
    alarm is a flag, not a message, and is never refused.
    """

    name: str
    room: int
    takes: tuple[type, ...] = ()


class Unhandled(Exception):
    """A machine was given an input for which it has no handler."""


_Handler = TypeVar("_Handler", bound=Callable[..., None])
_NAMED = (Alarm, Ask, Operate)
_PLAIN = (Boot, Persisted, Refused)


def on(kind: type, name: str | None = None) -> Callable[[_Handler], _Handler]:
    """Mark a method of a Machine as the handler of a message class or of an input.

    `@on(Heartbeat)`              heard(self, src, msg, now)
    `@on(Alarm, "tick")`          tick(self, about, now)
    `@on(Ask, "append")`          append(self, ask, now)
    `@on(Operate, "relinquish")`  relinquish(self, act, now)
    `@on(Boot)`                   boot(self, durable, life, now)
    `@on(Persisted)`              written(self, key, why, now)
    `@on(Refused)`                refused(self, dst, msg, why, now)
    """
    if (kind in _NAMED) != (name is not None):
        raise TypeError(f"@on({kind.__name__}): Alarm, Ask and Operate take a name, and nothing else does")

    def mark(handler: _Handler) -> _Handler:
        handler.__handles__ = (kind, name)  # type: ignore[attr-defined]
        return handler

    return mark


class Machine:
    """A replication protocol at one node: handlers marked with @on, which say what they want by `self.send` and so on.

    Subclasses list what the world may know of them: View (a NamedTuple class whose field names are attributes of
    the machine), FACTS, LANES, ACTIONS (client operations and their arguments) and ACTS (the operator's).
    """

    View: ClassVar[Any] = None
    LANES: ClassVar[tuple[Lane, ...]] = ()
    FACTS: ClassVar[tuple[Any, ...]] = ()
    ACTIONS: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    ACTS: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    MESSAGES: ClassVar[Mapping[type, Callable[..., None]]] = {}
    _NAMED: ClassVar[Mapping[tuple[type, str], Callable[..., None]]] = {}
    _PLAIN: ClassVar[Mapping[type, Callable[..., None]]] = {}

    def __init__(self, node: NodeId, cluster: Cluster) -> None:
        self.node = node
        self.cluster = cluster
        self.peers = cluster.peers
        self._effects: list[Effect] = []
        self._messages = self.MESSAGES  # read for every message, and an instance is faster to read than its class

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        marks: dict[tuple[type, str | None], str] = {}
        for base in reversed(cls.__mro__):
            for attribute, value in vars(base).items():
                if (handles := getattr(value, "__handles__", None)) is not None:
                    marks[handles] = attribute
        handlers = {handles: getattr(cls, attribute) for handles, attribute in marks.items()}
        cls.MESSAGES = {kind: h for (kind, name), h in handlers.items() if name is None and kind not in _PLAIN}
        cls._NAMED = {(kind, name): h for (kind, name), h in handlers.items() if name is not None}
        cls._PLAIN = {kind: h for (kind, name), h in handlers.items() if kind in _PLAIN}
        if cls.step is Machine.step:
            _same_names(cls, Ask, cls.ACTIONS, "ACTIONS")
            _same_names(cls, Operate, cls.ACTS, "ACTS")

    def step(self, input: Input, now: Now) -> Sequence[Effect]:
        """Take one input and return what is wanted from the world, in order. The only door."""
        effects = self._effects = []
        handler: Callable[..., None] | None
        if isinstance(input, Receive):
            msg = input.msg
            try:
                handler = self._messages[msg.__class__]
            except KeyError:
                name = msg.__class__.__name__
                raise Unhandled(f"no handler for {name}: mark a method with @on({name})") from None
            said = handler(self, input.src, msg, now)
        elif isinstance(input, Alarm):
            handler = self._NAMED.get((Alarm, input.name)) or self._named(Alarm, input.name)
            said = handler(self, input.about, now)
        elif isinstance(input, (Ask, Operate)):
            said = self._named(type(input), input.action)(self, input, now)
        else:
            handler = self._PLAIN.get(_kind(input))
            said = None if handler is None else handler(self, *(getattr(input, a) for a in input.__match_args__), now)
        if said is not None:
            raise TypeError(
                f"a handler returned {said!r}; it says what it wants with self.send(...) and returns nothing"
            )
        return effects

    def _named(self, kind: type, name: str) -> Callable[..., None]:
        for base in kind.__mro__:  # the world hands over subclasses
            if (handler := self._NAMED.get((base, name))) is not None:
                return handler
        raise Unhandled(f'no handler for {_public(kind)} "{name}": mark a method with @on({_public(kind)}, "{name}")')

    def contents(self) -> Iterable[tuple[Hashable, str]]:
        """Yield what this node holds as (key, fingerprint of the value), for judging convergence at the end."""
        return ()

    # What a handler wants. Each appends to the step's effects, in order.

    def send(self, dst: NodeId, msg: Any, tell: bool = False) -> None:
        self._effects.append(Send(dst, msg, tell))

    def broadcast(self, msg: Any) -> None:
        self._effects += [Send(peer, msg) for peer in self.peers]

    def alarm(self, name: str, after: int | tuple[int, int], every: int | None = None, about: Any = None) -> None:
        self._effects.append(SetAlarm(name, after, every, about))

    def cancel(self, name: str) -> None:
        self._effects.append(CancelAlarm(name))

    def persist(self, key: Hashable, value: Any, sync: bool = True, tell: bool = False) -> None:
        self._effects.append(Persist(key, value, sync, tell))

    def forget(self, key: Hashable) -> None:
        self._effects.append(Forget(key))

    def answer(self, ask: Ask | Operate, outcome: str, value: Any = None, hint: NodeId | None = None) -> None:
        client = ask.client if isinstance(ask, Ask) else OPERATOR
        self._effects.append(Answer(client, ask.op, outcome, value, hint))

    def note(self, fact: Any) -> None:
        self._effects.append(Note(fact))

    def stop(self) -> None:
        self._effects.append(Stop())


OPERATOR = "operator"  # the client to whom acts are answered


def _public(kind: type) -> str:
    return next(k.__name__ for k in kind.__mro__ if k.__module__ == __name__)


def _same_names(cls: type[Machine], kind: type, listed: Mapping[str, tuple[str, ...]], where: str) -> None:
    handled = {name for k, name in cls._NAMED if k is kind}
    for name in sorted(set(listed) ^ handled):
        missing = f'a method marked @on({kind.__name__}, "{name}")' if name in listed else f'"{name}" in {where}'
        raise TypeError(f"{cls.__name__}: {where} and the handlers differ: {missing} is missing")


def snake_case(name: str) -> str:
    """Return a class name as the word that stands in traces and scenario files: `TurnedBack` is `turned_back`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def fingerprint(value: Any) -> str:
    """Return 16 hex digits that depend on a value alone: None, bool, int, str, bytes or tuples of these."""
    return blake2b(_text(value).encode(errors="surrogatepass"), digest_size=8).hexdigest()


def _text(value: Any) -> str:
    """Return the repr of a value; a tuple with names reads like the plain tuple that a trace gives back."""
    if not isinstance(value, tuple):
        return repr(value)
    return "(" + ", ".join(map(_text, value)) + (",)" if len(value) == 1 else ")")
