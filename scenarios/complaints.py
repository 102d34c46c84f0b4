"""What is wrong with a file: each complaint says where, what was found and what is allowed."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

Key = tuple[str | int, ...]


class UsageError(Exception):
    """The command was given something it cannot use; one message, exit code 2."""


@dataclass(frozen=True)
class Complaint:
    """One thing wrong at one key; `text` is `found ..., allowed: ...` or a sentence."""

    key: Key
    text: str


class ScenarioError(UsageError):
    """A scenario cannot be run: all complaints at once, each as `file:line: key: text`."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines

    def __reduce__(self) -> tuple[type[ScenarioError], tuple[list[str]]]:
        return type(self), (self.lines,)  # a worker's complaint reaches the sweep as it was


def dotted(key: Key) -> str:
    """Return a key as it is written for --set: `fault.0.lasting`."""
    return ".".join(str(part) for part in key)


def shown(value: Any) -> str:
    """Return a found value as it stands in a complaint, shortened."""
    text = f'"{value}"' if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def unknown(found: Any, allowed: list[str] | tuple[str, ...], what: str = "") -> str:
    """Return the complaint about a word that is not among those allowed, with a guess at what was meant."""
    guess = get_close_matches(str(found), allowed, 1)
    meant = f' (did you mean "{guess[0]}"?)' if guess else ""
    return f"found {shown(found)}{meant}, allowed: {what}{', '.join(allowed) if allowed else 'none'}"
