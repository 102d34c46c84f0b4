"""The whole way: a failing seed, the smallest scenario that fails in the same way, and the pytest beside it."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from scenarios.cli import main
from scenarios.complaints import UsageError
from scenarios.load import override
from scenarios.run import prepare
from scenarios.shrink.passes import shrink
from scenarios.shrink.regression import check
from scenarios.shrink.start import begin, run
from sim.units import S

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
STORM = str(HERE / "two_hundred.toml")
LOST = "careless/a_crash_forgets"


def invoke(*arguments):
    return CliRunner().invoke(main, ["shrink", *arguments])


def emitted(folder):
    """Run the pytest that was emitted, as a user would, and return its exit code and what it said."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", str(folder)]
    done = subprocess.run(command, cwd=folder, env=environment, text=True, capture_output=True)
    return done.returncode, done.stdout


@pytest.mark.parametrize(("bug", "oracle"), [("not-durable", "accepted_survives"), ("sends-once", "no_holes")])
def test_two_hundred_faults_shrink_to_a_few_decisions_that_fail_in_the_same_way(bug, oracle):
    planted = (override(f"cluster.params.bug={bug}"),)
    search, before = begin(prepare(STORM, planted), 1, oracle)
    assert len(before.faults) + len({packet["at"] for packet in before.packets}) > 200
    shrink(search)
    assert search.best.decisions <= 4
    assert search.failing(search.best).fingerprint == search.wanted
    assert search.tried < 600


def test_the_emitted_test_fails_on_the_broken_model_and_passes_on_the_sound_one(tmp_path):
    for name in ("careful.py", "careful.toml"):
        (tmp_path / name).write_text((ROOT / "tests/mutants" / name).read_text("utf-8"), encoding="utf-8")
    model = tmp_path / "careful.py"
    sound = model.read_text("utf-8")
    broken = sound.replace("sorted((key[1], value) for key, value in durable.items())", "()")
    assert broken != sound
    model.write_text(broken, encoding="utf-8")
    corpus = tmp_path / "corpus"
    done = invoke(str(tmp_path / "careful.toml"), "--property", "accepted_survives", "--out", str(corpus / "lost.toml"))
    assert done.exit_code == 0, done.output
    assert tomllib.loads((corpus / "lost.toml").read_text("utf-8"))["model"] == "../careful.py"
    code, said = emitted(corpus)
    assert (code, "accepted_survives: sequence" in said, "replay netsplit run" in said) == (1, True, True), said
    model.write_text(sound, encoding="utf-8")
    assert emitted(corpus)[0] == 0


def test_the_scenario_fails_by_itself_and_what_is_printed_is_told_of_it(tmp_path):
    done = invoke(LOST, "--property", "same_payload", "--out", str(tmp_path / "x.toml"), "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 0
    assert told["after"] == {"decisions": 3, "faults": 1, "packets": 0, "operations": 2, "nodes": 1}
    assert told["before"]["decisions"] > 50
    assert (told["property"], told["finished"]) == ("same_payload", True)
    again = CliRunner().invoke(main, ["run", told["out"], "--json", "--no-plots", "--out", str(tmp_path / "run")])
    assert json.loads(again.stdout)["digest"] == told["digest"]


def test_a_weakness_that_the_scenario_expects_stays_expected(tmp_path):
    invoke(LOST, "--property", "same_payload", "--out", str(tmp_path / "x.toml"))
    assert tomllib.loads((tmp_path / "x.toml").read_text("utf-8"))["expect"] == {"same_payload": "violated"}
    check(tmp_path / "x.toml")


def test_a_violation_that_was_one_of_several_verdicts_is_none_any_more(tmp_path):
    done = invoke("careless/nemesis", "--seed", "2", "--property", "no_holes", "--out", str(tmp_path / "x.toml"))
    assert done.exit_code == 0, done.output
    assert tomllib.loads((tmp_path / "x.toml").read_text("utf-8"))["expect"] == {"no_holes": ["holds", "vacuous"]}
    with pytest.raises(AssertionError, match="no_holes: n1 lacks"):
        check(tmp_path / "x.toml")


def test_what_runs_as_expected_is_nothing_to_shrink(tmp_path):
    done = invoke(LOST, "--out", str(tmp_path / "x.toml"))
    assert done.exit_code == 2
    assert "nothing to shrink: seed 1 of careless/a_crash_forgets runs as expected" in done.stderr
    assert "same_payload" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--property", "no_hole"), 'found "no_hole" (did you mean "no_holes"?)'),
        (("--property", "single_leader"), "nothing to shrink: single_leader is not violated"),
        (("--property", "same_payload", "--time-box", "2"), '--time-box: found "2", allowed: a time'),
        (("--property", "same_payload", "--sound", "seed=1"), "--sound seed=1: same_payload is violated there too"),
    ],
)
def test_a_mistake_is_told(arguments, said, tmp_path):
    done = invoke(LOST, *arguments, "--out", str(tmp_path / "x.toml"))
    assert (done.exit_code, said in done.stderr) == (2, True), done.stderr


def test_only_a_scenario_file_is_written(tmp_path):
    done = invoke(LOST, "--property", "same_payload", "--out", str(tmp_path))
    assert (done.exit_code, "allowed: a file that ends in .toml" in done.stderr) == (2, True)


def test_the_best_so_far_is_kept_when_somebody_interrupts(tmp_path, monkeypatch):
    import scenarios.shrink.start as start

    def interrupted(search):
        monkeypatch.setattr(search, "progress", stop)
        shrink(search)

    def stop(search):
        if search.tried > 20:
            raise KeyboardInterrupt

    monkeypatch.setattr(start, "shrink", interrupted)
    done = invoke(LOST, "--property", "same_payload", "--out", str(tmp_path / "x.toml"), "--json")
    told = json.loads(done.stdout)
    assert (done.exit_code, told["finished"]) == (130, False)
    assert told["after"]["decisions"] < told["before"]["decisions"]
    check(tmp_path / "x.toml")


def test_a_spent_time_box_leaves_the_best_so_far():
    search, before = begin(prepare(LOST), 1, "same_payload", time_box_s=0)
    done = run(search, before, LOST, 1)
    assert (done.finished, done.search.best) == (False, before)


def test_a_sound_profile_is_held_to_the_bounds_that_the_scenario_gives():
    made, sound = prepare("raft/new_server_lags"), (override("profile=dissertation"),)
    _, case = begin(made, 1, "operations_resume", sound)
    assert case.experiment(sound).properties[0].grace == 1 * S


def test_a_sound_form_that_must_pass_keeps_what_tells_the_two_apart():
    planted, sound = (override("cluster.params.bug=numbers-again"),), (override("cluster.params.bug=none"),)
    search, _ = begin(prepare(str(ROOT / "tests/mutants/careful.toml"), planted), 1, "accepted_survives", sound)
    shrink(search)
    best = search.best
    assert search.failing(best) is not None
    assert search._failures(best, sound) == ()


def test_a_model_error_is_shrunk_too(tmp_path):
    (tmp_path / "m.py").write_text(
        "from sim.machine import Ask, Machine, on\nfrom collections import namedtuple\n\n\n"
        'class M(Machine):\n    View, ACTIONS = namedtuple("View", "tail"), {"append": ("value",)}\n    tail = 0\n\n'
        '    @on(Ask, "append")\n    def append(self, ask, now):\n        self.tail += 1\n'
        "        assert self.tail < 3, self.tail\n\n\nmachine = M\n",
        encoding="utf-8",
    )
    text = 'about = "x"\nmodel = "./m.py"\nstop = "9s"\n[clients]\nworkload = "append"\nfind = "fixed"\n'
    (tmp_path / "m.toml").write_text(text, encoding="utf-8")
    done = invoke(str(tmp_path / "m.toml"), "--out", str(tmp_path / "x.toml"), "--json")
    told = json.loads(done.stdout)
    assert (told["property"], told["after"]["operations"], told["after"]["nodes"]) == ("model-error", 3, 1)
    with pytest.raises(AssertionError, match="AssertionError: 3"):
        check(tmp_path / "x.toml")


def test_what_does_not_run_is_a_complaint():
    with pytest.raises(UsageError):
        check(HERE / "nothing.toml")
