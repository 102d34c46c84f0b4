"""What shared data do when one operation follows another: the sequential specifications of linearizability.

`step(state, call)` is pure: it says whether this answer is legal in this state, and what the state is then. A call with
an UNSEEN answer is legal with whatever effect it would have had.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .calls import UNSEEN, BadHistory, Call

Step = Callable[[Any, Call], tuple[bool, Any]]


@dataclass(frozen=True)
class DataType:
    """A kind of shared data: its first state, its step, and its actions with the names of their arguments.

    `reads` are the actions that never change the state; `observing` those whose answers say something about it.
    `answer` turns an answer into the form that `step` compares, and raises ValueError with what is allowed.
    """

    name: str
    initial: Any
    step: Step
    actions: Mapping[str, int]  # how many arguments besides the key
    reads: frozenset[str]
    observing: frozenset[str]
    answer: Callable[[str, Any], Any] = lambda action, got: got
    takes: type = object  # what arguments must be

    def pure(self, call: Call) -> bool:
        """Return whether this call changes nothing in whatever state it is legal."""
        return call.action in self.reads or (call.action == "cas" and call.got is False)

    def prepare(self, every: Iterable[Call]) -> list[Call]:
        """Return the calls that matter to a search: none that failed, and no read without an answer.

        Raises BadHistory on an action or an answer that this type does not know.
        """
        kept = []
        for call in every:
            if call.action not in self.actions:
                allowed = ", ".join(self.actions)
                raise BadHistory(call.op, f"found the action {call.action}, allowed for a {self.name}: {allowed}")
            if len(call.given) != self.actions[call.action]:
                raise BadHistory(
                    call.op,
                    f"found {call.action} with {len(call.given)} values, allowed for a {self.name}: "
                    f"{self.actions[call.action]}",
                )
            if not all(isinstance(value, self.takes) for value in call.given):
                raise BadHistory(
                    call.op, f"found {call.action}{call.given}, allowed for a {self.name}: {self.takes.__name__}"
                )
            if call.outcome == "fail" or (call.outcome == "info" and call.action in self.reads):
                continue
            if call.ok:
                try:
                    got = self.answer(call.action, call.got)
                except ValueError as error:
                    raise BadHistory(call.op, f"{call.action}: {error}") from None
                if got is not call.got:
                    call = replace(call, got=got)
            kept.append(call)
        return kept


# -- registers ---------------------------------------------------------------------------------------------


def _register(state: Any, call: Call) -> tuple[bool, Any]:
    action = call.action
    if action == "read":
        return call.got is UNSEEN or call.got == state, state
    if action == "write":
        return True, call.given[0]
    old, new = call.given
    if call.got is False:
        return state != old, state
    if call.got is UNSEEN:
        return True, new if state == old else state
    return state == old, new


# -- a string that grows -----------------------------------------------------------------------------------


def _kv(state: str, call: Call) -> tuple[bool, Any]:
    action = call.action
    if action == "get":
        return call.got is UNSEEN or call.got == state, state
    if action == "put":
        return True, call.given[0]
    return True, state + call.given[0]


def _text(action: str, got: Any) -> Any:
    if action != "get":
        return got
    if got is None:
        return ""
    if not isinstance(got, str):
        raise ValueError(f"found {got!r}, allowed: a string or nil")
    return got


# -- a list that grows -------------------------------------------------------------------------------------


def _list(state: tuple[Any, ...], call: Call) -> tuple[bool, Any]:
    if call.action == "read":
        return call.got is UNSEEN or call.got == state, state
    return True, (*state, call.given[0])


def _elements(action: str, got: Any) -> Any:
    if action != "read":
        return got
    if got is None:
        return ()
    if not isinstance(got, tuple):
        raise ValueError(f"found {got!r}, allowed: a list of elements")
    return got


# -- a set -------------------------------------------------------------------------------------------------


def _set(state: frozenset[Any], call: Call) -> tuple[bool, Any]:
    action = call.action
    if action == "read":
        return call.got is UNSEEN or call.got == state, state
    return True, state | {call.given[0]} if action == "add" else state - {call.given[0]}


def _members(action: str, got: Any) -> Any:
    if action != "read":
        return got
    if got is None:
        return frozenset()
    if not isinstance(got, (tuple, frozenset)):
        raise ValueError(f"found {got!r}, allowed: a list of elements")
    return frozenset(got)


# -- a counter ---------------------------------------------------------------------------------------------


def _counter(state: int, call: Call) -> tuple[bool, Any]:
    if call.action == "read":
        return call.got is UNSEEN or call.got == state, state
    return True, state + call.given[0]


def _count(action: str, got: Any) -> Any:
    if action == "read" and (not isinstance(got, int) or isinstance(got, bool)):
        raise ValueError(f"found {got!r}, allowed: an integer")
    return got


# -- a first-in first-out queue ----------------------------------------------------------------------------


def _queue(state: tuple[Any, ...], call: Call) -> tuple[bool, Any]:
    if call.action == "enqueue":
        return True, (*state, call.given[0])
    if not state:  # None is the answer of an empty queue
        return call.got is UNSEEN or call.got is None, state
    return call.got is UNSEEN or call.got == state[0], state[1:]


# -- locks -------------------------------------------------------------------------------------------------


def _lock(state: bool, call: Call) -> tuple[bool, Any]:
    return (not state, True) if call.action == "acquire" else (state, False)


def _owned_lock(state: int | None, call: Call) -> tuple[bool, Any]:
    if call.action == "acquire":
        return state is None, call.process
    return state == call.process, None


_READ = frozenset({"read"})
REGISTER = DataType("register", None, _register, {"read": 0, "write": 1}, _READ, _READ)
CAS_REGISTER = DataType(
    "cas-register", None, _register, {"read": 0, "write": 1, "cas": 2}, _READ, frozenset({"read", "cas"})
)
KV_APPEND = DataType(
    "kv-append", "", _kv, {"get": 0, "put": 1, "append": 1}, frozenset({"get"}), frozenset({"get"}), _text, str
)
LIST = DataType("list", (), _list, {"append": 1, "read": 0}, _READ, _READ, _elements)
SET = DataType("set", frozenset(), _set, {"add": 1, "remove": 1, "read": 0}, _READ, _READ, _members)
COUNTER = DataType("counter", 0, _counter, {"increment": 1, "read": 0}, _READ, _READ, _count, int)
QUEUE = DataType("queue", (), _queue, {"enqueue": 1, "dequeue": 0}, frozenset(), frozenset({"dequeue"}))
LOCK = DataType("lock", False, _lock, {"acquire": 0, "release": 0}, frozenset(), frozenset({"acquire", "release"}))
OWNED_LOCK = DataType(
    "owned-lock", None, _owned_lock, {"acquire": 0, "release": 0}, frozenset(), frozenset({"acquire", "release"})
)

DATA_TYPES: Mapping[str, DataType] = {
    t.name: t for t in (REGISTER, CAS_REGISTER, KV_APPEND, LIST, SET, COUNTER, QUEUE, LOCK, OWNED_LOCK)
}
OF_RUNS = (CAS_REGISTER, LIST, SET, COUNTER, QUEUE)  # what the actions of models can make up


def of_actions(actions: Iterable[str]) -> DataType | None:
    """Return the data type that knows all these actions and is observed by one of them, if there is one."""
    named = set(actions)
    return next((t for t in OF_RUNS if named <= set(t.actions) and named & t.observing), None)
