"""Records of what happened: their kinds, their fields and the values that they may hold.

The file format is described in trace.md; recorder.py writes it and tracefile.py reads it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

FORMAT = "netsplit.trace/1"

FIELDS: Mapping[str, tuple[str, ...]] = {
    "send": ("node", "cause", "dst", "type", "data"),
    "drop": ("node", "cause", "why"),
    "step": ("node", "cause", "input"),
    "state": ("node", "cause", "data"),
    "note": ("node", "cause", "name", "data"),
    "ask": ("node", "cause", "client", "op", "action", "args"),
    "answer": ("node", "cause", "client", "op", "outcome", "value", "hint"),
    "boot": ("node", "cause", "life"),
    "crash": ("node", "cause", "life", "how", "after"),
    "fault": ("node", "cause", "fault", "what", "phase", "fields", "nodes"),
    "content": ("node", "cause", "data"),
}
KINDS = tuple(FIELDS)
WHY = {
    "loss": "the packet's fate",
    "partition": "the link was cut or had no path when it was sent, or a cut with in_flight = drop began while it flew",
    "burst": "the link was in a burst of loss when it was sent",
    "queue-full": "the queue before the link's bandwidth had no room",
    "too-big": "it was longer than the link's MTU",
    "corrupt": "its checksum failed on arrival and the message type has no corrupted()",
    "packet": "a packet fault named it",
    "down": "the node was down when it arrived",
    "stopped": "the node had stopped in order",
    "lane-full": "its lane had no room",
    "crashed": "the node crashed while it waited in a lane, or while it was being served",
    "refused": "a link fault refused to queue it",
    "answers-lost": "the scenario's clients lose that share of answers",
}


class BadValue(Exception):
    """A message, fact, view or key holds something that a trace cannot; says where, what was found and allowed."""


@dataclass(frozen=True)
class Header:
    """The first line of a trace: what the run was, and the names of the positional fields in later lines.

    `heal` and `stop` are ns; `facts`, `views` and `messages` map names to field names.
    """

    nodes: tuple[str, ...]
    stop: int
    heal: int | None = None
    model: str = ""
    profile: str = ""
    seed: int = 0
    facts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    views: tuple[str, ...] = ()
    messages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def line(self) -> bytes:
        """Return the header as the first line of the file."""
        parts: dict[str, Any] = {
            "format": FORMAT,
            "nodes": self.nodes,
            "heal": self.heal,
            "stop": self.stop,
            "model": self.model,
        }
        parts |= {"profile": self.profile, "seed": self.seed, "facts": self.facts, "views": self.views}
        return dumps(parts | {"messages": self.messages}).encode() + b"\n"


class Record:
    """One record as properties and triggers see it.

    `data` is the fact of a note, the view of a state (None after a crash; `was` is the view before), the list of
    a content record, and for other kinds a tuple with the kind's own fields. `name` is a note's fact in snake_case.
    """

    __slots__ = ("at", "cause", "data", "kind", "name", "node", "seq", "was")

    def __init__(
        self,
        seq: int,
        at: int,
        kind: str,
        node: str | None,
        cause: int | None,
        name: str | None,
        data: Any,
        was: Any = None,
    ) -> None:
        self.seq = seq
        self.at = at
        self.kind = kind
        self.node = node
        self.cause = cause
        self.name = name
        self.data = data
        self.was = was

    def __repr__(self) -> str:
        what = self.kind if self.name is None else f"{self.kind} {self.name}"
        return f"Record({self.seq}, {self.at} ns, {what}, {self.node}, {self.data!r})"


Listener = Callable[[Record], None]


# The kinds' own fields, as properties see them in `data`.
class Sent(NamedTuple):
    """A message was given to the network."""

    dst: str
    type: str
    data: Any


class Dropped(NamedTuple):
    """Something sent will never be handled."""

    why: str


class Stepped(NamedTuple):
    """A machine took an input."""

    input: str


class Asked(NamedTuple):
    """A client asked a node."""

    client: str
    op: int
    action: str
    args: tuple[Any, ...]


class Answered(NamedTuple):
    """A machine answered a client."""

    client: str
    op: int
    outcome: str
    value: Any
    hint: str | None


class Booted(NamedTuple):
    """A life began."""

    life: int


class Crashed(NamedTuple):
    """A life ended; `after` counts the effects of its last step that happened, if it fell between two."""

    life: int
    how: str
    after: int | None


class Faulted(NamedTuple):
    """A fault began, was mended, or found nobody to strike."""

    fault: int
    what: str
    phase: str
    fields: Mapping[str, Any]
    nodes: tuple[str, ...]


OWN: dict[str, Any] = {
    "send": Sent,
    "drop": Dropped,
    "step": Stepped,
    "ask": Asked,
    "answer": Answered,
    "boot": Booted,
    "crash": Crashed,
    "fault": Faulted,
}


# -- values ------------------------------------------------------------------------------------------------

_FLAT = frozenset({type(None), bool, int, str})
is_flat = _FLAT.issuperset


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it: bytes as `hex:...`, tuples as they are.

    Raises BadValue on anything but None, bool, int, str, bytes and tuples of these.
    """
    kind = type(value)
    if kind is tuple and is_flat(map(type, value)):
        return value
    if kind in _FLAT:
        return value
    if kind is bytes:
        return "hex:" + value.hex()
    if isinstance(value, tuple):
        return value if is_flat(map(type, value)) else tuple(map(plain, value))
    hint = {"float": "a ratio is an integer in ppm", "dict": "a map is a sorted tuple of pairs", "list": "use a tuple"}
    hint["set"] = hint["frozenset"] = "use a sorted tuple"
    more = f"; {hint[kind.__name__]}" if kind.__name__ in hint else ""
    raise BadValue(
        f"found {_shown(value)} ({kind.__name__}), allowed: None, bool, int, str, bytes and tuples of these{more}"
    )


def _shown(value: Any) -> str:
    """Return what a bad value looks like: the same text in every process, and not too much of it."""
    if isinstance(value, (set, frozenset)):
        return "{" + ", ".join(sorted(map(_shown, value))) + "}" if value else "set()"
    return steady(repr(value))


def steady(text: str) -> str:
    """Return a text without the addresses of objects, cut to 200 characters."""
    text = re.sub(r" at 0x[0-9a-fA-F]+", "", text)
    return text if len(text) <= 200 else text[:197] + "..."


def bare(value: Any) -> Any:
    """Return a value whose tuples have no names, as readers of a stored trace will see it."""
    return tuple(map(bare, value)) if isinstance(value, tuple) else value


dumps = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, check_circular=False).encode
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def loads(text: str, **hooks: Any) -> Any:
    """Return the value of a JSON text, with the hooks of json.loads.

    Raises ValueError, also for half a surrogate pair, which json takes and no file can hold, and RecursionError.
    """
    found = json.loads(text, **hooks)
    if _SURROGATE.search(text):
        dumps(found).encode()
    return found
