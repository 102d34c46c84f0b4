"""What nodes of several protocols state of a replicated log; shipped properties read these facts by name and field."""

from __future__ import annotations

from typing import Any, NamedTuple


class Committed(NamedTuple):
    """This node takes the entry for committed: no later leader may lack it."""

    seq: int
    payload: Any


class Applied(NamedTuple):
    """A client's operation took effect in this node's state machine."""

    op: int
    seq: int


class Accepted(NamedTuple):
    """A client was told that its operation stands here."""

    op: int
    seq: int
    payload: Any
