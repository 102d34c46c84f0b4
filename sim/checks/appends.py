"""Anomalies of transactions over lists that grow, in the manner of Elle (Kingsbury and Alvaro, 2020).

A read of a list shows every append before it in order, so reads tell the order of versions, and that gives edges
between transactions: `ww` (appended the next version), `wr` (read the version that the other had appended) and `rw`
(the other appended the version after the one read). Cycles of them are anomalies (Adya, 1999):

G0        only ww
G1c       ww and wr, at least one wr
G-single  exactly one rw
G2-item   two rw or more

and beside cycles: G1a (read what a failed transaction appended), G1b (read a version from the middle of a
transaction), internal (a transaction contradicts itself), incompatible-order (no order of versions fits all reads),
duplicate-elements and phantom-elements. With real time as further edges, an anomaly that needs them has `-realtime`
after its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from .calls import Budget, Call, Judgement, shown
from .datatypes import LIST
from .graphs import components, shortest

Micro = tuple[str, Any, Any]  # append key value | r key elements
KINDS = ("ww", "wr", "rw", "realtime")
QUICK = 64  # elements compared as a whole for one step


class Spent(Exception):
    """The budget is spent."""


@dataclass(slots=True)
class Transaction:
    """One transaction: its call, and what it did; the elements of a read are None where nobody knows them."""

    call: Call
    micros: tuple[Micro, ...]


@dataclass(frozen=True, slots=True)
class Edge:
    """The transaction `a` comes before `b`; why."""

    a: int
    b: int
    kind: str
    why: str


@dataclass
class Anomaly:
    """One anomaly: its name, a sentence, the operations, and for cycles the edges."""

    name: str
    sentence: str
    operations: list[int]
    cycle: list[str] = field(default_factory=list)


def transactions(every: Sequence[Call]) -> list[Transaction]:
    """Return calls as transactions: `txn` holds micro-operations, an append or a read is a transaction of its own.

    Raises BadHistory through the list type for any other action.
    """
    made = []
    for call in every:
        if call.action == "txn":
            micros = call.got if call.ok and isinstance(call.got, tuple) else call.given[0]
            unseen = not call.ok
            made.append(Transaction(call, tuple(_micro(micro, unseen) for micro in micros)))
            continue
        for known in LIST.prepare([call]) if call.outcome != "fail" else [call]:
            if known.action == "append":
                made.append(Transaction(known, (("append", known.key, known.given[0]),)))
            elif known.ok:
                made.append(Transaction(known, (("r", known.key, known.got),)))
    return made


def _micro(micro: Any, unseen: bool) -> Micro:
    action, key, value = micro
    if action == "append":
        return "append", key, value
    return "r", key, None if unseen else () if value is None else value


def judge(every: Sequence[Call], budget: Budget, realtime: bool = False) -> Judgement:
    """Look for anomalies; with `realtime` also for those that only real time shows (strict serializability)."""
    done = transactions(every)
    if not any(t.call.ok and m[0] == "r" for t in done for m in t.micros):
        return Judgement("vacuous", "no read was answered")
    begun = budget.steps
    twice = _appended_twice(done)
    if twice is not None:
        return Judgement("unknown", twice)
    found: list[Anomaly] = []
    spent = False
    try:
        found += _internal(done, budget)
        orders, wrong = _versions(done, budget)
        found += wrong
        found += _aborted_and_intermediate(done, orders, budget)
        found += _cycles(done, orders, budget, realtime)
    except Spent:
        spent = True
    first: dict[str, Anomaly] = {}
    for anomaly in found:
        first.setdefault(anomaly.name, anomaly)
    evidence: dict[str, Any] = {
        "anomalies": {
            a.name: {"sentence": a.sentence, "operations": a.operations} | ({"cycle": a.cycle} if a.cycle else {})
            for a in first.values()
        },
        "steps": begun - budget.steps,
    }
    if first:
        told = "; ".join(f"{a.name}: {a.sentence}" for a in list(first.values())[:3])
        last = max(op for a in first.values() for op in a.operations)
        at = next((t.call.ended for t in done if t.call.op == last), None)
        return Judgement("violated", told, evidence, at)
    if spent:
        return Judgement("unknown", f"the budget of {begun} steps was spent", evidence)
    return Judgement("holds", "", evidence)


def _spend(budget: Budget, steps: int) -> None:
    budget.steps -= steps
    if budget.steps < 0:
        raise Spent


def _appends(done: Sequence[Transaction]) -> Iterator[tuple[int, Any, Any]]:
    for i, t in enumerate(done):
        for action, key, value in t.micros:
            if action == "append":
                yield i, key, value


def _reads(done: Sequence[Transaction]) -> Iterator[tuple[int, Any, tuple[Any, ...]]]:
    for i, t in enumerate(done):
        if t.call.ok:
            for action, key, value in t.micros:
                if action == "r" and value is not None:
                    yield i, key, value


def _appended_twice(done: Sequence[Transaction]) -> str | None:
    seen: dict[tuple[Any, Any], int] = {}
    for i, key, value in _appends(done):
        if (key, value) in seen:
            ops = f"op {done[seen[key, value]].call.op} and op {done[i].call.op}"
            return f"{shown(value)} was appended to {_name(key)} twice, by {ops}: nobody can tell whose was read"
        seen[key, value] = i
    return None


def _internal(done: Sequence[Transaction], budget: Budget) -> Iterator[Anomaly]:
    """A transaction that reads a key again must see what it saw and what it appended since."""
    for t in done:
        if not t.call.ok:
            continue
        known: dict[Any, tuple[Any, ...]] = {}
        own: dict[Any, tuple[Any, ...]] = {}  # appended before the first read
        later = {(key, value) for action, key, value in t.micros if action == "append"}
        for action, key, value in t.micros:
            _spend(budget, 1 + (len(value) if action == "r" and later else 0))
            if action == "append":
                later.discard((key, value))
                if key in known:
                    known[key] = (*known[key], value)
                else:
                    own[key] = (*own.get(key, ()), value)
                continue
            expected = known.get(key)
            mine = own.get(key, ())
            wrong = value != expected if expected is not None else bool(mine) and value[-len(mine) :] != mine
            if wrong:
                should = f"{shown(expected)}" if expected is not None else f"a list that ends with {shown(mine)}"
                yield Anomaly(
                    "internal",
                    f"op {t.call.op} read {shown(value)} of {_name(key)}, but by itself {should}",
                    [t.call.op],
                )
            early = next((element for element in value if (key, element) in later), None) if later else None
            if early is not None:
                sentence = f"op {t.call.op} read {shown(early)} in {_name(key)} before it appended it"
                yield Anomaly("internal", sentence, [t.call.op])
            known[key] = value


def _aborted_and_intermediate(
    done: Sequence[Transaction], orders: dict[Any, tuple[Any, ...]], budget: Budget
) -> Iterator[Anomaly]:
    """Look at each element of the longest reads, and of those that are not the beginning of one."""
    whole: set[Any] = set()  # keys whose longest read has been looked at
    author: dict[tuple[Any, Any], int] = {}
    final: dict[tuple[int, Any], Any] = {}
    for i, key, value in _appends(done):
        author[key, value] = i
        final[i, key] = value
    for i, key, elements in _reads(done):
        op, order = done[i].call.op, orders[key]
        known = (key in whole or len(elements) < len(order)) and order[: len(elements)] == elements
        if elements == order:
            whole.add(key)
        _spend(budget, 1 + (len(elements) // QUICK if known else len(elements)))
        twice = None if known else _first_twice(elements)
        if twice is not None:
            yield Anomaly("duplicate-elements", f"op {op} read {shown(twice)} twice in {_name(key)}", [op])
        for value in () if known else elements:
            writer = author.get((key, value))
            if writer is None:
                yield Anomaly(
                    "phantom-elements", f"op {op} read {shown(value)} in {_name(key)}, which nobody appended", [op]
                )
            elif done[writer].call.outcome == "fail":
                other = done[writer].call.op
                yield Anomaly(
                    "G1a",
                    f"op {op} read {shown(value)} in {_name(key)}, which op {other} appended and failed",
                    [other, op],
                )
        if elements:
            writer = author.get((key, elements[-1]))
            if writer is not None and writer != i and final[writer, key] != elements[-1]:
                other = done[writer].call.op
                yield Anomaly(
                    "G1b",
                    f"op {op} read {shown(elements[-1])} as the last of {_name(key)}, "
                    f"but op {other} appended {shown(final[writer, key])} after it",
                    [other, op],
                )


def _name(key: Any) -> str:
    return "the list" if key is None else shown(key)


def _first_twice(elements: tuple[Any, ...]) -> Any:
    if len(set(elements)) == len(elements):
        return None
    seen: set[Any] = set()
    for value in elements:
        if value in seen:
            return value
        seen.add(value)
    return None


def _versions(done: Sequence[Transaction], budget: Budget) -> tuple[dict[Any, tuple[Any, ...]], list[Anomaly]]:
    """Return the order of versions of each key: its longest read, of which all others must be the beginning."""
    longest: dict[Any, tuple[int, tuple[Any, ...]]] = {}
    for i, key, elements in _reads(done):
        if key not in longest or len(elements) > len(longest[key][1]):
            longest[key] = (i, elements)
    wrong = []
    for i, key, elements in _reads(done):
        _spend(budget, 1 + len(elements) // QUICK)
        other, order = longest[key]
        if order[: len(elements)] != elements:
            ops = [done[other].call.op, done[i].call.op]
            at = next(n for n, (a, b) in enumerate(zip(order, elements, strict=False)) if a != b)
            wrong.append(
                Anomaly(
                    "incompatible-order",
                    f"element {at} of {_name(key)} was {shown(order[at])} to op {ops[0]} and {shown(elements[at])} "
                    f"to op {ops[1]}",
                    ops,
                )
            )
    return {key: order for key, (_, order) in longest.items()}, wrong


# -- cycles ------------------------------------------------------------------------------------------------


def edges(done: Sequence[Transaction], orders: dict[Any, tuple[Any, ...]], budget: Budget) -> list[Edge]:
    """Return the dependencies that the orders of versions show between transactions that may have happened."""
    author = {(key, value): i for i, key, value in _appends(done) if done[i].call.outcome != "fail"}
    made: dict[tuple[int, int, str], Edge] = {}

    def add(a: int | None, b: int | None, kind: str, why: str) -> None:
        _spend(budget, 1)
        if a is not None and b is not None and a != b:
            made.setdefault((a, b, kind), Edge(a, b, kind, why))

    place: dict[tuple[Any, Any], int] = {}
    for key, order in orders.items():
        for at, value in enumerate(order):
            place.setdefault((key, value), at)
            if at:
                early = order[at - 1]
                add(
                    author.get((key, early)), author.get((key, value)), "ww",
                    f"appended {shown(value)} to {_name(key)} after {shown(early)}",
                )  # fmt: skip
    # What no read shows, though it has happened, comes after all that any read shows; in which order nobody knows.
    happened = {author[at] for at in place if at in author} | {i for i, t in enumerate(done) if t.call.ok}
    unread: dict[Any, list[tuple[int, Any]]] = {}
    for i, key, value in _appends(done):
        if i in happened and key in orders and (key, value) not in place:
            unread.setdefault(key, []).append((i, value))
            if orders[key]:
                early = orders[key][-1]
                why = f"appended {shown(value)} to {_name(key)} after {shown(early)}, as no read shows it"
                add(author.get((key, early)), i, "ww", why)
    for i, key, elements in _reads(done):
        order = orders[key]
        if elements:
            add(author.get((key, elements[-1])), i, "wr", f"read {shown(elements[-1])} as the last of {_name(key)}")
        # Only a beginning of the order says which version came next.
        following = len(elements)
        if following < len(order) and order[:following] == elements:
            value = order[following]
            add(i, author.get((key, value)), "rw", f"appended {shown(value)} to {_name(key)}, which had not been read")
        elif elements == order:
            for writer, value in unread.get(key, ()):
                add(i, writer, "rw", f"appended {shown(value)} to {_name(key)}, which no read shows")
    return list(made.values())


def realtime_edges(done: Sequence[Transaction]) -> list[Edge]:
    """Return who ended before whom began, without what follows from others of these edges."""
    begins = sorted(range(len(done)), key=lambda i: done[i].call.begin)
    ends = sorted((i for i in range(len(done)) if done[i].call.ok), key=lambda i: done[i].call.end or 0)
    made: list[Edge] = []
    recent: list[int] = []  # ended, and nobody began and ended since
    at = 0
    for b in begins:
        if done[b].call.outcome == "fail":
            continue
        begin = done[b].call.begin
        while at < len(ends) and (done[ends[at]].call.end or 0) < begin:
            a = ends[at]
            recent = [r for r in recent if (done[r].call.end or 0) > done[a].call.begin]
            recent.append(a)
            at += 1
        made += [Edge(a, b, "realtime", "began after the other had ended") for a in recent]
    return made


def _cycles(
    done: Sequence[Transaction], orders: dict[Any, tuple[Any, ...]], budget: Budget, realtime: bool
) -> Iterator[Anomaly]:
    dependencies = edges(done, orders, budget)
    plain = _Graph(dependencies, budget)
    yield from plain.anomalies(done, "")
    if realtime:
        timed = _Graph([*dependencies, *realtime_edges(done)], budget)
        yield from timed.anomalies(done, "-realtime")


class _Graph:
    """The edges between transactions, by kind."""

    def __init__(self, every: Sequence[Edge], budget: Budget) -> None:
        self.every = every
        self.budget = budget

    def anomalies(self, done: Sequence[Transaction], suffix: str) -> Iterator[Anomaly]:
        """Yield the shortest cycle of each kind; with a suffix only cycles that hold an edge of real time."""
        timed = ("realtime",) if suffix else ()
        for name, kinds, must in (
            ("G0", ("ww",), "ww"),
            ("G1c", ("ww", "wr"), "wr"),
            ("G-single", ("ww", "wr"), "rw"),
            ("G2-item", ("ww", "wr", "rw"), "rw"),
        ):
            cycle = self._shortest((*kinds, *timed), must, name, bool(suffix))
            if cycle:
                steps = [f"op {done[e.b].call.op} {e.why} ({e.kind} from op {done[e.a].call.op})" for e in cycle]
                kinds_seen = " ".join(f"op {done[e.a].call.op} -{e.kind}->" for e in cycle)
                yield Anomaly(
                    name + suffix,
                    f"{kinds_seen} op {done[cycle[0].a].call.op}",
                    [done[e.a].call.op for e in cycle],
                    steps,
                )

    def _shortest(self, kinds: tuple[str, ...], must: str, name: str, timed: bool) -> list[Edge] | None:
        """Return the shortest cycle that has an edge `must` and otherwise edges of these kinds."""
        graph: dict[int, dict[int, Edge]] = {}
        rank = {kind: i for i, kind in enumerate(KINDS)}
        for edge in self.every:
            for node in (edge.a, edge.b):
                graph.setdefault(node, {})
            if edge.kind in kinds:
                held = graph[edge.a].get(edge.b)
                if held is None or rank[edge.kind] < rank[held.kind]:
                    graph[edge.a][edge.b] = edge
        full: dict[int, list[int]] = {node: list(after) for node, after in graph.items()}
        musts = [edge for edge in self.every if edge.kind == must]
        if must not in kinds:
            for edge in musts:
                full[edge.a].append(edge.b)
        _spend(self.budget, len(self.every))
        inside = {node: i for i, some in enumerate(components(full)) for node in some}
        best: list[Edge] | None = None
        for edge in musts:
            if edge.a not in inside or inside[edge.a] != inside.get(edge.b):
                continue
            home = inside[edge.a]

            def successors(n: int, home: int = home) -> list[int]:
                return [m for m in graph[n] if inside.get(m) == home]

            path = shortest([edge.b], edge.a, successors, lambda n: _spend(self.budget, n))
            if path is None:
                continue
            cycle = [edge, *(graph[a][b] for a, b in pairwise(path))]
            if name == "G2-item" and sum(e.kind == "rw" for e in cycle) < 2:
                continue
            if timed and not any(e.kind == "realtime" for e in cycle):
                continue
            if best is None or len(cycle) < len(best):
                best = cycle
        return best
