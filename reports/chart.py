"""Charts of tables: lines with bands, points with intervals, steps of a distribution, heat maps, and rows (rows.py).

A chart says which columns it shows; what is drawn depends on the table and on nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import layout, style
from .layout import EDGE, MARGIN, Block, Key, Names
from .table import Cell, Table

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMS = ("line", "points", "step", "heat", "rows")
TALL = 3.2  # inches, of the panel
BAR = 0.75  # inches, of a heat map's bar of colours with its labels
APART = 0.07  # inches between the points of two series at one place
APART_MAX = 0.3  # the same where places are categories


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


Series = list[tuple[Key, Table]]  # how each looks, and its rows; without a name it is alone


def draw(chart: Chart, table: Table) -> Figure:
    """Return the figure of a chart."""
    from . import rows  # which is made of what stands here

    heat = chart.form == "heat"
    series = _series(chart, table)
    keys = [] if heat else _keys(chart, series)
    foot = [*layout.legend(keys), *layout.caption([chart.caption] if chart.caption else [])]
    head = [layout.title(chart.title), layout.heading(_heading(chart))]
    if chart.form == "rows":
        return layout.stack([*head, *rows.blocks(chart, table, series), layout.gap(0.06), *foot])
    left = _left(chart, table)
    across = style.WIDTH - left - MARGIN - EDGE - (BAR if heat else 0)
    below = _below(chart, table, across)

    def panel(figure: Figure, foot: float) -> None:
        axes = layout.axes_at(figure, left, foot, across, TALL)
        if heat:
            _heat(axes, layout.axes_at(figure, left + across + 0.12, foot, 0.16, TALL), chart, table)
        else:
            _curves(axes, chart, table, series, across)
        if below is not None:
            places = range(0, len(below.written) * below.every, below.every)
            axes.set_xticks(places, below.written, rotation=90 if below.upright else 0)

    blocks = [*head, layout.gap(0.06), Block(TALL, panel)]
    if below is not None and below.upright:
        blocks.append(layout.gap(below.room - style.LINE))
    blocks.append(layout.axis_label(chart.x_label or chart.x, left, across))
    return layout.stack([*blocks, *foot])


def _heading(chart: Chart) -> str:
    upwards = f"; upwards: {chart.by_label or chart.by}" if chart.form == "heat" else ""
    return (chart.y_label or chart.y) + upwards


def _series(chart: Chart, table: Table) -> Series:
    parts = table.parts(chart.by) if chart.by and chart.form != "heat" else [("", table)]
    prefix = f"{chart.by_label} " if chart.by_label else ""
    made = []
    for i, ((value, part), (colour, dash)) in enumerate(zip(parts, style.series(len(parts)), strict=True)):
        label = chart.names.get(str(value), word(value))
        # Later lines are thinner, so that lines on top of each other all show.
        wide = 0.9 + 0.9 * (len(parts) - 1 - i) / max(len(parts) - 1, 1)
        look = ("o", colour) if chart.form in ("points", "rows") else ("line", colour, dash, wide)
        made.append((Key(f"{prefix}{label}" if label else "", *look), part))
    return made


def _keys(chart: Chart, series: Series) -> list[Key]:
    keys = [key for key, _ in series if key.label]
    if chart.reference:
        look = ("_", style.INK, "solid", 2.0) if chart.form == "points" else ("line", style.INK, (0, (4, 2)), 0.7)
        keys.append(Key(chart.reference_label, *look))
    return keys


def _left(chart: Chart, table: Table) -> float:
    """Return the room in inches that the labels of the upright axis need."""
    if chart.form == "heat":
        labels = _upwards(chart, table)
    else:
        ends = [number for name in (chart.y, chart.low, chart.high) if name for number in _numbers(table, name)]
        labels = ["0.00025", "-1000", *(f"{end:.0f}" for end in (min(ends, default=0), max(ends, default=0)))]
    return 0.25 + max((style.width(label) for label in labels), default=0.5)


def _upwards(chart: Chart, table: Table) -> list[str]:
    return [style.clipped(style.shown(word(v)), 1.6) for v in dict.fromkeys(table.column(chart.by))]


def _below(chart: Chart, table: Table, across: float) -> Names | None:
    """Return how the categories of the level axis are named, None if it is one of numbers."""
    values = list(dict.fromkeys(table.column(chart.x)))
    if chart.form != "heat":
        values = [value for value in values if isinstance(value, str)]
    return layout.names([word(value) for value in values], across / len(values)) if values else None


def _numbers(table: Table, name: str) -> list[float]:
    """Return the figures that there are in a column."""
    return [float(value) for value in table.column(name) if value is not None]


def word(value: Cell) -> str:
    """Return a cell as it stands in a chart."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def number(value: Cell) -> float:
    """Return a cell as matplotlib takes it."""
    return float("nan") if value is None else float(value)


def _curves(axes: Axes, chart: Chart, table: Table, series: Series, across: float) -> None:
    from matplotlib.ticker import MaxNLocator

    values = table.column(chart.x)
    place = {v: i for i, v in enumerate(dict.fromkeys(v for v in values if isinstance(v, str)))}
    apart = min(APART_MAX, 0.7 * across / len(place) / len(series)) if place else APART
    for i, (look, part) in enumerate(series):
        xs = [place[v] if isinstance(v, str) else number(v) for v in part.column(chart.x)]
        ys = [number(v) for v in part.column(chart.y)]
        beside = (i - (len(series) - 1) / 2) * apart if chart.form == "points" else 0.0
        _draw_one(axes, chart, part, (xs, ys), look, beside)
    if chart.x_log:
        axes.set_xscale("log")
        _label_log(axes.xaxis, set() if place else set(_numbers(table, chart.x)))
    elif not place and all(isinstance(v, int) for v in values):
        axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10]))
    if chart.y_log:
        axes.set_yscale("log")
        _label_log(axes.yaxis, set())
    else:
        low, high = axes.dataLim.intervaly
        if low > high:  # there is nothing
            axes.set_ylim(0, 1)
        elif low >= 0:
            axes.set_ylim(0, 1.05 * high or 1)
        else:
            margin = 0.03 * (max(high, 0) - low)
            axes.set_ylim(low - margin, max(high, 0) + margin)
            axes.axhline(0, color=style.INK, linewidth=0.9, zorder=1)
        axes.ticklabel_format(axis="y", useOffset=False, style="plain")
    if place:
        axes.set_xlim(-0.5, len(place) - 0.5)
    elif chart.form == "points":
        axes.margins(x=0.1)
    axes.grid(color=style.GRID, linewidth=0.7, zorder=0)


LABELS = 9  # so many points of a logarithmic axis are labelled themselves, else powers of ten and what halves them


def _label_log(axis: Any, values: set[float]) -> None:
    """Label a logarithmic axis with plain numbers: matplotlib's own labels are formulas, which are not set here."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

    if 0 < len(values) <= LABELS:
        axis.set_ticks(sorted(values))
        axis.set_minor_locator(NullLocator())
    elif (ends := axis.get_view_interval())[1] < 100 * ends[0]:
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def _draw_one(
    axes: Axes, chart: Chart, part: Table, line: tuple[Sequence[float], Sequence[float]], look: Key, beside: float
) -> None:
    """Draw one series; points stand so many inches beside their places."""
    from matplotlib.transforms import ScaledTranslation

    xs, ys = line
    points: list[Artist] = []
    how: dict[str, Any] = {"color": look.colour, "linestyle": look.dash, "linewidth": 1.8 * look.size, "zorder": 4}
    if chart.low:
        lows, highs = ([number(v) for v in part.column(name)] for name in (chart.low, chart.high))
        lone = sum(not math.isnan(y) for y in ys) == 1  # a band of no width would not be seen
        if chart.form == "points" or lone:
            points.append(axes.vlines(xs, lows, highs, color=look.colour, linewidth=1.6, zorder=3))
        else:
            axes.fill_between(xs, lows, highs, color=look.colour, alpha=0.18, linewidth=0, zorder=2)
    if chart.form == "points":
        points += axes.plot(xs, ys, **how | {"linestyle": "none"}, marker="o", markersize=5, clip_on=False)
    elif chart.form == "step":  # a distribution: it rises from nothing at its first value
        axes.step([*xs[:1], *xs], [0.0] * bool(xs) + [*ys], where="post", **how)
    else:
        how["clip_on"] = chart.x_log or chart.y_log  # there a zero lies infinitely far off, elsewhere on the edge
        axes.plot(xs, ys, marker="o" if len(xs) <= 25 else "", markersize=2.5 + 1.8 * look.size, **how)
    if chart.reference:
        expected = [number(v) for v in part.column(chart.reference)]
        if chart.form == "points":
            points += axes.plot(xs, expected, linestyle="none", marker="_", markersize=14, color=style.INK, zorder=5)
        else:
            axes.plot(xs, expected, color=look.colour, linestyle=(0, (4, 2)), linewidth=1.3, zorder=5)
    for artist in points:  # only now: the limits of the axes are those of the places
        artist.set_transform(axes.transData + ScaledTranslation(beside, 0, axes.figure.dpi_scale_trans))


def _heat(axes: Axes, bar: Axes, chart: Chart, table: Table) -> None:
    import matplotlib

    across = list(dict.fromkeys(table.column(chart.x)))
    upwards = list(dict.fromkeys(table.column(chart.by)))
    grid = [[float("nan")] * len(across) for _ in upwards]
    for x, y, value in zip(*(table.column(c) for c in (chart.x, chart.by, chart.y)), strict=True):
        grid[upwards.index(y)][across.index(x)] = number(value)
    found = _numbers(table, chart.y) or [0.0]
    least, most = min(found), max(found)
    if least == most:  # one colour says nothing of itself: let it stand on a scale from zero
        least, most = min(least, 0.0), max(most, 0.0) or 1.0
    shades = matplotlib.colormaps["cividis"]
    image = axes.imshow(grid, origin="lower", aspect="auto", cmap=shades, vmin=least, vmax=most)
    every = layout.thinned(TALL / len(upwards))
    axes.set_yticks(range(0, len(upwards), every), _upwards(chart, table)[::every])
    axes.tick_params(length=0)
    if len(across) <= 10 and every == 1:
        for row, values in enumerate(grid):
            for column, value in enumerate(values):
                if not math.isnan(value):
                    ink = "white" if value < (least + most) / 2 else "black"
                    axes.text(column, row, f"{value:.3g}", ha="center", va="center", color=ink)
    bar.figure.colorbar(image, cax=bar, format=lambda value, _: f"{value:.4g}")
