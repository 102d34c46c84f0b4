"""What a run's records say over time: spans of roles, steps of numbers, and both thinned out for a picture.

Pure functions of records. Times are integer ns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sim.trace import Record

ROLES = ("leader", "candidate", "follower", "idle", "up", "down")  # in order of importance
COLUMNS = 1200  # no picture tells more moments apart than this


class Span(NamedTuple):
    """A node had a role from `begin` to before `end`."""

    begin: int
    end: int
    role: str


Steps = list[tuple[int, Any]]  # (at, value from then on); None while there is none


def role_spans(records: Iterable[Record], nodes: Sequence[str], end: int) -> dict[str, list[Span]]:
    """Return each node's roles without gaps from 0 to `end`: `down` before its first state and after a crash.

    A view without `role` is `up`. Roles that lasted no time are left out.
    """
    spans: dict[str, list[Span]] = {node: [] for node in nodes}
    now = dict.fromkeys(nodes, (0, "down"))

    def change(node: str, at: int, role: str) -> None:
        since, was = now[node]
        if role == was:
            return
        if at > since:
            _append(spans[node], Span(since, at, was))
        now[node] = (at, role)

    for record in records:
        if record.kind == "state" and record.node is not None:
            change(record.node, record.at, _role(record.data))
    for node in nodes:
        change(node, end, "")
    return spans


def _append(spans: list[Span], span: Span) -> None:
    """Append a span, or prolong the last one: what lay between may have lasted no time."""
    if spans and spans[-1].role == span.role and spans[-1].end == span.begin:
        span = Span(spans.pop().begin, span.end, span.role)
    spans.append(span)


def _role(view: Any) -> str:
    return "down" if view is None else str(getattr(view, "role", "up"))


def leaders_at_once(records: Iterable[Record]) -> Steps:
    """Return how many nodes led at the same time: every change in record order, so one instant may have several."""
    leaders: set[str | None] = set()
    steps: Steps = [(0, 0)]
    for record in records:
        if record.kind == "state":
            (leaders.add if _role(record.data) == "leader" else leaders.discard)(record.node)
            if steps[-1][1] != len(leaders):
                steps.append((record.at, len(leaders)))
    return steps


def field_steps(records: Iterable[Record], nodes: Sequence[str], name: str) -> dict[str, Steps]:
    """Return the values of one field of every node's view; None while the node is down."""
    steps: dict[str, Steps] = {node: [(0, None)] for node in nodes}
    for record in records:
        if record.kind == "state" and record.node is not None:
            value = None if record.data is None else getattr(record.data, name)
            mine = steps[record.node]
            if mine[-1][1] != value:
                if mine[-1][0] == record.at:
                    mine.pop()
                mine.append((record.at, value))
    return steps


def combine(steps: Mapping[str, Steps], what: Callable[[list[Any]], int]) -> Steps:
    """Return a number made from the values of all nodes that have one, at each change of any of them."""
    changes = sorted((at, order, node, value) for order, node in enumerate(steps) for at, value in steps[node])
    values: dict[str, Any] = {}
    made: Steps = []
    for i, (at, _, node, value) in enumerate(changes):
        values[node] = value
        if i + 1 < len(changes) and changes[i + 1][0] == at:
            continue  # one instant, one number
        number = what([v for v in values.values() if v is not None])
        if not made or made[-1][1] != number:
            made.append((at, number))
    return made


def spread(values: Sequence[int]) -> int:
    """Return how far values lie apart, 0 if there are none."""
    return max(values) - min(values) if values else 0


def kinds(values: Sequence[Any]) -> int:
    """Return how many different values there are."""
    return len(set(values))


def differing(records: Iterable[Record]) -> Steps:
    """Return how many sequence numbers have different payloads at different nodes, from what nodes noted as `stored`.

    A node holds what it noted last under a number, until a crash that wipes its disk: trace records do not say
    when an entry is discarded.
    """
    held: dict[str, dict[Any, Any]] = {}
    payloads: dict[Any, dict[Any, int]] = {}  # by sequence number: how many nodes hold each payload
    steps: Steps = [(0, 0)]
    count = 0

    def put(seq: Any, payload: Any, by: int) -> None:
        nonlocal count
        mine = payloads.setdefault(seq, {})
        before = len(mine)
        mine[payload] = mine.get(payload, 0) + by
        if not mine[payload]:
            del mine[payload]
        count += (len(mine) > 1) - (before > 1)

    for record in records:
        node = str(record.node)
        if record.kind == "note" and record.name == "stored":
            seq, payload = record.data.seq, record.data.payload
            mine = held.setdefault(node, {})
            if seq in mine:
                put(seq, mine[seq], -1)
            mine[seq] = payload
            put(seq, payload, 1)
        elif record.kind == "crash" and record.data.how == "wiped":
            for seq, payload in held.pop(node, {}).items():
                put(seq, payload, -1)
        if steps[-1][1] != count:
            if steps[-1][0] == record.at:
                steps.pop()
            steps.append((record.at, count))
    return steps


# -- thinning ----------------------------------------------------------------------------------------------


def thin(steps: Steps, end: int, columns: int = COLUMNS) -> Steps:
    """Return steps that look the same in so many columns: of each column its first, least, greatest and last value.

    A column in which a node goes down or comes up keeps all that it holds of that.
    """
    if len(steps) <= 4 * columns:
        return steps
    kept: Steps = []
    column: Steps = []

    def close() -> None:
        some = [i for i, step in enumerate(column) if step[1] is not None]
        wanted = {0, len(column) - 1, *(i for i, step in enumerate(column) if step[1] is None)}
        if some:
            wanted |= {min(some, key=lambda i: column[i][1]), max(some, key=lambda i: column[i][1])}
        kept.extend(column[i] for i in sorted(wanted))

    place = -1
    for step in steps:
        here = step[0] * columns // end
        if here != place and column:
            close()
            column = []
        place = here
        column.append(step)
    if column:
        close()
    return kept


def coarse(spans: list[Span], end: int, columns: int = COLUMNS) -> list[Span]:
    """Return spans that look the same in so many columns: each column has the most important role within it."""
    if len(spans) <= columns // 2:
        return spans
    best: list[int] = [len(ROLES)] * columns
    rank = {role: i for i, role in enumerate(ROLES)}
    for span in spans:
        first = span.begin * columns // end
        last = max(first, (span.end * columns - 1) // end)
        for column in range(first, min(last, columns - 1) + 1):
            best[column] = min(best[column], rank.get(span.role, rank["up"]))
    made: list[Span] = []
    for column, role in enumerate(best):
        if role < len(ROLES):
            _append(made, Span(column * end // columns, (column + 1) * end // columns, ROLES[role]))
    return made
