"""Charts of rows below each other: a line of words for each, and its values with their intervals below.

Long names have room here, and rows may differ in what they measure: then each has a scale of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from . import style
from .chart import Chart, Series, number, word
from .layout import EDGE, MARGIN, ROOM, Block, axes_at, gap, lines
from .table import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STRIP = 0.15  # inches, of one value with its interval
TICKS = 0.24  # inches, of the numbers below an axis
GAP = 0.1


class Row(NamedTuple):
    """A row: its words, the height of its strip in inches, and its values, each with its place in the strip."""

    label: str
    note: tuple[str, ...]  # the first line beside the label, unless that is empty for want of room
    strip: float
    values: tuple[tuple[int, float, float, float, str], ...]  # place, value, low, high, colour


def blocks(chart: Chart, table: Table, series: Series) -> list[Block]:
    """Return the rows of a chart as blocks of a figure."""
    rows = _rows(chart, table, series)
    shared = _span(rows)
    made = []
    for row in rows:
        numbered = row.strip > 0 and (chart.own_scale or row is rows[-1])
        made += [gap(GAP), _words(row)]
        if row.strip:
            made.append(_values(row, _span([row]) if chart.own_scale else shared, numbered))
        made.append(gap(TICKS * numbered))
    return made


def _words(row: Row) -> Block:
    label, note = lines([row.label]), lines(row.note, style.WIDTH - MARGIN, ha="right", color=style.PLAIN)

    def draw(figure: Figure, foot: float) -> None:
        note.draw(figure, foot)
        label.draw(figure, foot + note.height - label.height)

    return Block(note.height, draw)


def _values(row: Row, span: tuple[float, float], numbered: bool) -> Block:
    left = MARGIN + EDGE

    def draw(figure: Figure, foot: float) -> None:
        _strip(axes_at(figure, left, foot, style.WIDTH - 2 * left, row.strip), row, span, numbered)

    return Block(row.strip, draw)


def _rows(chart: Chart, table: Table, series: Series) -> list[Row]:
    found = []
    for value, _ in table.parts(chart.x):
        values = []
        for i, (look, part) in enumerate(series):
            for row in part.named():
                low, high = row[chart.low or chart.y], row[chart.high or chart.y]
                if row[chart.x] == value and row[chart.y] is not None:
                    values.append((i, number(row[chart.y]), number(low), number(high), look.colour))
        if chart.own_scale and not any(end for one in values for end in one[1:4]):
            values = []  # there is nothing to scale; the note says so
        strip = STRIP * len(series) + 0.08 if values or not chart.own_scale else 0
        label = style.clipped(style.shown(chart.names.get(str(value), word(value))), ROOM)
        note = _beside(label, chart.notes.get(str(value), ""))
        found.append(Row(label, note, strip, tuple(values)))
    return found


def _beside(label: str, note: str) -> tuple[str, ...]:
    """Return the lines of a note: one beside the label, or as many as it needs below."""
    told = style.wrapped(note, ROOM)
    beside = len(told) == 1 and style.width(label) + style.width(told[0]) + 0.2 <= ROOM
    return tuple(told) if beside else ("", *told)


def _span(rows: Sequence[Row]) -> tuple[float, float]:
    """Return where the axis of some rows begins and ends: zero is always on it."""
    ends = [0.0, *(end for row in rows for value in row.values for end in value[1:4] if end == end)]
    low, high = min(ends), max(ends)
    margin = 0.04 * (high - low or 1)
    return low - margin, high + margin


def _strip(axes: Axes, row: Row, span: tuple[float, float], numbered: bool) -> None:
    from matplotlib.ticker import MaxNLocator

    count = round((row.strip - 0.08) / STRIP)
    axes.set_xlim(*span)
    axes.set_ylim(count - 0.3, -0.7)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.ticklabel_format(axis="x", useOffset=False, style="plain")
    axes.tick_params(labelbottom=numbered)
    axes.grid(axis="x", color=style.GRID, linewidth=0.7, zorder=0)
    axes.axvline(0, color=style.INK, linewidth=0.9, zorder=1)
    for place, value, low, high, colour in row.values:
        axes.hlines([place], [low], [high], color=colour, linewidth=2.2, zorder=3)
        axes.plot([value], [place], linestyle="none", marker="o", markersize=6, color=colour, zorder=4, clip_on=False)
