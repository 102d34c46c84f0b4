"""What a seed drew, written out, so that leaving out one thing changes no other.

Faults get the times and nodes that they had, clients the operations that they began, and every packet that did not
simply arrive after the median delay gets a decision of its own. What models draw themselves (alarms, random words)
stays with the seed: it is keyed by node and life, and no decision moves it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

from sim.clients import instants
from sim.decisions import Verdict
from sim.fate import Change, decode, nominal, shape
from sim.link import Link
from sim.machine import NodeId
from sim.units import duration, show_duration
from sim.world import FaultRun, Outcome, Plan, World

from ..plan import Experiment, placed_nodes
from ..run import replay_file
from .case import Case, Table

FATEFUL = ("loss", "burst", "jitter", "duplicate", "reorder", "corrupt")  # keys of links of which something is drawn
LIMITS = ("delay", "bandwidth", "mtu", "refuse")  # keys of a link fault without which nothing is left of it


def materialised(experiment: Experiment, seed: int, outcome: Outcome) -> Iterator[Case]:
    """Yield the run of a seed as cases, the one with the most written out first."""
    plain = _split(experiment, seed, outcome)
    faults = replace(plain, faults=tuple(_faults(plain, outcome)))
    asks = _with_asks(experiment, faults, outcome)
    yield with_packets(asks, experiment.plan(seed), seed)
    yield asks
    yield with_packets(faults, experiment.plan(seed), seed)
    yield faults
    yield plain


def _split(experiment: Experiment, seed: int, outcome: Outcome) -> Case:
    """Return the scenario that replays the run, in pieces and with every node named."""
    doc = tomllib.loads(replay_file(experiment, seed, outcome))
    faults, asks, packets = (tuple(doc.pop(name, ())) for name in ("fault", "ask", "packet"))
    doc.pop("sweep", None)
    doc["profile"] = experiment.profile
    nodes = experiment.nodes(seed)
    doc["cluster"] = {**doc.get("cluster", {}), "nodes": list(nodes)}
    if place := placed_nodes(experiment, nodes):
        doc["cluster"]["place"] = place
    if outcome.core:
        doc["core"] = {"nodes": list(outcome.core)}
    return Case(doc, faults, asks, packets, experiment.document.path)


# -- faults ------------------------------------------------------------------------------------------------


def _faults(case: Case, outcome: Outcome) -> Iterator[Table]:
    """Yield the faults that fired, each strike as one of its own, with the nodes that it struck."""
    for run in outcome.faults:
        table = deepcopy(case.faults[run.index])
        if run.begin is None:
            continue
        table.setdefault("draws", run.index)
        if "every" in table:
            table.pop("every")
            table.pop("times", None)
            if run.occurrence > 1:
                for name in ("when", "nth", "after", "armed", "fires"):
                    table.pop(name, None)
                table["at"] = show_duration(run.begin)
        table |= _aims(table, run)
        yield table


def _aims(table: Table, run: FaultRun) -> Table:
    """Return the keys of a fault that say whom it strikes, as nodes; those of a trigger's own node stay."""
    if "itself" in str([table.get(name) for name in ("nodes", "src", "dst", "groups", "link")]):
        return {}
    match run.kind:
        case "partition":
            if "groups" not in run.fields:
                return {}
            table.pop("shape", None)
            return {"groups": [list(group) for group in run.fields["groups"]]}
        case "link" | "hold" | "flap":
            return {name: list(run.fields[name]) for name in ("src", "dst")}
        case "packet":
            return {"link": list(run.nodes)} if len(run.nodes) == 2 else {}
        case "edge":
            return {}
        case _:
            return {"nodes": list(run.nodes)}


# -- operations --------------------------------------------------------------------------------------------


def _with_asks(experiment: Experiment, case: Case, outcome: Outcome) -> Case:
    """Return the case with the operations that clients began listed one by one, if a file can hold them."""
    asks: list[Table] = []
    for table in case.asks:
        every = duration(table.pop("every", 0))
        asks += [
            {**table, "at": show_duration(at)} for at in instants(duration(table["at"]), every, table.pop("times", 1))
        ]
    clients = experiment.scenario.clients
    if clients is None:
        return replace(case, asks=tuple(asks))
    beside = list(clients.beside or case.nodes)
    names = {f"c{i}" for i in range(1, len(beside) + 1)}
    drawn = [operation for operation in outcome.history.operations if operation.client in names]
    if not all(isinstance(arg, (str, int, bool)) for operation in drawn for arg in operation.args):
        return case
    asks += [
        {"at": show_duration(o.invoked), "client": o.client, "action": o.action, "args": list(o.args)} for o in drawn
    ]
    table = {**case.doc["clients"], "beside": beside, "until": "0s"}
    table.pop("start", None)
    return replace(case.changed(clients=table), asks=tuple(asks))


# -- packets -----------------------------------------------------------------------------------------------


class _Witness:
    """A rule that decides nothing: it writes down how each packet of one link fares otherwise than nominally."""

    def __init__(
        self, world: World, src: NodeId, dst: NodeId, said: list[tuple[NodeId, NodeId, str, int, int, Verdict]]
    ):
        self._world, self._src, self._dst, self._said = world, src, dst, said
        self._moment: tuple[str, int] = ("", -1)
        self._nth = 0

    def judge(self, msg: Any, now: int) -> Sequence[Verdict]:
        link, name = self._world.hosts[self._src].links[self._dst], msg.__class__.__name__
        self._nth = self._nth + 1 if self._moment == (name, now) else 1
        self._moment = (name, now)
        if not link.cuts:
            for verdict in _fared(link, name, now):
                self._said.append((self._src, self._dst, name, now, self._nth, verdict))
        return ()


def _fared(link: Link, name: str, now: int) -> Iterator[Verdict]:
    """Yield what sets the fate of the packet that is sent now apart from one clean delivery after the median delay."""
    mine = [change for change in link.changes if not change.messages or name in change.messages]
    raging = [storm for storm in link.storms if not storm.messages or name in storm.messages]
    limited = any(change.messages for change in mine)
    fate = decode(link.last_words(), shape(link.delay, mine) if limited else link.shape)[0]
    copies = fate if isinstance(fate, tuple) else ((fate, 0),)
    if not copies or any(storm.rages(now) for storm in raging):
        yield "drop", 0
        return
    base = nominal(link.delay, [Change(delay=change.delay) for change in mine]).low
    sound = [delay for delay, spoil in copies if not spoil]
    if not sound:
        yield "corrupt", 0
    # Of a spoilt packet that was duplicated only the sound copy counts: the checksum drops the other.
    first = sound[0] if sound else copies[0][0]
    if first != base:
        yield "delay", first - base
    for delay in sound[1:]:
        yield "duplicate", delay - first


def with_packets(case: Case, plan: Plan, seed: int) -> Case:
    """Return the case with nothing drawn of packets, and a decision for each that fared otherwise in a plan's run."""
    world = World(plan, seed, None)
    said: list[tuple[NodeId, NodeId, str, int, int, Verdict]] = []
    for src in plan.nodes:
        for dst in plan.nodes:
            if src != dst:
                world.network.rule(src, dst, _Witness(world, src, dst, said), 1)
    world.run()
    packets = [_packet(*entry) for entry in said]
    network = {**case.doc.get("network", {}), "fates": "nominal"}
    network["link"] = [_fateless(line) for line in network.get("link", ())]
    network = _fateless({name: value for name, value in network.items() if value != []})
    faults = [_fateless(fault) if fault["kind"] == "link" else fault for fault in case.faults]
    left = tuple(f for f in faults if f["kind"] != "link" or any(name in f for name in LIMITS))
    return replace(case.changed(network=network), faults=left, packets=(*case.packets, *packets))


def _packet(src: NodeId, dst: NodeId, name: str, now: int, nth: int, verdict: Verdict) -> Table:
    do, by = verdict
    table: Table = {"link": [src, dst], "message": name, "at": show_duration(now), "do": do}
    if nth > 1:
        table["nth"] = nth
    return {**table, "by": show_duration(by)} if by else table


def _fateless(table: Table) -> Table:
    """Return a table of links without what is drawn for each packet."""
    return {name: value for name, value in table.items() if name not in FATEFUL}
