"""How wrong each node's wall clock was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from . import sheet, style
from .lines import keys_of, looks_of
from .load import ClockError, RunData
from .sheet import Panel

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TALL = 2.2


def draw(run: RunData) -> Figure:
    """Return the chart of clock errors."""
    nodes, end = run.header.nodes, run.end()
    lines = {node: corners(run.result.clocks.get(node, ()), end) for node in nodes}
    greatest = max((abs(error) for line in lines.values() for _, error in line), default=0)
    unit, divisor = next(
        (u, d) for u, d in (("s", 1e9), ("ms", 1e6), ("us", 1e3), ("ns", 1)) if greatest >= d or u == "ns"
    )
    panels = [*sheet.fault_panel(run), Panel(f"wall clock, ahead of true time ({unit})", TALL)]
    keys = [*keys_of(nodes), *sheet.fault_keys(run), *sheet.violation_key(run)]
    caption = sheet.verdict_lines(run)
    if not greatest:
        caption.append("No wall clock was ever wrong.")
    sheets = sheet.compose(run, panels, keys, caption, 0.35 + style.width("-1000.5"))
    for axes in sheets.panels:
        sheet.time_axis(axes, end)
    if len(panels) > 1:
        sheet.draw_faults(sheets.panels[0], run, sheets.across)
    axes = sheets.panels[-1]
    sheet.bands(axes, run)
    for node, (colour, dash, wide) in looks_of(nodes).items():
        times = [at / 1e9 for at, _ in lines[node]]
        errors = [error / divisor for _, error in lines[node]]
        axes.plot(times, errors, color=colour, linestyle=dash, linewidth=wide, zorder=3)
    axes.axhline(0, color=style.FAINT, linewidth=0.8, zorder=2)
    if not greatest:
        axes.set_ylim(-1, 1)
    axes.ticklabel_format(axis="y", useOffset=False, style="plain")
    axes.grid(axis="y", color=style.GRID, linewidth=0.7, zorder=1)
    sheet.mark_violation(axes, run)
    return sheets.figure


def corners(errors: Sequence[ClockError], end: int) -> list[tuple[int, float]]:
    """Return the line that a clock's error draws: two points for each stretch between changes, so that steps show."""
    points: list[tuple[int, float]] = []
    ends = [one.at for one in errors[1:]] + [end]
    for one, until in zip(errors, ends, strict=False):
        points.append((one.at, one.error_ns))
        points.append((until, one.error_ns + (until - one.at) * one.rate_ppm / 1e6))
    return points
