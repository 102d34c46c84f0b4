"""itf-py reads our states, and they are those of the trace."""

import json
from typing import Any

import pytest

from reports.export.itf import itf
from reports.load import RunData


def read(run: RunData) -> Any:
    itf_py = pytest.importorskip("itf_py", reason="reading ITF needs itf-py")
    return itf_py.trace_from_json(json.loads(itf(run)))


def test_itf_py_reads_a_state_for_each_change(run: RunData) -> None:
    trace = read(run)
    assert len(trace.states) == 1 + sum(r.kind == "state" for r in run.records)
    assert trace.vars == ["up", *run.header.views]


def test_the_last_state_is_what_the_trace_says_last(run: RunData) -> None:
    last: dict[str, Any] = {}
    for record in run.records:
        if record.kind == "state":
            last[str(record.node)] = record.data
    values = read(run).states[-1].values
    told = {node: values["term"][node] for node in last}
    assert {node: one.value for node, one in told.items()} == {node: data.term for node, data in last.items()}


def test_a_node_that_is_down_has_no_role(run: RunData) -> None:
    down = next(i for i, r in enumerate([r for r in run.records if r.kind == "state"], 1) if r.data is None)
    state = json.loads(itf(run))["states"][down]
    assert ["n1", {"tag": "Absent", "value": "U_OF_UNIT"}] in state["role"]["#map"]
    assert ["n1", False] in state["up"]["#map"]
