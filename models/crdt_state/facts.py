"""What a node states for whoever watches, and its view."""

from __future__ import annotations

from typing import NamedTuple

from sim.machine import fingerprint

SHOWN_MAX = 40  # bytes of a state that stand in a view as they are; of a longer one its fingerprint does


class Appended(NamedTuple):
    """A client's event got this sequence at its origin, in this life."""

    origin: str
    seq: int
    payload: str


class Learned(NamedTuple):
    """An entry came from another node and was new here."""

    origin: str
    seq: int
    payload: str


class Removed(NamedTuple):
    """A client's removal was counted in this slot."""

    slot: str


class Wrote(NamedTuple):
    """A client's write of a register was attempted, at this stamp in us, and applied or ignored."""

    key: str
    value: str
    stamp: int
    writer: str
    applied: bool


class Updated(NamedTuple):
    """A client replaced this node's opaque state."""

    state: str


class Merged(NamedTuple):
    """Two logs were merged: fingerprints of this node's, of the other and of what they made."""

    left: str
    right: str
    result: str


class Declined(NamedTuple):
    """A message was not looked at, for this reason."""

    src: str
    why: str


class Fenced(NamedTuple):
    """This process has learnt of a newer one under its name, and takes no more operations."""

    newer: str


class Submitted(NamedTuple):
    """This node's part of a checkpoint was made."""

    checkpoint_id: str
    logical_time: int
    root: str


class Completed(NamedTuple):
    """A global checkpoint was completed: its parts as (node, logical time, life, state, root)."""

    checkpoint_id: str
    parts: tuple[tuple[str, int, int, str, str], ...]
    min_logical_time: int
    max_logical_time: int
    is_complete: bool


class Rejected(NamedTuple):
    """A node's part was not taken in, for this reason."""

    checkpoint_id: str
    part_of: str
    why: str


class Aborted(NamedTuple):
    """The coordinator gave a checkpoint up, and says so."""

    checkpoint_id: str


FACTS = (
    Appended, Learned, Removed, Wrote, Updated, Merged, Declined, Fenced, Submitted, Completed, Rejected, Aborted,
)  # fmt: skip


class View(NamedTuple):
    """How a node looks from outside.

    `state` is its opaque state; `tail` the number of entries, `events` and `activity` the counters' values; `slots`
    is (slot, events, ups, downs) of every slot above 0. `log_digest` fingerprints counters and entries whatever their
    order, `order` the list as it stands; `registers` holds (key, value, stamp, writer). `digest` fingerprints all
    that should agree. `stale` are the peers that it takes for stale, `latest` is the newest checkpoint that it knows
    as complete, `completed` counts them, and `balance` is what this node has to transfer.
    """

    state: str
    tail: int
    events: int
    activity: int
    slots: tuple[tuple[str, int, int, int], ...]
    log_digest: str
    order: str
    registers: tuple[tuple[str, str, int, str], ...]
    digest: str
    stale: tuple[str, ...]
    latest: str | None
    completed: int
    balance: int


def shown(data: bytes | None) -> str:
    """Return bytes as they stand in a view: as text, or of long or unreadable ones a fingerprint."""
    if not data:
        return ""
    if len(data) <= SHOWN_MAX:
        try:
            return data.decode()
        except UnicodeDecodeError:
            return data.hex()
    return fingerprint(data)
