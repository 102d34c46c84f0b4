import json
import re

import pytest
from click.testing import CliRunner

from scenarios.cli import main


def call(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


def test_run_prints_one_json_object_equal_to_the_result(scenario, tmp_path):
    found = call("run", scenario, "--json", "--no-plots", "--out", tmp_path / "out")
    assert found.exit_code == 0
    assert json.loads(found.stdout) == json.loads((tmp_path / "out/result.json").read_text())
    assert found.stderr == ""


def test_the_result_has_the_keys_that_other_programs_read(scenario, tmp_path):
    result = json.loads(call("run", scenario, "--json", "--no-plots", "--out", tmp_path / "out").stdout)
    assert {"scenario", "seed", "digest", "verdict", "properties", "faults", "stats", "out"} <= set(result)
    stats = (
        "sim_ns wall_s messages_sent messages_delivered messages_dropped records operations acknowledged faults_fired"
    )
    assert set(stats.split()) <= set(result["stats"])


def test_run_without_json_says_verdict_properties_and_how_to_replay(scenario, tmp_path):
    said = call("run", scenario, "--no-plots", "--out", tmp_path / "out").stdout
    assert "my_log seed 1 (my_log, as-written): as-expected" in said
    assert re.search(r"^  tails_agree +violated$", said, re.M)
    assert f"replay netsplit run {scenario} --seed 1" in said


def test_an_unexpected_run_exits_with_1(scenario, tmp_path):
    found = call("run", scenario, "--no-plots", "--out", tmp_path / "o", "--set", "expect.same_payload=violated")
    assert found.exit_code == 1
    assert "expected violated" in found.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("run",),
        ("run", "redex/no_such_thing"),
        ("run", "no_such.toml"),
        ("run", "x.toml", "--seed", "-1"),
        ("run", "x.toml", "--sede", "1"),
        ("sweep", "x.toml"),
        ("sweep", "x.toml", "--seeds", "5..1"),
        ("verify-determinism",),
        ("check-trace", "no_such.jsonl"),
        ("new-model", "Not A Name"),
        ("frobnicate",),
    ],
)
def test_bad_usage_exits_with_2_and_leaves_stdout_empty(arguments):
    found = call(*arguments)
    assert found.exit_code == 2
    assert found.stdout == ""
    assert found.stderr


def test_a_bad_scenario_exits_with_2_and_keeps_the_older_run(scenario, tmp_path):
    call("run", scenario, "--no-plots", "--out", tmp_path / "out")
    before = (tmp_path / "out/result.json").read_text()
    assert call("run", scenario, "--out", tmp_path / "out", "--set", "stop=never").exit_code == 2
    assert (tmp_path / "out/result.json").read_text() == before


def test_a_nondeterministic_model_exits_with_3(folder):
    source = (folder / "my_log.py").read_text()
    ill = "for peer in set(self.peers):\n            self.send(peer, Copy(self.tail - 1, payload))"
    (folder / "my_log.py").write_text(source.replace("self.broadcast(Copy(self.tail - 1, payload))", ill))
    found = call("verify-determinism", folder / "my_log.toml", "--set", "cluster.nodes=5")
    assert found.exit_code == 3
    assert "differs at line" in found.stderr


def test_check_trace_exits_with_1_if_a_property_is_violated(scenario, tmp_path):
    call("run", scenario, "--no-plots", "--out", tmp_path / "out")
    found = call("check-trace", tmp_path / "out/trace.jsonl", "--json")
    assert found.exit_code == 1
    assert {p["name"]: p["verdict"] for p in json.loads(found.stdout)["properties"]}["tails_agree"] == "violated"


def test_check_trace_of_a_truncated_file_names_the_line(scenario, tmp_path):
    call("run", scenario, "--no-plots", "--out", tmp_path / "out")
    trace = tmp_path / "out/trace.jsonl"
    lines = trace.read_bytes().count(b"\n")
    trace.write_bytes(trace.read_bytes()[:-5])
    found = call("check-trace", trace)
    assert found.exit_code == 2
    assert f"trace.jsonl:{lines}: " in found.stderr


def test_list_json_has_name_model_profile_and_about():
    rows = json.loads(call("list", "--json").stdout)
    assert rows
    assert all(set(row) == {"name", "model", "profile", "about"} for row in rows)


def test_new_model_never_writes_over_a_file(folder, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / "my_log.py").write_text("precious")
    assert call("new-model", "my_log").exit_code == 2
    assert (folder / "my_log.py").read_text() == "precious"
