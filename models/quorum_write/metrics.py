"""The three metrics that the seed announces, and their text form for Prometheus (section 1.3).

They are counted from the facts that nodes state, so a running node and a stored trace come to the same text. The
seed never observes a skew (QW-18): its histogram stays empty.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sim.units import MS, S

RESULTS = ("ok", "id_drift", "refused", "late")
BUCKETS = (MS, 10 * MS, 100 * MS, S, 10 * S, 30 * S, 60 * S)  # of a skew, in ns

ACKS, FAILURES, SKEW = (
    "replication_quorum_ack_total",
    "replication_quorum_failures_total",
    "replication_clock_skew_seconds",
)
_HELP = {
    ACKS: ("counter", "Answers of peers to pushes, by what became of them."),
    FAILURES: ("counter", "Writes that were reported as failed, by reason."),
    SKEW: ("histogram", "How far the wall clocks of peers are off."),
}


class Metrics:
    """The metrics of one node."""

    def __init__(self) -> None:
        self.acks = dict.fromkeys(RESULTS, 0)
        self.failures: dict[str, int] = {}
        self.buckets = [0] * len(BUCKETS)  # observations up to each bound
        self.skews = 0
        self.skew_sum = 0  # ns

    def hear(self, name: str, fact: Any) -> None:
        """Count a fact, given with its name; one that concerns no metric is ignored."""
        if name == "counted":
            self.acks["ok"] += 1
        elif name == "drifted":
            self.acks["id_drift"] += 1
        elif name == "refusal":
            self.acks["refused"] += 1
        elif name == "late":
            self.acks["late"] += 1
        elif name == "verdict" and fact.by == "reply" and fact.outcome != "ok":
            self.failures[fact.outcome] = self.failures.get(fact.outcome, 0) + 1
        elif name == "skew_seen":
            self._observe(abs(fact.skew))

    def _observe(self, skew: int) -> None:
        self.skews += 1
        self.skew_sum += skew
        for i, bound in enumerate(BUCKETS):
            self.buckets[i] += skew <= bound

    def samples(self, node: str) -> dict[str, list[str]]:
        """Return the lines of each metric for this node."""
        acks = [f'{ACKS}{{node="{node}",result="{result}"}} {number}' for result, number in self.acks.items()]
        failures = [
            f'{FAILURES}{{node="{node}",reason="{reason}"}} {number}'
            for reason, number in sorted(self.failures.items())
        ]
        bounds = [*map(seconds, BUCKETS), "+Inf"]
        skew = [
            f'{SKEW}_bucket{{node="{node}",le="{bound}"}} {number}'
            for bound, number in zip(bounds, [*self.buckets, self.skews], strict=True)
        ]
        skew += [f'{SKEW}_sum{{node="{node}"}} {seconds(self.skew_sum)}', f'{SKEW}_count{{node="{node}"}} {self.skews}']
        return {ACKS: acks, FAILURES: failures, SKEW: skew}


def prometheus(nodes: Iterable[str], records: Iterable[Any]) -> str:
    """Return what a scrape of all nodes at the end of a run would show, given its records."""
    metrics = {node: Metrics() for node in nodes}
    for record in records:
        if record.kind == "note":
            metrics[record.node].hear(record.name, record.data)
    samples = {node: of_node.samples(node) for node, of_node in metrics.items()}
    lines = []
    for name, (kind, help) in _HELP.items():
        lines += [f"# HELP {name} {help}", f"# TYPE {name} {kind}"]
        lines += [line for node in samples for line in samples[node][name]]
    return "\n".join(lines) + "\n"


def seconds(ns: int) -> str:
    """Return a time in ns as seconds in decimals, exactly."""
    whole, rest = divmod(ns, S)
    return f"{whole}.{rest:09d}".rstrip("0").rstrip(".")
