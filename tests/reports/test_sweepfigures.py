"""The tables of a sweep say what its runs say, and a store becomes charts with a CSV file beside each."""

import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from reports.samples import BadStore, Sample, Samples, plotted, read, unit
from reports.sweepfigures import charts, distribution_table, metric_table, paired_table, violation_table
from scenarios.cli import main
from scenarios.sweep import axis, read_job, seeds, sweep

S = 1_000_000_000


def run(seed: int, length: float, convergence: int | None, verdict: str = "holds") -> Sample:
    return Sample({"length": length}, seed, {"agree": verdict}, {"convergence_ns": convergence})


def test_a_metric_has_its_median_and_deciles_at_each_point() -> None:
    runs = [run(seed, 1.0, seed * S) for seed in range(1, 11)] + [run(1, 2.0, None)]
    table = metric_table(runs, ("length",), "convergence_ns")
    assert table.columns == ("length", "runs", "measured", "median", "low", "high", "p10", "p90")
    first, second = table.rows
    assert (first[:4], first[6:]) == ((1.0, 10, 10, 5.5), (1.0, 9.0))
    assert second == (2.0, 1, 0, None, None, None, None, None)


def test_only_judged_runs_count_for_a_probability() -> None:
    runs = [run(1, 1.0, 0, "violated"), run(2, 1.0, 0), run(3, 1.0, 0, "vacuous"), run(4, 1.0, 0, "unknown")]
    assert violation_table(runs, ("length",), "agree").rows[0][:4] == (1.0, 2, 1, 0.5)


def test_a_distribution_stays_below_one_where_runs_measured_nothing() -> None:
    runs = [run(1, 1.0, S), run(2, 1.0, S), run(3, 1.0, 3 * S), run(4, 1.0, None)]
    assert distribution_table(runs, (), "convergence_ns").rows == ((1.0, 0.5), (3.0, 0.75))


def test_pairs_are_of_one_seed() -> None:
    table = paired_table([run(1, 1.0, S), run(2, 1.0, S), run(3, 1.0, S)], [run(2, 2.0, 4 * S), run(1, 2.0, 5 * S)],
                         "convergence_ns")  # fmt: skip
    assert table.rows == ((2, 1.0, 4.0, 3.0, 0.5), (1, 1.0, 5.0, 4.0, 1.0))


@pytest.mark.parametrize(
    ("settings", "numbers", "word"),
    [
        (["100ms", "-2s"], [0.1, -2.0], "s"),
        (["-2%", "1000ppm", 0], [-2.0, 0.1, 0.0], "%"),
        ([3, 5, None], [3, 5, None], ""),
        (["lease", "quorum"], ["lease", "quorum"], ""),
        ([True, "1s"], ["true", "1s"], ""),
    ],
)
def test_an_axis_is_of_numbers_where_all_settings_are(settings: list, numbers: list, word: str) -> None:
    assert (plotted(settings), unit(settings)) == (numbers, word)


def test_properties_that_no_run_violated_have_no_chart() -> None:
    found = Samples("s", {"length": "s"}, (run(1, 1.0, S), run(1, 2.0, S)))
    assert "violations" not in charts(found)
    assert "violations" in charts(Samples("s", {"length": "s"}, (run(1, 1.0, S), run(1, 2.0, S, "violated"))))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "s.db"
    grid = [axis("fault.0.lasting=100ms,300ms"), axis("network.loss=0%,5%")]
    sweep(read_job("raft/leader_cut_off", axes=grid), seeds("1..3"), store=path, rerun=0)
    return path


def test_two_axes_make_curves_and_a_map(store: Path) -> None:
    told = charts(read(store))
    assert {"convergence", "convergence_map", "messages", "messages_paired", "latency_distribution"} <= set(told)
    chart, table = told["convergence_map"]
    assert (chart.form, chart.x, chart.by) == ("heat", "fault.0.lasting", "network.loss")
    assert [row[:3] for row in table.rows] == [(0.1, 0.0, 3), (0.1, 5.0, 3), (0.3, 0.0, 3), (0.3, 5.0, 3)]


def test_report_writes_the_table_of_each_chart(store: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["report", str(store), "--out", str(tmp_path / "f"), "--no-plots"])
    assert done.exit_code == 0, done.output
    names = {path.name for path in (tmp_path / "f").iterdir()}
    assert names == {f"{name}.csv" for name in charts(read(store))}


def test_what_is_no_store_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    path.write_text("no database at all, but long enough to be looked at" * 4)
    with pytest.raises(BadStore, match="allowed: a store"):
        read(path)
    foreign = tmp_path / "foreign.db"
    with sqlite3.connect(foreign) as db:
        db.execute("CREATE TABLE about (name TEXT, value TEXT)")
    db.close()
    done = CliRunner().invoke(main, ["report", str(foreign)])
    assert (done.exit_code, "allowed: netsplit.store/1" in done.output) == (2, True)
