"""What a node states for whoever watches. A `payload` is the id of a commit's capsule."""

from __future__ import annotations

from typing import NamedTuple

from .objects import ObjectId


class Created(NamedTuple):
    """This node made an object."""

    object_id: ObjectId
    kind: str


class Held(NamedTuple):
    """This node holds an object from now on: `created` here, `pushed` by a leader, `pulled` from a
    peer in a session, or `fetched` from a store by a new leader.
    """

    object_id: ObjectId
    how: str


class Collected(NamedTuple):
    """This node has deleted an object."""

    object_id: ObjectId


class Acknowledged(NamedTuple):
    """This node's store has said that it holds enough symbols of a commit, and whether a crash leaves them."""

    store_id: int
    seq: int
    payload: ObjectId
    durable: bool


class Published(NamedTuple):
    """The gate of a commit has opened at this node; so many stores were required."""

    seq: int
    payload: ObjectId
    timestamp_ns: int
    required: int


class Received(NamedTuple):
    """A marker has reached this node."""

    seq: int
    payload: ObjectId
    timestamp_ns: int


class Applied(NamedTuple):
    """A commit took effect here, as the `tally`-th effect on a state that outlives a crash if the disk does."""

    seq: int
    payload: ObjectId
    tally: int


class Restored(NamedTuple):
    """A life begins with a state in which all sequences up to this one have taken effect, and so many in all."""

    upto: int
    tally: int


class SymbolRejected(NamedTuple):
    """A symbol was not taken: its tag is wrong, or its number is known with other data."""

    object_id: ObjectId
    esi: int


class SessionOpened(NamedTuple):
    """A session with a peer began."""

    peer: str
    session_id: int


class SessionEnded(NamedTuple):
    """A session is over: complete, equal, aborted, timeout or replaced.

    It needed so many objects, and this node lacks so many of them still.
    """

    peer: str
    session_id: int
    how: str
    needed: int
    lacks: int


class Forked(NamedTuple):
    """A peer has the same marker position and another root."""

    peer: str
    position: int


class Halted(NamedTuple):
    """A marker contradicts one that this node knows: it applies nothing any more."""

    seq: int


class View(NamedTuple):
    """How a node looks from outside.

    `term` is the epoch that it knows, 0 without fencing; `tail` follows the greatest sequence that it has a marker of,
    `position` is the marker position of its tip, `objects` and `applied` are counts.
    """

    role: str
    term: int
    tail: int
    position: int
    objects: int
    applied: int
