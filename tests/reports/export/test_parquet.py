"""pyarrow reads the table, and it is the trace."""

import io
import json
from typing import Any

import pytest

from reports.export.parquet import parquet
from reports.load import RunData

pq = pytest.importorskip("pyarrow.parquet", reason="reading Parquet needs pyarrow")


@pytest.fixture(scope="module")
def rows(run: RunData) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(io.BytesIO(parquet(run))).to_pylist()
    return found


def test_there_is_a_row_for_each_record(run: RunData, rows: list[dict[str, Any]]) -> None:
    assert [(r["seq"], r["at"], r["kind"], r["node"], r["cause"]) for r in rows] == [
        (r.seq, r.at, r.kind, r.node, r.cause) for r in run.records
    ]


def test_what_was_in_a_message_is_there(run: RunData, rows: list[dict[str, Any]]) -> None:
    sends = [r for r in rows if r["kind"] == "send" and r["type"] == "Copy"]
    assert sends
    assert set(json.loads(sends[0]["data"])) == {"term", "seq", "payload"}


def test_drops_can_be_counted_by_reason(run: RunData, rows: list[dict[str, Any]]) -> None:
    lost = sum(r["why"] == "partition" for r in rows)
    assert lost == run.result.drops["partition"]
