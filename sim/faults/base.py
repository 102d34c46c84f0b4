"""What every fault is, and when it happens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any, ClassVar

from ..chance import Chance
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

    def targets(self) -> tuple[Target, ...]:
        """Return whom it strikes."""
        return tuple(getattr(self, name) for name in self.aimed)

    def apply(self, levers: Levers, aims: Aims) -> Mend:
        """Strike these nodes, and return what mends exactly what was broken here.

        Not a context manager: one that is still open when a run ends would mend at garbage collection.
        """
        raise NotImplementedError

    def effective(self, aims: Aims) -> dict[str, Any]:
        """Return the fields as they stand in the fault's record, with nodes in place of targets."""
        shown = {}
        for field in fields(self):
            if field.name not in self.aimed:
                value = getattr(self, field.name)
                shown[field.name] = show_share(value) if isinstance(value, Fraction) else value
        return shown


@dataclass(frozen=True)
class When:
    """A trigger: the `nth` record of a kind, or note of a fact, whose fields have these values.

    A `state` record matches when it has these values and the node's state before it had not.
    """

    what: str  # a record kind or a fact
    where: tuple[tuple[str, Any], ...] = ()
    nth: int = 1


@dataclass(frozen=True)
class Planned:
    """A fault and its time: `at`, or `when` plus `after`; it lasts so long, until heal (None), or for ever."""

    fault: Fault
    at: Span | None = None
    when: When | None = None
    after: Span = 0
    lasting: Span | str | None = None
