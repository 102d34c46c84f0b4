"""Acts of an administrator: not a misfortune, but on the same timeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from .. import machine
from ..targets import Target
from .base import Aims, Fault, Levers, Mend

BOOT = "boot"  # every node understands it: begin the life of a node that is down, once no fault holds it


@dataclass(frozen=True, kw_only=True)
class Operate(Fault):
    """One of the model's ACTS at these nodes; the answer goes to the client `operator`."""

    kind = "operate"
    colour = "#6c757d"
    instant = True
    counted = False

    nodes: Annotated[tuple[Target, ...], "who acts"]
    action: Annotated[str, 'one of the model\'s ACTS, or "boot" for a node that is down']
    args: Annotated[Mapping[str, Any], "the act's arguments by name"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # What a machine is given and what a record holds has tuples where a file has lists.
        object.__setattr__(self, "args", {name: _steady(value) for name, value in self.args.items()})

    def apply(self, levers: Levers, aims: Aims) -> Mend:
        for host in levers.struck(aims):
            if self.action == BOOT:
                host.boot(levers.cause)
                continue
            act = machine.Operate(levers.desk.next_op(), self.action, self.args)
            act.cause = levers.cause
            host.offer(act)
        return lambda: None


def _steady(value: Any) -> Any:
    return tuple(map(_steady, value)) if isinstance(value, list) else value
