"""What a run came to in numbers: who led and when, how far replicas were apart, what clients waited for.

A meter listens to `state` and `fault` records while the run goes on and never records anything, so a metered run has
the digest of any other. Times are ns, ratios ppm; None says that there was nothing to measure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from .checks.standing import harmed
from .history import History
from .recorder import Recorder
from .trace import Header, Record

Figures = dict[str, int | None]

METRICS: Mapping[str, str] = {
    "convergence_ns": "from heal until all live replicas were alike for good: their `digest`, `tail` or `commit`",
    "behind_ns": "how long some live replica's `tail` was below another's",
    "lag_max": "the greatest difference between the tails of two live replicas",
    "failovers": "how often whoever led was lost, and a node became leader while that lasted",
    "failover_ns": "the median time from such a loss until a node became leader",
    "failover_ns_max": "the longest of these times",
    "leaderless_ns": "how long nobody led, from the first leader on",
    "split_ns": "how long two or more nodes led at once",
    "latency_ns_p50": "the median time from asking to being told `ok`",
    "latency_ns_p99": "the 99th percentile of these times",
    "latency_ns_max": "the longest of these times",
    "availability_ppm": "the share of client operations that were acknowledged",
    "outage_ns": "the longest time without an acknowledgement between the first operation's beginning and the last's",
    "messages_per_1000_acknowledged": "messages sent for a thousand acknowledged operations",
}
# Faults that may take a leader away while its view says that it leads; a crash shows in the view itself.
STRIKES = ("pause", "partition", "edge", "hold", "flap", "swizzle")


def quantile(ordered: Sequence[int], percent: int) -> int | None:
    """Return the nearest-rank quantile of numbers in rising order, None of none."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)] if ordered else None


def of_history(history: History) -> Figures:
    """Return what a history says about waiting and availability; an operator's acts are none of its operations."""
    operations = history.operations
    told = [o for o in operations if o.outcome == "ok" and o.ended is not None]
    waits = sorted((o.ended or 0) - o.invoked for o in told)
    outage: int | None = None
    if operations:
        first, last = operations[0].invoked, operations[-1].invoked
        moments = [first, *sorted(o.ended or 0 for o in told if (o.ended or 0) < last), last]
        outage = max(after - before for before, after in pairwise(moments))
    return {
        "latency_ns_p50": quantile(waits, 50),
        "latency_ns_p99": quantile(waits, 99),
        "latency_ns_max": waits[-1] if waits else None,
        "availability_ppm": len(told) * 1_000_000 // len(operations) if operations else None,
        "outage_ns": outage,
    }


class Meter:
    """Measures one run: attend its recorder before it begins, ask for the figures when it is over."""

    def __init__(self) -> None:
        self._leadership: _Leadership | None = None
        self._tails: _Apart | None = None
        self._alike: _Apart | None = None
        self._parts: tuple[_Leadership | _Apart, ...] = ()

    def attend(self, recorder: Recorder) -> None:
        """Listen from now on."""
        self.begin(recorder.header)
        for part in self._parts:
            recorder.listen("state", part.changed)
            recorder.listen("fault", part.struck)

    def begin(self, header: Header) -> None:
        """Make ready for the records of a trace."""
        views = header.views
        if "role" in views:
            self._leadership = _Leadership(views.index("role"))
        fields = {name: _Apart(header, views.index(name)) for name in ("digest", "tail", "commit") if name in views}
        self._tails = fields.get("tail")
        self._alike = next(iter(fields.values()), None)
        parts = (self._leadership, self._tails, None if self._alike is self._tails else self._alike)
        self._parts = tuple(part for part in parts if part is not None)

    def hear(self, record: Record) -> None:
        """Take in one more record of a stored trace."""
        for part in self._parts:
            if record.kind == "state":
                part.changed(record)
            elif record.kind == "fault":
                part.struck(record)

    def of(self, history: History, stats: Mapping[str, int]) -> Figures:
        """Return every metric of a run that is over."""
        return self.figures(stats["sim_ns"], history, stats["messages_sent"])

    def figures(self, end: int, history: History, messages: int) -> Figures:
        """Return every metric of a run that ended at `end` and sent so many messages."""
        found: Figures = dict.fromkeys(METRICS)
        if self._leadership is not None:
            found |= self._leadership.figures(end)
        if self._tails is not None:
            found |= self._tails.distance(end)
        if self._alike is not None:
            found["convergence_ns"] = self._alike.convergence(end)
        found |= of_history(history)
        acknowledged = history.acknowledged()
        found["messages_per_1000_acknowledged"] = messages * 1000 // acknowledged if acknowledged else None
        return found


class _Leadership:
    """Who leads: gaps, overlaps, and how long it takes to replace a leader that is lost."""

    def __init__(self, field: int) -> None:
        self._field = field
        self._leaders: dict[str | None, None] = {}
        self._since = 0  # when the number of leaders last changed
        self._ever = False
        self._lost: int | None = None  # since when whoever led is lost, while nobody has taken over
        self._by: int | None = None  # the fault that did it, None if the leader went by itself
        self._failovers: list[int] = []
        self._leaderless = self._split = 0

    def changed(self, record: Record) -> None:
        data, was, field = record.data, record.was, self._field
        leads = data is not None and data[field] == "leader"
        if leads == (was is not None and was[field] == "leader"):
            return
        self._pass(record.at)
        if leads:
            self._leaders[record.node] = None
            self._ever = True
            if self._lost is not None:
                self._failovers.append(record.at - self._lost)
                self._lost = None
            return
        self._leaders.pop(record.node, None)
        if not self._leaders and self._lost is None:
            self._lost, self._by = record.at, None

    def struck(self, record: Record) -> None:
        fault = record.data
        if fault.what not in STRIKES:
            return
        if fault.phase in ("begin", "forever"):
            if self._lost is None and any(node in self._leaders for node in fault.nodes):
                self._lost, self._by = record.at, fault.fault
        elif fault.phase == "mend" and self._by == fault.fault and self._leaders:
            self._lost = None  # it led throughout, or leads again

    def _pass(self, at: int) -> None:
        count = len(self._leaders)
        if count > 1:
            self._split += at - self._since
        elif not count and self._ever:
            self._leaderless += at - self._since
        self._since = at

    def figures(self, end: int) -> Figures:
        self._pass(end)
        times = sorted(self._failovers)
        return {
            "failovers": len(times),
            "failover_ns": quantile(times, 50),
            "failover_ns_max": times[-1] if times else None,
            "leaderless_ns": self._leaderless if self._ever else None,
            "split_ns": self._split,
        }


class _Apart:
    """One field of all live replicas that are not beyond help: whether it is the same everywhere, or how far apart.

    Values are counted, so a change costs as much as there are different values, however many nodes there are.
    """

    def __init__(self, header: Header, field: int) -> None:
        self._field = field
        self._nodes = header.nodes
        self._heal = header.heal
        self._values: dict[str | None, Any] = {}
        self._counts: dict[Any, int] = {}
        self._beyond: frozenset[str] = frozenset()
        self._most: int | None = 0  # None from the first value that is no number
        self._behind = 0
        self._differ: int | None = None  # since when values differ
        self._alike: int | None = 0  # since when they do not

    def changed(self, record: Record) -> None:
        data, node = record.data, record.node
        value = None if data is None else data[self._field]
        if self._values.get(node) != value and node not in self._beyond:
            self._put(node, value, record.at)

    def struck(self, record: Record) -> None:
        if record.data.phase == "forever":
            lost = harmed(record.data, self._nodes)
            self._beyond |= lost
            for node in sorted(lost):
                self._put(node, None, record.at)

    def _put(self, node: str | None, value: Any, at: int) -> None:
        values, counts = self._values, self._counts
        if node in values:
            old = values.pop(node)
            left = counts[old] - 1
            if left:
                counts[old] = left
            else:
                del counts[old]
        if value is not None:
            if type(value) is not int:
                self._most = None
            values[node] = value
            counts[value] = counts.get(value, 0) + 1
        if len(counts) > 1:
            if self._differ is None:
                self._differ, self._alike = at, None
            if self._most is not None and (apart := max(counts) - min(counts)) > self._most:
                self._most = apart
        elif self._differ is not None:
            self._behind += at - self._differ
            self._differ, self._alike = None, at

    def distance(self, end: int) -> Figures:
        behind = self._behind + (end - self._differ if self._differ is not None else 0)
        return {"lag_max": self._most, "behind_ns": behind}

    def convergence(self, end: int) -> int | None:
        if self._heal is None or end < self._heal or self._alike is None or len(self._values) < 2:
            return None
        return max(0, self._alike - self._heal)
