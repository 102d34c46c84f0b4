"""Replicated data types whose states merge: properties over the facts `merged` and `reflects`."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ..property import NOTHING, always
from ..trace import Header, Record
from .standing import shown


@always("merging is idempotent, commutative and associative on the states met", needs={"merged": "left right result"})
def merges_are_lawful(cluster: Header) -> Generator[Any, Record, None]:
    """Judge each merge by the states of which it was made, through all merges before it.

    What is made of the same states must be the same, in whatever order and however often they were merged. A state
    that is no result so far counts as one whole, so that of local updates nothing needs to be known.
    """
    parts: dict[Any, int] = {}  # a set of whole states, as bits, for every state met
    made: dict[int, tuple[Any, int]] = {}
    pairs: dict[tuple[Any, Any], Any] = {}
    wholes = 0
    said: Any = NOTHING
    while True:
        record = yield said
        left, right, result = record.data.left, record.data.right, record.data.result
        for state in (left, right):
            if state not in parts:
                parts[state] = 1 << wholes
                made.setdefault(parts[state], (state, record.seq))
                wholes += 1
        of = parts[left] | parts[right]
        first, when = made.setdefault(of, (result, record.seq))
        parts.setdefault(result, of)
        other = pairs.get((right, left), NOTHING)
        pairs[left, right] = result
        said = None
        if left == right and result != left:
            said = f"merging is not idempotent: {shown(left)} with itself is {shown(result)} on {record.node}"
        elif other is not NOTHING and other != result:
            said = (
                f"merging is not commutative: {shown(left)} and {shown(right)} make {shown(result)} on "
                f"{record.node}, and {shown(other)} the other way round"
            )
        elif first != result:
            said = (
                f"merging is not associative: the same states make {shown(result)} on {record.node} "
                f"and made {shown(first)} (record {when})"
            )


@always("replicas that have seen the same updates are in the same state", needs={"reflects": "updates state"})
def same_updates_same_state(cluster: Header) -> Generator[Any, Record, None]:
    """Judge each state against the first one stated for its set of updates: strong eventual consistency."""
    first: dict[Any, tuple[Any, str, int]] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        updates, state = record.data.updates, record.data.state
        had, where, when = first.setdefault(updates, (state, str(record.node), record.seq))
        said = None
        if had != state:
            theirs = f"{where} was in {shown(had)} (record {when})"
            said = f"with the same updates {record.node} is in {shown(state)}, and {theirs}"
