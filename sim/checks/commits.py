"""What is committed: properties over `commit`, the fact `committed` and the contents at the end."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ..machine import fingerprint
from ..property import NOTHING, always, eventually
from ..trace import Header, Record
from .standing import listed, shown


@always("the same sequence is committed with the same payload everywhere", needs={"committed": "seq payload"})
def committed_agree(cluster: Header) -> Generator[Any, Record, None]:
    """Judge every commitment against the first one of its sequence."""
    first: dict[Any, tuple[Any, str, int]] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        seq, payload = record.data.seq, record.data.payload
        had, where, when = first.setdefault(seq, (payload, str(record.node), record.seq))
        said = None
        if had != payload:
            said = (
                f"{record.node} committed {shown(payload)} at sequence {shown(seq)}, "
                f"and {where} had committed {shown(had)} (record {when})"
            )


@always("the commit index is within the log", needs={"state": "commit tail"})
def commit_within_log(cluster: Header) -> Generator[Any, Record, None]:
    """Judge every view: `commit` never passes `tail`, the sequence after the last entry."""
    said: Any = NOTHING
    while True:
        record = yield said
        if record.data is None:
            said = NOTHING
        elif record.data.commit > record.data.tail:
            said = f"{record.node} has committed up to {record.data.commit}, but its log ends at {record.data.tail}"
        else:
            said = None


@eventually(
    "every committed entry is on a majority at the end",
    needs={"committed": "seq payload", "content": ""},
    within="0s",
)
def committed_survives(cluster: Header) -> Generator[Any, Record, None]:
    """Count the live replicas that lack a committed entry: a minority may, and those that are down are trusted."""
    most = (len(cluster.nodes) - 1) // 2
    committed: dict[tuple[Any, str], Record] = {}
    held: dict[str, set[tuple[Any, Any]]] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        if record.kind != "content":
            # Contents come last: only then is there something to compare.
            committed.setdefault((record.data.seq, fingerprint(record.data.payload)), record)
            continue
        held.setdefault(str(record.node), set()).update(record.data)
        said = None if committed else NOTHING
        for (seq, value), first in committed.items():
            without = [node for node in sorted(held) if (seq, value) not in held[node]]
            if len(without) > most:
                by = f"committed by {first.node} (record {first.seq})"
                said = f"sequence {shown(seq)}, {by}, is not on {listed(without)}"
                break
