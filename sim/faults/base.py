"""What every fault is, and when it happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from fractions import Fraction
from typing import Any, ClassVar

from ..chance import Chance, Stream
from ..clients import Desk
from ..host import Host
from ..kernel import Kernel
from ..machine import NodeId
from ..network import Network
from ..targets import Target
from ..units import Span, show_share

Aims = tuple[tuple[NodeId, ...], ...]  # the nodes of each target
Mend = Callable[[], None]
FOREVER = "for-ever"


@dataclass(frozen=True)
class Levers:
    """What a fault may pull. `cause` is its record, `lasting` how long it will last, None if not known."""

    kernel: Kernel
    network: Network
    hosts: Mapping[NodeId, Host]
    desk: Desk
    chance: Chance
    cause: int
    lasting: int | None

    def struck(self, aims: Aims) -> list[Host]:
        """Return the hosts that are struck, each once."""
        return [self.hosts[node] for node in dict.fromkeys(node for group in aims for node in group)]


@dataclass(frozen=True)
class Fault:
    """A misfortune as a value."""

    # For the reader of scenario files: unknown keys and wrong types are complaints.
    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "strict": True}

    kind: ClassVar[str] = ""
    colour: ClassVar[str] = "#999999"  # of its band in pictures
    instant: ClassVar[bool] = False  # over as soon as it has happened: has no `lasting`
    counted: ClassVar[bool] = True  # in `faults_fired`
    aimed: ClassVar[tuple[str, ...]] = ("nodes",)  # the fields that hold targets

    def settled(self, triggered: bool) -> Fault:
        """Return the fault with the defaults that depend on whether a record triggers it."""
        return self

    def wrong(self) -> Iterator[tuple[str, str]]:
        """Yield what fields may not be together: a field, empty for the whole, and `found ..., allowed: ...`."""
        yield from ()

    def inside(self) -> bool:
        """Return whether it strikes inside the step whose record triggers it, not right after that step."""
        return False

    def targets(self) -> tuple[Target, ...]:
        """Return whom it strikes."""
        return tuple(getattr(self, name) for name in self.aimed)

    def arranged(self, aims: Aims, words: Stream) -> Aims:
        """Return the nodes in the groups and the order in which they are struck, if the seed decides on these."""
        return aims

    def apply(self, levers: Levers, aims: Aims) -> Mend:
        """Strike these nodes, and return what mends exactly what was broken here.

        Not a context manager: one that is still open when a run ends would mend at garbage collection.
        """
        raise NotImplementedError

    def beyond(self, aims: Aims, core: frozenset[NodeId]) -> tuple[NodeId, ...] | None:
        """Return the nodes that it harms for good if it is left as it is at heal, or None if it touches the core."""
        struck = tuple(dict.fromkeys(node for group in aims for node in group))
        return None if not struck or core.intersection(struck) else struck

    def effective(self, aims: Aims) -> dict[str, Any]:
        """Return the fields as they stand in the fault's record, with nodes in place of targets."""
        return {name: value for name, value in _table(self).items() if name not in self.aimed}

    def toll(self, aims: Aims, hosts: Mapping[NodeId, Host]) -> dict[str, Any]:
        """Return what this costs the cluster, for the fault's record: asked right before it strikes."""
        return {}


def _table(value: Any) -> dict[str, Any]:
    """Return what a fault or one of its tables says; what was not said is left out."""
    found = {field.name: getattr(value, field.name) for field in fields(value)}
    return {name: _plain(inner) for name, inner in found.items() if inner is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return show_share(value)
    return _table(value) if is_dataclass(value) else value


@dataclass(frozen=True)
class When:
    """A trigger: the `nth` record of a kind, or note of a fact, whose fields have these values.

    A `state` record matches when it has these values and the node's state before it had not. Of the notes of a Point
    only those match that two draws allow: whether this seed arms points of that name, and whether this pass fires.
    """

    what: str  # a record kind or a fact
    where: tuple[tuple[str, Any], ...] = ()
    nth: int = 1
    armed: Fraction = Fraction(1)
    fires: Fraction = Fraction(1)


@dataclass(frozen=True)
class Planned:
    """A fault and its time: `at`, or `when` plus `after`; it lasts so long, until heal (None), or for ever.

    A record that matches `until` mends it earlier. With `every` it strikes again so long after it struck, `times` times
    in all if that is given; then it lasts for less than `every`. What is drawn for it is named by `draws`, or else by
    its place in the plan.
    """

    fault: Fault
    at: Span | None = None
    when: When | None = None
    after: Span = 0
    lasting: Span | str | None = None
    until: When | None = None
    every: int | None = None
    times: int | None = None
    draws: int | None = None
