"""What a hardened redex node states besides what is in `facts`, and its view; checks read these names."""

from __future__ import annotations

from typing import Any, NamedTuple


class Hardened(NamedTuple):
    """A life begins with this heartbeat interval in ns; `switches` are those that are on."""

    heartbeat: int
    switches: tuple[str, ...]


class Stored(NamedTuple):
    """An entry was put in this node's log, by an append or by applying a chunk."""

    seq: int
    term: int
    payload: Any


class Cut(NamedTuple):
    """Entries from `start` up to `to` were taken off the end of this node's log, for the leader's has others there."""

    start: int
    to: int


class Reset(NamedTuple):
    """The log begins anew at `to`: the leader has nothing below, and what this node had from `start` on is gone."""

    start: int
    to: int


class Diverged(NamedTuple):
    """The leader contradicts what this node takes for committed below `commit`; the node keeps its log."""

    leader: str
    commit: int


class Voted(NamedTuple):
    """This node's vote in a term."""

    term: int
    candidate: str


class Quorum(NamedTuple):
    """Everything up to here counts as committed because these nodes hold it."""

    seq: int
    nodes: tuple[str, ...]


class View(NamedTuple):
    """How a node looks from outside; `commit` is 0 where writes are not committed, `term` 0 where there are none."""

    role: str
    leader: str | None
    tail: int
    first_retained: int
    term: int
    commit: int
