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
from sim.decisions import Decision
from sim.faults import Crash, EdgeFault, Flap, Partition, Planned, When
from sim.latency import ByLink, Drawn, Ends, Latency, Lognormal, Regions, Uniform
from sim.machine import NodeId
from sim.network import Line
from sim.ntp import Ntp
from sim.property import Property
from sim.quantiles import bimodal, exponential, pareto
from sim.targets import ITSELF, words_of
from sim.topology import Topology
from sim.units import MS, S
from sim.world import POINT, ClockPlan, Plan

from . import schema
from .complaints import Key
from .latencies import MATRICES
from .load import Document, FaultEntry, fault_of
from .model import Model
from .nemesis import schedule
from .schema import ALL, Scenario, Timing
from .topologies import NamedGraph, drawn_around, placed, shaped

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
    named: NamedGraph | None = None  # the topology's graph; with a drawn number of nodes that of the largest cluster
    views: tuple[str, ...] = ()  # what the model's nodes show
    oracles: tuple[Oracle, ...] = ()  # who judges the history of a run, with the bounds that the scenario gives

    def nodes(self, seed: int) -> tuple[NodeId, ...]:
        """Return the nodes' names; their number may be drawn from the seed."""
        return node_names(self.scenario, seed)

    def drawn(self, seed: int) -> list[dict[str, Any]]:
        """Return the faults that `[nemesis]` draws, as tables; they come after those that are written."""
        nemesis, heal, nodes = self.scenario.nemesis, self.scenario.heal, self.nodes(seed)
        return [] if nemesis is None or heal is None else schedule(seed, nodes, heal, nemesis, self.ground(nodes))

    def ground(self, nodes: tuple[NodeId, ...]) -> Topology | None:
        """Return the topology on which so many nodes sit, if the network has one."""
        named = _named(self, nodes)
        topology = self.scenario.network.topology
        if topology is None or named is None:
            return None
        return Topology(named.graph, placed(named, self.scenario.cluster.place, nodes), topology.jitter)

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
    named = _named(experiment, nodes)
    regions = regions_of(scenario, nodes, named)
    return Plan(
        machine=model.machine(*params(experiment, nodes)),
        nodes=nodes,
        stop=scenario.stop,
        heal=scenario.heal,
        latency=_latencies(experiment, regions, nodes),
        loss=network.loss,
        duplicate=network.duplicate,
        corrupt=network.corrupt,
        good_day=_said(network, ("jitter", "burst", "reorder", "bandwidth", "queue", "mtu")),
        lines=_lines(scenario, regions, nodes),
        regions=regions,
        racks={node: rack for node, rack in cluster.rack.items() if node in nodes},
        rtt=cluster.rtt,
        boots={node: at for node, at in cluster.boot.items() if node in nodes},
        service=_each(cluster.service, nodes),
        wall_start=wall_start(scenario.clocks.wall_start),
        clocks={node: _clock(scenario, node, chance) for node in nodes},
        ntp=_ntp(scenario),
        sync=_each(scenario.disks.sync, nodes),
        workload=_workload(scenario, nodes),
        errands=_errands(scenario),
        packets=tuple(
            (*packet.link, decision_of(packet)) for packet in scenario.packet if set(packet.link) <= set(nodes)
        ),
        fates=network.fates,
        faults=tuple(
            planned(entry, network.in_flight) for entry in (*experiment.faults, *map(fault_of, experiment.drawn(seed)))
        ),
        core=None if scenario.core is None else scenario.core.nodes,
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
    return {**(experiment.model.settings(experiment.profile) or {}), **shared}, own


def _is_node_table(experiment: Experiment, name: str, value: Any) -> bool:
    """Return whether a parameter is a table for a node that this seed's cluster does not have."""
    return isinstance(value, Mapping) and name not in experiment.model.parameters


def _each(table: Mapping[str, int], nodes: tuple[NodeId, ...]) -> dict[NodeId, int]:
    common = table.get(ALL, 0)
    return {node: at for node in nodes if (at := table.get(node, common))}


def _named(experiment: Experiment, nodes: tuple[NodeId, ...]) -> NamedGraph | None:
    table = experiment.scenario.network.topology
    if table is not None and drawn_around(experiment.scenario):
        return NamedGraph(shaped(table, nodes))
    return experiment.named


def regions_of(scenario: Scenario, nodes: tuple[NodeId, ...], named: NamedGraph | None) -> dict[NodeId, str]:
    """Return each node's region: of its graph node; or as placed, the others in the matrix's order, round and round."""
    if named is not None:
        region = named.graph.region
        return {node: region.get(site, site) for node, site in placed(named, scenario.cluster.place, nodes).items()}
    place = dict(scenario.cluster.place)
    matrix = scenario.network.latency.matrix
    if matrix is None:
        return place
    table = MATRICES[matrix].regions
    free = [node for node in nodes if node not in place]
    return place | {node: table[i % len(table)] for i, node in enumerate(free)}


def placed_nodes(experiment: Experiment, nodes: tuple[NodeId, ...]) -> dict[NodeId, str]:
    """Return where each node stands, if that depends on the others: its graph node, or its region of a matrix."""
    scenario = experiment.scenario
    if (ground := experiment.ground(nodes)) is not None:
        return dict(ground.place)
    return {} if scenario.network.latency.matrix is None else regions_of(scenario, nodes, None)


def _latencies(experiment: Experiment, regions: Mapping[NodeId, str], nodes: tuple[NodeId, ...]) -> Latency:
    """Return the network's latency, with those of single links."""
    scenario, document = experiment.scenario, experiment.document
    network = scenario.network
    base: Latency = experiment.ground(nodes) or _latency(network.latency, regions, document, ("network", "latency"))
    others = tuple(
        (_ends(line, regions, nodes), _latency(line.latency, regions, document, ("network", "link", i, "latency")))
        for i, line in enumerate(network.link)
        if line.latency is not None
    )
    return ByLink(base, others) if others else base


def _latency(latency: schema.Latency, regions: Mapping[NodeId, str], document: Document, at: Key) -> Latency:
    least = latency.least or 0
    if latency.matrix is not None:
        return Regions(MATRICES[latency.matrix].one_way(), regions, latency.jitter)
    if latency.uniform is not None:
        return Uniform(*latency.uniform)
    if latency.exponential is not None:
        return Drawn(exponential(latency.exponential), least)
    if latency.lognormal is not None:
        return Lognormal(latency.lognormal, latency.sigma, least)
    if latency.pareto is not None and latency.alpha is not None:
        return Drawn(pareto(latency.pareto, latency.alpha))
    if latency.bimodal is not None and latency.slow is not None:
        return Drawn(bimodal(*latency.bimodal, latency.slow, latency.sigma), least)
    if latency.empirical is not None:
        return Drawn(document.measured[at])
    constant = 5 * MS if latency.constant is None else latency.constant
    return Uniform(constant, constant)


def _lines(scenario: Scenario, regions: Mapping[NodeId, str], nodes: tuple[NodeId, ...]) -> tuple[Line, ...]:
    names = ("jitter", "loss", "burst", "duplicate", "reorder", "corrupt", "bandwidth", "queue", "mtu")
    return tuple(Line(_ends(line, regions, nodes), _said(line, names), line.messages) for line in scenario.network.link)


def _said(table: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name in names if (value := getattr(table, name)) is not None}


def _ends(line: schema.Line, regions: Mapping[NodeId, str], nodes: tuple[NodeId, ...]) -> Ends:
    def stands_for(word: str) -> tuple[NodeId, ...]:
        if word == ALL:
            return nodes
        return (word,) if word in nodes else tuple(n for n in nodes if f"region({regions.get(n)})" == word)

    src, dst = (frozenset(n for word in words_of(end) for n in stands_for(word)) for end in (line.src, line.dst))
    return Ends(src, dst, line.oneway)


def wall_start(text: str) -> int:
    """Return a date as ns since 1970, UTC if it names no zone. Raises ValueError."""
    date = datetime.fromisoformat(text)
    date = date.replace(tzinfo=UTC) if date.tzinfo is None else date
    since = date - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * S + since.microseconds * 1_000


def _clock(scenario: Scenario, node: NodeId, chance: Chance) -> ClockPlan:
    clocks = scenario.clocks
    own = clocks.node.get(node, clocks)
    return ClockPlan(
        within(chance.word("weather", "offset", node), *own.offset),
        within(chance.word("weather", "drift", node), *own.drift),
        within(chance.word("weather", "wall drift", node), *own.wall_drift),
    )


def _ntp(scenario: Scenario) -> Ntp | None:
    ntp = scenario.clocks.ntp
    return None if ntp is None else Ntp(ntp.every, ntp.error, ntp.slew)


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
        ErrandPlan(e.client or f"ask{i}", e.node, e.action, e.args, tuple(instants(e.at, e.every, e.times)))
        for i, e in enumerate(scenario.ask, 1)
    )


def decision_of(packet: schema.Packet) -> Decision:
    """Return what is decided about a packet."""
    return Decision(do=packet.do, by=packet.by, message=packet.message, nth=packet.nth, since=packet.at)


def planned(entry: FaultEntry, in_flight: Any) -> Planned:
    """Return a fault as the world takes it; `in_flight` is the network's."""
    fault, timing = entry.fault, entry.timing
    at_point = timing.when is not None and timing.when.get("note") == POINT and not timing.after
    if isinstance(fault, Crash) and fault.strike is None and at_point and fault.nodes == (ITSELF,):
        fault = replace(fault, strike="here")  # the other defaults of `strike` are the fault's own
    if isinstance(fault, (Partition, EdgeFault, Flap)) and fault.in_flight is None:
        fault = replace(fault, in_flight=in_flight)
    until = _when(Timing(when=timing.until))
    return Planned(
        fault, timing.at, _when(timing), timing.after, timing.lasting, until, timing.every, timing.times, timing.draws
    )


def _when(timing: Timing) -> When | None:
    when = timing.when
    if when is None:
        return None
    what = when.get("note") or when.get("record")
    where = tuple(sorted((k, v) for k, v in when.items() if k not in ("note", "record")))
    return When(str(what), where, timing.nth, timing.armed, timing.fires)
