"""The rules of `[network]`, of single links in it, and of the faults of links and partitions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sim.faults import FOREVER, Flap, LinkFault, Partition, Swizzle
from sim.machine import NodeId
from sim.quantiles import empirical
from sim.targets import check as check_target
from sim.targets import words_of
from sim.units import Span, show_duration

from .complaints import Key, shown, unknown
from .latencies import MATRICES
from .load import Document, FaultEntry
from .samples import read
from .schema import Latency, Line, Network, Scenario

KINDS = ("constant", "uniform", "exponential", "lognormal", "pareto", "bimodal", "empirical", "matrix")
# Keys that belong to some kinds, and whether these need them.
OWN = {
    "alpha": (("pareto",), True),
    "slow": (("bimodal",), True),
    "unit": (("empirical",), True),
    "least": (("exponential", "lognormal", "bimodal"), False),
}
LEAST_NODES = {"halves": 2, "isolate": 2, "minority-third": 2, "bridge": 3, "majorities-ring": 3, "chain": 3}
_ABOVE = 'found "{}", allowed: {} above 0'


def check_network(document: Document, scenario: Scenario, nodes: Sequence[NodeId], regions: Collection[str]) -> None:
    """Complain about the network and its single links; read the files of measured latencies."""
    network = scenario.network
    at: Key = ("network",)
    _latency(document, (*at, "latency"), network.latency)
    if network.latency.matrix is not None:
        allowed = MATRICES[network.latency.matrix].regions
        for node, region in scenario.cluster.place.items():
            if region not in allowed:
                document.complain(("cluster", "place", node), unknown(region, allowed, "the regions "))
    _quantities(document, at, network)
    for i, line in enumerate(network.link):
        _line(document, (*at, "link", i), line, nodes, sorted(regions))
    tables = [network, *network.link, *(entry.fault for entry in document.faults.values())]
    if network.queue is not None and all(getattr(table, "bandwidth", None) is None for table in tables):
        document.complain((*at, "queue"), "found without any bandwidth, for which messages would queue")


def _latency(document: Document, at: Key, latency: Latency) -> None:
    complain = document.complain
    given = [name for name in KINDS if getattr(latency, name) is not None]
    if len(given) > 1:
        complain(at, f"found {' and '.join(given)}, allowed: one of them")
    if latency.jitter and latency.matrix is None:
        complain((*at, "jitter"), "found without matrix; a range of delays is { uniform = [LOW, HIGH] }")
    for name, (owners, needed) in OWN.items():
        owner = next((own for own in owners if getattr(latency, own) is not None), None)
        if owner is None and getattr(latency, name) is not None:
            complain((*at, name), f"found without {' or '.join(owners)}, which it belongs to")
        elif owner is not None and needed and not _written(document, (*at, name)):
            complain((*at, name), f"missing, which {owner} needs")
    if latency.slow is not None and not 0 < latency.slow < 1:
        complain((*at, "slow"), f"found {shown(str(latency.slow))}, allowed: a share above 0 and below 1")
    if latency.empirical is not None and latency.unit is not None:
        try:
            samples = read(document.folder / latency.empirical, latency.unit)
        except ValueError as error:
            complain((*at, "empirical"), str(error))
        else:
            document.measured[at] = empirical(samples)


def _line(document: Document, at: Key, line: Line, nodes: Sequence[NodeId], regions: Sequence[str]) -> None:
    for name in ("src", "dst"):
        for word in words_of(getattr(line, name)):
            wrong = check_target(word, nodes, regions)
            if wrong is None and word not in nodes and word != "all" and not word.startswith("region("):
                wrong = f'found "{word}", which is decided in the course of a run'
            if wrong is not None:
                text = wrong.partition(", allowed:")[0]
                document.complain((*at, name), f"{text}, allowed: nodes, all or region(name)")
    if line.latency is not None:
        _latency(document, (*at, "latency"), line.latency)
        if line.latency.matrix is not None:
            document.complain((*at, "latency", "matrix"), "found on single links, allowed: only in [network]")
        if line.messages:
            document.complain((*at, "latency"), "found beside messages, allowed: one of them; types share their link")
    _quantities(document, at, line)


def _quantities(document: Document, at: Key, table: Network | Line | LinkFault) -> None:
    """Complain about zeros that would stop everything or divide by nothing."""
    if table.bandwidth == 0:
        document.complain((*at, "bandwidth"), _ABOVE.format("0B/s", "a rate"))
    if table.burst is not None and not table.burst.lasting:
        document.complain((*at, "burst", "lasting"), _ABOVE.format("0s", "a time"))
    if document.scenario is not None and document.scenario.network.fates == "nominal":
        for name in ("loss", "burst", "duplicate", "reorder", "corrupt"):
            if getattr(table, name):
                document.complain((*at, name), 'found beside [network] fates = "nominal", with which nothing is drawn')


def check_packets(document: Document, scenario: Scenario, messages: tuple[str, ...]) -> None:
    """Complain about packets whose fate is decided; `messages` are the model's types, as far as they are known."""
    for i, packet in enumerate(scenario.packet):
        at: Key = ("packet", i)
        complain = document.complain
        if packet.link[0] == packet.link[1]:
            complain(
                (*at, "link"), f'found "{packet.link[0]}" twice, allowed: two nodes; a message to oneself has no link'
            )
        if packet.message and messages and packet.message not in messages:
            complain((*at, "message"), unknown(packet.message, messages))
        if packet.nth < 1:
            complain((*at, "nth"), f"found {packet.nth}, allowed: an integer from 1")
        if packet.do == "delay" and not packet.by:
            complain((*at, "by"), "missing, which delay needs")
        if packet.do in ("drop", "corrupt") and packet.by:
            complain((*at, "by"), f"found beside {packet.do}, allowed: with delay and duplicate")
        if packet.at >= scenario.stop:
            latest = show_duration(scenario.stop)
            complain((*at, "at"), f"found {show_duration(packet.at)}, allowed: before stop ({latest})")


def check_fault(document: Document, at: Key, entry: FaultEntry, least: int) -> None:
    """Complain about a fault of links in itself; there are at least so many nodes."""
    fault = entry.fault
    if isinstance(fault, LinkFault):
        _quantities(document, at, fault)
    elif isinstance(fault, Flap):
        for name in ("up", "down"):
            if not _low(getattr(fault, name)):
                document.complain((*at, name), _ABOVE.format("0s", "a time"))
        if bool(fault.stable) != bool(fault.unstable):
            document.complain((*at, "stable"), "stable and unstable belong together: a time for each, or neither")
    elif isinstance(fault, Swizzle):
        _swizzle(document, at, fault, entry.timing.lasting)
    elif isinstance(fault, Partition):
        _shape(document, at, fault, least)


def _swizzle(document: Document, at: Key, fault: Swizzle, lasting: Any) -> None:
    if lasting is None or lasting == FOREVER:
        document.complain((*at, "lasting"), "missing: a swizzle lets go one node after another before its end")
    elif fault.over is not None and 2 * fault.over > _low(lasting):
        most = show_duration(_low(lasting) // 2)
        document.complain(
            (*at, "over"), f"found {show_duration(fault.over)}, allowed: at most half of lasting ({most})"
        )


def _shape(document: Document, at: Key, fault: Partition, least: int) -> None:
    if fault.shape is None and _written(document, (*at, "shape")):
        return  # it is no shape, of which there is a complaint already
    if (fault.shape is None) == (not fault.groups):
        found = "both groups and shape" if fault.groups else "neither groups nor shape"
        document.complain((*at, "groups"), f"found {found}, allowed: one of them")
    elif fault.shape is not None and least < LEAST_NODES[fault.shape]:
        needed = LEAST_NODES[fault.shape]
        document.complain((*at, "shape"), f'found "{fault.shape}" with {least} nodes, allowed: with {needed} or more')


def _written(document: Document, key: Key) -> bool:
    """Return whether the file has a key, be its value right or wrong."""
    table: Any = document.doc
    for part in key:
        if isinstance(table, dict) and part not in table:
            return False
        table = table[part]
    return True


def _low(span: Span) -> int:
    return span if isinstance(span, int) else span[0]
