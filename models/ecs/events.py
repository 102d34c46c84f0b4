"""What nodes did with commits, as events, and the sources' check over them (sections 1.1 and 3.8)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from .objects import ObjectId

PUBLISHED, RECEIVED, APPLIED = "Published", "Received", "Applied"


class TraceEvent(NamedTuple):
    """A node published, received or applied a commit; neither a time nor a place in an order is given."""

    node_id: int
    commit_seq: int
    object_id: ObjectId
    event_type: str


class SheafAnomaly(NamedTuple):
    """A sequence that does not add up, and who had to do with it."""

    description: str
    commit_seq: int
    involved_nodes: tuple[int, ...]


class SheafCheckResult(NamedTuple):
    """What the check found, by sequence; consistent if that is nothing."""

    is_consistent: bool
    anomalies: tuple[SheafAnomaly, ...]


def sheaf_consistency_check(events: Iterable[TraceEvent]) -> SheafCheckResult:
    """Return an anomaly for every sequence that no single node both published and applied.

    As published. Objects, order and repetitions are not looked at, so it raises false alarms (EW-31) and misses forks,
    gaps and double application (EW-32); the property `sheaf_consistent` is the corrected form.
    """
    kinds: dict[int, dict[int, set[str]]] = {}
    for event in events:
        kinds.setdefault(event.commit_seq, {}).setdefault(event.node_id, set()).add(event.event_type)
    anomalies = tuple(
        SheafAnomaly(
            f"phantom commit at seq {seq}: no single node has both Published and Applied", seq, tuple(sorted(nodes))
        )
        for seq, nodes in sorted(kinds.items())
        if not any({PUBLISHED, APPLIED} <= seen for seen in nodes.values())
    )
    return SheafCheckResult(not anomalies, anomalies)
