"""A manifest is a whole study: it is refused with its line, or the same numbers come of it each time."""

import csv
import json
import tomllib
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from reports.samples import read as store_of
from scenarios.cli import main
from scenarios.complaints import ScenarioError, UsageError
from scenarios.load import toml_of
from scenarios.reference import study_schema
from scenarios.studies.experiment import study_of
from scenarios.studies.manifest import read
from scenarios.studies.spread import Spread
from scenarios.studies.study import HERE, find, names
from scenarios.sweep import read_job, sweep

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
BESIDE = f"""{GOOD}
[[figure]]
name = "apart"
title = "What does loss cost?"
x = "length"
y = "latency_ns_max"
beside = "raft"

[[figure]]
name = "wrong_apart"
title = "How much more often?"
x = "length"
y = "wrong"
beside = "raft"
""".replace("[sweep.lossy]", 'measure = { wrong = "tails_agree" }\n\n[sweep.lossy]')
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


def test_a_figure_beside_a_sweep_is_of_pairs(path: Path, tmp_path: Path) -> None:
    path.write_text(BESIDE)
    result = study_of(path).run(3, Spread())
    rows = result.tables["apart"].named()
    assert [(row["sweep"], row["beside"], row["length"], row["measured"]) for row in rows] == [
        ("with loss", "raft", 0.1, 3), ("with loss", "raft", 0.3, 3),
    ]  # fmt: skip
    sides = {
        name: sweep(read_job("raft/leader_cut_off", change, [("fault.0.lasting", ("100ms",))]), range(1, 4), rerun=0,
                    store=tmp_path / f"{name}.db") and store_of(tmp_path / f"{name}.db").runs
        for name, change in (("lossy", (("network.loss", "10%"),)), ("raft", ()))
    }  # fmt: skip
    changes = sorted(
        int(a.metrics["latency_ns_max"] or 0) - int(b.metrics["latency_ns_max"] or 0)
        for a, b in zip(sides["lossy"], sides["raft"], strict=True)
    )
    assert rows[0]["difference"] == changes[1] / 1e6
    assert result.rows[-4].name == "apart: with loss, length 0.1, less raft"


def test_a_figure_beside_a_sweep_pairs_what_each_calls_otherwise(path: Path) -> None:
    path.write_text(BESIDE)
    result = study_of(path).run(2, Spread())
    chart, name = result.charts["wrong_apart"]
    assert (chart.y, chart.low, chart.high) == ("difference", "difference_low", "difference_high")
    assert [(row["sweep"], row["judged"], row["difference"]) for row in result.tables[name].named()] == [
        ("with loss", 2, 0.0), ("with loss", 2, 0.0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (
            'beside = "raft"',
            'beside = "rafd"',
            ':figure.2.beside: found "rafd" (did you mean "raft"?), allowed: a sweep',
        ),
        ('beside = "raft"', 'beside = "raft"\nsweeps = ["raft"]', 'found "raft" alone, allowed: with one or more'),
        ('beside = "raft"', 'beside = "raft"\nband = "deciles"', 'allowed with beside: "interval"'),
        ('beside = "raft"', 'beside = "raft"\ny_log = true', "a difference may be negative"),
        ('x = "length"\ny = "latency_ns_max"', 'form = "step"\ny = "latency_ns_max"', "found it in a distribution"),
        (
            'label = "with loss"',
            'label = "with loss"\nseeds = "2..4"',
            "found sweeps of seeds 1..3, 2..4, allowed: the",
        ),
    ],
)
def test_a_figure_that_has_no_pairs_is_refused(path: Path, old: str, new: str, complaint: str) -> None:
    assert old in BESIDE
    path.write_text(BESIDE.replace(old, new, 1))
    code, output = study(path)
    assert code == 2, output
    assert complaint in output.replace(": figure", ":figure")


def test_two_sweeps_of_which_one_stands_beside_make_one_curve(path: Path) -> None:
    vary = '[axis.n]\nvalues = [3, 5]\nset = "cluster.nodes"\n\n[sweep.raft]'
    apart = BESIDE.replace("[sweep.raft]", vary, 1).replace('x = "length"\n', 'x = "length"\nby = "n"\n')
    path.write_text(apart.replace('by = "n"', 'by = "n"\nsweeps = ["raft"]', 1))
    assert read(path).manifest.figure[2].by == "n"
    path.write_text(apart)
    with pytest.raises(ScenarioError, match='found 2 sweeps, allowed: one, or "sweep"'):
        read(path)


def test_a_result_is_no_manifest(path: Path, tmp_path: Path) -> None:
    study(path, "--out", str(tmp_path / "o"), "--trials", "1")
    form = json.loads((tmp_path / "o/study.json").read_text())["format"]
    path.write_text(f'format = "{form}"\n{GOOD}')
    code, output = study(path)
    assert (code, f'found "{form}", allowed: netsplit.study/1' in output) == (2, True), output


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
