"""Sequential consistency: is there one order of all operations, true to each process, in which every answer is legal?

Unlike linearizability it cannot be judged key by key: two keys may each have an order and both together none. So this
search is over all keys at once, and gives up sooner.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .calls import REMEMBERED, Budget, Call, Judgement
from .datatypes import DataType

SHOWN_MAX = 1_000


def judge(every: Sequence[Call], kind: DataType, budget: Budget) -> Judgement:
    """Judge a history of one data type. Raises BadHistory on what the type does not know."""
    prepared = kind.prepare(every)
    begun = budget.steps
    legal, placed, heads = _search(prepared, kind, budget)
    answered = sum(1 for c in prepared if c.end is not None)
    evidence: dict[str, Any] = {"steps": begun - budget.steps}
    if legal:
        if not any(c.ok and c.action in kind.observing for c in prepared):
            return Judgement("vacuous", "no operation that observes anything was answered")
        return Judgement("holds", "", evidence)
    count = sum(1 for c in placed if c.end is not None)
    evidence |= {"ordered": [c.op for c in placed[-SHOWN_MAX:]], "ordered_answered": count}
    if legal is None:
        return Judgement(
            "unknown",
            f"the budget of {begun} steps was spent; at most {count} of {answered} answered operations were ordered",
            evidence,
        )
    evidence["stuck"] = [c.told() for c in heads]
    sentence = f"no order true to each process explains all answers: after {count} of {answered} operations "
    sentence += "none of these can follow: " + ", ".join(c.told() for c in heads[:3])
    return Judgement("violated", sentence, evidence, max((c.ended or c.invoked for c in heads), default=None))


def _search(every: Sequence[Call], kind: DataType, budget: Budget) -> tuple[bool | None, list[Call], list[Call]]:
    """Return whether there is an order, the longest partial one, and what each process would have done next."""
    keys: dict[Any, int] = {}
    lines: dict[int, list[Call]] = {}
    maybe: list[tuple[int, int, Call]] = []  # an unknown call may follow what its process did before, or never happen
    numbers: dict[int, int] = {}
    for call in every:
        keys.setdefault(call.key, len(keys))
        line = lines.setdefault(call.process, [])
        number = numbers.setdefault(call.process, len(numbers))
        if call.end is None:
            maybe.append((number, len(line), call))
        else:
            line.append(call)
    done = list(lines.values())
    ends = tuple(len(line) for line in done)
    width = len(done)
    state: tuple[Any, ...] = tuple(kind.initial for _ in keys)
    places, used, p = tuple(0 for _ in done), 0, 0
    path: Any = None
    seen = {(places, used, state)}
    stack: list[tuple[tuple[int, ...], int, tuple[Any, ...], int, Any]] = []
    best: tuple[int, Any, tuple[int, ...]] = (-1, None, places)
    legal: bool | None = False
    size = REMEMBERED + 16 * (width + len(keys)) + len(maybe) // 8
    while True:
        if best[0] < (total := sum(places)):
            best = (total, path, places)
        if places == ends:
            legal = True
            break
        moved = False
        while p < width + len(maybe):
            if budget.steps <= 0 or budget.memory <= 0:
                return None, _path(best[1]), _heads(done, best[2])
            budget.steps -= 1
            i, at = p, places[p] if p < width else 0
            p += 1
            if i < width:
                if at == ends[i]:
                    continue
                call = done[i][at]
            else:
                number, need, call = maybe[i - width]
                if used >> (i - width) & 1 or places[number] < need:
                    continue
            k = keys[call.key]
            fits, after = kind.step(state[k], call)
            if not fits or (i >= width and after == state[k]):
                continue
            places2, used2 = places, used
            if i < width:
                places2 = (*places[:i], at + 1, *places[i + 1 :])
            else:
                used2 |= 1 << (i - width)
            state2 = state if after == state[k] else (*state[:k], after, *state[k + 1 :])
            # What changes nothing is best done at once: nothing else need be tried here.
            back = width + len(maybe) if i < width and kind.pure(call) else p
            if (places2, used2, state2) in seen:
                p = back
                continue
            seen.add((places2, used2, state2))
            budget.memory -= size
            stack.append((places, used, state, back, path))
            places, used, state, p, path = places2, used2, state2, 0, (call, path)
            moved = True
            break
        if not moved:
            if not stack:
                break
            places, used, state, p, path = stack.pop()
    return legal, _path(best[1]), _heads(done, best[2])


def _heads(lines: Sequence[Sequence[Call]], places: tuple[int, ...]) -> list[Call]:
    return [line[at] for line, at in zip(lines, places, strict=True) if at < len(line)]


def _path(link: Any) -> list[Call]:
    placed = []
    while link is not None:
        placed.append(link[0])
        link = link[1]
    return placed[::-1]
