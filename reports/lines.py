"""A line for each node: how it looks, its entry in the legend, and the panel of lines over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from . import style
from .layout import Key
from .series import Steps, thin

if TYPE_CHECKING:
    from matplotlib.axes import Axes

APART = 10  # up to so many nodes have a line of their own in the legend

Look = tuple[str, object, float]  # colour, dash, line width


def looks_of(nodes: Sequence[str]) -> dict[str, Look]:
    """Return how each node's line looks: later ones are thinner, so that lines on top of each other all show."""
    count = len(nodes)
    if count > APART:
        return {node: (colour, "solid", 1.0) for node, colour in zip(nodes, style.ramp(count), strict=True)}
    wide = [4.2 - 3.0 * i / max(count - 1, 1) if count > 1 else 1.8 for i in range(count)]
    return {
        node: (colour, dash, width)
        for node, (colour, dash), width in zip(nodes, style.series(count), wide, strict=True)
    }


def keys_of(nodes: Sequence[str]) -> list[Key]:
    """Return the legend's entries for nodes; of too many the first, the middle one and the last."""
    looks = looks_of(nodes)
    if len(nodes) > APART:
        some = nodes[0], nodes[len(nodes) // 2], nodes[-1]
        return [Key(("" if node == nodes[0] else "… ") + node, "line", looks[node][0]) for node in some]
    return [Key(node, "line", look[0], look[1], look[2] / 1.8) for node, look in looks.items()]


def draw_lines(axes: Axes, chart: Mapping[str, Steps], nodes: Sequence[str], end: int) -> None:
    """Draw whole numbers over time, a stepped line for each node."""
    from matplotlib.ticker import MaxNLocator

    looks = looks_of(nodes)
    most = 1
    for node, whole in chart.items():
        steps = thin(whole, end)
        if not steps:
            continue
        times = [at / 1e9 for at, _ in steps] + [end / 1e9]
        values = [value for _, value in steps]
        numbers = [float("nan") if value is None else value for value in [*values, values[-1]]]
        most = max(most, *(value or 0 for value in values))
        colour, dash, wide = looks[node]
        axes.step(times, numbers, where="post", color=colour, linestyle=dash, linewidth=wide, zorder=3)
    axes.set_ylim(-0.02 * most, 1.12 * most)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True, steps=[1, 2, 5, 10]))
    axes.ticklabel_format(axis="y", useOffset=False, style="plain")
    axes.grid(axis="y", color=style.GRID, linewidth=0.7, zorder=1)
