"""The plan of a run: a scenario that has been checked, under a seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sim.chance import Chance, within
from sim.checks.consistency import Oracle
from sim.clients import Errand as ErrandPlan
from sim.clients import Workload, instants
from sim.faults import Crash, Partition, Planned, When
from sim.machine import NodeId
from sim.network import Latency, Lognormal, Regions, Uniform
from sim.property import Property
from sim.units import MS, S
from sim.world import ClockPlan, Plan

from .latencies import MATRICES
from .load import Document, FaultEntry
from .model import Model
from .schema import ALL, Scenario

Expected = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Experiment:
    """A scenario that can be run: everything but the seed is decided."""

    document: Document
    scenario: Scenario
    model: Model
    profile: str
    faults: tuple[FaultEntry, ...]
    properties: tuple[Property, ...]  # those that apply, with the bounds that the scenario gives
    not_judged: Mapping[str, tuple[str, ...]]  # the others, with what they lack
    expected: Expected  # verdicts per listed property
    listed: bool  # whether the profile has a table of expectations
    oracles: tuple[Oracle, ...] = ()  # who judges the history of a run, with the bounds that the scenario gives

    def nodes(self, seed: int) -> tuple[NodeId, ...]:
        """Return the nodes' names; their number may be drawn from the seed."""
        return node_names(self.scenario, seed)

    def plan(self, seed: int) -> Plan:
        """Return the plan of a run under a seed."""
        return plan(self, seed)


def node_names(scenario: Scenario, seed: int) -> tuple[NodeId, ...]:
    """Return the names of a scenario's nodes under a seed, in order."""
    nodes = scenario.cluster.nodes
    if isinstance(nodes[0], str):
        return tuple(str(node) for node in nodes)
    low, high = int(nodes[0]), int(nodes[1])
    count = low if low == high else within(Chance(seed).word("nemesis", "nodes"), low, high)
    width = len(str(count))
    return tuple(f"n{i:0{width}}" for i in range(1, count + 1))


def plan(experiment: Experiment, seed: int) -> Plan:
    """Return the plan of a run under a seed."""
    scenario, model = experiment.scenario, experiment.model
    nodes = node_names(scenario, seed)
    chance = Chance(seed)
    cluster, network = scenario.cluster, scenario.network
    regions = regions_of(scenario, nodes)
    return Plan(
        machine=model.machine(*params(experiment, nodes)),
        nodes=nodes,
        stop=scenario.stop,
        heal=scenario.heal,
        latency=_latency(scenario, regions),
        loss=network.loss,
        duplicate=network.duplicate,
        corrupt=network.corrupt,
        regions=regions,
        rtt=cluster.rtt,
        boots={node: at for node, at in cluster.boot.items() if node in nodes},
        service=_each(cluster.service, nodes),
        wall_start=wall_start(scenario.clocks.wall_start),
        clocks={node: _clock(scenario, node, chance) for node in nodes},
        sync=_each(scenario.disks.sync, nodes),
        workload=_workload(scenario, nodes),
        errands=_errands(scenario),
        faults=tuple(_planned(entry, network.in_flight) for entry in experiment.faults),
        properties=experiment.properties,
        ties=scenario.ties,
        model=model.name,
        profile=experiment.profile,
    )


def params(experiment: Experiment, nodes: tuple[NodeId, ...]) -> tuple[dict[str, Any], dict[NodeId, dict[str, Any]]]:
    """Return the model's parameters for all nodes, and each node's own."""
    given = experiment.scenario.cluster.params
    own = {name: dict(value) for name, value in given.items() if name in nodes and isinstance(value, Mapping)}
    shared = {
        name: value for name, value in given.items() if name not in own and not _is_node_table(experiment, name, value)
    }
    return {**experiment.model.profiles[experiment.profile], **shared}, own


def _is_node_table(experiment: Experiment, name: str, value: Any) -> bool:
    """Return whether a parameter is a table for a node that this seed's cluster does not have."""
    return isinstance(value, Mapping) and name not in experiment.model.parameters


def _each(table: Mapping[str, int], nodes: tuple[NodeId, ...]) -> dict[NodeId, int]:
    common = table.get(ALL, 0)
    return {node: at for node in nodes if (at := table.get(node, common))}


def regions_of(scenario: Scenario, nodes: tuple[NodeId, ...]) -> dict[NodeId, str]:
    """Return each node's region: as placed, the others in the matrix's order, round and round."""
    placed = dict(scenario.cluster.place)
    matrix = scenario.network.latency.matrix
    if matrix is None:
        return placed
    table = MATRICES[matrix].regions
    free = [node for node in nodes if node not in placed]
    return placed | {node: table[i % len(table)] for i, node in enumerate(free)}


def _latency(scenario: Scenario, regions: Mapping[NodeId, str]) -> Latency:
    latency = scenario.network.latency
    if latency.matrix is not None:
        return Regions(MATRICES[latency.matrix].one_way(), regions, latency.jitter)
    if latency.uniform is not None:
        return Uniform(*latency.uniform)
    if latency.lognormal is not None:
        return Lognormal(latency.lognormal, latency.sigma)
    constant = 5 * MS if latency.constant is None else latency.constant
    return Uniform(constant, constant)


def wall_start(text: str) -> int:
    """Return a date as ns since 1970, UTC if it names no zone. Raises ValueError."""
    date = datetime.fromisoformat(text)
    date = date.replace(tzinfo=UTC) if date.tzinfo is None else date
    since = date - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * S + since.microseconds * 1_000


def _clock(scenario: Scenario, node: NodeId, chance: Chance) -> ClockPlan:
    clocks = scenario.clocks
    own = clocks.node.get(node)
    offset, drift = (clocks.offset, clocks.drift) if own is None else (own.offset, own.drift)
    return ClockPlan(
        within(chance.word("weather", "offset", node), *offset), within(chance.word("weather", "drift", node), *drift)
    )


def _workload(scenario: Scenario, nodes: tuple[NodeId, ...]) -> Workload | None:
    clients = scenario.clients
    if clients is None:
        return None
    every = clients.every if isinstance(clients.every, tuple) else (clients.every, clients.every)
    return Workload(
        name=clients.workload, beside=clients.beside or nodes, find=clients.find, every=every, start=clients.start,
        until=clients.until, patience=clients.patience, again=clients.again, keys=clients.keys,
        lose_answers=clients.lose_answers,
    )  # fmt: skip


def _errands(scenario: Scenario) -> tuple[ErrandPlan, ...]:
    return tuple(
        ErrandPlan(f"ask{i}", e.node, e.action, e.args, tuple(instants(e.at, e.every, e.times)))
        for i, e in enumerate(scenario.ask, 1)
    )


def _planned(entry: FaultEntry, in_flight: Any) -> Planned:
    fault, timing = entry.fault, entry.timing
    if isinstance(fault, Crash) and fault.strike is None:
        fault = replace(fault, strike="between" if timing.when is not None else "now")
    if isinstance(fault, Partition) and fault.in_flight is None:
        fault = replace(fault, in_flight=in_flight)
    return Planned(fault, timing.at, _when(timing.when, timing.nth), timing.after, timing.lasting)


def _when(when: Mapping[str, Any] | None, nth: int) -> When | None:
    if when is None:
        return None
    what = when.get("note") or when.get("record")
    return When(str(what), tuple(sorted((k, v) for k, v in when.items() if k not in ("note", "record"))), nth)
