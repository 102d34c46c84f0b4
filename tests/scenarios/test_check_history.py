import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from histories import history

from scenarios.cli import main

DATA = os.environ.get("NETSPLIT_DATA")
needs_data = pytest.mark.skipif(not DATA, reason="NETSPLIT_DATA is not set: the histories of others are not at hand")


def call(*arguments):
    return CliRunner().invoke(main, ["check-history", *map(str, arguments)])


def written(path, *rows):
    path.write_text("".join(history(*rows).lines()))
    return path


@pytest.fixture
def stale(tmp_path):
    return written(tmp_path / "stale.jsonl", "1 write 1", "1 ok", "2 read", "2 ok None")


@pytest.fixture
def sound(tmp_path):
    return written(tmp_path / "sound.jsonl", "1 write 1", "1 ok", "2 read", "2 ok 1")


@pytest.fixture
def hard(tmp_path):
    rows = [*(f"{p} increment {2 << p}" for p in range(30)), "50 read", "50 ok 7", *(f"{p} ok" for p in range(30))]
    return written(tmp_path / "hard.jsonl", "60 increment 2", "60 ok", *rows)


@needs_data
@pytest.mark.parametrize(
    ("folder", "pattern", "form", "model", "count"),
    [("etcd", "*.log", "jepsen-log", "cas-register", 52), ("kv", "*.txt", "edn", "kv-append", 4)],
)
def test_the_histories_of_others_get_the_verdicts_of_others(folder, pattern, form, model, count):
    where = Path(str(DATA)) / "histories" / folder
    files = sorted(where.glob(pattern))
    found = call(*files, "--format", form, "--model", model, "--json")
    verdicts = {Path(row["file"]).name: row["verdict"] for row in map(json.loads, found.stdout.splitlines())}
    expected = json.loads((where / "verdicts.json").read_text())
    assert verdicts == {name: "holds" if holds else "violated" for name, holds in expected.items()}
    assert (len(verdicts), found.exit_code) == (count, 1)


def test_json_is_one_object_a_line_with_verdict_operations_and_evidence(stale, sound):
    rows = [json.loads(line) for line in call(stale, sound, "--json").stdout.splitlines()]
    assert [(row["verdict"], row["operations"]) for row in rows] == [("violated", 2), ("holds", 2)]
    assert rows[0]["evidence"]["window"]["operations"] == [1, 2]
    assert rows[0]["evidence"]["linearized"] == [1]


def test_exit_codes_say_whether_all_hold(stale, sound, hard, tmp_path):
    assert call(sound).exit_code == 0
    assert call(sound, stale, hard, "--budget", 1000).exit_code == 1
    assert call(sound, hard, "--budget", 1000, "--model", "counter", "--judge", "linearizable").exit_code == 2
    assert call(hard, "--judge", "linearizable", "--budget", 1000).exit_code == 4


def test_a_file_that_cannot_be_read_is_told_and_the_others_are_judged(stale, tmp_path):
    bad = tmp_path / "bad.jsonl"
    bad.write_text(stale.read_text()[:-3])
    found = call(bad, tmp_path / "none", stale)
    assert found.exit_code == 2
    assert f"{bad}:5: the last line has no end" in found.stderr
    assert f"{tmp_path / 'none'}: No such file" in found.stderr
    assert "violated" in found.stdout


def test_a_cheap_judge_decides_what_the_search_cannot(hard):
    # The sum of all that may have happened is far above 7, and 2 must have: an odd count is only seen by the search.
    row = json.loads(call(hard, "--json", "--budget", 1000).stdout)
    assert (row["verdict"], row["evidence"]["judge"]) == ("unknown", "linearizable")
    assert row["evidence"]["also"]["counter_in_bounds"]["verdict"] == "holds"


def test_a_judge_can_be_named(sound):
    assert json.loads(call(sound, "--judge", "sessions", "--json").stdout)["verdict"] == "holds"
    refused = call(sound, "--judge", "taken_once")
    assert (refused.exit_code, "allowed: for the model cas-register linearizable" in refused.stderr) == (2, True)


def test_an_unknown_model_is_refused_with_those_that_there_are(sound):
    refused = call(sound, "--model", "registre")
    assert refused.exit_code == 2
    assert 'did you mean "register"' in refused.stderr


def test_a_foreign_history_needs_a_model(tmp_path):
    path = tmp_path / "x.edn"
    path.write_text("{:process 0, :type :invoke, :f :read, :value nil}\n")
    assert "no --model" in call(path).stderr


def test_what_the_model_does_not_know_is_refused_by_operation(tmp_path):
    path = written(tmp_path / "x.jsonl", "1 read", "1 ok 'one'")
    refused = call(path, "--model", "counter")
    assert (refused.exit_code, refused.stderr) == (2, f"{path}: op 1: read: found 'one', allowed: an integer\n")


def test_elles_transactions_are_judged_by_their_anomalies(tmp_path):
    path = tmp_path / "g1a.json"
    events = [
        {"process": 0, "type": "invoke", "f": "txn", "value": [["append", "x", 1]]},
        {"process": 0, "type": "fail", "f": "txn", "value": [["append", "x", 1]]},
        {"process": 1, "type": "invoke", "f": "txn", "value": [["r", "x", None]]},
        {"process": 1, "type": "ok", "f": "txn", "value": [["r", "x", [1]]]},
    ]
    path.write_text(json.dumps(events))
    row = json.loads(call(path, "--model", "list-append", "--json").stdout)
    assert (row["verdict"], list(row["evidence"]["anomalies"])) == ("violated", ["G1a"])


def test_without_anything_observed_a_history_holds_and_says_so(tmp_path):
    path = written(tmp_path / "x.jsonl", "1 write 1", "1 ok")
    row = json.loads(call(path, "--model", "register", "--json").stdout)
    assert (row["verdict"], row["evidence"]["vacuous"]) == ("holds", True)
