"""Rows have room for their words: nothing is clipped, and nothing lies on anything else."""

from typing import Any

import pytest
from ink import legible
from matplotlib.figure import Figure

from reports import style
from reports.chart import Chart, draw
from reports.table import Table

LONG = "a name that takes a whole line of a picture, and more than that in a column"
SIDES = Table(
    ("what", "value", "low", "high", "side"),
    tuple((what, v, v - 0.2, v + 0.2, side) for what in ("short", LONG) for side, v in (("a", 0.3), ("b", 0.9))),
)
APART = Table(("what", "value", "low", "high"), (("time", -900.0, -1000.0, 5.0), ("share", 0.001, None, None)))


def both(own_scale: bool = False, **more: Any) -> Chart:
    return Chart(
        title="t", x="what", y="value", low="low", high="high", form="rows", own_scale=own_scale, **more,
    )  # fmt: skip


def drawn(chart: Chart, table: Table) -> Figure:
    with style.styled():
        figure = draw(chart, table)
        figure.canvas.draw()
    return figure


def test_every_value_lies_in_the_row_of_its_name() -> None:
    figure = drawn(both(by="side"), SIDES)
    found = [
        [float(line.get_xdata()[0]) for line in axes.lines if line.get_marker() == "o"] for axes in figure.axes[:2]
    ]  # fmt: skip
    assert found == [[0.3, 0.9], [0.3, 0.9]]


def test_rows_of_one_scale_share_its_ends_and_number_it_once() -> None:
    first, second = drawn(both(by="side"), SIDES).axes[:2]
    assert first.get_xlim() == second.get_xlim()
    assert [any(label.get_visible() for label in axes.get_xticklabels()) for axes in (first, second)] == [False, True]


def test_rows_of_their_own_scale_all_show_zero() -> None:
    ends = [axes.get_xlim() for axes in drawn(both(own_scale=True), APART).axes]
    assert len(set(ends)) == 2
    assert all(low < 0 < high for low, high in ends)


def test_a_row_without_a_figure_has_its_words_alone() -> None:
    table = Table(("what", "value", "low", "high"), (("none", None, None, None), ("some", 1.0, 0.5, 2.0)))
    figure = drawn(both(own_scale=True, notes={"none": "in no pair"}), table)
    assert len(figure.axes) == 1
    assert {"none", "in no pair"} <= {text.get_text() for text in figure.texts}


@pytest.mark.parametrize("note", ["brief", LONG, f"{LONG}; {LONG}"])
def test_words_overlap_neither_each_other_nor_the_edge(note: str) -> None:
    figure = drawn(both(by="side", notes={"short": note, LONG: note}, caption=LONG), SIDES)
    with style.styled():
        boxes = [box for text, box in legible(figure) if not text.replace(".", "").isdigit()]
    panels = [axes.get_window_extent() for axes in figure.axes[:2]]
    assert len(boxes) >= 7
    assert not [1 for box in boxes for panel in panels if box.overlaps(panel)]
