"""What a node states for whoever watches, and its view."""

from __future__ import annotations

from typing import NamedTuple


class Configured(NamedTuple):
    """A life begins with this policy; `ack_timeout` in ns."""

    n: int
    w: int
    ack_timeout: int


class Wrote(NamedTuple):
    """A client's operation became a logical write: this row is on its way to the coordinator's disk."""

    client: str
    op: int
    attempt: str
    key: str
    id: str
    value: str
    stamp: int


class Committed(NamedTuple):
    """The coordinator's own write is durable."""

    attempt: str


class Held(NamedTuple):
    """A key's row on this node's disk, durably; of siblings the values of all and the greatest stamp."""

    key: str
    id: str
    stamp: int
    values: tuple[str, ...]


class Counted(NamedTuple):
    """An acknowledgement was counted: of `peer` as it calls itself, which sits at `node`."""

    attempt: str
    peer: str
    node: str
    key: str
    id: str
    value: str
    stamp: int


class Drifted(NamedTuple):
    """A peer answered with success and another id."""

    attempt: str
    peer: str


class Refusal(NamedTuple):
    """A peer said no, could not be asked, or acknowledged what is not this write."""

    attempt: str
    peer: str
    why: str


class Late(NamedTuple):
    """An acknowledgement came when its attempt was over; it is counted as if nothing had happened, and logged."""

    attempt: str
    peer: str


class Quorum(NamedTuple):
    """A coordinator told its client that there are so many `copies` of the write: its own and those that it counts.

    `nodes` are those behind the acknowledgements, `members` whom it knows as replicas.
    """

    attempt: str
    op: int
    key: str
    id: str
    value: str
    stamp: int
    copies: int
    nodes: tuple[str, ...]
    members: tuple[str, ...]


class Verdict(NamedTuple):
    """How an attempt ended, as the coordinator told it: to the client (`reply`) or to whoever asked (`status`).

    `outcome` is `ok`, `local_write_failed` or the reason why the quorum was not met.
    """

    attempt: str
    op: int
    by: str
    outcome: str
    got: int
    needed: int


class Status(NamedTuple):
    """What the two questions of a tracker say at one instant: whether the quorum is met, and the final outcome."""

    attempt: str
    met: bool
    finalised: str


class SkewSeen(NamedTuple):
    """A peer's wall clock in an answer was so far ahead of this node's, in ns; `warned` if beyond the bound."""

    peer: str
    skew: int
    warned: bool


class Hinted(NamedTuple):
    """A row is kept for a replica that has not acknowledged it, or (not `kept`) was handed over."""

    peer: str
    key: str
    kept: bool


class Joined(NamedTuple):
    """An operator told this node of another replica; `members` are all it knows now."""

    members: tuple[str, ...]


class View(NamedTuple):
    """How a node looks from outside: how many keys it holds, a fingerprint of their values, attempts still open."""

    keys: int
    digest: str
    open: int
