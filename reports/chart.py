"""Charts of tables: lines with bands, points with intervals, steps of a distribution, heat maps, and rows (rows.py).

A chart says which columns it shows; what is drawn depends on the table and on nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import style
from .sheet import EDGE, MARGIN, Key, flow, legend
from .table import Cell, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMS = ("line", "points", "step", "heat", "rows")
TALL = 3.2  # inches, of the panel
AXIS = 2.4 * style.LINE  # of the numbers and the words below it


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart of a table: the columns on its axes, and the column whose values make its series.

    `low` and `high` are the columns of an interval around `y`, drawn as a band, or as bars around points. `reference`
    is a column that is drawn dashed in its series' colour: a closed form, or a published figure. A heat map has
    categories on both axes, `by` upwards, and `y` as its colour. `rows` has a row for each `x`, and `y` goes across;
    `own_scale` gives each row an axis of its own, and `notes` are words beside a row, by its `x`. Raises ValueError.
    """

    title: str
    x: str
    y: str
    by: str = ""
    low: str = ""
    high: str = ""
    reference: str = ""
    form: str = "line"
    x_label: str = ""
    y_label: str = ""
    by_label: str = ""
    reference_label: str = "expected"
    x_log: bool = False
    y_log: bool = False
    caption: str = ""
    names: Mapping[str, str] = field(default_factory=dict)  # of series and rows, by the value that makes them
    notes: Mapping[str, str] = field(default_factory=dict)
    own_scale: bool = False

    def __post_init__(self) -> None:
        if self.form not in FORMS:
            raise ValueError(f"found form {self.form!r}, allowed: {', '.join(FORMS)}")
        if bool(self.low) != bool(self.high):
            raise ValueError("found one end of an interval, allowed: both low and high, or neither")
        if self.form == "heat" and not self.by:
            raise ValueError("a heat map needs by, the column that goes upwards")


Series = list[tuple[str, Table, str, Any]]  # label, rows, colour, dash


def draw(chart: Chart, table: Table) -> Figure:
    """Return the figure of a chart."""
    from matplotlib.figure import Figure

    from . import rows  # which is made of what stands here

    series = _series(chart, table)
    below = rows.layout(chart, table, series) if chart.form == "rows" else None
    keys = [] if chart.form == "heat" else _keys(chart, series)
    room = style.WIDTH - 2 * MARGIN
    title = style.wrapped(chart.title, room, style.TITLE, 3)
    said = style.wrapped(chart.caption, room) if chart.caption else []
    legend_rows = flow(keys, room)
    tall = TALL + AXIS if below is None else below.height
    height = 2 * MARGIN + (len(title) + 1 + len(legend_rows) + len(said)) * style.LINE + tall + 0.3
    figure = Figure(figsize=(style.WIDTH, height), facecolor="white")

    def write(text: str, x: float, y: float, **how: Any) -> None:
        figure.text(x / style.WIDTH, y / height, text, va="baseline", **how)

    y = height - MARGIN
    for line in title:
        y -= style.LINE
        write(line, MARGIN, y + 0.05, fontsize=style.TITLE)
    y -= style.LINE + 0.06
    heading = chart.y_label or chart.y
    if chart.form == "heat":
        heading += f"; upwards: {chart.by_label or chart.by}"
    write(style.clipped(style.shown(heading), room), MARGIN, y + 0.05)
    y -= tall + 0.06
    if below is not None:
        rows.draw(figure, below, y + tall)
    else:
        left = _left(chart, table)
        across = style.WIDTH - left - MARGIN - EDGE - (0.75 if chart.form == "heat" else 0)
        write(style.shown(chart.x_label or chart.x), left + across / 2, y + 0.04, ha="center")
        _panel(figure, chart, table, series, (left, y + AXIS, across))
    if legend_rows:
        y -= 0.08 + len(legend_rows) * style.LINE
        legend(figure, legend_rows, (0, y / height, 1, len(legend_rows) * style.LINE / height))
    y -= 0.1 * bool(said)
    for line in said:
        y -= style.LINE
        write(line, MARGIN, y + 0.05)
    return figure


def _panel(figure: Figure, chart: Chart, table: Table, series: Series, place: tuple[float, float, float]) -> None:
    """Draw the panel of a chart at (left, bottom, width) in inches."""
    left, bottom, across = place
    wide, height = figure.get_size_inches()
    axes = figure.add_axes((left / wide, bottom / height, across / wide, TALL / height))
    if chart.form != "heat":
        _curves(axes, chart, table, series)
        return
    beside = (left + across + 0.12) / wide
    _heat(axes, figure.add_axes((beside, axes.get_position().y0, 0.16 / wide, TALL / height)), chart, table)


def _series(chart: Chart, table: Table) -> Series:
    parts = table.parts(chart.by) if chart.by and chart.form != "heat" else [("", table)]
    looks = style.series(len(parts))
    return [
        (chart.names.get(str(value), word(value)), part, colour, dash)
        for (value, part), (colour, dash) in zip(parts, looks, strict=True)
    ]


def _keys(chart: Chart, series: Series) -> list[Key]:
    prefix = f"{chart.by_label} " if chart.by_label else ""
    form = "o" if chart.form in ("points", "rows") else "line"
    keys = [Key(f"{prefix}{label}", form, colour, dash) for label, _, colour, dash in series if label]
    if chart.reference:
        keys.append(Key(chart.reference_label, "line", style.INK, (0, (4, 2)), 0.7))
    return keys


def _left(chart: Chart, table: Table) -> float:
    """Return the room in inches that the labels of the upright axis need."""
    labels = [word(v) for v in table.column(chart.by)] if chart.form == "heat" else ["0.00025", "-1000"]
    return 0.25 + max((style.width(style.shown(label)) for label in labels), default=0.5)


def word(value: Cell) -> str:
    """Return a cell as it stands in a chart."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def number(value: Cell) -> float:
    """Return a cell as matplotlib takes it."""
    return float("nan") if value is None else float(value)


def _curves(axes: Axes, chart: Chart, table: Table, series: Series) -> None:
    categories = [v for v in dict.fromkeys(table.column(chart.x)) if isinstance(v, str)]
    place = {v: i for i, v in enumerate(categories)}
    for i, (_, part, colour, dash) in enumerate(series):
        xs = [place[v] if isinstance(v, str) else number(v) for v in part.column(chart.x)]
        ys = [number(v) for v in part.column(chart.y)]
        if chart.form == "points":
            shift = (i - (len(series) - 1) / 2) * 0.12 if categories else 0
            xs = [x + shift for x in xs]
        _draw_one(axes, chart, part, (xs, ys), colour, dash)
    if chart.x_log:
        axes.set_xscale("log")
        _label_log(axes.xaxis, {x for x in map(number, table.column(chart.x)) if not categories})
    if chart.y_log:
        axes.set_yscale("log")
        _label_log(axes.yaxis, set())
    else:
        low, high = axes.get_ylim()
        columns = (chart.y, chart.low, chart.high) if chart.low else (chart.y,)
        shown = [y for name in columns for y in map(number, table.column(name)) if not math.isnan(y)]
        smallest, largest = min([0.0, *shown]), max([0.0, *shown])
        margin = 0.03 * (largest - smallest)
        axes.set_ylim(min(low, smallest - margin) if smallest < 0 else 0, max(high, largest + margin))
        if smallest < 0:
            axes.axhline(0, color=style.INK, linewidth=0.9, zorder=1)
        axes.ticklabel_format(axis="y", useOffset=False, style="plain")
    if categories:
        axes.set_xticks(range(len(categories)), [style.shown(v) for v in categories])
        axes.set_xlim(-0.5, len(categories) - 0.5)
    axes.grid(color=style.GRID, linewidth=0.7, zorder=0)


LABELS = 9  # so many points of a logarithmic axis are labelled themselves, else its powers of ten are


def _label_log(axis: Any, values: set[float]) -> None:
    """Label a logarithmic axis with plain numbers: matplotlib's own labels are formulas, which are not set here."""
    from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator

    if 0 < len(values) <= LABELS:
        axis.set_ticks(sorted(values))
        axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def _draw_one(
    axes: Axes, chart: Chart, part: Table, line: tuple[Sequence[float], Sequence[float]], colour: str, dash: Any
) -> None:
    xs, ys = line
    if chart.low:
        lows, highs = ([number(v) for v in part.column(name)] for name in (chart.low, chart.high))
        lone = sum(not math.isnan(y) for y in ys) == 1  # a band of no width would not be seen
        if chart.form == "points" or lone:
            axes.vlines(xs, lows, highs, color=colour, linewidth=1.6, zorder=3)
        else:
            axes.fill_between(xs, lows, highs, color=colour, alpha=0.18, linewidth=0, zorder=2)
    if chart.form == "points":
        axes.plot(xs, ys, linestyle="none", marker="o", markersize=5, color=colour, zorder=4)
    elif chart.form == "step":
        axes.step(xs, ys, where="post", color=colour, linestyle=dash, linewidth=1.8, zorder=4)
    else:
        marker = "o" if len(xs) <= 25 else ""
        axes.plot(xs, ys, color=colour, linestyle=dash, linewidth=1.8, marker=marker, markersize=4, zorder=4)
    if chart.reference:
        expected = [number(v) for v in part.column(chart.reference)]
        if chart.form == "points":
            axes.plot(xs, expected, linestyle="none", marker="_", markersize=14, color=style.INK, zorder=5)
        else:
            axes.plot(xs, expected, color=colour, linestyle=(0, (4, 2)), linewidth=1.3, zorder=5)


def _heat(axes: Axes, bar: Axes, chart: Chart, table: Table) -> None:
    import matplotlib

    across = list(dict.fromkeys(table.column(chart.x)))
    upwards = list(dict.fromkeys(table.column(chart.by)))
    grid = [[float("nan")] * len(across) for _ in upwards]
    for x, y, value in zip(*(table.column(c) for c in (chart.x, chart.by, chart.y)), strict=True):
        grid[upwards.index(y)][across.index(x)] = number(value)
    image = axes.imshow(grid, origin="lower", aspect="auto", cmap=matplotlib.colormaps["cividis"])
    axes.set_xticks(range(len(across)), [style.shown(word(v)) for v in across])
    axes.set_yticks(range(len(upwards)), [style.shown(word(v)) for v in upwards])
    axes.tick_params(length=0)
    middle = sum(image.get_clim()) / 2
    if len(across) <= 10:
        for row, values in enumerate(grid):
            for column, value in enumerate(values):
                if not math.isnan(value):
                    ink = "white" if value < middle else "black"
                    axes.text(column, row, f"{value:.3g}", ha="center", va="center", color=ink)
    bar.figure.colorbar(image, cax=bar)
