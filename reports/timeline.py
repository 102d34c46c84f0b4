"""Who led when: one lane per node, and above the lanes how many led at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from . import layout, sheet, style
from .layout import Key
from .load import RunData
from .series import COLUMNS, Span, Steps, coarse, field_steps, leaders_at_once, role_spans
from .sheet import Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# View fields whose changes are marked on a lane, the first that a view has, and what that tells.
MARKED = {
    **{name: f"and its {name} where that changes" for name in ("term", "epoch", "view", "ballot")},
    **dict.fromkeys(("leader", "believed_leader", "belief", "believes"), "and whom it takes for the leader"),
    "state": "and the state that it holds where that changes",
}
EMPTY = "(empty)"  # how a value that is an empty text reads
LANES = 6.0  # inches for all lanes together, at most
LANE = 0.4
NONE_LEADS = "#e6e6e6"
ONE_LEADS = "#9ecae1"


def draw(run: RunData) -> Figure:
    """Return the leader timeline of a run."""
    nodes = run.header.nodes
    spans = role_spans(run.records, nodes, run.end())
    roles = "role" in run.header.views
    marked = next((name for name in MARKED if name in run.header.views), None)
    height = min(LANE, LANES / len(nodes))
    panels = [*sheet.fault_panel(run)]
    if roles:
        panels.append(Panel("leaders at the same time", style.LINE + 0.04))
    heading = "role of each node" if roles else "when each node is up"
    if marked:
        heading += ", " + MARKED[marked]
    panels.append(Panel(heading, len(nodes) * height))
    caption = sheet.verdict_lines(run)
    if not roles:
        caption.append("The view of this model has no role: lanes show which nodes are up.")
    sheets = sheet.compose(run, panels, _keys(run, spans, roles), caption, lane_room(nodes))
    rest = list(sheets.panels)
    for axes in rest:
        sheet.time_axis(axes, run.end())
    if len(panels) > 1 + roles:
        sheet.draw_faults(rest.pop(0), run, sheets.across)
    if roles:
        strip = rest.pop(0)
        draw_leaders(strip, leaders_at_once(run.records), run.end(), sheets.across)
        sheet.mark_violation(strip, run)
    lanes = rest.pop(0)
    prepare_lanes(lanes, nodes, height)
    sheet.lane_bands(lanes, run, nodes, 0, run.end(), sheet.seconds)
    for lane, node in enumerate(nodes):
        draw_roles(lanes, lane, coarse(spans[node], run.end()), run.end(), 0.62)
    if marked:
        _draw_changes(lanes, run, marked, height, sheets.across)
    sheet.mark_violation(lanes, run)
    return sheets.figure


def _keys(run: RunData, spans: dict[str, list[Span]], roles: bool) -> list[Key]:
    keys = role_keys([span.role for mine in spans.values() for span in mine])
    if roles and max(count for _, count in leaders_at_once(run.records)) > 1:
        keys.append(Key("two leaders or more", "patch", style.ALARM))
    return [*keys, *sheet.fault_keys(run), *sheet.violation_key(run)]


def role_keys(seen: Sequence[str]) -> list[Key]:
    """Return the legend's entries for the roles that were seen."""
    had = set(seen)
    return [Key(role, "patch", style.ROLE[role], size=style.BAR[role]) for role in style.ROLE if role in had]


# -- lanes -------------------------------------------------------------------------------------------------


def lane_room(nodes: Sequence[str]) -> float:
    """Return the room in inches that the names of lanes need."""
    return 0.2 + max(style.width(name) for name in map(lane_name, nodes))


def lane_name(node: str) -> str:
    """Return a node's name as it may stand beside its lane; of a long one the end, where names differ."""
    return style.clipped(style.shown(node)[::-1], 1.4)[::-1]


def prepare_lanes(axes: Axes, nodes: Sequence[str], height: float) -> None:
    """Number lanes from the top and name them; of lanes that are too narrow only some are named."""
    every = layout.thinned(height)
    axes.set_ylim(len(nodes) - 0.5, -0.5)
    axes.set_yticks(range(0, len(nodes), every), [lane_name(node) for node in nodes[::every]])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def draw_roles(axes: Axes, lane: int, spans: Sequence[Span], end: int, tall: float, scale: Any = None) -> None:
    """Draw one lane's roles as bars; leaders and candidates stay visible however short they were."""
    least = end // 500
    for role in reversed(style.ROLE):
        bars = []
        for begin, until, had in spans:
            if had != role and not (role == "up" and had not in style.ROLE):
                continue
            left, right = (begin / 1e9, until / 1e9) if scale is None else (scale(begin), scale(until))
            wide = max(right - left, least / 1e9) if role in ("leader", "candidate") and scale is None else right - left
            bars.append((left, wide))
        if bars:
            high = tall * style.BAR[role]
            axes.broken_barh(bars, (lane - high / 2, high), facecolor=style.ROLE[role], zorder=2, linewidth=0)


def draw_leaders(axes: Axes, counts: Steps, end: int, across: float) -> None:
    """Draw how many nodes lead at the same time, and the number where there is room for it."""
    axes.set_ylim(0, 1)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    spans = [
        (at, until, count)
        for (at, count), (until, _) in zip(counts, [*counts[1:], (end, 0)], strict=True)
        if until > at or count > 1
    ]
    # Two leaders at once stay visible however short that was.
    for many, colour, least in ((0, NONE_LEADS, 0), (1, ONE_LEADS, 0), (2, style.ALARM, end // 400)):
        bars = [(at / 1e9, max(until - at, least) / 1e9) for at, until, count in spans if min(count, 2) == many]
        if bars:
            axes.broken_barh(bars, (0, 1), facecolor=colour, linewidth=0, zorder=2)
    for at, until, count in spans:
        text = f"{count}"
        if (until - at) / end * across > style.width(text) + 0.06:
            colour = "white" if count > 1 else style.INK
            axes.text((at + until) / 2e9, 0.46, text, ha="center", va="center_baseline", color=colour, zorder=3)


# -- changes of term or belief -----------------------------------------------------------------------------


def _draw_changes(axes: Axes, run: RunData, name: str, height: float, across: float) -> None:
    from matplotlib.patheffects import withStroke

    end = run.end()
    steps = field_steps(run.records, run.header.nodes, name)
    write = height >= style.LINE
    for lane, node in enumerate(run.header.nodes):
        changes = _changes(steps[node])
        moments = _apart([at for at, _ in changes], end)
        axes.vlines([at / 1e9 for at in moments], lane - 0.33, lane + 0.33, color=style.INK, linewidth=0.9, zorder=4)
        if not write:
            continue
        free = 0.0  # inches up to which the lane is written on
        for i, (at, value) in enumerate(changes):
            text = style.shown(f"{value}") or EMPTY
            x = at / end * across + 0.04
            until = changes[i + 1][0] / end * across if i + 1 < len(changes) else across
            if x >= free and x + style.width(text) + 0.02 <= until:
                free = x + style.width(text) + 0.06
                x_data = x / across * end / 1e9
                label = axes.text(x_data, lane + 0.03, text, va="center_baseline", zorder=8)
                label.set_path_effects([withStroke(linewidth=2.4, foreground="white")])


def _changes(steps: Steps) -> Steps:
    """Return the moments at which a value became another one, a life's first value counting only if it is new."""
    changes: Steps = []
    last = None
    for at, value in steps:
        if value is not None and value != last:
            if last is not None:
                changes.append((at, value))
            last = value
    return changes


def _apart(moments: Sequence[int], end: int) -> list[int]:
    """Return at most one moment a column."""
    columns = {at * COLUMNS // end: at for at in moments}
    return list(columns.values())
