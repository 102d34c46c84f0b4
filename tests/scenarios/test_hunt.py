import json
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from scenarios.cli import main
from scenarios.hunt import GUIDED, SWARM, hunt, result
from scenarios.run import prepare
from scenarios.schedules import Room

MUTANTS = Path(__file__).parents[1] / "mutants"
CAREFUL = str(MUTANTS / "careful.toml")
QUIET = (  # no fault is written, so whatever goes wrong was found
    'about = "x"\nmodel = "{}"\nheal = "3s"\nstop = "6s"\n[network]\nlatency = "5ms"\n'
    '[clients]\nworkload = "append"\nevery = "100ms"\nuntil = "2900ms"\n'
)


@pytest.fixture
def careless(tmp_path):
    path = tmp_path / "quiet.toml"
    path.write_text(QUIET.format("careless"), encoding="utf-8")
    return path


def invoke(*arguments):
    return CliRunner().invoke(main, ["hunt", *map(str, arguments)])


def timeless(told):
    """Return a result without what depends on the machine."""
    return {
        **told,
        "strategies": {
            name: {key: value for key, value in row.items() if "cpu" not in key}
            for name, row in told["strategies"].items()
        },
    }


def test_a_budget_in_runs_finds_the_same_again(careless):
    first, again = (timeless(result(hunt(prepare(str(careless)), 1, 24), Path("out"))) for _ in range(2))
    assert first == again
    assert first["runs"] == 24
    assert len(first["bugs"]) > 1


def test_another_seed_tries_other_schedules(careless):
    first, other = (hunt(prepare(str(careless)), seed, 9).champions for seed in (1, 2))
    assert first != other


def test_each_way_to_fail_is_told_once_with_a_file_that_shows_it(careless, tmp_path):
    done = invoke(careless, "--runs", 24, "--json", "--out", tmp_path / "found")
    told = json.loads(done.stdout)
    assert done.exit_code == 1
    ways = [(bug["property"], bug["clause"], tuple(bug["roles"])) for bug in told["bugs"]]
    assert len(set(ways)) == len(ways)
    for bug in told["bugs"]:
        again = CliRunner().invoke(main, ["run", bug["file"], "--json", "--no-plots", "--out", str(tmp_path / "run")])
        sentences = [p["evidence"] and p["evidence"]["sentence"] for p in json.loads(again.stdout)["properties"]]
        assert (again.exit_code, bug["sentence"] in sentences) == (1, True)
        assert bug["replay"] == f"netsplit run {bug['file']}"
        assert len(tomllib.loads(Path(bug["file"]).read_text("utf-8")).get("fault", [])) == bug["faults"]


def test_bugs_and_runs_are_counted_by_strategy(careless):
    told = result(hunt(prepare(str(careless)), 1, 30), Path("out"))
    assert sum(row["runs"] for row in told["strategies"].values()) == 30
    assert sum(row["bugs"] for row in told["strategies"].values()) == len(told["bugs"])
    assert told["strategies"][SWARM]["runs"] > 10
    assert told["strategies"][GUIDED]["runs"] > 10
    for row in told["strategies"].values():
        assert row["cpu_s"] > 0
        assert row["bugs_per_cpu_s"] == pytest.approx(row["bugs"] / row["cpu_s"], rel=0.1, abs=1e-3)


def test_the_swarm_comes_first(careless):
    told = []
    hunt(prepare(str(careless)), 1, 30, progress=lambda h: told.append([t.runs for t in h.tallies.values()]))
    assert [guided for _, guided in told][:10] == [0] * 10
    assert told[-1][1] > 0


def test_a_sound_model_has_no_bugs():
    done = invoke(CAREFUL, "--runs", 40)
    assert done.exit_code == 0, done.output
    assert "swarm  " in done.output


def test_whatever_is_tried_is_within_the_budget(monkeypatch):
    import scenarios.hunt as module

    tried, made, run = [], prepare(CAREFUL), module._run

    def ran(hunting, schedule, *more):
        tried.append(schedule)
        return run(hunting, schedule, *more)

    monkeypatch.setattr(module, "_run", ran)
    hunt(made, 3, 40)
    assert len(tried) == 40
    for schedule in tried:
        assert Room(made, schedule.seed).fits(schedule.faults)


def test_a_time_box_ends_the_hunt(careless):
    done = invoke(careless, "--time-box", "300ms", "--json", "--out", careless.parent / "found")
    assert json.loads(done.stdout)["runs"] > 0


def test_an_interrupted_hunt_tells_what_it_has_found(careless):
    def interrupt(hunting):
        if hunting.runs == 7:
            raise KeyboardInterrupt

    hunting = hunt(prepare(str(careless)), 1, 1000, progress=interrupt)
    assert (hunting.interrupted, hunting.runs) == (True, 7)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "allowed: either --time-box, such as 60s, or --runs"),
        (("--runs", 3, "--time-box", "1s"), "either --time-box"),
        (("--time-box", "soon"), '--time-box: found "soon", allowed: a time'),
    ],
)
def test_a_mistake_is_told(careless, arguments, said):
    done = invoke(careless, *arguments)
    assert (done.exit_code, said in done.stderr) == (2, True)
