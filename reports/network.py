"""What the network did: how many messages were sent, taken and lost over time, and what became of each link's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from . import layout, sheet, style
from .layout import Block, Key, Names
from .load import RunData
from .sheet import Panel
from .timeline import lane_name, lane_room

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BINS = 120
TALL = 1.5
CELL = 0.46  # inches, so that a share can be read in it
SIDE = 4.4  # inches, of the matrix at most
SENT, TAKEN, LOST = "#5b6770", "#007a5e", "#bd1f01"


def draw(run: RunData) -> Figure:
    """Return the chart of message rates and losses."""
    end = run.end()
    sends: dict[int, int] = {}
    taken, lost = [0] * BINS, [0] * BINS
    sent = [0] * BINS
    for record in run.records:
        if record.kind == "send":
            sends[record.seq] = _bin(record.at, end)
            sent[sends[record.seq]] += 1
        elif record.cause in sends and record.kind == "drop":
            lost[sends[record.cause]] += 1
        elif record.cause in sends and record.kind == "step" and record.data.input == "receive":
            taken[sends[record.cause]] += 1
    share = [min(100.0, 100 * gone / whole) if whole else 0.0 for gone, whole in zip(lost, sent, strict=True)]
    per_second = BINS / (end / 1e9)
    panels = [*sheet.fault_panel(run)]
    first = len(panels)
    panels += [Panel("messages per second, by when they were sent", TALL), Panel("lost of those sent then (%)", 0.8)]
    keys = [Key("sent", "line", SENT), Key("taken, copies too", "line", TAKEN), Key("lost", "line", LOST)]
    keys += [*sheet.fault_keys(run), *sheet.violation_key(run)]
    most = max(sent) * per_second
    left = 0.3 + max(style.width(f"{most:.0f}"), style.width("100"))
    sheets = sheet.compose(run, panels, keys, sheet.verdict_lines(run), left)
    for axes in sheets.panels:
        sheet.time_axis(axes, end)
    if first:
        sheet.draw_faults(sheets.panels[0], run, sheets.across)
    rates, losses = sheets.panels[first:]
    for axes in (rates, losses):
        sheet.bands(axes, run)
        axes.grid(axis="y", color=style.GRID, linewidth=0.7, zorder=0)
    for counts, colour in ((sent, SENT), (taken, TAKEN), (lost, LOST)):
        _stairs(rates, [count * per_second for count in counts], end, colour)
    rates.set_ylim(0, max(most, max(taken) * per_second, 1) * 1.1)
    _stairs(losses, share, end, LOST)
    losses.set_ylim(0, 105)
    for axes in (rates, losses):
        sheet.mark_violation(axes, run)
    return sheets.figure


def _bin(at: int, end: int) -> int:
    return min(BINS - 1, at * BINS // end)


def _stairs(axes: Axes, values: Sequence[float], end: int, colour: str) -> None:
    times = [end * i / BINS / 1e9 for i in range(BINS + 1)]
    axes.step(times, [*values, values[-1]], where="post", color=colour, linewidth=1.5, zorder=3)


# -- the matrix of links -----------------------------------------------------------------------------------


def links(run: RunData) -> Figure:
    """Return the matrix of links: what share of what each node sent to each other one was lost."""
    nodes = run.header.nodes
    side = min(CELL * len(nodes), SIDE)
    cell = side / len(nodes)
    left = lane_room(nodes)
    below = layout.names([lane_name(node) for node in nodes], cell)

    def draw(figure: Figure, foot: float) -> None:
        axes = layout.axes_at(figure, left, foot, side, side)
        bar = layout.axes_at(figure, left + side + 0.2, foot, 0.16, side)
        _matrix(axes, run, cell, below)
        figure.colorbar(axes.images[0], cax=bar, format=lambda value, _: f"{100 * value:.0f} %")

    said = (
        "A cell is a link, from the node of its row to that of its column: dark where much of what was sent was lost, "
    )
    said += "white with a dot where nothing was sent."
    blocks = [layout.title(sheet.title_of(run)), layout.heading("share of messages lost, by link"), layout.gap(0.08)]
    if len(nodes) > 1:
        blocks += [Block(side, draw), layout.gap(below.room + 0.05), *layout.caption([said])]
    else:
        blocks += layout.caption(["One node alone has no links."])
    return layout.stack(blocks)


def link_counts(run: RunData) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]:
    """Return by link how many messages were sent and how many of them never arrived in any copy."""
    ways: dict[int, tuple[str, str]] = {}
    arrived: set[int] = set()
    dropped: set[int] = set()
    for record in run.records:
        if record.kind == "send":
            ways[record.seq] = str(record.node), record.data.dst
        elif record.cause in ways:
            (dropped if record.kind == "drop" else arrived).add(record.cause)
    return Counter(ways.values()), Counter(ways[seq] for seq in dropped - arrived)


def _matrix(axes: Axes, run: RunData, cell: float, below: Names) -> None:
    import matplotlib

    nodes = run.header.nodes
    sent, lost = link_counts(run)
    grid = [[lost[a, b] / sent[a, b] if sent[a, b] else float("nan") for b in nodes] for a in nodes]
    axes.imshow(grid, cmap=matplotlib.colormaps["Blues"], vmin=0, vmax=1, aspect="auto")
    axes.set_xticks(range(0, len(nodes), below.every), below.written, rotation=90 if below.upright else 0)
    every = layout.thinned(cell)
    axes.set_yticks(range(0, len(nodes), every), [lane_name(node) for node in nodes[::every]])
    axes.tick_params(length=0)
    for a, row in enumerate(grid):
        for b, value in enumerate(row):
            if value != value:
                axes.plot([b], [a], marker=".", markersize=2, color=style.FAINT)
            elif value > 0 and cell >= CELL:
                ink = "white" if value > 0.5 else style.INK
                axes.text(b, a, f"{100 * value:.0f}", ha="center", va="center", color=ink)
