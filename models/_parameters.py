"""What a scenario gives a model as parameters: words, quantities and whole numbers, with one way to complain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

Value = TypeVar("Value")


def word(name: str, found: Any, allowed: Sequence[str]) -> str:
    """Return a parameter's word. Raises ValueError on a word that it does not have."""
    if found not in allowed:
        raise ValueError(f"{name}: found {found!r}, allowed: {', '.join(allowed)}")
    chosen: str = found
    return chosen


def quantity(name: str, found: Any, reader: Callable[[Any], Value]) -> Value:
    """Return a parameter's quantity. Raises ValueError on text that its reader does not take."""
    try:
        return reader(found)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def count(name: str, found: Any, least: int = 0, most: int | None = None) -> int:
    """Return a parameter's whole number. Raises ValueError on anything else, or beyond `least` and `most`."""
    if type(found) is not int or found < least or (most is not None and found > most):
        upper = "" if most is None else f" to {most}"
        raise ValueError(f"{name}: found {found!r}, allowed: a whole number from {least}{upper}")
    return found
