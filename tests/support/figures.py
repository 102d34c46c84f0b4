"""What a figure shows, measured by matplotlib's own renderer."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from reports import style


def visible_texts(figure: Any) -> list[tuple[str, Any]]:
    """Return every text that is drawn, with the box of its ink in pixels."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    figure.set_dpi(style.DPI)  # as it is written
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw_without_rendering()  # ticks are placed when it is drawn
    unseen = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in axis.get_major_ticks():
                if not low <= tick.get_loc() <= high:
                    unseen |= {tick.label1, tick.label2}
    return [
        (text.get_text(), text.get_window_extent(renderer))
        for text in figure.findobj(Text)
        if text.get_text() and text.get_visible() and text not in unseen
    ]


def faults(figure: Any) -> list[str]:
    """Return what cannot be read in a figure: texts that are clipped or on each other, and axes on other axes.

    Panels, the legend and a bar of colours each have axes of their own, so a legend on the data would be told.
    """
    found = []
    boxes = visible_texts(figure)
    width, height = figure.bbox.width, figure.bbox.height
    for text, box in boxes:
        if box.x0 < 0 or box.y0 < 0 or box.x1 > width or box.y1 > height:
            found.append(f"{text!r} is clipped")
    axes = [(f"axes {i}", one.get_window_extent()) for i, one in enumerate(figure.axes)]
    for group in (boxes, axes):
        for (one, a), (other, b) in combinations(group, 2):
            apart = a.x1 <= b.x0 + 1 or b.x1 <= a.x0 + 1 or a.y1 <= b.y0 + 1 or b.y1 <= a.y0 + 1
            if not apart:
                found.append(f"{one!r} lies on {other!r}")
    return found


def least_text(figure: Any) -> float:
    """Return the size of a figure's smallest text, in points, once it is reduced to a paper's column of 3.3 inches."""
    from matplotlib.text import Text

    return round(min(text.get_fontsize() for text in figure.findobj(Text)) * 3.3 / figure.get_figwidth(), 6)
