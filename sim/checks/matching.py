"""Logs whose entries have terms."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ..property import NOTHING, always
from ..trace import Header, Record
from .replicas import Logs
from .standing import shown

_UNKNOWN = object()


@always(
    "logs with an entry of the same sequence and term are the same up to it",
    needs={"stored": "seq term payload", "state": "tail"},
)
def log_matching(cluster: Header) -> Generator[Any, Record, None]:
    """Judge each entry stored, and the term of the one before it, against the first one of that sequence and term.

    Holding for every entry, that makes whole prefixes the same.
    """
    logs = Logs()
    first: dict[tuple[Any, Any], tuple[Any, Any, str]] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        node = str(record.node)
        if record.kind == "state":
            said = NOTHING
            if record.data is not None:
                logs.look(record)
            continue
        seq, term, payload = record.data.seq, record.data.term, record.data.payload
        before = logs.of(node).get(seq - 1) if isinstance(seq, int) else None
        if before is None and isinstance(seq, int) and logs.unknown(node, seq - 1):
            before = _UNKNOWN
        logs.store(node, seq, term)
        had, prior, where = first.setdefault((seq, term), (payload, before, node))
        said = None
        if had != payload:
            said = f"sequence {seq} of term {term} is {shown(payload)} on {node} and {shown(had)} on {where}"
        elif prior is _UNKNOWN:
            first[seq, term] = (payload, before, node)
        elif before is not _UNKNOWN and prior != before:
            said = (
                f"below sequence {seq} of term {term} lies an entry of term {before} on {node}, of {prior} on {where}"
            )
