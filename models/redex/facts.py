"""What a redex node states for whoever watches."""

from __future__ import annotations

from typing import Any, NamedTuple


class Configured(NamedTuple):
    """A life begins with this heartbeat interval, in ns."""

    heartbeat: int


class Turned(NamedTuple):
    """The role changed; several turns may happen in one step."""

    was: str
    to: str
    signal: str


class Tagged(NamedTuple):
    """The chain tag was announced up to this tip, or withdrawn if that is None; not `ok` if the sink failed."""

    tip: int | None
    ok: bool


class Stored(NamedTuple):
    """An entry was put in this node's log, by an append or by applying a chunk."""

    seq: int
    payload: Any


class Skipped(NamedTuple):
    """The tail moved over a gap, from `start` to `to`."""

    start: int
    to: int


class DivergenceSuspected(NamedTuple):
    """A gap was skipped, up to `first_seq`, that is no mere matter of retention: a warning, acted upon by nobody."""

    first_seq: int


class UnderCapacity(NamedTuple):
    """A chunk could not be appended, for the nth time in this life."""

    total: int


class Stopped(NamedTuple):
    """A cancelled runtime has ended, in this role. NB: one whose handle was dropped ends without a word."""

    role: str


class Struck(NamedTuple):
    """A leader answered empty though it advertises more: the nth time running, and for how many ns it is left alone."""

    leader: str
    strikes: int
    window: int


class View(NamedTuple):
    """How a node looks from outside: `leader` is whom it believes in, None for a leader that hears no other."""

    role: str
    leader: str | None
    tail: int
    first_retained: int
