import json
from hashlib import blake2b

import pytest

from scenarios.build import experiment
from scenarios.check import check_trace
from scenarios.complaints import UsageError
from scenarios.load import parse
from scenarios.run import prepare, run


def done(scenario, out, seed=1, overrides=()):
    return run(prepare(str(scenario), overrides), seed, out, plots=False)


def test_a_run_directory_holds_everything_about_the_run(scenario, tmp_path):
    done(scenario, tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "history.jsonl",
        "result.json",
        "scenario.toml",
        "trace.jsonl",
    ]


def test_the_digest_is_the_blake2b_of_the_trace_file(scenario, tmp_path):
    result = done(scenario, tmp_path / "out").result
    assert result["digest"] == blake2b((tmp_path / "out/trace.jsonl").read_bytes(), digest_size=16).hexdigest()


def test_the_same_seed_gives_the_same_digest_and_another_seed_another(scenario, tmp_path):
    one, two, other = (done(scenario, tmp_path / f"o{i}", seed).result["digest"] for i, seed in enumerate((1, 1, 2)))
    assert one == two
    assert one != other


def test_the_scenario_in_the_run_directory_replays_to_the_same_digest(scenario, tmp_path):
    ranged = (("fault.0.at", ["1s", "2s"]), ("fault.0.lasting", ["1s", "3s"]), ("cluster.nodes", [2, 5]))
    first = done(scenario, tmp_path / "out", 5, ranged)
    text = (tmp_path / "out/scenario.toml").read_text()
    again = prepare(str(tmp_path / "out/scenario.toml"))
    assert again.scenario.seed == 5
    assert "ms" in text or "ns" in text
    assert isinstance(again.document.doc["fault"][0]["at"], str)
    assert run(again, 5, tmp_path / "again", plots=False).result["digest"] == first.result["digest"]


def test_a_scenario_with_repeats_racks_and_ends_by_a_record_replays_to_the_same_digest(scenario, tmp_path):
    crash = {"kind": "crash", "nodes": ["random(1)"], "at": ["1s", "2s"], "lasting": ["10ms", "90ms"], "every": "300ms"}
    pause = {"kind": "pause", "nodes": ["rack(r1)"], "when": {"record": "crash"}, "until": {"record": "boot"}}
    jitter = {"kind": "clock", "nodes": ["all"], "jitter": "3ms", "strobe": "1ms", "at": ["0s", "3s"], "drift": "5ppm"}
    disk = {"kind": "disk", "nodes": ["random(2)"], "eio": "1/9", "bitrot": "1/2", "at": ["1s", "3s"], "lasting": "1s"}
    some = (("fault", [crash, pause, jitter, disk]), ("cluster.rack", {"n2": "r1"}), ("clocks.ntp", {"error": "1ms"}))
    first = done(scenario, tmp_path / "out", 5, some)
    fired = [(f["index"], f["occurrence"]) for f in first.result["faults"] if f["begin"] is not None]
    assert {(0, 1), (0, 2), (0, 3), (1, 1), (2, 1), (3, 1)} <= set(fired)
    again = prepare(str(tmp_path / "out/scenario.toml"))
    assert isinstance(again.document.doc["fault"][0]["lasting"], str)
    assert run(again, 5, tmp_path / "again", plots=False).result["digest"] == first.result["digest"]


def test_a_crash_that_leaves_no_majority_is_said_with_what_was_lost(scenario, tmp_path):
    crash = {"kind": "crash", "nodes": ["rack(r1)"], "at": "1s", "lasting": "1s", "every": "3s", "times": 2}
    some = (("fault", [crash]), ("cluster.rack", {"n2": "r1", "n3": "r1"}), ("expect", {}))
    remarks = done(scenario, tmp_path / "out", 1, some).result["remarks"]
    assert remarks == [
        "fault 0 (crash) took n2 n3: 1 nodes were left, no majority",
        "fault 0 (crash, time 2) took n2 n3: 1 nodes were left, no majority",
    ]


def test_a_run_with_faults_that_repeat_is_drawn(scenario, tmp_path):
    crash = {"kind": "crash", "nodes": ["n2"], "at": "1s", "lasting": "100ms", "every": "500ms"}
    run(prepare(str(scenario), (("fault", [crash]),)), 1, tmp_path / "out", plots=True)
    assert (tmp_path / "out/timeline.svg").is_file()


def test_check_trace_gives_the_verdicts_and_evidence_of_the_run(scenario, tmp_path):
    result = done(scenario, tmp_path / "out").result
    checked = check_trace(tmp_path / "out/trace.jsonl")
    for ran, stored in zip(result["properties"], checked["properties"], strict=True):
        assert (ran["name"], ran["verdict"]) == (stored["name"], stored["verdict"])
        if ran["evidence"]:
            assert ran["evidence"]["sentence"] == stored["evidence"]["sentence"]
            assert ran["evidence"]["seq"] == stored["evidence"]["seq"]


def test_a_violation_comes_with_the_chain_of_its_causes(scenario, tmp_path):
    result = done(scenario, tmp_path / "out").result
    (row,) = [p for p in result["properties"] if p["name"] == "tails_agree"]
    chain = row["evidence"]["chain"]
    assert "is asked append" in chain[0]
    assert "is now" in chain[-1]


def test_a_verdict_that_is_not_expected_makes_the_run_unexpected(scenario, tmp_path):
    found = done(scenario, tmp_path / "out", overrides=(("expect.same_payload", "violated"),))
    assert (found.verdict.word, found.verdict.code) == ("unexpected", 1)


def test_an_unlisted_property_that_is_violated_makes_the_run_unexpected(scenario, tmp_path):
    text = scenario.read_text().partition("[expect]")[0]
    scenario.write_text(text)
    assert done(scenario, tmp_path / "out").verdict.word == "unexpected"


def test_a_run_in_which_nothing_was_acknowledged_says_so(scenario, tmp_path):
    found = done(scenario, tmp_path / "out", overrides=(("cluster.boot.n1", "never"),))
    assert "no operation was acknowledged" in found.result["remarks"]


def test_a_fault_that_strikes_nobody_is_said(scenario, tmp_path):
    crash = {"kind": "crash", "nodes": ["a-follower"], "at": "0s"}
    scenario.write_text(scenario.read_text().replace('at = "1s"', 'at = "1s"\nsrc = "leader"'))
    found = done(scenario, tmp_path / "out", overrides=(("fault.0", crash | {"nodes": ["leader"]}),))
    assert found.result["faults"][0]["phase"] == "unresolved"
    assert any("no fault fired" in remark for remark in found.result["remarks"])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("self.store(payload)\n        self.b", "raise KeyError(payload)\n        self.b", "KeyError"),
        ("self.store(payload)\n        self.b", "return 3\n        self.b", "a handler returned 3"),
        ('self.answer(ask, "ok"', 'self.send("nobody", Copy(0, payload))\n        self.answer(ask, "ok"', "'nobody'"),
        ("Copy(self.tail - 1, payload)", "Copy(0.5, payload)", "0.5 (float)"),
    ],
)
def test_a_model_error_names_node_input_and_time(folder, tmp_path, old, new, said):
    source = (folder / "my_log.py").read_text()
    assert old in source
    (folder / "wrong.py").write_text(source.replace(old, new, 1))
    text = (folder / "my_log.toml").read_text().replace("my_log.py", "wrong.py")
    found = run(experiment(parse(text, folder / "s.toml")), 1, tmp_path / "out", plots=False)
    error = found.result["model_error"]
    assert found.verdict.code == 1
    assert found.result["verdict"] == "model-error"
    assert error.startswith("n1 at 0.000000s on Ask(client='c")
    assert said in error
    assert len(error.splitlines()) == 1


def test_a_raising_model_is_blamed_with_its_line(folder, tmp_path):
    (folder / "wrong.py").write_text((folder / "my_log.py").read_text().replace("self.store(p", "self.stroe(p"))
    text = (folder / "my_log.toml").read_text().replace("my_log.py", "wrong.py")
    found = run(experiment(parse(text, folder / "s.toml")), 1, tmp_path / "out", plots=False)
    line = (folder / "wrong.py").read_text().splitlines().index("        self.stroe(payload)") + 1
    assert f"(wrong.py:{line})" in found.result["model_error"]


def test_a_directory_that_no_run_wrote_is_left_alone(scenario, tmp_path):
    precious = tmp_path / "out"
    precious.mkdir()
    (precious / "thesis.txt").write_text("years of work")
    with pytest.raises(UsageError, match="no run has written"):
        done(scenario, precious)
    assert (precious / "thesis.txt").read_text() == "years of work"


def test_an_older_run_is_replaced_as_a_whole(scenario, tmp_path):
    done(scenario, tmp_path / "out", 1)
    (tmp_path / "out/stray.txt").write_text("")
    done(scenario, tmp_path / "out", 2)
    assert json.loads((tmp_path / "out/result.json").read_text())["seed"] == 2
    assert not (tmp_path / "out/stray.txt").exists()
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []
