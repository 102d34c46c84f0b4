import json

import pytest
from click.testing import CliRunner

from scenarios.cli import main


def call(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


def here(*arguments):
    return call("sweep", "--workers", 0, "--rerun", 0, *arguments)


def test_sweep_prints_one_json_object(scenario):
    found = here(scenario, "--seeds", "1..3", "--json")
    result = json.loads(found.stdout)
    assert (found.exit_code, result["runs"], result["unexpected"]) == (0, 3, 0)
    assert {"scenario", "seeds", "runs", "unexpected", "properties", "digest"} <= set(result)
    assert found.stderr == ""


def test_a_worker_is_another_process_unless_told_otherwise(netsplit, scenario):
    code, result = netsplit("sweep", scenario, "--seeds", "1..3", "--json")
    assert (code, result["rerun"]) == (0, 1)
    result["rerun"] = 0
    assert result == json.loads(here(scenario, "--seeds", "1..3", "--json").stdout)


def test_a_grid_on_the_command_line_has_a_point_for_every_combination(scenario):
    grid = ("--grid", "cluster.nodes=3,4", "--grid", 'fault.0.lasting=["1s", "2s"]')
    result = json.loads(here(scenario, "--seeds", "1..2", "--json", *grid).stdout)
    assert [one["set"] for one in result["points"]] == [
        {"cluster.nodes": nodes, "fault.0.lasting": lasting} for nodes in (3, 4) for lasting in ("1s", "2s")
    ]
    assert result["runs"] == 8
    assert len(result["differences"]) == 3


def test_a_scenarios_own_grid_is_used_only_when_asked_for(scenario):
    scenario.write_text(scenario.read_text() + '\n[sweep]\n"cluster.nodes" = [3, 4]\n')
    plain, charted = (
        json.loads(here(scenario, "--seeds", "1..2", "--json", *more).stdout) for more in ((), ("--charted",))
    )
    assert plain["runs"] == 2
    assert [one["set"] for one in charted["points"]] == [{"cluster.nodes": 3}, {"cluster.nodes": 4}]


def test_a_grid_replaces_what_the_scenarios_own_says_of_its_key(scenario):
    scenario.write_text(scenario.read_text() + '\n[sweep]\n"cluster.nodes" = [3, 4]\n')
    found = here(scenario, "--seeds", "1..2", "--json", "--charted", "--grid", "cluster.nodes=5")
    assert [one["set"] for one in json.loads(found.stdout)["points"]] == [{"cluster.nodes": 5}]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--grid", "cluster.nodes"), "--grid: found"),
        (("--grid", "cluster.nodes=3,none"), '--grid cluster.nodes: found "none"'),
        (("--grid", "cluster.nodes=3", "--grid", "cluster.nodes=4"), "--grid cluster.nodes: found it twice"),
        (("--grid", "no.such=1,2"), "--grid no: unknown key"),
        (("--set", "no.such=1"), "--set no: unknown key"),
        (("--charted",), "--charted: the scenario has no [sweep]"),
        (("--shard", "3/2"), "--shard: found"),
        (("--time-box", "soon"), "--time-box: found"),
        (("--time-box", "0s"), "--time-box: found 0s, allowed: a time above 0"),
        (("--run-deadline", "-1s"), "--run-deadline: found"),
        (("--rerun", "2"), "--rerun: found"),
        (("--scheduler", "tcp://x:1"), "--scheduler: found it with --engine process"),
        (("--engine", "ray"), "Invalid value for '--engine'"),
        (("--store", "no/such/folder/s.db"), "--store no/such/folder/s.db: unable to open"),
        (("--set", "stop=never"), "--set stop"),
    ],
)
def test_bad_usage_is_one_message_and_exits_with_2(scenario, arguments, said):
    found = here(scenario, "--seeds", "1..3", "--json", *arguments)
    assert found.exit_code == 2
    assert found.stdout == ""
    assert said in found.stderr


def test_a_sweep_that_is_refused_leaves_the_store_as_it_was(scenario, tmp_path):
    path = tmp_path / "s.db"
    here(scenario, "--seeds", "1..3", "--store", path)
    before = path.read_bytes()
    found = here(scenario, "--seeds", "1..3", "--store", path, "--set", "stop=11s")
    assert found.exit_code == 2
    assert "found rows of another scenario text" in found.stderr
    assert path.read_bytes() == before


def test_a_dead_scheduler_is_told_of(scenario):
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    found = call("sweep", scenario, "--seeds", "1..3", "--engine", "dask", "--scheduler", "not an address")
    assert found.exit_code == 2
    assert "--scheduler not an address: no dask scheduler answers there" in found.stderr


def test_without_distributed_the_complaint_says_what_to_install(scenario, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    found = call("sweep", scenario, "--seeds", "1..3", "--engine", "dask")
    assert found.exit_code == 2
    assert "pip install 'netsplit[dask]'" in found.stderr


def test_a_sweep_whose_runs_do_not_replay_exits_with_3(scenario, monkeypatch):
    monkeypatch.setattr("scenarios.sweep.work._amiss", lambda experiment, seed, outcome: "x" if seed == 2 else "")
    found = here(scenario, "--seeds", "1..3", "--replay")
    assert found.exit_code == 3
    assert "netsplit itself is at fault under seed 2: x" in found.stdout


def test_a_sweep_whose_runs_replay_exits_with_0(scenario):
    found = here(scenario, "--seeds", "1..3", "--replay", "--json")
    assert found.exit_code == 0
    assert json.loads(found.stdout)["amiss"] == []


def test_an_unexpected_run_is_shown_by_the_command_that_is_told(scenario, tmp_path):
    said = here(
        scenario, "--seeds", "3..3", "--set", "expect.same_payload=violated", "--grid", "cluster.nodes=4"
    ).stdout
    (line,) = [line for line in said.splitlines() if line.startswith("  see netsplit run ")]
    import shlex

    shown = call(*shlex.split(line)[2:], "--no-plots", "--out", tmp_path / "out", "--json")
    assert shown.exit_code == 1
    result = json.loads(shown.stdout)
    assert (result["seed"], len(result["faults"])) == (3, 1)


def test_shards_are_merged_on_the_command_line(scenario, tmp_path):
    for k in (1, 2):
        assert here(scenario, "--seeds", "1..5", "--shard", f"{k}/2", "--store", tmp_path / f"{k}.db").exit_code == 0
    merged = call("merge", tmp_path / "all.db", tmp_path / "1.db", tmp_path / "2.db", "--json")
    whole = json.loads(here(scenario, "--seeds", "1..5", "--json").stdout)
    assert (merged.exit_code, json.loads(merged.stdout)) == (0, whole)


def test_merging_no_stores_or_missing_ones_exits_with_2(tmp_path):
    assert call("merge", tmp_path / "all.db").exit_code == 2
    found = call("merge", tmp_path / "all.db", tmp_path / "none.db")
    assert (found.exit_code, found.stdout) == (2, "")
    assert not (tmp_path / "all.db").exists()


def test_a_row_that_is_run_again_is_the_same(scenario, tmp_path):
    grid = ("--grid", "cluster.nodes=3,4", "--store", tmp_path / "s.db")
    here(scenario, "--seeds", "1..2", *grid)
    found = call("rerun", tmp_path / "s.db", "--seed", 2, "--point", 1, "--json")
    result = json.loads(found.stdout)
    assert (found.exit_code, result["same"], result["set"]) == (0, True, {"cluster.nodes": 4})
    assert result["row"]["seed"] == 2


def test_a_row_that_comes_out_otherwise_exits_with_3(scenario, tmp_path):
    import sqlite3

    here(scenario, "--seeds", "1..2", "--store", tmp_path / "s.db")
    with sqlite3.connect(tmp_path / "s.db") as connection:
        connection.execute("""UPDATE run SET metrics = json_replace(metrics, '$.lag_max', -1) WHERE seed = 2""")
    connection.close()
    found = call("rerun", tmp_path / "s.db", "--seed", 2)
    assert found.exit_code == 3
    assert "differs: metrics: lag_max -1 and then " in found.stdout


def test_a_row_of_changed_code_is_not_run_again(scenario, folder, tmp_path):
    here(scenario, "--seeds", "1..2", "--store", tmp_path / "s.db")
    (folder / "my_log.py").write_text((folder / "my_log.py").read_text() + "\n")
    found = call("rerun", tmp_path / "s.db", "--seed", 2)
    assert found.exit_code == 2
    assert "another source of the model" in found.stderr


def test_rerun_of_what_is_not_there_exits_with_2(scenario, tmp_path):
    here(scenario, "--seeds", "1..2", "--store", tmp_path / "s.db")
    assert "there is no such row" in call("rerun", tmp_path / "s.db", "--seed", 9).stderr
    assert "--point: found 1, allowed: 0 to 0" in call("rerun", tmp_path / "s.db", "--seed", 1, "--point", 1).stderr


def test_a_store_is_exported_on_the_command_line(scenario, tmp_path):
    here(scenario, "--seeds", "1..3", "--store", tmp_path / "s.db")
    found = call("export", tmp_path / "s.db", "--format", "csv")
    assert (found.exit_code, found.stdout) == (0, f"wrote {tmp_path / 's.csv'}, 3 rows\n")
    refused = call("export", tmp_path / "s.db", "--format", "cvs")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert 'did you mean "csv"' in refused.stderr


@pytest.mark.parametrize("command", ["rerun", "export", "merge", "sweep"])
def test_commands_say_what_they_are_for(command):
    assert call(command, "--help").exit_code == 0
