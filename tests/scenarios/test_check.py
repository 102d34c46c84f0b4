import json

import pytest

from scenarios.check import check_trace
from scenarios.complaints import UsageError

HEADER = {"format": "netsplit.trace/1", "nodes": ["a", "b"], "stop": 9, "views": ["role", "term"], "facts": {}}


def write(path, *records):
    path.write_text("".join(json.dumps(line) + "\n" for line in (HEADER, *records)))
    return path


def state(seq, node, role, term):
    return {"kind": "state", "seq": seq, "at": seq, "node": node, "data": [role, term]}


def test_the_trace_of_a_real_system_is_judged_by_the_shipped_properties(tmp_path):
    trace = write(tmp_path / "t.jsonl", state(1, "a", "leader", 1), state(2, "b", "leader", 1))
    verdicts = {row["name"]: row["verdict"] for row in check_trace(trace)["properties"]}
    assert {name: verdict for name, verdict in verdicts.items() if verdict != "vacuous"} == {
        "single_leader": "violated", "one_leader_per_term": "violated", "one_leader_per_component": "holds",
        "leader_elected": "holds", "leadership_settles": "violated",
    }  # fmt: skip


def test_only_the_properties_asked_for_are_judged(tmp_path):
    trace = write(tmp_path / "t.jsonl", state(1, "a", "leader", 1))
    assert [row["name"] for row in check_trace(trace, ("single_leader",))["properties"]] == ["single_leader"]


def test_a_property_that_lacks_its_fields_is_refused_by_name(tmp_path):
    trace = write(tmp_path / "t.jsonl", state(1, "a", "leader", 1))
    with pytest.raises(UsageError, match=r"the trace lacks state\.tail"):
        check_trace(trace, ("tails_agree",))


def test_an_unknown_property_is_refused_with_those_that_apply(tmp_path):
    trace = write(tmp_path / "t.jsonl", state(1, "a", "leader", 1))
    with pytest.raises(UsageError, match='did you mean "single_leader"'):
        check_trace(trace, ("single_leder",))
