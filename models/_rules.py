"""The rules of a protocol as parameters: the first word of each is the rule, the last what becomes of it without.

A word between the two is another way to keep the rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ._parameters import word


class Rule(NamedTuple):
    """The words of a parameter, where the rule stands, and what a node does that breaks it."""

    words: tuple[str, ...]
    section: str
    without: str


def chosen(rules: Mapping[str, Rule], given: Mapping[str, Any]) -> dict[str, str]:
    """Return the word of every rule. Raises ValueError with the name, what was found and what is allowed."""
    return {name: word(name, given[name], rule.words) for name, rule in rules.items()}


def broken(rules: Mapping[str, Rule]) -> dict[str, dict[str, object]]:
    """Return a profile for every rule, named for it and its last word, in which it is broken."""
    return {_profile(name, rule): {name: rule.words[-1]} for name, rule in rules.items()}


def told(rules: Mapping[str, Rule]) -> dict[str, str]:
    """Return by profile what a node does that breaks the rule."""
    return {_profile(name, rule): rule.without for name, rule in rules.items()}


def _profile(name: str, rule: Rule) -> str:
    return f"{name}-{rule.words[-1]}".replace("_", "-")
