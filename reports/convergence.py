"""How far replicas are apart: tails over time, their divergence, what they store differently, and who leads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from . import sheet, style
from .lines import Look, keys_of, looks_of
from .load import RunData
from .series import Steps, combine, differing, field_steps, kinds, leaders_at_once, spread, thin
from .sheet import Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TALL = 1.7  # inches, of a panel with a line per node
LOW = 0.8
FIELDS = 3  # how many other fields stand in for tails


def draw(run: RunData) -> Figure:
    """Return the convergence chart of a run."""
    nodes, records, end = run.header.nodes, run.records, run.end()
    fields, caption = _fields(run)
    panels: list[Panel] = [*sheet.fault_panel(run)]
    leaders: dict[str, Steps] = {}
    charts: list[dict[str, Steps]] = []  # by panel: the steps, by node or under the empty name
    for name in fields:
        steps = field_steps(records, nodes, name)
        panels.append(Panel(f"{name} of each node", TALL))
        charts.append(steps)
        if name == fields[0]:
            panels.append(Panel(f"divergence: greatest {name} less smallest, of live nodes", LOW))
            charts.append({"": combine(steps, spread)})
    if "digest" in run.header.views:
        panels.append(Panel("different digests among live nodes", LOW))
        charts.append({"": combine(field_steps(records, nodes, "digest"), kinds)})
    if {"seq", "payload"} <= set(run.header.facts.get("stored", ())):
        panels.append(Panel("sequence numbers with different payloads", LOW))
        charts.append({"": differing(records)})
    if "role" in run.header.views:
        panels.append(Panel("leaders at the same time", LOW))
        leaders[""] = leaders_at_once(records)
        charts.append(leaders)
    if not charts:
        panels.append(Panel("nothing to compare", style.LINE))
        charts.append({})
    looks = looks_of(nodes)
    most = max(
        (value for chart in charts for steps in chart.values() for _, value in steps if value is not None), default=0
    )
    left = 0.25 + max(style.width(f"{most}"), style.width("10"))
    keys = [*(keys_of(nodes) if fields else ()), *sheet.fault_keys(run), *sheet.violation_key(run)]
    sheets = sheet.compose(run, panels, keys, [*caption, *sheet.verdict_lines(run)], left)
    rest = list(sheets.panels)
    for axes in rest:
        sheet.time_axis(axes, end)
    if len(panels) > len(charts):
        sheet.draw_faults(rest.pop(0), run, sheets.across)
    for axes, chart in zip(rest, charts, strict=True):
        sheet.bands(axes, run)
        _draw_chart(
            axes, {name: thin(steps, end) for name, steps in chart.items()}, looks, end, 2 if chart is leaders else None
        )
        sheet.mark_violation(axes, run)
    return sheets.figure


def _fields(run: RunData) -> tuple[list[str], list[str]]:
    """Return the fields whose numbers are drawn, and what must be said about them."""
    views = run.header.views
    whole: set[str] = set()
    other: set[str] = set()
    for record in run.records:
        if record.kind == "state" and record.data is not None:
            for name, value in zip(views, record.data, strict=True):
                if value is not None:  # not known yet
                    (whole if type(value) is int else other).add(name)
    found = [name for name in views if name in whole - other]
    if "tail" in found:
        return ["tail"], []
    if found:
        return found[:FIELDS], [f"The view of this model has no tail; shown instead: {', '.join(found[:FIELDS])}."]
    has = ", ".join(views) or "nothing"
    return [], [f"The view of this model has no tail and no other number to compare (it has: {has})."]


def _draw_chart(axes: Axes, chart: Mapping[str, Steps], looks: Mapping[str, Look], end: int, alarm: int | None) -> None:
    from matplotlib.ticker import MaxNLocator

    most = least = 0
    for name, steps in chart.items():
        times = [at / 1e9 for at, _ in steps] + [end / 1e9]
        values = [value for _, value in steps]
        numbers = [float("nan") if value is None else value for value in [*values, values[-1]]]
        most = max(most, *(value or 0 for value in values))
        least = min(least, *(value or 0 for value in values))
        if name:
            colour, dash, wide = looks[name]
            axes.step(times, numbers, where="post", color=colour, linestyle=dash, linewidth=wide, zorder=3)
        else:
            axes.fill_between(times, numbers, step="post", color=style.PLAIN, alpha=0.35, linewidth=0, zorder=2)
            axes.step(times, numbers, where="post", color=style.PLAIN, linewidth=1.4, zorder=3)
            if alarm is not None:
                for (at, value), until in zip(steps, [*times[1:]], strict=True):
                    if value >= alarm:
                        wide = max(until - at / 1e9, end / 4e11)
                        axes.broken_barh([(at / 1e9, wide)], (0, value), facecolor=style.ALARM, linewidth=0, zorder=4)
    if chart:
        top = max(most, 1)
        axes.set_ylim(least - top * 0.02, top * 1.12)
        axes.yaxis.set_major_locator(MaxNLocator(5 if "" not in chart else 2, integer=True, steps=[1, 2, 5, 10]))
        axes.ticklabel_format(axis="y", useOffset=False, style="plain")
        axes.grid(axis="y", color=style.GRID, linewidth=0.7, zorder=1)
    else:
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
