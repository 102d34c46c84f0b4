"""Nodes that stand still: a long collection, a stopped virtual machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from ..targets import Target
from .base import Aims, Fault, Levers, Mend


@dataclass(frozen=True, kw_only=True)
class Pause(Fault):
    """State is kept and inputs queue in their lanes; an alarm that falls due rings once afterwards."""

    kind = "pause"
    colour = "#8d6a9f"

    nodes: Annotated[tuple[Target, ...], "whom it strikes"]

    def apply(self, levers: Levers, aims: Aims) -> Mend:
        hosts = levers.struck(aims)
        for host in hosts:
            host.hold_still(1)

        def mend() -> None:
            for host in hosts:
                host.hold_still(-1, levers.cause)

        return mend
