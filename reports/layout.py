"""A figure as blocks above each other, laid out in inches: title, panels, legend and caption.

Every text is measured before the figure is made, so nothing is clipped and nothing overlaps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from . import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARGIN = 0.1
EDGE = 0.15  # room to the right of panels, for half a tick label
ROOM = style.WIDTH - 2 * MARGIN  # of a line of text
SWATCH = 0.3  # width of a legend entry's picture
AXIS = 2.3 * style.LINE  # the tick labels below a panel, and what they count
RISE = 0.05  # of a line's letters above its foot


class Block(NamedTuple):
    """A part of a figure, as wide as it: its height, and what draws it, given the figure and how high its foot is."""

    height: float
    draw: Callable[[Figure, float], object]


def stack(blocks: Sequence[Block]) -> Figure:
    """Return a figure of blocks, the first one uppermost."""
    from matplotlib.figure import Figure

    height = 2 * MARGIN + sum(block.height for block in blocks)
    figure = Figure(figsize=(style.WIDTH, height), facecolor="white")
    foot = height - MARGIN
    for block in blocks:
        foot -= block.height
        block.draw(figure, foot)
    return figure


def gap(height: float) -> Block:
    """Return a block in which there is nothing."""
    return Block(height, lambda figure, foot: None)


def lines(texts: Sequence[str], x: float = MARGIN, **how: Any) -> Block:
    """Return lines of text that were measured."""

    def draw(figure: Figure, foot: float) -> None:
        for i, text in enumerate(texts, 1):
            y = foot + (len(texts) - i) * style.LINE + RISE
            figure.text(x / style.WIDTH, y / figure.get_figheight(), text, va="baseline", **how)

    return Block(len(texts) * style.LINE, draw)


def title(text: str) -> Block:
    """Return the title of a figure, and a little air below it."""
    words = lines(style.wrapped(text, ROOM, style.TITLE, 3), fontsize=style.TITLE)
    return Block(words.height + 0.06, lambda figure, foot: words.draw(figure, foot + 0.06))


def heading(text: str, x: float = MARGIN) -> Block:
    """Return a line that says what a panel shows; what does not fit ends in an ellipsis."""
    return lines([style.clipped(style.shown(text), style.WIDTH - x - MARGIN)], x)


def caption(texts: Sequence[str]) -> list[Block]:
    """Return what is said below a figure; each text begins a line of its own."""
    said = [line for text in texts for line in style.wrapped(text, ROOM)]
    return [gap(0.12), lines(said)] if said else []


def axis_label(text: str, left: float, across: float) -> Block:
    """Return the room for tick labels below a panel, and what they count, in its middle."""
    middle = left + across / 2
    room = 2 * (min(middle, style.WIDTH - middle) - MARGIN)
    return Block(AXIS, lines([style.clipped(style.shown(text), room)], middle, ha="center").draw)


def axes_at(figure: Figure, left: float, foot: float, across: float, tall: float, **how: Any) -> Axes:
    """Return new axes at a place of a figure that is given in inches."""
    height = figure.get_figheight()
    return figure.add_axes((left / style.WIDTH, foot / height, across / style.WIDTH, tall / height), **how)


# -- names along an axis -----------------------------------------------------------------------------------


class Names(NamedTuple):
    """Names along an axis: every how many-th is written, as what, whether upright, and the room that they need."""

    every: int
    written: list[str]
    upright: bool
    room: float


def names(texts: Sequence[str], apart: float, room_max: float = 2.2) -> Names:
    """Return how to write names that are so many inches apart from left to right: level, else upright, else some."""
    written = [style.clipped(style.shown(text), room_max) for text in texts]
    widest = max(map(style.width, written), default=0.0)
    if widest + 0.1 <= apart:
        return Names(1, written, False, style.LINE)
    every = thinned(apart)
    return Names(every, written[::every], True, widest + 0.1)


def thinned(apart: float) -> int:
    """Return every how many-th of rows that are so many inches apart has room for a line of text."""
    return max(1, -(-int(style.LINE * 1000) // int(apart * 1000)))


# -- the legend --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Key:
    """One entry of the legend; `form` is patch, band, line, arrow or a matplotlib marker."""

    label: str
    form: Any
    colour: str
    dash: Any = "solid"
    size: float = 1.0
    hollow: bool = False


def legend(keys: Sequence[Key]) -> list[Block]:
    """Return a legend, set in lines as words are."""
    rows = _flow(keys)
    height = len(rows) * style.LINE
    return [gap(0.08), Block(height, lambda figure, foot: _entries(figure, rows, foot))] if rows else []


Rows = list[list[tuple[float, Key, str]]]  # of each entry: its place in inches, and its label as it fits


def _flow(keys: Sequence[Key]) -> Rows:
    rows: Rows = []
    x = ROOM + 1
    for key in keys:
        label = style.clipped(style.shown(key.label), ROOM - SWATCH - 0.1)
        wide = SWATCH + 0.07 + style.width(label)
        if x + wide > ROOM + MARGIN:
            rows.append([])
            x = MARGIN
        rows[-1].append((x, key, label))
        x += wide + 0.2
    return rows


def _entries(figure: Figure, rows: Rows, foot: float) -> None:
    from matplotlib.patches import Rectangle

    axes = axes_at(figure, 0, foot, style.WIDTH, len(rows) * style.LINE)
    axes.set_axis_off()
    axes.set_xlim(0, style.WIDTH)
    axes.set_ylim(len(rows), 0)
    for i, row in enumerate(rows):
        for x, key, label in row:
            y = i + 0.5
            middle = x + SWATCH / 2
            if key.form in ("patch", "band"):
                tall = 0.62 * max(key.size, 0.1)
                alpha = 2 * style.BAND if key.form == "band" else 1
                face = Rectangle((x, y - tall / 2), SWATCH, tall, facecolor=key.colour, alpha=alpha, linewidth=0)
                axes.add_patch(face)
            elif key.form in ("line", "arrow"):
                until = x + SWATCH - 0.05 * (key.form == "arrow")
                axes.plot(
                    [x, until], [y, y], color=key.colour, linestyle=key.dash, linewidth=1.8 * key.size,
                    solid_capstyle="butt",
                )  # fmt: skip
                if key.form == "arrow":
                    axes.plot([until], [y], marker=">", markersize=6, color=key.colour, markeredgewidth=0)
            else:
                mark(axes, [middle], [y], key)
            axes.text(x + SWATCH + 0.07, y, label, va="center_baseline")


def mark(axes: Axes, xs: Sequence[float], ys: Sequence[float], key: Key) -> None:
    """Draw a legend entry's marker at some places."""
    axes.plot(
        xs, ys, linestyle="none", marker=key.form, markersize=7 * key.size, color=key.colour,
        markerfacecolor="white" if key.hollow else key.colour, markeredgewidth=1.4, zorder=6, clip_on=False,
    )  # fmt: skip
