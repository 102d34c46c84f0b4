"""A manifest is a whole study: it is refused with its line, or the same numbers come of it each time."""

import csv
import json
import tomllib
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from scenarios.cli import main
from scenarios.complaints import ScenarioError, UsageError
from scenarios.load import toml_of
from scenarios.reference import study_schema
from scenarios.studies.experiment import study_of
from scenarios.studies.manifest import read
from scenarios.studies.spread import Spread
from scenarios.studies.study import HERE, find, names

GOOD = """
about = "How long does it take to agree again?"
seeds = "1..3"

[axis.length]
label = "length of the cut"
values = ["100ms", "300ms"]
set = "fault.0.lasting"

[sweep.raft]
scenario = "raft/leader_cut_off"

[sweep.lossy]
scenario = "raft/leader_cut_off"
label = "with loss"
set = { "network.loss" = "10%" }
measure = { wrong = "one_leader_per_term" }

[[figure]]
name = "convergence"
title = "How long?"
x = "length"
y = "convergence_ns"

[[figure]]
name = "wrong"
title = "How often?"
x = "length"
y = "wrong"
sweeps = ["lossy"]
form = "points"
"""
MANIFESTS = sorted(path.relative_to(HERE).with_suffix("").as_posix() for path in HERE.rglob("*.toml"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "mine.toml"
    file.write_text(GOOD)
    return file


def study(path: Path, *arguments: str) -> tuple[int, str]:
    if "--out" not in arguments:
        arguments = (*arguments, "--out", str(path.parent / "out"))
    done = CliRunner().invoke(main, ["study", str(path), "--no-plots", "--workers", "1", *arguments])
    return done.exit_code, done.output


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_running_a_manifest_again_reproduces_every_number(path: Path, tmp_path: Path) -> None:
    for out in ("one", "two"):
        code, output = study(path, "--out", str(tmp_path / out))
        assert code == 0, output
    one, two = ({p.name: p.read_bytes() for p in (tmp_path / out).iterdir()} for out in ("one", "two"))
    assert one == two
    assert sorted(one) == ["convergence.csv", "study.json", "wrong.csv"]


def test_study_json_names_the_version_and_every_sweeps_digest(path: Path, tmp_path: Path) -> None:
    study(path, "--out", str(tmp_path / "o"))
    found = json.loads((tmp_path / "o/study.json").read_text())
    assert found["version"]
    assert {name: (one["seeds"], one["runs"]) for name, one in found["sweeps"].items()} == {
        "raft": ("1..3", 6), "lossy": ("1..3", 6),
    }  # fmt: skip
    assert len({one["digest"] for one in found["sweeps"].values()}) == 2
    done = CliRunner().invoke(
        main, ["sweep", "raft/leader_cut_off", "--seeds", "1..3", "--grid", "fault.0.lasting=100ms,300ms", "--json",
               "--workers", "0", "--rerun", "0"],
    )  # fmt: skip
    assert json.loads(done.output)["digest"] == found["sweeps"]["raft"]["digest"]


def test_a_table_has_a_row_for_each_sweep_and_point(path: Path, tmp_path: Path) -> None:
    study(path, "--out", str(tmp_path / "o"))
    rows = table(tmp_path / "o/convergence.csv")
    assert [(row["sweep"], row["length"]) for row in rows] == [
        ("raft", "0.1"), ("raft", "0.3"), ("with loss", "0.1"), ("with loss", "0.3"),
    ]  # fmt: skip
    assert all(float(row["median"]) > 0 for row in rows)
    wrong = table(tmp_path / "o/wrong.csv")
    assert [(row["judged"], row["share"]) for row in wrong] == [("3", "0.0")] * 2


def test_fewer_trials_are_the_first_seeds(path: Path) -> None:
    result = study_of(path).run(1, Spread())
    assert [one["seeds"] for one in result.sweeps.values()] == ["1..1", "1..1"]


def test_keys_of_an_axis_change_together(path: Path) -> None:
    path.write_text(GOOD.replace('"fault.0.lasting"\n', '{ heal = ["2s", "2100ms"], stop = ["3s", "3100ms"] }\n'))
    result = study_of(path).run(1, Spread())
    assert [one["runs"] for one in result.sweeps.values()] == [2, 2]


def test_a_caption_tells_of_runs_without_a_figure(path: Path) -> None:
    path.write_text(GOOD.replace('y = "convergence_ns"', 'y = "failover_ns"'))
    result = study_of(path).run(2, Spread())
    table = result.tables["convergence"]
    missing = sum(table.column("runs")) - sum(table.column("measured"))
    assert missing
    assert "Runs without a figure: raft" in result.charts["convergence"][0].caption


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('seeds = "1..3"', 'seeds = "3..1"', ":3: seeds: found"),
        ('label = "length of the cut"', 'lable = "x"', ":6: axis.length.lable: unknown key"),
        ('set = "fault.0.lasting"', 'set = { heal = ["1s"] }', "found 1 values, allowed: 2"),
        ('label = "with loss"', 'profil = "x"', ':15: sweep.lossy.profil: unknown key: found "profil", allowed: label'),
        ('x = "length"', 'x = "lenght"', 'found "lenght" (did you mean "length"?)'),
        ('y = "convergence_ns"', 'y = "convergance_ns"', 'did you mean "convergence_ns"?'),
        ('sweeps = ["lossy"]', 'sweeps = ["lossi"]', ":30: figure.1.sweeps: found"),
        ('form = "points"', 'form = "pie"', "allowed: line, points, step, heat"),
        ('name = "wrong"', 'name = "convergence"', "each name once"),
        ('"raft/leader_cut_off"\nlabel', '"raft/no_such"\nlabel', ":13: sweep.lossy: scenario: found"),
        ('"network.loss" = "10%"', '"network.loss" = "110%"', ":13: sweep.lossy: --set network.loss: found"),
        ('values = ["100ms", "300ms"]', 'values = ["100ms", "0.1s"]', "each value once"),
        ("about = ", "abuot = ", ":2: abuot: unknown key"),
        ('title = "How long?"\nx = "length"', 'title = "How long?"\nx = "sweep"', "another axis than x"),
        ('sweeps = ["lossy"]', 'by = "length"\nsweeps = ["lossy"]', "another axis than x"),
        ('form = "points"', 'form = "step"', "allowed: none: across lies what is measured"),
        ("[axis.length]", "[axis.length", "not TOML"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line(path: Path, old: str, new: str, complaint: str) -> None:
    assert old in GOOD
    path.write_text(GOOD.replace(old, new, 1))
    code, output = study(path)
    assert code == 2, output
    assert complaint in output


def test_two_points_of_the_same_settings_are_refused(path: Path) -> None:
    path.write_text(GOOD.replace('"fault.0.lasting"\n', '{ "fault.0.lasting" = ["1s", "1s"] }\n'))
    with pytest.raises(ScenarioError, match="found two points with the same settings"):
        study_of(path).run(1, Spread())


def test_a_figure_never_mixes_settings(path: Path) -> None:
    path.write_text(GOOD.replace("[sweep.raft]", '[axis.n]\nvalues = [3, 5]\nset = "cluster.nodes"\n\n[sweep.raft]'))
    with pytest.raises(ScenarioError, match=r'found sweep "raft", which varies n, allowed: it as x or by'):
        read(path)


def test_a_manifest_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="netsplit study lists"):
        find(str(tmp_path / "none.toml"))


def test_the_schema_accepts_what_the_reader_accepts(path: Path) -> None:
    jsonschema.Draft202012Validator.check_schema(study_schema())
    jsonschema.validate(tomllib.loads(GOOD), study_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(toml_of(GOOD.replace("values", "valuse"), None), study_schema())


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_shipped_manifest_fits_the_schema(name: str) -> None:
    assert name in names()
    jsonschema.validate(tomllib.loads((HERE / f"{name}.toml").read_text()), study_schema())


def test_partitions_of_any_length_heal_in_every_shipped_model() -> None:
    result = find("healing").run(1, Spread())
    assert set(result.charts) == set(result.tables)
    table = result.tables["convergence"]
    assert len(table.rows) == 35
    assert table.column("measured") == table.column("runs")


def test_clock_error_costs_nothing_where_stamps_do_not_decide() -> None:
    tables = find("clock_error").run(3, Spread()).tables
    lost, stale = (
        {name: sum(part.column("violated")) for name, part in tables[figure].parts("sweep")}
        for figure in ("lost_updates", "stale_leaders")
    )
    assert lost["crdt_state"] > 0
    assert lost["quorum_write"] > 0
    assert (lost["crdt_state, hardened"], lost["quorum_write, hardened"]) == (0, 0)
    assert (stale["lease, guard 1%: two holders"], stale["raft, asks before it reads"]) == (
        24,
        0,
    )  # eight rates of 1% and above, three seeds
