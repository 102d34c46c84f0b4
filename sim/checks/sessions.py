"""Session guarantees (Terry and others, 1994), judged from what each session wrote and read.

Values tell who wrote them, so all values written to a key must differ. Of lists and sets a read shows all that
its replica had, so what it lacks is plain. Of registers a read shows one value, and the order of values is what must be
inferred; it is judged as a graph of "before", per key:

own     a session wrote the one value and, when that had been answered, the other
seen    a session read the one value and then the other
mine    a session wrote the one value and then read the other
led     a session read the one value and then wrote the other

read your writes: no `mine` lies on a cycle of `own` and `mine`; monotonic reads: no cycle of `seen`; monotonic writes:
no `own` on a cycle of `own` and `seen`; writes follow reads: no `led` on a cycle of `led` and `seen`. The first value
(None) is before all others. A session is one client, or one process where no client is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from .calls import Budget, Call, Judgement, jsonable, order, shown
from .datatypes import DataType
from .graphs import components, shortest

GUARANTEES = ("read_your_writes", "monotonic_reads", "monotonic_writes", "writes_follow_reads")
_EDGES = {
    "read_your_writes": ("mine", "own"),
    "monotonic_reads": ("seen", ""),
    "monotonic_writes": ("own", "seen"),
    "writes_follow_reads": ("led", "seen"),
}
_SAYS = {
    "own": "{who} wrote {a} (op {x}) and then {b} (op {y})",
    "seen": "{who} read {a} (op {x}) and then {b} (op {y})",
    "mine": "{who} wrote {a} (op {x}) and then read {b} (op {y})",
    "led": "{who} read {a} (op {x}) and then wrote {b} (op {y})",
    "first": "{a} was there first",
}


def judge(guarantee: str, every: Sequence[Call], kind: DataType, budget: Budget) -> Judgement:
    """Judge one guarantee. Raises BadHistory on what the type does not know."""
    prepared = kind.prepare(every)
    written: dict[Any, Call] = {}
    registers = kind.name in ("register", "cas-register")
    for call in prepared:
        if call.action in kind.reads or call.got is False:
            continue
        value = call.given[-1]
        if (call.key, value) in written or (registers and value is None):
            others = f" and by {written[call.key, value].told()}" if (call.key, value) in written else ""
            return Judgement(
                "unknown",
                f"{shown(value)} was written by {call.told()}{others}: sessions are judged only where every value "
                "is written once, and none is the first",
            )
        written[call.key, value] = call
    if any(c.action == "remove" for c in prepared):
        return Judgement("unknown", "elements are removed: sessions are judged only where sets grow")
    if not any(c.ok and _reads(c) for c in prepared):
        return Judgement("vacuous", "no read was answered")
    if registers:
        return _register(guarantee, prepared, written, budget)
    return _growing(guarantee, prepared, kind.name == "list", budget)


def _reads(call: Call) -> bool:
    return call.action == "read" or (call.action == "cas" and call.got is not False)


def _sessions(prepared: Sequence[Call]) -> dict[str, list[Call]]:
    lines: dict[str, list[Call]] = {}
    for call in prepared:
        lines.setdefault(call.who, []).append(call)
    return lines


# -- lists and sets ----------------------------------------------------------------------------------------


def _growing(guarantee: str, prepared: Sequence[Call], ordered: bool, budget: Budget) -> Judgement:
    """Judge reads that show everything: what had to be there and is not."""
    if guarantee in ("monotonic_writes", "writes_follow_reads"):
        return _authored(guarantee, prepared, ordered, budget)
    for line in _sessions(prepared).values():
        before: dict[Any, dict[Any, Call]] = {}  # per key, what this session must find again, and since when
        for call in line:
            must = before.setdefault(call.key, {})
            if call.action == "read":
                members = frozenset(call.got)
                budget.steps -= 1 + len(must) + len(members)
                lost = next((value for value in must if value not in members), None)
                if lost is not None:
                    since = must[lost]
                    verb = "wrote" if guarantee == "read_your_writes" else "read"
                    sentence = (
                        f"{call.who} {verb} {shown(lost)} (op {since.op}) and later read without it: {call.told()}"
                    )
                    evidence = {"value": jsonable(lost), "operations": [since.op, call.op]}
                    return Judgement("violated", sentence, evidence, call.ended)
                if guarantee == "monotonic_reads":
                    for value in call.got if ordered else sorted(members, key=order):
                        must.setdefault(value, call)
            elif guarantee == "read_your_writes" and call.ok:
                must.setdefault(call.given[-1], call)
            if budget.steps <= 0:
                return Judgement("unknown", "the budget was spent")
    return Judgement("holds")


def _authored(guarantee: str, prepared: Sequence[Call], ordered: bool, budget: Budget) -> Judgement:
    """Judge what else must be there, and before it, wherever a value is seen: what its author had written or read."""
    verb = "wrote" if guarantee == "monotonic_writes" else "read"
    # Per write: itself, and how much of what its session had then written or read, a list that only grows.
    needs: dict[Any, tuple[Call, list[tuple[Any, Call]], int]] = {}
    for line in _sessions(prepared).values():
        known: dict[Any, dict[Any, Call]] = {}
        grown: dict[Any, list[tuple[Any, Call]]] = {}
        for call in line:
            before, early = known.setdefault(call.key, {}), grown.setdefault(call.key, [])
            if call.action == "read":
                new = call.got if verb == "read" else ()
            else:
                needs[call.key, call.given[-1]] = call, early, len(early)
                new = (call.given[-1],) if verb == "wrote" and call.ok else ()
            for value in new if ordered else sorted(new, key=order):
                if value not in before:
                    before[value] = call
                    early.append((value, call))
    for read in prepared:
        if read.action != "read":
            continue
        places = {value: at for at, value in enumerate(read.got)} if ordered else dict.fromkeys(read.got, 0)
        for value in read.got if ordered else sorted(read.got, key=order):
            if (read.key, value) not in needs:
                continue
            second, early, count = needs[read.key, value]
            budget.steps -= 1 + count
            for other, first in early[:count]:
                if other != value and places.get(other, len(places)) > places[value]:
                    how = "before" if other in places else "but not"
                    sentence = (
                        f"{first.who} {verb} {shown(other)} (op {first.op}) and then wrote {shown(value)} "
                        f"(op {second.op}); {read.who} saw {shown(value)} {how} {shown(other)} (op {read.op})"
                    )
                    evidence = {"early": jsonable(other), "late": jsonable(value)}
                    ops = [first.op, second.op, read.op]
                    return Judgement("violated", sentence, evidence | {"operations": ops}, read.ended)
            if budget.steps <= 0:
                return Judgement("unknown", "the budget was spent")
    return Judgement("holds")


# -- registers ---------------------------------------------------------------------------------------------


@dataclass(slots=True, frozen=True)
class _Edge:
    """The value `a` is before the value `b`, since a session did `x` and then `y`."""

    a: Any
    b: Any
    kind: str
    x: Call
    y: Call

    def told(self) -> str:
        return _SAYS[self.kind].format(who=self.y.who, a=shown(self.a), b=shown(self.b), x=self.x.op, y=self.y.op)


def _register(guarantee: str, prepared: Sequence[Call], written: dict[Any, Call], budget: Budget) -> Judgement:
    kinds = _EDGES[guarantee]
    keys: dict[Any, list[_Edge]] = {}
    for key, edge in _edges(prepared):
        if edge.kind in kinds:
            keys.setdefault(key, []).append(edge)
    for key, edges in keys.items():
        found = _cycle(edges, kinds[0], key, written, budget)
        if budget.steps <= 0:
            return Judgement("unknown", "the budget was spent")
        if found:
            sentence = "; ".join(edge.told() for edge in found)
            last = max((edge.y for edge in found), key=lambda c: c.begin)
            evidence = {
                "key": jsonable(key),
                "cycle": [edge.told() for edge in found],
                "values": [jsonable(edge.a) for edge in found],
                "operations": sorted({op for edge in found for op in (edge.x.op, edge.y.op)}),
            }
            return Judgement("violated", sentence, evidence, last.ended)
    return Judgement("holds")


def _edges(prepared: Sequence[Call]) -> Iterator[tuple[Any, _Edge]]:
    """Yield every "before" that sessions give."""
    for line in _sessions(prepared).values():
        read: dict[Any, Call] = {}  # the last read of a key
        wrote: dict[Any, Call] = {}  # the last answered write
        for call in line:
            prior = read.get(call.key)  # by an earlier call: a cas reads, too, and then writes
            for act in _acts(call):
                key, value = act.key, act.given[-1] if act.action == "write" else act.got
                earlier_read, earlier_write = read.get(key), wrote.get(key)
                if act.action == "write":
                    if earlier_write is not None:
                        yield key, _Edge(earlier_write.given[-1], value, "own", earlier_write, call)
                    for earlier in (earlier_read, prior):
                        if earlier is not None:
                            yield key, _Edge(earlier.got, value, "led", earlier, call)
                    if act.ok:
                        wrote[key] = act
                else:
                    if earlier_read is not None:
                        yield key, _Edge(earlier_read.got, value, "seen", earlier_read, call)
                    if earlier_write is not None:
                        yield key, _Edge(earlier_write.given[-1], value, "mine", earlier_write, call)
                    read[key] = act


def _acts(call: Call) -> Iterator[Call]:
    """Yield what a call reads and writes: a cas that succeeded does both, one of unknown outcome may have written."""
    if call.action != "cas":
        yield call
    elif call.got is not False:
        if call.ok:
            yield replace(call, action="read", given=(), got=call.given[0])
        yield replace(call, action="write", given=call.given[1:], got=None)


def _cycle(edges: Sequence[_Edge], kind: str, key: Any, written: dict[Any, Call], budget: Budget) -> list[_Edge] | None:
    """Return the shortest cycle through an edge of this kind, the first such edge deciding; None if there is none."""
    numbers: dict[Any, int] = {None: 0}
    graph: dict[int, dict[int, _Edge]] = {0: {}}
    for edge in edges:
        for value in (edge.a, edge.b):
            if value not in numbers:
                numbers[value] = len(numbers)
                graph[numbers[value]] = {}
        if edge.a != edge.b:
            mine = graph[numbers[edge.a]]
            held = mine.get(numbers[edge.b])
            if held is None or (held.kind != kind and edge.kind == kind):
                mine[numbers[edge.b]] = edge
    for value, n in numbers.items():
        if n and n not in graph[0] and (key, value) in written:
            author = written[key, value]
            graph[0][n] = _Edge(None, value, "first", author, author)
    plain = {node: list(after) for node, after in graph.items()}
    inside = {node: i for i, some in enumerate(components(plain)) for node in some}

    def spend(steps: int) -> None:
        budget.steps -= steps

    best: list[_Edge] | None = None
    for node, successors in graph.items():
        for successor, edge in successors.items():
            if edge.kind != kind or node not in inside or inside.get(successor) != inside[node]:
                continue
            path = shortest([successor], node, plain.__getitem__, spend)
            if path is not None and (best is None or len(path) < len(best)):
                best = [edge, *(graph[a][b] for a, b in pairwise(path))]
            if budget.steps <= 0:
                return best
    return best
