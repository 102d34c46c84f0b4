"""What may be left out of a case or made simpler; each pass changes one thing at a time and keeps what still fails."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import replace
from typing import Any

from sim.faults import FOREVER
from sim.machine import NodeId
from sim.property import NOTHING, Property
from sim.units import HOUR, MINUTE, MS, US, S, duration, show_duration, signed_duration

from .case import Case, Table
from .ddmin import ddmin
from .nodes import renumbered, without
from .search import Search, observed

Pass = Callable[[Search], None]
# What decisions have in common, by which many are left out at once.
TOGETHER: Mapping[str, tuple[Callable[[Table], Any], ...]] = {
    "packets": (lambda packet: packet["do"], lambda packet: packet.get("message"), lambda packet: packet["link"]),
    "faults": (lambda fault: fault["kind"],),
    "asks": (lambda ask: ask.get("client"), lambda ask: ask["action"]),
}
NEEDED = ("about", "model", "heal", "stop", "judge", "expect", "cluster", "clients")  # tables that are no luxury
# Keys that are there so that no seed draws what is listed, and the nodes.
KEPT = (("cluster", "nodes"), ("clients", "until"), ("clients", "beside"), ("network", "fates"))
UNITS = (HOUR, 10 * MINUTE, MINUTE, 10 * S, S, 100 * MS, 10 * MS, MS, 100 * US, 10 * US, US)


# -- time --------------------------------------------------------------------------------------------------


def end_early(search: Search) -> None:
    """Let the run end where the failure was seen; of one that is seen after heal, let heal come earlier."""
    case, failure = search.best, search.failure
    stop = duration(case.doc["stop"])
    heal = duration(case.doc.get("heal", case.doc["stop"]))
    if failure is not None and failure.at is not None and failure.at + 1 < stop:
        search.accepts(until(case, min(heal, failure.at + 1), failure.at + 1))
    calm = stop - heal
    while True:
        heal = duration(search.best.doc.get("heal", search.best.doc["stop"]))
        ends = [_end(fault, heal) for fault in search.best.faults]
        last = max([*ends, *(duration(ask["at"]) for ask in search.best.asks)], default=0)
        if not (last + 1 < heal and search.accepts(until(search.best, last + 1, last + 1 + calm))):
            break
    while calm > 1 and search.accepts(until(search.best, heal := _heal(search.best), heal + calm // 2)):
        calm //= 2


def _heal(case: Case) -> int:
    return duration(case.doc.get("heal", case.doc["stop"]))


def _end(fault: Table, heal: int) -> int:
    """Return when a fault is over at the latest."""
    if "at" not in fault or fault.get("lasting", FOREVER) == FOREVER:
        return heal if "at" not in fault else duration(fault["at"])
    return duration(fault["at"]) + duration(fault["lasting"])


def until(case: Case, heal: int, stop: int) -> Case:
    """Return a case that ends earlier, without what would come later."""
    faults = []
    for fault in case.faults:
        if "at" in fault and duration(fault["at"]) >= heal:
            continue
        table = dict(fault)
        if "at" in table and table.get("lasting", FOREVER) != FOREVER and _end(table, heal) > heal:
            table["lasting"] = show_duration(heal - duration(table["at"]))
        faults.append(table)
    early = [tuple(t for t in tables if duration(t.get("at", 0)) < stop) for tables in (case.asks, case.packets)]
    times = {"heal": show_duration(heal)} if "heal" in case.doc else {}
    short = case.changed(**times, stop=show_duration(stop))
    return replace(short, faults=tuple(faults), asks=early[0], packets=early[1])


# -- fewer -------------------------------------------------------------------------------------------------


def fewer(name: str) -> Pass:
    """Return the pass that leaves out decisions of one sort: all, those with something in common, and any."""

    def leave_out(search: Search) -> None:
        def fails(tables: tuple[Table, ...]) -> bool:
            return search.accepts(replace(search.best, **{name: tables}))  # type: ignore[arg-type]

        if not getattr(search.best, name) or fails(()):
            return
        for common in TOGETHER[name]:
            for value in _different(common(table) for table in getattr(search.best, name)):
                fails(tuple(table for table in getattr(search.best, name) if common(table) != value))
        ddmin(getattr(search.best, name), fails)

    return leave_out


def _different(values: Iterator[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found


def fewer_nodes(search: Search) -> None:
    """Leave out one node after another, the last first."""
    for node in reversed(search.best.nodes):
        if (left := without(search.best, node)) is not None:
            search.accepts(left)


def fewer_targets(search: Search) -> None:
    """Let each fault strike fewer nodes."""
    for i in range(len(search.best.faults)):
        for name in ("nodes", "src", "dst"):
            for node in search.best.nodes:
                listed = search.best.faults[i].get(name)
                if isinstance(listed, list) and node in listed and len(listed) > 1:
                    _set(search, "faults", i, name, [other for other in listed if other != node])
        for g in range(len(search.best.faults[i].get("groups", ()))):
            for node in search.best.nodes:
                groups = search.best.faults[i]["groups"]
                if isinstance(groups[g], list) and node in groups[g] and len(groups[g]) > 1:
                    smaller = [other for other in groups[g] if other != node]
                    _set(search, "faults", i, "groups", [*groups[:g], smaller, *groups[g + 1 :]])


def _set(search: Search, name: str, i: int, key: str, value: Any) -> bool:
    """Try another value of one key of one decision; None takes the key away."""
    tables = list(getattr(search.best, name))
    tables[i] = {k: v for k, v in {**tables[i], key: value}.items() if v is not None}
    return search.accepts(replace(search.best, **{name: tuple(tables)}))  # type: ignore[arg-type]


# -- plainer -----------------------------------------------------------------------------------------------


def plainer_tables(search: Search) -> None:
    """Leave out tables at the top and keys in them: what is not written is as usual."""
    for name in list(search.best.doc):
        if name not in NEEDED:
            search.accepts(search.best.changed(**{name: None}))
    if "clients" in search.best.doc and all("client" not in ask for ask in search.best.asks):
        search.accepts(search.best.changed(clients=None))
    for name, table in list(search.best.doc.items()):
        if isinstance(table, dict) and name != "expect":
            for key in list(table):
                _leave_out(search, (name, key))
                if isinstance(table[key], dict):
                    for inner in table[key]:
                        _leave_out(search, (name, key, inner))


def _leave_out(search: Search, path: tuple[str, ...]) -> None:
    """Try the case without a key; `path` has two parts or three."""
    doc = search.best.doc
    table = {**doc[path[0]]}
    if path[1] not in table or path in KEPT:
        return
    if len(path) == 2:
        del table[path[1]]
    else:
        table[path[1]] = {key: value for key, value in table[path[1]].items() if key != path[2]}
    search.accepts(search.best.changed(**{path[0]: table or None}))


def plainer_decisions(search: Search) -> None:
    """Leave out keys of single decisions."""
    for name in ("faults", "packets", "asks"):
        for i in range(len(getattr(search.best, name))):
            for key in list(getattr(search.best, name)[i]):
                if key not in ("kind", "do", "link", "action", "client", "node"):
                    _set(search, name, i, key, None)


class _Heard:
    """A property that finds nothing: it remembers whom each operation was asked of last."""

    def __init__(self) -> None:
        self.last: dict[tuple[str, int], NodeId] = {}
        self.property = Property("heard", "", "always", {"ask": ("client", "op")}, self._judge)

    def _judge(self, cluster: Any) -> Generator[Any, Any, None]:
        while True:
            record = yield NOTHING
            self.last[record.data.client, record.data.op] = record.node


def without_clients(search: Search) -> None:
    """Ask nodes directly, those that clients found in the end."""
    if all("client" not in ask for ask in search.best.asks):
        return
    heard = _Heard()
    history = observed(search.best, also=(heard.property,)).outcome.history
    asked = {(o.client, show_duration(o.invoked)): heard.last[o.client, o.op] for o in history.operations}
    asks = []
    for ask in search.best.asks:
        table = dict(ask)
        if "client" in table:
            node = asked.get((table["client"], show_duration(duration(table["at"]))))
            if node is None:
                continue
            del table["client"]
            table["node"] = node
        asks.append(table)
    direct = replace(search.best, asks=tuple(asks))
    if not search.accepts(direct.changed(clients=None)):
        search.accepts(direct)


# -- smaller values ----------------------------------------------------------------------------------------


def surer(search: Search) -> None:
    """Let what befalls a share of a disk's writes or values befall all: which share it was depends on their number."""
    for i in range(len(search.best.faults)):
        for key in ("eio", "bitrot"):
            if search.best.faults[i].get(key, "1") != "1":
                _set(search, "faults", i, key, "1")


def shorter(search: Search) -> None:
    """Let faults last less long."""
    for i in range(len(search.best.faults)):
        while True:
            lasting = search.best.faults[i].get("lasting", FOREVER)
            if lasting == FOREVER or duration(lasting) < 2 or not isinstance(lasting, str):
                break
            if not _set(search, "faults", i, "lasting", show_duration(duration(lasting) // 2)):
                break


def rounder(search: Search) -> None:
    """Round times, each to the coarsest unit that it bears."""
    for name in ("faults", "asks", "packets"):
        for i in range(len(getattr(search.best, name))):
            for key in ("at", "lasting", "after", "by", "delay", "jump"):
                _round(search, name, i, key)
    for key in ("stop", "heal"):  # heal is no later than stop
        for ns in _rounded(search.best.doc.get(key, "0s")):
            if search.accepts(search.best.changed(**{key: show_duration(ns)})):
                break


def _round(search: Search, name: str, i: int, key: str) -> None:
    found = getattr(search.best, name)[i].get(key)
    for ns in _rounded(found):
        if _set(search, name, i, key, show_duration(ns)):
            return


def _rounded(found: Any) -> Iterator[int]:
    """Yield a time rounded down, and up if that does not double it, to coarser units first; nothing for no time."""
    if not isinstance(found, str):
        return
    try:
        ns = signed_duration(found)
    except ValueError:
        return
    for unit in UNITS:
        if ns % unit == 0:
            return
        sign, size = (-1, -ns) if ns < 0 else (1, ns)
        yield sign * (size // unit * unit)
        if unit <= size:
            yield sign * (size // unit + 1) * unit


def smaller_values(search: Search) -> None:
    """Give nodes, operations' arguments and the seed the plainest values that do."""
    search.accepts(renumbered(search.best))
    short: dict[str, str] = {}
    for ask in search.best.asks:
        for arg in ask.get("args", ()):
            if isinstance(arg, str):
                short.setdefault(arg, f"v{len(short) + 1}")
    renamed = [
        {**ask, "args": [short.get(arg, arg) for arg in ask["args"]]} if "args" in ask else ask
        for ask in search.best.asks
    ]
    search.accepts(replace(search.best, asks=tuple(renamed)))
    for seed in (0, 1):
        if search.best.doc.get("seed", 1) > 1 and search.accepts(search.best.changed(seed=seed)):
            break


DECISIONS: tuple[Pass, ...] = (fewer("packets"), fewer("faults"), fewer("asks"), fewer_nodes)
DETAILS: tuple[Pass, ...] = (
    plainer_tables, without_clients, plainer_decisions, fewer_targets, surer, shorter, rounder, smaller_values,
)  # fmt: skip


def shrink(search: Search) -> None:
    """Make the best case of a search as small as all passes together can. Raises Spent."""
    for passes in ((end_early, *DECISIONS), (*DETAILS, *DECISIONS)):
        before = b""
        while before != search.best.key:
            before = search.best.key
            for one in passes:
                one(search)
