"""What judges of histories are given and give back: calls, budgets and judgements.

A judge is a pure function of calls. It reads no clock: a budget counts steps and the bytes of what a search has
remembered, so that the same history under the same budget has the same verdict everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..history import History
from ..units import clock_text

STEPS = 5_000_000  # of a search: some ten seconds
MEMORY = 512 * 1024 * 1024  # bytes, by the estimate below
REMEMBERED = 200  # bytes of one remembered configuration, about


class _Unseen:
    """The answer of an operation whose outcome nobody knows."""

    def __repr__(self) -> str:
        return "UNSEEN"


UNSEEN: Any = _Unseen()


class BadHistory(Exception):
    """A history holds what its data type does not know; `op` is the operation's number."""

    def __init__(self, op: int, text: str) -> None:
        super().__init__(text)
        self.op = op


@dataclass(frozen=True, slots=True)
class Call:
    """One operation as judges see it: `given` are its arguments without the key, `got` is what it was answered.

    `begin` and `end` are places in the history's real-time order; `end` is None and `got` UNSEEN if the outcome is
    `info`, so that it may have happened at any time after `begin`, or never. Times in ns.
    """

    op: int
    who: str
    process: int
    action: str
    key: Any
    given: tuple[Any, ...]
    got: Any
    outcome: str  # ok | fail | info
    begin: int
    end: int | None
    invoked: int = 0
    ended: int | None = None

    @property
    def ok(self) -> bool:
        return self.outcome == "ok"

    def told(self) -> str:
        """Return the call as it stands in a sentence: `op 17 (c2: read() -> 4)`."""
        given = ", ".join(shown(value) for value in ((self.key, *self.given) if self.key is not None else self.given))
        got = {"ok": f" -> {shown(self.got)}", "fail": ", failed", "info": ", outcome unknown"}[self.outcome]
        return f"op {self.op} ({self.who}: {self.action}({given}){got})"


def calls(history: History) -> list[Call]:
    """Return the operations of a history in the order in which they were invoked; one still open counts as `info`."""
    made = []
    for o in history.operations:
        names = history.actions.get(o.action, ())
        at = names.index("key") if "key" in names else None
        key = None if at is None else o.args[at]
        given = o.args if at is None else (*o.args[:at], *o.args[at + 1 :])
        outcome = o.outcome or "info"
        known = outcome != "info"
        got = o.value if outcome == "ok" else UNSEEN
        end, ended = (o.end_order, o.ended) if known else (None, None)
        made.append(Call(o.op, o.client, o.process, o.action, key, given, got, outcome, o.order, end, o.invoked, ended))
    return made


def by_key(every: Iterable[Call]) -> dict[Any, list[Call]]:
    """Return the calls of each key, keys in the order of their first call."""
    split: dict[Any, list[Call]] = {}
    for call in every:
        split.setdefault(call.key, []).append(call)
    return split


@dataclass(slots=True)
class Budget:
    """What a judge may still spend: steps, and bytes of memory by a fixed estimate."""

    steps: int = STEPS
    memory: int = MEMORY


@dataclass(frozen=True)
class Judgement:
    """What a judge found: a verdict, the sentence that says why, evidence as JSON can hold it, and when in ns."""

    verdict: str  # holds | violated | unknown | vacuous
    sentence: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    at: int | None = None


def shown(value: Any) -> str:
    """Return a value as it stands in a sentence, shortened."""
    text = value if isinstance(value, str) else repr(sorted(value, key=order) if _is_set(value) else value)
    return text if len(text) <= 60 else text[:28] + "..." + text[-29:]


def _is_set(value: Any) -> bool:
    return isinstance(value, (set, frozenset))


def order(value: Any) -> tuple[str, Any]:
    """Return a key by which values of mixed types can be sorted."""
    if isinstance(value, (bool, int)):
        return "", value
    return type(value).__name__, value if isinstance(value, str) else repr(value)


def jsonable(value: Any) -> Any:
    """Return a value as JSON can hold it; sets are sorted, other things become text."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if _is_set(value):
        return [jsonable(v) for v in sorted(value, key=order)]
    if isinstance(value, (tuple, list)):
        return [jsonable(v) for v in value]
    return str(value)


@dataclass(frozen=True, slots=True)
class Calm:
    """From when on what was acknowledged must be seen: so long after, and not before all faults are mended (ns)."""

    within: int = 0
    heal: int | None = None

    def due(self, known: int) -> int:
        """Return from when on what was known at a time must be seen."""
        return max(known, self.heal or 0) + self.within


def quantiles(values: Iterable[int]) -> dict[str, int]:
    """Return the nearest-rank quantiles of integers, exactly; empty if there are none."""
    ranked = sorted(values)
    n = len(ranked)
    return {f"p{p}": ranked[max(0, -(-n * p // 100) - 1)] for p in (0, 50, 90, 99, 100)} if n else {}


def span_of(some: Iterable[Call]) -> tuple[int, int]:
    """Return when the first of some calls began and the last ended, in ns."""
    listed = list(some)
    return min(c.invoked for c in listed), max(c.invoked if c.ended is None else c.ended for c in listed)


def when(at: int) -> str:
    """Return a time as it stands in a sentence."""
    return clock_text(at)
