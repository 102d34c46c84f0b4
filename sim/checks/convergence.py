"""Replicas become alike: properties over `digest` and `commit`; those over logs are in logs.py."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ..property import NOTHING, Excuse, eventually
from ..trace import Header, Record
from .standing import harmed, listed, shown

Judge = Generator[Any, Record, None]


def _alike(cluster: Header, name: str, what: str) -> Judge:
    """Judge whether one field of the views is the same on all live nodes that are not beyond help."""
    values: dict[str, Any] = {}
    beyond: frozenset[str] = frozenset()
    said: Any = NOTHING
    while True:
        record = yield said
        if record.kind == "fault":
            if record.data.phase == "forever":
                beyond |= harmed(record.data, cluster.nodes)
        elif record.data is None:
            values.pop(str(record.node), None)
        else:
            value = getattr(record.data, name)
            if values.get(str(record.node), NOTHING) == value:
                continue  # another field changed, so what was said holds on
            values[str(record.node)] = value
        judged = {node: values[node] for node in sorted(values) if node not in beyond}
        if len(judged) > 1:
            first = next(iter(judged.values()))
            differ = any(value != first for value in judged.values())
            said = f"{what} differ: " + ", ".join(f"{n} {shown(v)}" for n, v in judged.items()) if differ else None
        elif beyond:
            said = Excuse(f"no two replicas are left to compare: {listed(beyond)} are under faults that last for ever")
        else:
            said = NOTHING


@eventually("the states of all live replicas agree", needs={"state": "digest", "fault": ""}, within="5s")
def states_agree(cluster: Header) -> Judge:
    """Compare the views' `digest`, a fingerprint of what the state machine holds."""
    return _alike(cluster, "digest", "the states")


@eventually("the commit indexes of all live replicas agree", needs={"state": "commit", "fault": ""}, within="5s")
def commits_agree(cluster: Header) -> Judge:
    """Compare the views' `commit`; while writes go on some replica is always behind for a moment."""
    return _alike(cluster, "commit", "the commit indexes")
