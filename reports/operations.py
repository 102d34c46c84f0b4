"""What clients lived through: how long operations took by outcome, and when each client was served."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from sim.trace import Record

from . import sheet, style
from .layout import Key
from .load import RunData
from .sheet import Panel
from .timeline import lane_room, prepare_lanes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

OUTCOME = {"ok": "#007a5e", "fail": "#e76300", "unsure": "#832db6", "open": "#8a8a8a"}
MARK = {"ok": "o", "fail": "s", "unsure": "^", "open": "x"}
CLIENTS = 12  # how many clients have a lane
TALL = 1.8
LANE = 0.3


class Operation(NamedTuple):
    """A client's operation: its first ask, its ns, and those of what ended it, or of the run's end if nothing did."""

    client: str
    begin: int
    end: int
    outcome: str
    ask: Record


def operations(run: RunData) -> list[Operation]:
    """Return a run's operations in the order in which they were first asked."""
    begun: dict[tuple[str, int], Record] = {}
    ended: dict[tuple[str, int], Record] = {}
    for record in run.records:
        if record.kind == "ask":
            begun.setdefault((record.data.client, record.data.op), record)
        elif record.kind == "answer" and record.data.outcome != "elsewhere":
            ended.setdefault((record.data.client, record.data.op), record)
    found = []
    for key, ask in begun.items():
        answer = ended.get(key)
        end = run.end() if answer is None else max(answer.at, ask.at)
        found.append(Operation(key[0], ask.at, end, "open" if answer is None else answer.data.outcome, ask))
    return found


def draw(run: RunData) -> Figure:
    """Return the chart of operations."""
    found = operations(run)
    clients = list(dict.fromkeys(one.client for one in found))
    shown = clients[:CLIENTS]
    panels = [*sheet.fault_panel(run)]
    first = len(panels)
    caption = sheet.verdict_lines(run)
    if not found:
        panels.append(Panel("no client asked for anything", style.LINE))
    else:
        panels.append(Panel("how long an operation took, from the first ask to the answer (ms)", TALL))
        panels.append(Panel("operations of each client, from ask to answer", len(shown) * LANE))
        if len(clients) > len(shown):
            caption.append(f"Lanes show {len(shown)} of {len(clients)} clients.")
    seen = {one.outcome for one in found}
    keys = [Key(name, MARK[name], colour, size=0.8) for name, colour in OUTCOME.items() if name in seen]
    keys += [*sheet.fault_keys(run), *sheet.violation_key(run)]
    left = max(0.25 + style.width("100000"), lane_room(shown) if shown else 0)
    sheets = sheet.compose(run, panels, keys, caption, left)
    for axes in sheets.panels:
        sheet.time_axis(axes, run.end())
    if first:
        sheet.draw_faults(sheets.panels[0], run, sheets.across)
    if not found:
        sheets.panels[first].set_yticks([])
        return sheets.figure
    latencies, lanes = sheets.panels[first:]
    for axes in (latencies, lanes):
        sheet.bands(axes, run)
    _latencies(latencies, found)
    _lanes(lanes, shown, found, run.end())
    for axes in (latencies, lanes):
        sheet.mark_violation(axes, run)
    return sheets.figure


def _latencies(axes: Axes, found: Sequence[Operation]) -> None:
    least = 0.01  # ms: what took no simulated time is drawn at the bottom of a logarithmic axis
    axes.set_yscale("log")
    for outcome, colour in OUTCOME.items():
        mine = [one for one in found if one.outcome == outcome]
        if mine:
            face = colour if outcome == "open" else "none"
            axes.plot(
                [one.begin / 1e9 for one in mine], [max((one.end - one.begin) / 1e6, least) for one in mine],
                linestyle="none", marker=MARK[outcome], markersize=3.2, color=colour, markeredgewidth=0.8,
                markerfacecolor=face, rasterized=len(mine) > 3000,
            )  # fmt: skip
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.grid(axis="y", color=style.GRID, linewidth=0.7, zorder=0)


def _lanes(axes: Axes, clients: Sequence[str], found: Sequence[Operation], end: int) -> None:
    prepare_lanes(axes, clients, LANE)
    least = end / 4e11
    for lane, client in enumerate(clients):
        for outcome, colour in OUTCOME.items():
            bars = [
                (one.begin / 1e9, max((one.end - one.begin) / 1e9, least))
                for one in found
                if one.client == client and one.outcome == outcome
            ]
            if bars:
                axes.broken_barh(bars, (lane - 0.3, 0.6), facecolor=colour, linewidth=0, zorder=2)
