"""Properties: what should be true of a run, judged from its records.

A property is a generator. It is given the trace's header once, then one record at a time, and its memory is its
local variables. It yields None (nothing wrong), a sentence (what is wrong; for `sometimes`, what was seen), or
NOTHING when the record gave it nothing to judge. A property that never had anything to judge is vacuous.

    @always("same sequence, same payload", needs={"stored": "seq payload"})
    def same_payload(cluster):
        held, said = {}, NOTHING
        while True:
            record = yield said          # record: seq at kind node cause name data was
            ...

A sentence is about the record just given; `About(sentence, record)` is about an earlier one. `Excuse(sentence)` says
that what was promised is not so, and why nobody may be blamed for it: a property that ends excused is vacuous.

A property never records and never prints a set: its sentence is part of the result, and results are reproducible.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .units import duration

NOTHING = ...  # this record gave nothing to judge
END = "end"  # what `needs` says to be given one record more, of this kind, at `stop`
Judge = Callable[..., Generator[Any, Any, None]]


class About(str):
    """A sentence whose evidence is an earlier record than the one that showed it."""

    record: Any

    def __new__(cls, sentence: str, record: Any) -> About:
        made = super().__new__(cls, sentence)
        made.record = record
        return made


class Excuse(str):
    """Why what should be so need not be: too many nodes are under faults that last for ever, say."""


@dataclass(frozen=True)
class Property:
    """A named judgement, the records that it reads, and when it must hold.

    `needs` maps a record kind (`state`, `crash`, `boot`, `content`, `ask`, `answer`, `fault`, `send`, `drop`,
    `step`, `end`) or a fact's name to the fields that it reads; a model that lacks one is not judged by it. `heeds`
    maps facts likewise that it reads where a model states them. A property with a grace is given it in ns as its
    second argument: how long what it judges may be otherwise.
    """

    name: str
    sentence: str
    mode: str  # always | sometimes | eventually
    needs: Mapping[str, tuple[str, ...]]
    judge: Judge
    within: int | None = None  # ns after heal, for `eventually`
    grace: int | None = None  # ns
    heeds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def lasting(self, within: int) -> Property:
        """Return the same property with another bound after heal, in ns."""
        return replace(self, within=within)

    def allowing(self, grace: int) -> Property:
        """Return the same property with another grace, in ns."""
        return replace(self, grace=grace)


def _maker(
    mode: str,
    sentence: str,
    needs: Mapping[str, str],
    within: int | None = None,
    grace: str | None = None,
    heeds: Mapping[str, str] | None = None,
) -> Callable[[Judge], Property]:
    fields, besides = ({kind: tuple(names.split()) for kind, names in some.items()} for some in (needs, heeds or {}))
    allowed = None if grace is None else duration(grace)

    def make(judge: Judge) -> Property:
        return Property(judge.__name__, sentence, mode, fields, judge, within, allowed, besides)

    return make


def always(
    sentence: str, *, needs: Mapping[str, str], heeds: Mapping[str, str] | None = None, grace: str | None = None
) -> Callable[[Judge], Property]:
    """Declare what must be true after every record; the generator yields a sentence where it is not."""
    return _maker("always", sentence, needs, grace=grace, heeds=heeds)


def sometimes(sentence: str, *, needs: Mapping[str, str]) -> Callable[[Judge], Property]:
    """Declare what must be seen at least once; the generator yields a sentence when it sees it."""
    return _maker("sometimes", sentence, needs)


def eventually(sentence: str, *, needs: Mapping[str, str], within: str) -> Callable[[Judge], Property]:
    """Declare what must be true at heal + within and at the end of every later instant; yields why it is not yet."""
    return _maker("eventually", sentence, needs, duration(within))
