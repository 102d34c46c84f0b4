"""What a reader sees of a figure: every text whole, large enough and on no other, and nothing upon anything else."""

from itertools import combinations
from typing import Any

from reports import style

COLUMN = 3.3  # inches, of a paper
LEAST = 6  # points, of text in such a column


def legible(figure: Any) -> list[tuple[str, Any]]:
    """Return every text of a figure with its box in pixels; fail if something cannot be read.

    Panels, the legend and a bar of colours each have axes of their own, so a legend on the data would be found.
    """
    boxes = visible_texts(figure)
    width, height = figure.bbox.width, figure.bbox.height
    for text, box in boxes:
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height, f"{text!r} is clipped"
    axes = [(f"axes {i}", one.get_window_extent()) for i, one in enumerate(figure.axes)]
    for group in (boxes, axes):
        for (one, a), (other, b) in combinations(group, 2):
            apart = a.x1 <= b.x0 + 1 or b.x1 <= a.x0 + 1 or a.y1 <= b.y0 + 1 or b.y1 <= a.y0 + 1
            assert apart, f"{one!r} lies on {other!r}"
    return boxes


def visible_texts(figure: Any) -> list[tuple[str, Any]]:
    """Return every text that is drawn, with the box of its ink in pixels; fail if one is too small for a paper."""
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
    shown = [text for text in figure.findobj(Text) if text.get_text() and text.get_visible() and text not in unseen]
    for text in shown:
        size = round(text.get_fontsize() * COLUMN / figure.get_figwidth(), 3)
        assert size >= LEAST, f"{text.get_text()!r} is of {size} points in a column"
    return [(text.get_text(), text.get_window_extent(renderer)) for text in shown]
