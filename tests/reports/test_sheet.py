from pathlib import Path
from typing import Any

import pytest

from reports import style
from reports.load import Fault, RunData, load
from reports.sheet import FAULT_ROWS, contrast, fault_intervals, fault_rows, named


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, write_run: Any) -> Path:
    return Path(write_run(tmp_path_factory.mktemp("run"), nodes=3, stop=2_000_000_000, faults=()))


def with_faults(folder: Path, *spans: tuple[int | None, int | None, tuple[str, ...]]) -> RunData:
    from dataclasses import replace

    run = load(folder)
    faults = tuple(Fault(i, "crash", "#3d405b", "mended", a, b, nodes, {}) for i, (a, b, nodes) in enumerate(spans))
    return replace(run, result=replace(run.result, faults=faults))


def test_faults_that_overlap_stand_in_different_rows(plain: Path) -> None:
    run = with_faults(plain, (0, 10, ("n1",)), (5, 20, ("n2",)), (10, 30, ("n1",)))
    assert [[f.number for f in row] for row in fault_rows(run)] == [[0, 2], [1]]


def test_a_fault_that_never_fired_is_not_drawn(plain: Path) -> None:
    run = with_faults(plain, (None, None, ()))
    assert fault_rows(run) == []
    assert fault_intervals(run, run.header.nodes) == {}


def test_a_fault_for_ever_lasts_to_the_end_of_the_run(plain: Path) -> None:
    run = with_faults(plain, (7, None, ("n2",)))
    assert fault_intervals(run, run.header.nodes) == {("#3d405b", 7, 2_000_000_000): [1]}


def test_overlapping_faults_of_one_kind_at_a_node_are_one_band(plain: Path) -> None:
    run = with_faults(plain, (0, 10, ("n1",)), (5, 20, ("n1", "n3")), (40, 50, ("n1",)))
    assert fault_intervals(run, run.header.nodes) == {
        ("#3d405b", 0, 20): [0],
        ("#3d405b", 40, 50): [0],
        ("#3d405b", 5, 20): [2],
    }


def test_a_fault_that_names_nobody_struck_everybody(plain: Path) -> None:
    run = with_faults(plain, (0, 10, ()))
    assert fault_intervals(run, run.header.nodes) == {("#3d405b", 0, 10): [0, 1, 2]}


def test_a_fault_is_named_by_whom_or_what_it_struck() -> None:
    def texts(kind: str, nodes: tuple[str, ...], **fields: Any) -> list[str]:
        return named(Fault(0, kind, "#3d405b", "mended", 0, 1, nodes, fields))

    assert texts("crash", ("n1", "n2")) == ["crash n1 n2", "crash"]
    assert texts("partition", ("n1", "n2"), groups=[["n1"], ["n2"]])[0] == "partition n1 | n2"
    assert texts("edge", (), cut=[["Oslo", "Rome"], ["a", "b"]], between=None)[0] == "edge Oslo-Rome, a-b"


def test_many_faults_take_a_bounded_number_of_rows(plain: Path) -> None:
    run = with_faults(plain, *((i, 1_000, ("n1",)) for i in range(40)))
    rows = fault_rows(run)
    assert len(rows) == FAULT_ROWS + 1
    assert sum(map(len, rows)) == 40


def test_text_on_a_colour_is_the_one_that_is_read_more_easily() -> None:
    assert contrast("#ffffff") == contrast("#e09f3e") == "black"
    assert contrast("#3d405b") == contrast("#d1495b") == "white"


def test_text_that_the_font_cannot_draw_is_escaped() -> None:
    assert style.shown("naïve → ✓") == "naïve → ✓"
    assert style.shown("日\x00\ud800\n") == "\\u65e5\\u0000\\ud800 "


def test_wrapped_lines_fit_and_lose_nothing() -> None:
    text = "one two three " * 8 + "x" * 90
    lines = style.wrapped(text, 2.0, lines_max=40)
    assert all(style.width(line) <= 2.0 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_what_does_not_fit_ends_in_an_ellipsis() -> None:
    lines = style.wrapped("word " * 100, 2.0, lines_max=3)
    assert len(lines) == 3
    assert lines[-1].endswith("…")
    assert style.width(lines[-1]) <= 2.0


def test_role_colours_are_all_different_to_people_who_see_no_colour() -> None:
    def grey(colour: str) -> int:
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        return 299 * red + 587 * green + 114 * blue

    # Bars of equal brightness must at least differ in height.
    looks = {(grey(style.ROLE[role]) // 20_000, style.BAR[role]) for role in style.ROLE if role != "up"}
    assert len(looks) == len(style.ROLE) - 1
