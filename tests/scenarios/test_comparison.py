"""`netsplit report` compares two stores, or the settings of one; what cannot be compared is said, with exit code 2."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from scenarios.cli import main
from scenarios.sweep import axis, read_job, seeds, sweep

NAME = "raft/leader_cut_off"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stores")


@pytest.fixture(scope="module")
def stores(folder: Path) -> dict[str, Path]:
    """Stores of one scenario: as it is, lossy, with other seeds, and with a grid."""
    lossy = (("network.loss", "20%"),)
    jobs = {
        "plain": (read_job(NAME), "1..3"),
        "lossy": (read_job(NAME, lossy), "2..4"),
        "far": (read_job(NAME), "8..9"),
        "grid": (read_job(NAME, axes=[axis("network.loss=0%,20%"), axis("fault.0.lasting=100ms,300ms")]), "1..2"),
    }
    for name, (job, span) in jobs.items():
        sweep(job, seeds(span), store=folder / f"{name}.db", rerun=0)
    return {name: folder / f"{name}.db" for name in jobs}


Report = Callable[..., tuple[int, str]]


@pytest.fixture
def report(tmp_path: Path) -> Report:
    def call(*arguments: object) -> tuple[int, str]:
        command = ["report", *map(str, arguments), "--out", str(tmp_path / "out"), "--no-plots"]
        done = CliRunner().invoke(main, command)
        return done.exit_code, done.output

    return call


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_two_stores_are_compared_under_the_seeds_that_both_have(
    report: Report, stores: dict[str, Path], tmp_path: Path
) -> None:
    code, output = report(stores["lossy"], stores["plain"])
    assert code == 0, output
    head, unlike, left, pairs, *_ = output.splitlines()
    assert head == f"{NAME}, network.loss 20% (here) less {NAME} (beside), under the same seeds"
    assert unlike == "  they differ in: network.loss"
    assert left == "  left out: 1 runs here and 1 beside, whose seed or settings the other side does not have"
    assert pairs == "  2 pairs"
    table = rows(tmp_path / "out/difference.csv")
    assert {(row["pairs"], row["beside"]) for row in table} == {("2", NAME)}
    assert float(next(row for row in table if row["metric"] == "messages_per_1000_acknowledged")["difference"]) > 0


def test_the_settings_of_a_grid_are_compared_at_each_point_of_the_rest(
    report: Report, stores: dict[str, Path], tmp_path: Path
) -> None:
    code, output = report(stores["grid"], "--compare", "network.loss")
    assert code == 0, output
    assert [line for line in output.splitlines() if "pairs" in line and "same" not in line and "of" not in line] == [
        "  fault.0.lasting 0.1 s, 2 pairs", "  fault.0.lasting 0.3 s, 2 pairs",
    ]  # fmt: skip
    table = rows(tmp_path / "out/difference_messages.csv")
    assert [(row["fault.0.lasting"], row["network.loss"], row["beside"]) for row in table] == [
        ("0.1", "20.0", "0.0"), ("0.3", "20.0", "0.0"),
    ]  # fmt: skip


def test_a_difference_is_that_of_the_single_runs(report: Report, stores: dict[str, Path], tmp_path: Path) -> None:
    from reports.samples import read

    report(stores["lossy"], stores["plain"])
    (row,) = [row for row in rows(tmp_path / "out/difference.csv") if row["metric"] == "latency_ns_max"]
    here, beside = (
        {run.seed: ns for run in read(stores[name]).runs if (ns := run.metrics["latency_ns_max"]) is not None}
        for name in ("lossy", "plain")
    )
    changes = [here[seed] - beside[seed] for seed in (2, 3)]
    assert float(row["difference"]) == pytest.approx(sum(changes) / 2 / 1e6)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("plain", "far"), "found no seed that both sides have: "),
        (("plain", "grid"), "found sweeps of different axes, "),
        (("plain", "plain"), "found the same store twice, allowed: another one"),
        (("plain", "."), "found no store, allowed: another store beside a store"),
        (("grid", "--compare", "network.los"), 'found "network.los" (did you mean "network.loss"?), allowed: an axis'),
        (("plain", "--compare", "network.loss"), "allowed: an axis of the grid: none"),
        (("grid", "plain", "--compare", "network.loss"), "allowed: one of the two"),
        ((".", "--compare", "network.loss"), "allowed: with the store of a sweep"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    report: Report, stores: dict[str, Path], arguments: tuple[str, ...], complaint: str
) -> None:
    code, output = report(*(stores.get(argument, argument) for argument in arguments))
    assert (code, complaint in output) == (2, True), output


def test_an_axis_of_one_value_is_refused(report: Report, folder: Path) -> None:
    path = folder / "one.db"
    sweep(read_job(NAME, axes=[axis("cluster.nodes=3")]), seeds("1"), store=path, rerun=0)
    code, output = report(path, "--compare", "cluster.nodes")
    assert (code, "found cluster.nodes with one value, 3" in output) == (2, True), output


def test_stores_of_the_same_name_are_called_by_their_files(
    report: Report, stores: dict[str, Path], folder: Path
) -> None:
    again = folder / "again.db"
    sweep(read_job(NAME), seeds("3..5"), store=again, rerun=0)
    _, output = report(again, stores["plain"])
    assert output.startswith(f"{again} (here) less {stores['plain']} (beside)")
    assert "differ in" not in output
    assert "the same in every pair: " in output
