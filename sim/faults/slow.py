"""Nodes that are slow: a busy neighbour, a throttled processor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from ..targets import Target
from ..units import Duration
from .base import Aims, Fault, Levers, Mend


@dataclass(frozen=True, kw_only=True)
class Slow(Fault):
    """Nodes need longer for every input, which queue in their lanes; times add."""

    kind = "slow"
    colour = "#b08968"

    nodes: Annotated[tuple[Target, ...], "whom it strikes"]
    service: Annotated[Duration, "added to the time for which a node is busy with one input"]

    def wrong(self) -> Iterator[tuple[str, str]]:
        if not self.service:
            yield "service", 'found "0s", allowed: a time above 0'

    def apply(self, levers: Levers, aims: Aims) -> Mend:
        hosts = levers.struck(aims)
        for host in hosts:
            host.services.append(self.service)

        def mend() -> None:
            for host in hosts:
                host.services.remove(self.service)

        return mend
