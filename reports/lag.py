"""How far each replica is behind the furthest one: in entries, by what the view says of its log's length."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import sheet, style
from .lines import draw_lines, keys_of
from .load import RunData
from .series import Steps, field_steps
from .sheet import Panel

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LENGTHS = ("tail", "commit", "applied")  # view fields that count entries
TALL = 1.7


def draw(run: RunData) -> Figure:
    """Return the chart of replication lag."""
    nodes = run.header.nodes
    fields = [name for name in LENGTHS if name in run.header.views]
    charts = [behind(field_steps(run.records, nodes, name)) for name in fields]
    panels = [*sheet.fault_panel(run)]
    panels += [Panel(f"how far each node's {name} is behind the greatest, in entries", TALL) for name in fields]
    caption = sheet.verdict_lines(run)
    if not fields:
        panels.append(Panel("nothing to compare", style.LINE))
        caption.append("The view of this model has no tail, commit or applied.")
    keys = [*(keys_of(nodes) if fields else ()), *sheet.fault_keys(run), *sheet.violation_key(run)]
    most = max((value or 0 for chart in charts for steps in chart.values() for _, value in steps), default=0)
    sheets = sheet.compose(run, panels, keys, caption, 0.25 + max(style.width(f"{most}"), style.width("10")))
    rest = list(sheets.panels)
    for axes in rest:
        sheet.time_axis(axes, run.end())
    if len(panels) > max(len(fields), 1):
        sheet.draw_faults(rest.pop(0), run, sheets.across)
    for axes, chart in zip(rest, charts, strict=bool(fields)):
        sheet.bands(axes, run)
        draw_lines(axes, chart, nodes, run.end())
        sheet.mark_violation(axes, run)
    return sheets.figure


def behind(steps: dict[str, Steps]) -> dict[str, Steps]:
    """Return how far each node is behind the greatest value of any live node, at each change of one of them."""
    changes = sorted((at, order, node, value) for order, node in enumerate(steps) for at, value in steps[node])
    now: dict[str, int | None] = dict.fromkeys(steps)
    made: dict[str, Steps] = {node: [] for node in steps}
    for i, (at, _, node, value) in enumerate(changes):
        now[node] = value
        if i + 1 < len(changes) and changes[i + 1][0] == at:
            continue  # one instant, one number
        greatest = max((v for v in now.values() if v is not None), default=0)
        for each, its in now.items():
            lag = None if its is None else greatest - its
            if not made[each] or made[each][-1][1] != lag:
                made[each].append((at, lag))
    return made
