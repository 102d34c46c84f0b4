"""What the properties of this model share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sim.property import NOTHING, About


class Owed:
    """A complaint about a state that waits for the rest of its step: a step's notes come after its state.

    `settle` is given every record first and says what is owed if the step is over; the notes of the step may `forgive`.
    """

    def __init__(self) -> None:
        self._sentence: About | None = None
        self._cause: int | None = None

    def owe(self, sentence: str, record: Any) -> None:
        """Complain, unless the same step still explains it."""
        self._sentence, self._cause = About(sentence, record), record.cause

    def forgive(self) -> None:
        """Take the complaint back."""
        self._sentence = None

    def settle(self, record: Any) -> Any:
        """Return the complaint if this record is of another step, else NOTHING."""
        if self._sentence is None or (record.kind != "end" and record.cause == self._cause):
            return NOTHING
        said, self._sentence = self._sentence, None
        return said


def named(values: Mapping[str, Any]) -> str:
    """Return values by node as text."""
    return ", ".join(f"{node} {values[node]!r}" for node in sorted(values))


def moved(views: dict[str, Any], record: Any) -> None:
    """Take note of a view, or of its end."""
    if record.data is None:
        views.pop(record.node, None)
    else:
        views[record.node] = record.data


def parts_of(state: str) -> frozenset[str]:
    """Return the values of a state: one, or several that were written without knowing of each other."""
    return frozenset(state.split("|")) if state else frozenset()


def first_difference(values: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return two nodes whose values differ, the first of each in order."""
    nodes = sorted(values)
    return next(((nodes[0], node) for node in nodes[1:] if values[node] != values[nodes[0]]), None)


def balance_of(state: str) -> int | None:
    """Return the balance in a part's state, None if it does not say one."""
    word = next((word for word in state.split() if word.startswith("balance=")), "")
    return int(word.removeprefix("balance=")) if word else None


def newest(names: Iterable[str]) -> int:
    """Return the greatest number of checkpoint ids such as `ckpt-7`; 0 of none."""
    return max((int(name.rpartition("-")[2]) for name in names), default=0)
