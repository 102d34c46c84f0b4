"""A trace as one Parquet table (needs the extra `parquet`): a row for each record, what is its kind's own as JSON."""

from __future__ import annotations

import io
import json
from typing import Any

from sim.trace import Record, plain

from ..load import BadRun, RunData
from .words import fields

OWN = ("name", "dst", "type", "why", "input", "client", "op", "action", "outcome")  # fields that have a column


def parquet(run: RunData) -> bytes:
    """Return the table; `at` is ns. Raises BadRun if pyarrow is not installed."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise BadRun("parquet needs pyarrow: pip install 'netsplit[parquet]'") from None
    integer, text = pyarrow.int64(), pyarrow.string()
    schema = pyarrow.schema(
        [("seq", integer), ("at", integer), ("kind", text), ("node", text), ("cause", integer)]
        + [(name, integer if name == "op" else text) for name in OWN]
        + [("data", text)],
        metadata={"format": "netsplit.trace/1", "digest": run.result.digest, "nodes": " ".join(run.header.nodes)},
    )
    rows = [_row(record) for record in run.records]
    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows, schema), out, compression="zstd")
    return out.getvalue()


def _row(record: Record) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(record, name) for name in ("seq", "at", "kind", "node", "cause")}
    own = {} if record.kind in ("state", "note", "content") else fields(record.data)
    row |= {name: own.pop(name, None) for name in OWN}
    if record.kind == "note":
        row["name"] = record.name
    told = own if own else (fields(record.data) if record.kind in ("state", "note") else plain(record.data))
    if record.kind == "send":
        told = fields(record.data.data)
    row["data"] = None if record.data is None else json.dumps(told, separators=(",", ":"), ensure_ascii=False)
    return row
