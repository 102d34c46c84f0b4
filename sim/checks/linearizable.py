"""Linearizability: is there one order of the operations, true to real time, in which every answer is legal?

Theory of operation. Keys are independent, so each is searched alone. The search (Wing and Gong, with Lowe's memory of
configurations) places calls one by one. Let the completed calls be numbered in the order in which they ended; the
frontier is the first that is not placed. Only calls that began before the frontier ended may be placed next, so a
configuration is the frontier, the few calls placed beyond it, the calls of unknown outcome placed so far, and the
state: its size does not grow with the history.

What keeps the search small: a legal call that changes nothing is placed at once, for placing it later can help nobody;
of two calls of unknown outcome that do the same, the earlier one is placed first; a configuration is not looked at
if another had the same frontier and state and had used only some of its unknown calls; and a state is given up that,
by the answers yet to be placed, leads nowhere (foresight.py). A call of unknown outcome is never owed: the search
is over when every completed call is placed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .calls import REMEMBERED, Budget, Call, Judgement, by_key, jsonable, shown, span_of, when
from .datatypes import DataType
from .foresight import foresight

SHOWN_MAX = 1_000  # operations listed in evidence


@dataclass(slots=True)
class Search:
    """What a search came to: `legal` is None if the budget was spent; the rest is its longest partial linearization."""

    legal: bool | None
    count: int  # how many completed calls it holds
    placed: list[Call]
    state: Any  # after it
    states: list[Any]  # every state that was reached, each once


def judge(every: Sequence[Call], kind: DataType, budget: Budget) -> Judgement:
    """Judge a history of one data type, key by key. Raises BadHistory on what the type does not know."""
    keys = by_key(kind.prepare(every))
    unknown: list[Any] = []
    observed = any(c.ok and c.action in kind.observing for some in keys.values() for c in some)
    left = len(keys)
    begun = budget.steps
    for key, some in keys.items():
        share = Budget(budget.steps // left, budget.memory)
        given = share.steps
        found = search(some, [kind.initial], kind, share)
        budget.steps -= given - share.steps
        left -= 1
        if found.legal is False:
            return _violated(key, some, found, kind, budget)
        if found.legal is None:
            unknown.append((key, some, found))
    if unknown:
        key, some, found = unknown[0]
        evidence = {
            "key": jsonable(key),
            "operations_on_key": len(some),
            "linearized": [c.op for c in found.placed[-SHOWN_MAX:]],
            "state": jsonable(found.state),
            "steps": begun - budget.steps,
            "keys_undecided": [jsonable(k) for k, _, _ in unknown],
        }
        sentence = (
            f"the budget of {begun} steps was spent{_on(key)}; "
            f"at most {found.count} of {_answered(some)} answered operations were put in order"
        )
        return Judgement("unknown", sentence, evidence)
    if not observed:
        return Judgement("vacuous", "no operation that observes anything was answered")
    return Judgement("holds", "", {"keys": len(keys), "steps": begun - budget.steps})


def search(every: Sequence[Call], starts: Iterable[Any], kind: DataType, budget: Budget) -> Search:
    """Look for a legal order of prepared calls of one key from one of these states, and take what it costs."""
    done = sorted((c for c in every if c.end is not None), key=_end)
    maybe = sorted((c for c in every if c.end is None), key=lambda c: c.begin)
    return _search(done, maybe, starts, kind, budget)


def _search(
    done: Sequence[Call], maybe: Sequence[Call], starts: Iterable[Any], kind: DataType, budget: Budget
) -> Search:
    n = len(done)
    first, open_count = _candidates(done, maybe, kind)
    twins = _twins(maybe)
    step, pure = kind.step, [kind.pure(c) for c in done]
    ahead = foresight(kind.name, done, maybe)
    size = REMEMBERED + len(maybe) // 8
    seen: dict[tuple[int, int, Any], list[int]] = {}
    reached: dict[Any, None] = {}
    best: tuple[int, Any, Any] = (-1, None, None)  # how many completed calls, the path to it, the state
    steps, memory = budget.steps, budget.memory
    legal: bool | None = False
    for start in starts:
        if ahead is not None and ahead.hopeless(None, start, None):
            continue
        f, m, used, state, p = 0, 0, 0, start, 0
        path: Any = None
        stack: list[tuple[int, int, int, Any, int, Any]] = []
        reached[state] = None
        if best[0] < 0:
            best = (0, None, state)
        while legal is False:
            if f == n:
                legal = True
                break
            options = first[f]
            width = len(options)
            moved = False
            while p < width + open_count[f]:
                if steps <= 0 or memory <= 0:
                    legal = None
                    break
                steps -= 1
                if p < width:
                    i = options[p]
                    bit = 1 << (i - f)
                    p += 1
                    if m & bit:
                        continue
                    fits, after = step(state, done[i])
                    if not fits:
                        continue
                    f2, m2, used2, last = f, m | bit, used, done[i]
                    while m2 & 1:
                        m2 >>= 1
                        f2 += 1
                    back = width + open_count[f] if pure[i] else p
                else:
                    j = p - width
                    p += 1
                    if used >> j & 1 or used & twins[j] != twins[j]:
                        continue
                    fits, after = step(state, maybe[j])
                    if not fits or after == state:
                        continue
                    f2, m2, used2, last, back = f, m, used | 1 << j, maybe[j], p
                known = seen.setdefault((f2, m2, after), [])
                if any(u & used2 == u for u in known):
                    p = back
                    continue
                steps -= len(known)
                if ahead is not None:
                    ahead.place(last)
                    if after != state and ahead.hopeless(state, after, last):
                        ahead.take_back(last)
                        continue
                known.append(used2)
                memory -= size
                if after not in reached:
                    reached[after] = None
                stack.append((f, m, used, state, back, path))
                f, m, used, state, p, path = f2, m2, used2, after, 0, (last, path)
                count = f + m.bit_count()
                if count > best[0]:
                    best = (count, path, state)
                moved = True
                break
            if legal is None:
                break
            if not moved:
                if not stack:
                    break
                if ahead is not None:
                    ahead.take_back(path[0])
                f, m, used, state, p, path = stack.pop()
        if legal is not False:
            break
    budget.steps, budget.memory = steps, memory
    placed: list[Call] = []
    link = best[1]
    while link is not None:
        placed.append(link[0])
        link = link[1]
    return Search(legal, max(best[0], 0), placed[::-1], best[2], list(reached))


def _candidates(done: Sequence[Call], maybe: Sequence[Call], kind: DataType) -> tuple[list[tuple[int, ...]], list[int]]:
    """Return for each frontier which completed calls may be placed next, and how many of the unknown ones.

    Calls that change nothing come first, the others in the order in which they ended.
    """
    begins = sorted(range(len(done)), key=lambda i: done[i].begin)
    rank = {i: (not kind.pure(done[i]), i) for i in begins}
    active: list[int] = []
    candidates, counts = [], []
    at = count = 0
    for f, call in enumerate(done):
        end = _end(call)
        while at < len(begins) and done[begins[at]].begin < end:
            active.append(begins[at])
            at += 1
        while count < len(maybe) and maybe[count].begin < end:
            count += 1
        candidates.append(tuple(sorted(active, key=rank.__getitem__)))
        counts.append(count)
        active.remove(f)
    return candidates, counts


def _twins(maybe: Sequence[Call]) -> list[int]:
    """Return for each call of unknown outcome the one before that does the same, as a bit; 0 if none does."""
    last: dict[Any, int] = {}
    twins: list[int] = []
    for j, call in enumerate(maybe):
        same = (call.action, call.given, call.got, call.process)
        twins.append(1 << last[same] if same in last else 0)
        last[same] = j
    return twins


def _end(call: Call) -> int:
    assert call.end is not None
    return call.end


# -- evidence ----------------------------------------------------------------------------------------------


def _violated(key: Any, some: Sequence[Call], found: Search, kind: DataType, budget: Budget) -> Judgement:
    done = sorted((c for c in some if c.end is not None), key=_end)
    last, known, found = _prefix(done, some, found, kind, budget)
    stuck = done[last]
    first, sure = _window(done, some, last, found.states, kind, budget) if known else (0, False)
    window = done[first : last + 1]
    since, until = span_of(window)
    evidence = {
        "key": jsonable(key),
        "operations_on_key": len(some),
        "stuck": stuck.told(),
        "linearized": [c.op for c in found.placed[-SHOWN_MAX:]],
        "linearized_answered": found.count,
        "state": jsonable(found.state),
        "window": {
            "operations": [c.op for c in window[:SHOWN_MAX]],
            "count": len(window),
            "from": since,
            "to": until,
            "minimal": sure,
        },
    }
    timed = f", {when(since)} to {when(until)}" if until else ""
    sentence = (
        f"no order explains {stuck.told()}{_on(key)}: at most {found.count} of {len(done)} answered operations "
        f"fit one order; the conflict is within {len(window)} of them{timed}"
    )
    return Judgement("violated", sentence, evidence, stuck.ended)


def _part(done: Sequence[Call], some: Sequence[Call], first: int, last: int) -> tuple[list[Call], list[Call]]:
    """Return the completed calls from first to last, and those that overlap them, which may happen or not."""
    inside = list(done[first : last + 1])
    began = min(c.begin for c in inside) if first else 0
    chosen = {c.op for c in inside}
    overlapping = [
        c for c in some if c.op not in chosen and c.begin < _end(inside[-1]) and (c.end is None or c.end > began)
    ]
    return inside, sorted(overlapping, key=lambda c: c.begin)


def _prefix(
    done: Sequence[Call], some: Sequence[Call], found: Search, kind: DataType, budget: Budget
) -> tuple[int, bool, Search]:
    """Return the first call up to whose end the history cannot be explained, whether sure, and the longest search."""
    low, high = -1, len(done) - 1  # up to low it can be explained, up to high it cannot
    best = found
    while high - low > 1:
        middle = (low + high) // 2
        part = _search(*_part(done, some, 0, middle), [kind.initial], kind, budget)
        if part.legal is None:
            return high, False, best
        low, high = (middle, high) if part.legal else (low, middle)
        if part.legal and part.count >= best.count:
            best = part
    # A search that sees ahead passes over states; of a register all are known beforehand.
    written = [c.given[-1] for c in some if c.given] if kind.initial is None else []
    states = list(dict.fromkeys((kind.initial, *written, *found.states, *best.states)))
    return high, True, Search(False, best.count, best.placed, best.state, states)


def _window(
    done: Sequence[Call], some: Sequence[Call], last: int, states: Sequence[Any], kind: DataType, budget: Budget
) -> tuple[int, bool]:
    """Return the nearest first call from which no state that was seen explains all answers up to the last; if sure.

    Calls that overlap these may happen or not, and any state may come before: what fails even so is a conflict among
    these calls alone. If every such window can be explained, the conflict begins with the history, whose first
    state is known.
    """

    def fails(first: int) -> bool | None:
        inside, overlapping = _part(done, some, first, last)
        starts = states
        if kind.initial is None:  # registers: values that nobody asks for are all alike
            asked = {_asked(call) for call in (*inside, *overlapping)}
            other = [state for state in states if state not in asked]
            starts = [state for state in states if state in asked] + other[:1]
        legal = _search(inside, overlapping, starts, kind, budget).legal
        return None if legal is None else not legal

    explained, width = last + 1, 1
    while True:
        first = max(0, last + 1 - width)
        verdict = fails(first) if first else True
        if verdict is None:
            return 0, False
        if verdict:
            break
        explained, width = first, width * 2
    while explained - first > 1:
        middle = (first + explained) // 2
        verdict = fails(middle)
        if verdict is None:
            return first, False
        first, explained = (middle, explained) if verdict else (first, middle)
    return first, True


def _asked(call: Call) -> Any:
    return call.got if call.action == "read" else call.given[0] if call.action == "cas" else None


def _answered(some: Sequence[Call]) -> int:
    return sum(1 for c in some if c.end is not None)


def _on(key: Any) -> str:
    return "" if key is None else f" on key {shown(key)}"
