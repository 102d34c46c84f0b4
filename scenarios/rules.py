"""The rules that a scenario's tables must keep together, and with its model: names, times, targets, operations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sim.clients import ARGUMENTS, WORKLOADS
from sim.faults import FOREVER, EdgeFault, Operate, Partition
from sim.faults.operate import BOOT
from sim.machine import Cluster, Machine, snake_case
from sim.property import END
from sim.targets import ITSELF, words_of
from sim.targets import check as check_target
from sim.trace import FIELDS, KINDS, OWN, Header
from sim.units import show_duration
from sim.world import POINT, Plan
from sim.world import header as header_of

from .complaints import Key, shown, unknown
from .load import Document, FaultEntry
from .nemesis import DRAWN
from .network_rules import check_fault, check_network, check_packets
from .plan import Experiment, node_names, params, regions_of, wall_start
from .schema import ALL, Errand, Nemesis, Scenario
from .topologies import NamedGraph
from .topology_rules import check_edges, check_topology

DRAWN_MAX = 10_000  # faults that a seed may draw


class Rules:
    """Finds what is wrong with a scenario whose tables are sound one by one."""

    def __init__(self, document: Document, scenario: Scenario) -> None:
        self.document = document
        self.scenario = scenario
        nodes = scenario.cluster.nodes
        # With a drawn number of nodes, names are checked against the largest cluster.
        self.nodes = node_names(scenario if isinstance(nodes[0], str) else _largest(scenario), 0)
        self.named: NamedGraph | None = None  # the topology's graph, unless there is something wrong with it
        self.kind: type[Machine] | None = None
        self.header: Header | None = None

    def check(self) -> None:
        """Complain about all that can be seen without the model."""
        scenario, complain = self.scenario, self.document.complain
        self._times()
        self._names()
        self.named = check_topology(self.document, scenario, self.nodes)
        check_network(self.document, scenario, self.nodes, set(regions_of(scenario, self.nodes, self.named).values()))
        try:
            wall_start(scenario.clocks.wall_start)
        except ValueError as error:
            found = shown(scenario.clocks.wall_start)
            complain(("clocks", "wall_start"), f'found {found}: {error}; allowed: a date such as "2024-01-01"')
        ntp = scenario.clocks.ntp
        if ntp is not None and ntp.every <= 0:
            complain(("clocks", "ntp", "every"), 'found "0s", allowed: a time above 0')
        if ntp is not None and not 0 < ntp.slew <= 1_000_000:
            complain(("clocks", "ntp", "slew"), f'found "{ntp.slew}ppm", allowed: above 0, at most 1000000ppm')
        for i, entry in sorted(self.document.faults.items()):
            self._fault(("fault", i), entry)
        if scenario.nemesis is not None:
            self._nemesis(scenario.nemesis)
        for key in scenario.sweep:
            if not key or any(not part for part in key.split(".")):
                complain(("sweep", key), f"found {shown(key)}, allowed: a key of this file such as fault.0.lasting")

    def check_model(self, draft: Experiment) -> None:
        """Complain about all that needs the model; then `kind` and `header` are known, unless it cannot be made."""
        self._machine(draft)
        if self.kind is None:
            return
        make = draft.model.machine(*params(draft, self.nodes))
        bare = Plan(machine=make, nodes=self.nodes, stop=self.scenario.stop, heal=self.scenario.heal)
        self.header = header_of(bare, 0)
        self._clients(self.kind)
        check_packets(self.document, self.scenario, tuple(message.__name__ for message in self.kind.MESSAGES))
        for i, entry in sorted(self.document.faults.items()):
            for name in ("when", "until"):
                trigger = getattr(entry.timing, name)
                if trigger is not None:
                    self._trigger(("fault", i, name), trigger, self.kind)
            if isinstance(entry.fault, Operate):
                self._act(("fault", i), entry.fault, self.kind)

    def _times(self) -> None:
        scenario, complain = self.scenario, self.document.complain
        if scenario.stop <= 0:
            complain(("stop",), 'found "0s", allowed: a time above 0')
        if scenario.heal is not None and scenario.heal > scenario.stop:
            complain(
                ("heal",),
                f"found {show_duration(scenario.heal)}, allowed: at most stop ({show_duration(scenario.stop)})",
            )
        counted = [i for i, e in sorted(self.document.faults.items()) if not e.fault.instant]
        if counted and scenario.heal is None and "heal" not in self.document.doc:
            complain(
                ("fault", counted[0]), "a scenario with faults needs heal: the time by which every fault is mended"
            )
        if scenario.core is not None and scenario.heal is None:
            complain(("core",), "found without heal, which is when the core is healed")
        clients = scenario.clients
        if clients is not None:
            if clients.again < 0 or clients.again > 1000:
                complain(("clients", "again"), f"found {clients.again}, allowed: 0 to 1000")
            if not 1 <= clients.keys <= 1_000_000:
                complain(("clients", "keys"), f"found {clients.keys}, allowed: 1 to 1000000")
            low = clients.every[0] if isinstance(clients.every, tuple) else clients.every
            if low <= 0:
                complain(("clients", "every"), 'found "0s", allowed: a time above 0')
            if clients.patience <= 0:
                complain(("clients", "patience"), 'found "0s", allowed: a time above 0')
        for i, errand in enumerate(scenario.ask):
            if not 1 <= errand.times <= 1_000_000:
                complain(("ask", i, "times"), f"found {errand.times}, allowed: 1 to 1000000")
            if errand.times > 1 and not errand.every:
                complain(("ask", i, "every"), "missing: several times need the time between two")

    def _names(self) -> None:
        scenario = self.scenario
        tables: list[tuple[Key, Mapping[str, Any]]] = [
            (("cluster", "place"), scenario.cluster.place),
            (("cluster", "rack"), scenario.cluster.rack),
            (("cluster", "boot"), scenario.cluster.boot),
            (("cluster", "service"), scenario.cluster.service),
            (("disks", "sync"), scenario.disks.sync),
            (("clocks",), scenario.clocks.node),
        ]
        for key, table in tables:
            for name in table:
                if name not in self.nodes and name != ALL:
                    self._unknown_node((*key, name), name)
        if scenario.clients is not None:
            for name in scenario.clients.beside:
                if name not in self.nodes:
                    self._unknown_node(("clients", "beside"), name)
        if scenario.core is not None and not isinstance(scenario.core.nodes, str):
            for name in scenario.core.nodes:
                if name not in self.nodes:
                    self._unknown_node(("core", "nodes"), name)
        for i, errand in enumerate(scenario.ask):
            self._asked(("ask", i), errand)
        for i, packet in enumerate(scenario.packet):
            for name in packet.link:
                if name not in self.nodes:
                    self._unknown_node(("packet", i, "link"), name)

    def _asked(self, at: Key, errand: Errand) -> None:
        """Complain unless an errand says who is asked, or whose operation it is."""
        complain, clients = self.document.complain, self.scenario.clients
        if (errand.node is None) == (errand.client is None):
            found = "neither node nor client" if errand.node is None else "both node and client"
            complain((*at, "node"), f"found {found}, allowed: one of them")
        elif errand.node is not None and errand.node not in self.nodes:
            self._unknown_node((*at, "node"), errand.node)
        elif errand.client is not None:
            beside = () if clients is None else clients.beside or self.nodes
            names = tuple(f"c{i}" for i in range(1, len(beside) + 1))
            if errand.client not in names:
                complain((*at, "client"), unknown(errand.client, names, "the clients of [clients] "))

    def _unknown_node(self, key: Key, name: str) -> None:
        self.document.complain(
            key,
            unknown(
                name, self.nodes if len(self.nodes) <= 12 else (self.nodes[0], "...", self.nodes[-1]), "the nodes "
            ),
        )

    def _machine(self, draft: Experiment) -> None:
        """Make every node's machine once: a model says by ValueError what is wrong with a parameter."""
        complain = self.document.complain
        allowed = tuple(draft.model.parameters)
        at: Key = ("cluster", "params")
        wrong = False
        for name, value in draft.scenario.cluster.params.items():
            if isinstance(value, Mapping) and name in self.nodes:
                for inner in value:
                    if inner not in allowed:
                        wrong = True
                        complain((*at, name, inner), "unknown parameter: " + unknown(inner, allowed))
            elif name not in allowed:
                wrong = True
                complain((*at, name), "unknown parameter: " + unknown(name, allowed))
        if wrong:
            return
        shared, own = params(draft, self.nodes)
        make = draft.model.machine(shared, own)
        for node in (self.nodes[0], *(n for n in self.nodes[1:] if n in own)):
            try:
                machine = make(node, Cluster(node, self.nodes))
            except (ValueError, TypeError) as error:
                name = str(error).partition(":")[0]
                where = (*at, node, name) if name in own.get(node, {}) else (*at, name) if name in allowed else at
                complain(
                    where,
                    str(error).removeprefix(f"{name}: ") if name in allowed else f"{type(error).__name__}: {error}",
                )
                return
            except Exception as error:
                complain(("model",), f"machine() for {node} raised {type(error).__name__}: {error}")
                return
            self.kind = self._machine_kind(machine)

    def _machine_kind(self, machine: Any) -> type[Machine] | None:
        complain = self.document.complain
        if not isinstance(machine, Machine):
            complain(("model",), f"machine() returned {shown(machine)}, allowed: a sim.machine.Machine")
            return None
        kind = type(machine)
        if not hasattr(kind.View, "_fields"):
            complain(
                ("model",),
                f"{kind.__name__}.View: found {shown(kind.View)}, allowed: a NamedTuple of the machine's attributes",
            )
            return None
        for name in kind.View._fields:
            if not hasattr(machine, name):
                complain(("model",), f"{kind.__name__}.View.{name}: the machine has no attribute of that name")
                return None
        for fact in kind.FACTS:
            if not hasattr(fact, "_fields") or snake_case(fact.__name__) in (*KINDS, END):
                complain(
                    ("model",),
                    f"{kind.__name__}.FACTS: found {shown(fact)}, allowed: NamedTuples not named like a record kind",
                )
                return None
        for action, names in kind.ACTIONS.items():
            for name in names:
                if action not in ARGUMENTS or name not in ARGUMENTS[action]:
                    vocabulary = ", ".join(f"{a}({' '.join(n)})" for a, n in ARGUMENTS.items())
                    complain(
                        ("model",), f"{kind.__name__}.ACTIONS: found {action}({' '.join(names)}), allowed: {vocabulary}"
                    )
                    return None
        return kind

    def _fault(self, at: Key, entry: FaultEntry) -> None:
        fault, complain = entry.fault, self.document.complain
        # A field that could not be read is left out, so what fields are together is judged only if all were read.
        spoilt = any(complaint.key[: len(at)] == at for complaint in self.document.complaints)
        regions = sorted(set(regions_of(self.scenario, self.nodes, self.named).values()))
        racks = sorted(set(self.scenario.cluster.rack.values()))
        for name in fault.aimed:
            value = getattr(fault, name)
            groups = value if isinstance(value, tuple) and name in ("groups", "link", "nodes") else (value,)
            for group in groups:
                if not words_of(group):
                    complain((*at, name), "found an empty group, allowed: at least one target in each")
                for word in words_of(group):
                    if wrong := check_target(word, self.nodes, regions, racks):
                        complain((*at, name), wrong)
        nodes = self.scenario.cluster.nodes
        check_fault(self.document, at, entry, nodes[0] if isinstance(nodes[0], int) else len(nodes))
        if isinstance(fault, Partition) and fault.groups:
            self._groups((*at, "groups"), fault)
        if isinstance(fault, EdgeFault):
            check_edges(self.document, self.scenario, self.named, at, fault)
        if not spoilt:
            for name, text in fault.wrong():
                complain((*at, name) if name else at, text)
        self._timing(at, entry)
        self._repeats(at, entry)

    def _act(self, at: Key, fault: Operate, kind: type[Machine]) -> None:
        acts, complain = kind.ACTS, self.document.complain
        if fault.action == BOOT:
            return
        if fault.action not in acts:
            complain((*at, "action"), unknown(fault.action, (*acts, BOOT)))
        elif set(fault.args) != set(acts[fault.action]):
            keys = ", ".join(acts[fault.action]) or "none"
            complain((*at, "args"), f"found {shown(dict(fault.args))}, allowed: exactly the keys {keys}")

    def _groups(self, key: Key, fault: Partition) -> None:
        if len(fault.groups) < 2:
            self.document.complain(key, "found one group, allowed: two or more; nodes in no group reach everybody")
        seen: dict[str, int] = {}
        for i, group in enumerate(fault.groups):
            for word in words_of(group):
                if (word in self.nodes or word in ("leader", "rest", "all")) and word in seen:
                    self.document.complain(
                        key, f'found "{word}" in groups {seen[word]} and {i}, allowed: groups that do not overlap'
                    )
                seen.setdefault(word, i)
        if "all" in seen and len(fault.groups) > 1:
            self.document.complain(key, 'found "all" beside other groups, allowed: groups that do not overlap')

    def _timing(self, at: Key, entry: FaultEntry) -> None:
        timing, complain, scenario = entry.timing, self.document.complain, self.scenario
        optional = entry.fault.kind == "packet"
        if timing.at is not None and timing.when is not None:
            complain((*at, "when"), "found beside at, allowed: one of them")
        if timing.at is None and timing.when is None and not optional:
            complain((*at, "at"), "missing, allowed: at = a time, or when = a record that matches")
        if timing.when is None and (timing.after or timing.nth != 1):
            complain((*at, "after" if timing.after else "nth"), "found without when, which it belongs to")
        if timing.nth < 1:
            complain((*at, "nth"), f"found {timing.nth}, allowed: an integer from 1")
        if timing.draws is not None and timing.draws < 0:
            complain((*at, "draws"), f"found {timing.draws}, allowed: an integer from 0")
        if entry.fault.instant and timing.lasting is not None:
            complain((*at, "lasting"), f"found on {entry.fault.kind}, which is an instant, allowed: no lasting")
        latest = _latest(timing.at)
        if latest is not None and scenario.heal is not None and not entry.fault.instant:
            lasting = _latest(timing.lasting) if timing.lasting != FOREVER else 0
            heal = show_duration(scenario.heal)
            if latest >= scenario.heal:
                complain((*at, "at"), f"found {show_duration(latest)}, allowed: before heal ({heal})")
            elif lasting is not None and latest + lasting > scenario.heal:
                complain((*at, "lasting"), f"ends at {show_duration(latest + lasting)}, allowed: by heal ({heal})")
        if latest is not None and latest >= scenario.stop:
            complain(
                (*at, "at"), f"found {show_duration(latest)}, allowed: before stop ({show_duration(scenario.stop)})"
            )

        point = timing.when is not None and timing.when.get("note") == POINT
        for name in ("armed", "fires"):
            if getattr(timing, name) != 1 and not point:
                complain((*at, name), f'found without when = {{ note = "{POINT}" }}, which it belongs to')
        own = timing.when is not None and timing.when.get("record") != "fault"
        targets = [word for target in entry.fault.targets() for word in words_of(target)]
        if ITSELF in targets and not own:
            complain(
                (*at, entry.fault.aimed[0]), f'found "{ITSELF}" without when, allowed: where a record of a node leads'
            )
        if entry.fault.inside() and (
            targets != [ITSELF] or timing.after or timing.when is None or "note" not in timing.when
        ):
            text = 'found "here", allowed: with nodes = "itself" and when = { note = FACT }, without after'
            complain((*at, "strike"), text)

    def _repeats(self, at: Key, entry: FaultEntry) -> None:
        timing, complain, instant = entry.timing, self.document.complain, entry.fault.instant
        if timing.until is not None and instant:
            complain((*at, "until"), f"found on {entry.fault.kind}, which is an instant, allowed: no until")
        if timing.until is not None and timing.lasting == FOREVER:
            complain((*at, "until"), f'found beside lasting = "{FOREVER}", allowed: one of them')
        if timing.every is None:
            if timing.times is not None:
                complain((*at, "times"), "found without every, which it belongs to")
            return
        every, longest = show_duration(timing.every), _latest(timing.lasting)
        if timing.times is not None and timing.times < 1:
            complain((*at, "times"), f"found {timing.times}, allowed: an integer from 1")
        if timing.every <= 0:
            complain((*at, "every"), 'found "0s", allowed: a time above 0')
        elif not instant and not isinstance(longest, int):
            complain((*at, "lasting"), f"missing: a fault that strikes again needs a time below every ({every})")
        elif not instant and isinstance(longest, int) and longest >= timing.every:
            complain((*at, "lasting"), f"found {show_duration(longest)}, allowed: below every ({every})")

    def _nemesis(self, nemesis: Nemesis) -> None:
        complain, heal = self.document.complain, self.scenario.heal
        if heal is None:
            if "heal" not in self.document.doc:
                complain(("nemesis",), "a scenario with faults needs heal: the time by which every fault is mended")
            return
        for i, kind in enumerate(nemesis.kinds):
            if kind not in DRAWN:
                complain(("nemesis", "kinds", i), unknown(kind, tuple(DRAWN)))
            elif kind == "edge" and self.scenario.network.topology is None:
                complain(("nemesis", "kinds", i), 'found "edge" without edges, allowed: with a [network] topology')
        until = heal if nemesis.until is None else nemesis.until
        if until > heal:
            complain(("nemesis", "until"), f"found {show_duration(until)}, allowed: by heal ({show_duration(heal)})")
        if nemesis.at >= until:
            latest = show_duration(until)
            complain(("nemesis", "at"), f"found {show_duration(nemesis.at)}, allowed: before until ({latest})")
        for name in ("every", "lasting"):
            if not _earliest(getattr(nemesis, name)):
                complain(("nemesis", name), 'found "0s", allowed: a time above 0')
        shortest = _earliest(nemesis.every)
        if shortest and (until - nemesis.at) // shortest > DRAWN_MAX:
            text = f"found {show_duration(shortest)}, allowed: at least a {DRAWN_MAX}th of the time from at to until"
            complain(("nemesis", "every"), text)
        if nemesis.most < 1:
            complain(("nemesis", "most"), f"found {nemesis.most}, allowed: an integer from 1")
        if isinstance(nemesis.down, int) and nemesis.down > len(self.nodes):
            complain(("nemesis", "down"), f"found {nemesis.down}, allowed: 0 to {len(self.nodes)}")

    def _trigger(self, key: Key, when: Mapping[str, Any], of: type[Machine]) -> None:
        complain = self.document.complain
        if ("note" in when) == ("record" in when):
            complain(key, f"found {shown(dict(when))}, allowed: either note = FACT or record = KIND")
            return
        facts = {snake_case(fact.__name__): fact._fields for fact in of.FACTS}
        if "note" in when:
            if when["note"] not in facts:
                complain((*key, "note"), unknown(when["note"], tuple(facts), "the model's facts "))
                return
            names: tuple[str, ...] = facts[when["note"]]
        else:
            kind = when["record"]
            if kind not in FIELDS or kind in ("note", "content"):
                complain((*key, "record"), unknown(kind, tuple(k for k in KINDS if k not in ("note", "content"))))
                return
            names = of.View._fields if kind == "state" else OWN[kind]._fields
        for name in when:
            if name not in (*names, "node", "note", "record"):
                complain((*key, name), "no field of it: " + unknown(name, (*names, "node")))

    def _clients(self, kind: type[Machine]) -> None:
        complain, scenario = self.document.complain, self.scenario
        actions = kind.ACTIONS
        if scenario.clients is not None:
            name = scenario.clients.workload
            lacking = [action for action in WORKLOADS[name] if action not in actions]
            if lacking:
                fit = [other for other, needs in WORKLOADS.items() if set(needs) <= set(actions)]
                text = f'"{name}" needs {" and ".join(lacking)}, which the model lacks'
                complain(("clients", "workload"), f"{text}; allowed here: {', '.join(fit) or 'none'}")
            if scenario.clients.find == "every-leader" and "role" not in kind.View._fields:
                complain(("clients", "find"), 'found "every-leader", but the model shows no role; allowed: hint, fixed')
        for i, errand in enumerate(scenario.ask):
            if errand.action not in actions:
                complain(("ask", i, "action"), unknown(errand.action, tuple(actions)))
            elif len(errand.args) != len(actions[errand.action]):
                complain(
                    ("ask", i, "args"),
                    f"found {len(errand.args)} arguments, allowed: {' '.join(actions[errand.action]) or 'none'}",
                )


def _largest(scenario: Scenario) -> Scenario:
    """Return the scenario with as many nodes as any seed may draw."""
    high: Any = scenario.cluster.nodes[-1]
    return replace(scenario, cluster=replace(scenario.cluster, nodes=(high, high)))


def _earliest(span: Any) -> int:
    first: int = span[0] if isinstance(span, tuple) else span
    return first


def _latest(span: Any) -> int | None:
    last: int | None = span[1] if isinstance(span, tuple) else span
    return last
