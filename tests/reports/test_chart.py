"""Charts of tables: what is drawn is what the table says, in any form, and the same bytes each time."""

from hashlib import sha256
from pathlib import Path

import pytest

from reports.chart import FORMS, Chart, draw
from reports.draw import FORMATS, save
from reports.table import Table

TABLE = Table(
    ("loss", "rounds", "low", "high", "fanout", "form"),
    tuple((x / 10, x * f + 1.0, x * f + 0.5, x * f + 1.5, f, x * f * 1.1 + 1) for f in (1, 2) for x in range(6)),
)


def chart(form: str = "line") -> Chart:
    return Chart(
        title="rounds until all agree", x="loss", y="rounds", by="fanout", by_label="fan-out", low="low", high="high",
        reference="form", form=form,
    )  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_a_chart_is_the_same_bytes_each_time(form: str, tmp_path: Path) -> None:
    digests = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        made = save(tmp_path / name, "chart", "t", lambda: draw(chart(form), TABLE), tuple(FORMATS))
        digests.append([sha256(path.read_bytes()).hexdigest() for path in made])
    assert digests[0] == digests[1]
    assert len(set(digests[0])) == 3


def test_a_line_goes_through_the_table() -> None:
    axes = draw(chart(), TABLE).axes[0]
    drawn = [list(zip(line.get_xdata(), line.get_ydata(), strict=True)) for line in axes.lines]
    assert [(x / 10, x * 2 + 1.0) for x in range(6)] in drawn


def test_the_reference_is_drawn_beside_what_was_measured() -> None:
    axes = draw(chart(), TABLE).axes[0]
    assert [x * 2 * 1.1 + 1 for x in range(6)] in [list(line.get_ydata()) for line in axes.lines]


def test_a_heat_map_has_a_cell_for_each_pair() -> None:
    axes = draw(chart("heat"), TABLE).axes[0]
    assert axes.images[0].get_array().shape == (2, 6)


def test_a_figure_that_there_is_not_leaves_a_gap() -> None:
    table = Table(("x", "y"), ((1, 2.0), (2, None), (3, 4.0)))
    axes = draw(Chart(title="t", x="x", y="y"), table).axes[0]
    assert [str(float(y)) for y in axes.lines[0].get_ydata()] == ["2.0", "nan", "4.0"]


def test_half_an_interval_is_refused() -> None:
    with pytest.raises(ValueError, match="both low and high"):
        Chart(title="t", x="x", y="y", low="low")


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(ValueError, match="found form 'pie', allowed: line, points, step, heat"):
        Chart(title="t", x="x", y="y", form="pie")


def test_a_row_that_is_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match="found a row of 1 cells"):
        Table(("x", "y"), ((1,),))


def test_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="found column 'z', allowed: x, y"):
        Table(("x", "y"), ()).column("z")


def test_a_table_reads_back_from_its_csv() -> None:
    assert Table(("x", "y"), ((0.1, "a,b"), (None, "c"))).csv() == 'x,y\n0.1,"a,b"\n,c\n'


def ticks(axis: object) -> list[str]:
    return [label.get_text() for label in axis.get_ticklabels() if label.get_text()]  # type: ignore[attr-defined]


def test_a_logarithmic_axis_of_few_points_labels_these_with_plain_numbers() -> None:
    table = Table(("n", "rounds"), ((3, 1.0), (20, 2.0), (200, 4.0)))
    assert ticks(draw(Chart(title="t", x="n", y="rounds", x_log=True), table).axes[0].xaxis) == ["3", "20", "200"]


def test_a_logarithmic_axis_of_many_points_labels_powers_of_ten() -> None:
    table = Table(("n", "rounds"), tuple((n, float(n)) for n in range(1, 120)))
    axes = draw(Chart(title="t", x="n", y="rounds", x_log=True, y_log=True), table).axes[0]
    assert {"1", "10", "100"} <= set(ticks(axes.xaxis)) & set(ticks(axes.yaxis))


def test_a_band_below_zero_is_all_there_and_zero_is_marked() -> None:
    table = Table(("x", "y", "low", "high"), ((1, -2.0, -3.0, -1.0), (2, 1.0, -1.0, 2.0)))
    axes = draw(Chart(title="t", x="x", y="y", low="low", high="high"), table).axes[0]
    assert axes.get_ylim()[0] < -3
    assert [0, 0] in [list(line.get_ydata()) for line in axes.lines]


def test_differences_that_are_all_below_zero_show_how_far_below() -> None:
    axes = draw(Chart(title="t", x="x", y="y"), Table(("x", "y"), ((1, -9.0), (2, -8.0)))).axes[0]
    assert axes.get_ylim()[1] >= 0


def test_the_interval_of_a_lone_point_is_a_bar() -> None:
    table = Table(("x", "y", "low", "high"), ((1, None, None, None), (2, 4.0, 3.0, 7.0)))
    axes = draw(Chart(title="t", x="x", y="y", low="low", high="high"), table).axes[0]
    ends = [segment for lines in axes.collections for segment in lines.get_segments()]
    assert [[2.0, 3.0], [2.0, 7.0]] in [segment.tolist() for segment in ends]
