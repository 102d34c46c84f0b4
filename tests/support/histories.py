"""Small histories for tests of the judges of histories: written by hand, or drawn at random, and slow twins of judges.

A row is "PROCESS ACTION[:KEY] VALUE... -> ANSWER", one event a row: "1 write 5" invokes, "1 ok" or "1 ok 5" answers,
"1 fail" and "1 info" end it otherwise. Values are Python literals.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator, Sequence
from itertools import chain, combinations
from typing import Any

from sim.checks.calls import UNSEEN, Call, calls
from sim.history import History, Operation
from sim.units import MS

ACTIONS = {
    "read": ("key",), "write": ("key", "value"), "cas": ("key", "old", "value"), "append": ("key", "value"),
    "add": ("key", "value"), "remove": ("key", "value"), "increment": ("key", "value"), "enqueue": ("key", "value"),
    "dequeue": ("key",), "get": ("key",), "put": ("key", "value"), "acquire": ("key",), "release": ("key",),
    "txn": ("key", "value"),
}  # fmt: skip


def _literal(text: str) -> Any:
    value = ast.literal_eval(text)
    return _frozen(value)


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, (list, tuple)) else value


def history(*rows: str) -> History:
    """Return the history that rows describe, one event a millisecond; operations are numbered from 1."""
    made = History(ACTIONS)
    open_by: dict[int, Operation] = {}
    for at, row in enumerate(rows, 1):
        process, word, *rest = row.split(maxsplit=2)
        values = [_literal(text) for text in rest[0].split(";")] if rest else []
        who = int(process)
        if word in ("ok", "fail", "info"):
            made.end(open_by.pop(who), at * MS, word, values[0] if values else None)
            continue
        action, _, key = word.partition(":")
        op = Operation(len(made.operations) + 1, f"c{who}", who, action, (key or None, *values), "n1", at * MS)
        made.begin(op)
        open_by[who] = op
    return made


def told(*rows: str) -> list[Call]:
    """Return the calls that rows describe."""
    return calls(history(*rows))


# -- random histories --------------------------------------------------------------------------------------

VALUES = (1, 2, 3)
DRAWN = {
    "register": ("read", "write"),
    "cas-register": ("read", "write", "cas"),
    "queue": ("enqueue", "dequeue"),
    "kv-append": ("get", "put", "append"),
    "list": ("append", "read"),
    "set": ("add", "remove", "read"),
    "counter": ("increment", "read"),
    "lock": ("acquire", "release"),
    "owned-lock": ("acquire", "release"),
}


class Store:
    """What shared data do, said a second time: plain Python containers that are changed in place."""

    def __init__(self, model: str) -> None:
        self.model = model
        self.value: Any = {"kv-append": "", "counter": 0}.get(model)
        self.items: list[Any] = []

    def copy(self) -> Store:
        other = Store(self.model)
        other.value, other.items = self.value, list(self.items)
        return other

    def do(self, action: str, given: Sequence[Any], process: int) -> Any:
        """Do an operation and return its answer; an impossible lock operation returns UNSEEN."""
        match self.model, action:
            case (("register" | "cas-register" | "kv-append" | "counter"), ("read" | "get")):
                return self.value
            case _, ("write" | "put"):
                self.value = given[0]
            case "cas-register", "cas":
                if self.value != given[0]:
                    return False
                self.value = given[1]
            case "kv-append", "append":
                self.value += given[0]
            case "counter", "increment":
                self.value += given[0]
            case "list", "append":
                self.items.append(given[0])
            case "list", "read":
                return tuple(self.items)
            case "set", "add":
                if given[0] not in self.items:
                    self.items.append(given[0])
            case "set", "remove":
                if given[0] in self.items:
                    self.items.remove(given[0])
            case "set", "read":
                return tuple(sorted(self.items))
            case "queue", "enqueue":
                self.items.append(given[0])
            case "queue", "dequeue":
                return self.items.pop(0) if self.items else None
            case (("lock" | "owned-lock"), "acquire"):
                if self.items:
                    return UNSEEN
                self.items.append(process)
            case "lock", "release":
                if not self.items:
                    return UNSEEN
                self.items.clear()
            case "owned-lock", "release":
                if self.items != [process]:
                    return UNSEEN
                self.items.clear()
        return None


def draw(
    random_: random.Random, model: str, most: int = 6, keys: int = 1, unique: bool = False, only: Sequence[str] = ()
) -> History:
    """Return a random history: of a real store, or of one that now and then answers at random.

    With `unique` every value is written once, and lies repeat values that were written.
    """
    made = History(ACTIONS)
    lies = random_.random() < 0.6
    stores: dict[Any, Store] = {}
    open_ops: list[Operation] = []
    processes = list(range(random_.randint(1, 3)))
    effects: dict[int, Any] = {}
    at = 0
    while len(made.operations) < most or open_ops:
        at += 1
        idle = [p for p in processes if all(o.process != p for o in open_ops)]
        if idle and len(made.operations) < most and (not open_ops or random_.random() < 0.55):
            process = random_.choice(idle)
            action = random_.choice(only or DRAWN[model])
            own = len(made.operations) + 1
            given = [own if unique else random_.choice(VALUES) for name in ACTIONS[action] if name != "key"]
            if unique and action == "cas":
                given[0] = random_.randint(1, own)
            if model == "kv-append":
                given = [str(value) for value in given]
            key = random_.choice("xyz"[:keys])
            op = Operation(len(made.operations) + 1, f"c{process}", process, action, (key, *given), "n1", at)
            made.begin(op)
            open_ops.append(op)
            continue
        op = random_.choice(open_ops)
        store = stores.setdefault(op.args[0], Store(model))
        if op.op not in effects and random_.random() < 0.6:
            effects[op.op] = store.do(op.action, op.args[1:], op.process)  # it takes effect now and ends later
            continue
        open_ops.remove(op)
        if random_.random() < 0.12:
            made.end(op, at, "info", None)
            processes[processes.index(op.process)] = max(processes) + 1
            continue
        if op.op not in effects and random_.random() < 0.15:
            made.end(op, at, "fail", None)
            continue
        got = effects[op.op] if op.op in effects else store.do(op.action, op.args[1:], op.process)
        if got is UNSEEN and not lies:
            made.end(op, at, "fail", None)
            continue
        if lies and random_.random() < 0.3:
            got = _lie(random_, model, op.action, got, range(1, len(made.operations) + 1) if unique else VALUES)
        made.end(op, at, "ok", None if got is UNSEEN else got)
    return made


def _lie(random_: random.Random, model: str, action: str, got: Any, values: Sequence[int]) -> Any:
    if action in ("read", "get", "dequeue"):
        if model in ("list", "set"):
            return tuple(random_.sample(values, random_.randint(0, min(2, len(values)))))
        if model == "kv-append":
            return "".join(str(random_.choice(values)) for _ in range(random_.randint(0, 2)))
        return random_.choice(values) if model == "counter" else random_.choice((None, *values))
    return random_.choice((None, False)) if action == "cas" else got


# -- slow twins --------------------------------------------------------------------------------------------


def orders(some: Sequence[Call], before: Any) -> Iterator[list[Call]]:
    """Yield every order of all answered calls and any of the unknown ones that respects `before`."""
    sure = [c for c in some if c.outcome == "ok"]
    maybe = [c for c in some if c.outcome == "info"]
    for chosen in chain.from_iterable(combinations(maybe, n) for n in range(len(maybe) + 1)):
        yield from _orders([*sure, *chosen], before, [])


def _orders(left: list[Call], before: Any, done: list[Call]) -> Iterator[list[Call]]:
    if not left:
        yield done
    for call in left:
        if not any(before(other, call) for other in left if other is not call):
            yield from _orders([c for c in left if c is not call], before, [*done, call])


def real_time(a: Call, b: Call) -> bool:
    return a.end is not None and a.end < b.begin


def one_process(a: Call, b: Call) -> bool:
    return a.process == b.process and a.begin < b.begin and a.end is not None


def explained(every: Sequence[Call], model: str, before: Any) -> bool:
    """Return whether some order makes every answer legal, by trying them all."""

    def search(left: list[Call], stores: dict[Any, Store]) -> bool:
        if not any(c.outcome == "ok" for c in left):
            return True
        for call in left:
            if any(before(other, call) for other in left if other is not call):
                continue
            store = stores.get(call.key, Store(model)).copy()
            got = store.do(call.action, call.given, call.process)
            if call.outcome == "ok" and not _same(model, call, got):
                continue
            if search([c for c in left if c is not call], {**stores, call.key: store}):
                return True
        return False

    return search([c for c in every if c.outcome != "fail"], {})


def _same(model: str, call: Call, got: Any) -> bool:
    if got is UNSEEN:
        return False
    if model == "set" and call.action == "read":
        return set(got) == set(call.got)
    if call.action == "cas":
        return (got is False) == (call.got is False)
    return call.action not in ("read", "get", "dequeue") or bool(got == call.got)
