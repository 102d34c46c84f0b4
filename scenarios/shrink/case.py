"""A scenario in pieces: the tables at its top, and its decisions, which are faults, operations and packets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from sim.machine import NodeId
from sim.world import Plan

from ..build import experiment as build
from ..load import adapter, made
from ..plan import Experiment, decision_of
from ..schema import Packet

Table = dict[str, Any]
DECISIONS = ("fault", "ask", "packet")  # the arrays of tables that hold decisions


@dataclass(frozen=True)
class Case:
    """A value: whoever changes something makes another case. `path` is what relative references start from."""

    doc: Table  # all tables but those of decisions
    faults: tuple[Table, ...]
    asks: tuple[Table, ...]
    packets: tuple[Table, ...]
    path: Path | None

    @property
    def decisions(self) -> int:
        """How many things happen in it that need not."""
        return len(self.faults) + len(self.asks) + len(self.packets)

    @property
    def nodes(self) -> tuple[NodeId, ...]:
        """The nodes, which a case names one by one."""
        return tuple(self.doc["cluster"]["nodes"])

    def whole(self) -> Table:
        """Return the scenario as one table."""
        arrays = dict(zip(DECISIONS, (self.faults, self.asks, self.packets), strict=True))
        return {**deepcopy(self.doc), **{name: deepcopy(list(tables)) for name, tables in arrays.items() if tables}}

    @cached_property
    def key(self) -> bytes:
        """What tells this case from others."""
        text = json.dumps([self.doc, self.faults, self.asks, self.packets], sort_keys=True, default=str)
        return blake2b(text.encode(), digest_size=16).digest()

    def experiment(self, overrides: Sequence[tuple[str, Any]] = ()) -> Experiment:
        """Return the experiment, without its packets: they are many, and `plan` adds them. Raises ScenarioError."""
        return build(made(replace(self, packets=()).whole(), self.path, overrides))

    def plan(self, experiment: Experiment) -> Plan:
        """Return the plan of an experiment that was made of this case."""
        packets = tuple(_packet(json.dumps(table)) for table in self.packets)
        return replace(experiment.plan(experiment.scenario.seed), packets=packets)

    def changed(self, **tables: Any) -> Case:
        """Return the case with other tables at its top; None takes one away."""
        doc = {**self.doc, **tables}
        return replace(self, doc={name: table for name, table in doc.items() if table is not None})


@lru_cache(maxsize=100_000)
def _packet(text: str) -> Any:
    packet: Packet = adapter(Packet).validate_json(text)
    return (*packet.link, decision_of(packet))
