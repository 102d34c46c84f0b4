"""A study's rows say whether what was measured agrees with what was published, and its files hold it all."""

import json
from pathlib import Path
from typing import Any

import pytest

from reports.chart import Chart
from reports.table import Table
from scenarios.complaints import UsageError
from scenarios.studies.keep import keep
from scenarios.studies.spread import Spread
from scenarios.studies.study import Result, Row, chosen, find, names


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        (Row(name="r", measured=1.0), "measured"),
        (Row(name="r", measured=1.0, low=0.9, high=1.1, published=1.05), "agrees"),
        (Row(name="r", measured=1.0, low=0.9, high=1.1, published=1.2), "differs"),
        (Row(name="r", measured=1.0, low=0.9, high=1.1, published=1.2, tolerance=0.1), "agrees"),
        (Row(name="r", measured=1.0, published=(0.5, 1.5)), "agrees"),
        (Row(name="r", measured=2.0, published=(0.5, 1.5)), "differs"),
    ],
)
def test_a_row_agrees_if_what_was_published_meets_its_interval(row: Row, verdict: str) -> None:
    assert row.verdict == verdict


def square(number: int) -> int:
    return number * number


@pytest.mark.parametrize(
    ("published", "difference"), [(None, None), (4.0, -1.0), ((1.0, 3.0), 0.0), ((4.0, 9.0), -1.0), ((0.0, 2.0), 1.0)]
)
def test_a_row_says_how_far_it_is_from_what_was_published(published: Any, difference: float | None) -> None:
    assert Row(name="r", measured=3.0, published=published).difference == difference


@pytest.mark.parametrize("workers", [1, 2])
def test_answers_come_in_the_order_of_the_questions(workers: int) -> None:
    assert Spread(workers).map(abs, [-3, -1, -2]) == [3, 1, 2]


def test_progress_is_told_of_every_answer() -> None:
    told: list[tuple[int, int]] = []
    Spread(1, lambda done, whole: told.append((done, whole))).map(square, [1, 2])
    assert told == [(1, 2), (2, 2)]


def test_a_study_leaves_its_rows_its_tables_and_its_charts(tmp_path: Path) -> None:
    table = Table(("x", "y"), ((1, 2.0), (2, 3.0)))
    charts = {"curve": (Chart(title="t", x="x", y="y"), "points")}
    result = Result(rows=(Row(name="r", measured=1.0),), tables={"points": table}, charts=charts)
    keep("s", 5, result, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "curve.pdf", "curve.png", "curve.svg", "points.csv", "study.json",
    ]  # fmt: skip
    assert json.loads((tmp_path / "study.json").read_text())["rows"][0]["verdict"] == "measured"


def test_a_folder_stands_for_all_studies_in_it_each_once() -> None:
    assert tuple(chosen(("ecs/ring", "ecs"))) == ("ecs/ring", "ecs/lossy")
    assert tuple(chosen(("baselines/",))) == tuple(name for name in names() if name.startswith("baselines/"))


def test_one_unknown_study_among_several_is_refused_before_any_runs() -> None:
    with pytest.raises(UsageError, match='found "ecs/rings"'):
        chosen(("ecs", "ecs/rings"))


def test_an_unknown_study_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="no_such"):
        find("no_such")


@pytest.mark.parametrize("name", names())
def test_every_study_says_what_it_is_about(name: str) -> None:
    assert find(name).about.endswith(".")
