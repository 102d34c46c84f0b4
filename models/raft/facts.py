"""What a Raft server states for whoever watches, and its view; indexes count from 1, as in the paper."""

from __future__ import annotations

from typing import Any, NamedTuple

from sim.machine import NodeId


class Stored(NamedTuple):
    """An entry is in this log, durably; also one for which an installed snapshot stands."""

    seq: int
    term: int
    payload: Any


class Voted(NamedTuple):
    """This server's vote in a term."""

    term: int
    candidate: NodeId


class Quorum(NamedTuple):
    """The leader takes everything up to here for committed, because these servers hold it."""

    seq: int
    nodes: tuple[NodeId, ...]


class Configured(NamedTuple):
    """The configuration at this index is in use; `joining` is empty unless it is a joint one."""

    seq: int
    voters: tuple[NodeId, ...]
    joining: tuple[NodeId, ...]


class Snapped(NamedTuple):
    """A snapshot stands in place of the log up to here; taken by this server, or installed by its leader."""

    seq: int
    installed: bool


class View(NamedTuple):
    """How a server looks from outside: `tail` is behind its last entry, `commit` at the last committed."""

    role: str
    term: int
    leader: NodeId | None
    tail: int
    commit: int
    digest: str
