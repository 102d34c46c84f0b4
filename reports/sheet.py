"""What the pictures of a run share: panels on one time axis, faults as bars and bands, the first violation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sim.units import clock_text

from . import layout, style
from .layout import EDGE, MARGIN, Block, Key
from .load import Fault, RunData

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FAULT_ROWS = 5


class Panel(NamedTuple):
    """One panel: what it shows, said above it, and its height in inches."""

    heading: str
    height: float


@dataclass(frozen=True)
class Sheet:
    """A figure, its panels in order, and the width of a panel in inches."""

    figure: Figure
    panels: tuple[Axes, ...]
    across: float


def compose(run: RunData, panels: Sequence[Panel], keys: Sequence[Key], caption: Sequence[str], left: float) -> Sheet:
    """Lay out a sheet. `left` is the room in inches that tick labels need; caption texts begin lines of their own."""
    across = style.WIDTH - left - MARGIN - EDGE
    made: list[Axes] = []

    def axes_of(panel: Panel) -> Block:
        def draw(figure: Figure, foot: float) -> None:
            shared = made[0] if made else None
            made.append(layout.axes_at(figure, left, foot, across, panel.height, sharex=shared))

        return Block(panel.height, draw)

    blocks = [layout.title(title_of(run))]
    for i, panel in enumerate(panels):
        if i:
            blocks.append(layout.gap(0.08))
        if panel.heading:
            blocks += [layout.heading(panel.heading, left), layout.gap(0.02)]
        blocks.append(axes_of(panel))
    blocks.append(layout.axis_label("time (s)", left, across))
    figure = layout.stack([*blocks, *layout.legend(keys), *layout.caption(caption)])
    for axes in made[:-1]:
        axes.tick_params(bottom=False, labelbottom=False)
        axes.spines["bottom"].set_visible(False)
    return Sheet(figure, tuple(made), across)


def title_of(run: RunData) -> str:
    """Return what all pictures of a run are called."""
    verdict = run.result.verdict.replace("-", " ")
    return f"{run.result.scenario}, seed {run.result.seed}: {verdict}"


def verdict_lines(run: RunData) -> list[str]:
    """Return the caption about the first violation and the names of the others."""
    found = run.violations()
    violated = [judged.name for judged in run.result.properties if judged.verdict == "violated"]
    if not violated:
        return []
    if not found:
        return ["Violated: " + ", ".join(violated) + "."]
    first = found[0]
    lines = [f"First violation ({first.name}) at {clock_text(first.at)}: {first.sentence}."]
    others = [name for name in violated if name != first.name]
    if others:
        lines.append("Also violated: " + ", ".join(others) + ".")
    return lines


def violation_key(run: RunData) -> list[Key]:
    """Return the legend's entry for the line that marks the first violation, if there is one."""
    return [Key("first violation", "line", "black", (0, (3, 1.5)))] if run.violations() else []


# -- what all time axes have -------------------------------------------------------------------------------


def time_axis(axes: Axes, end: int) -> None:
    """Let an axis run from 0 to `end` ns, in seconds."""
    from matplotlib.ticker import MaxNLocator, ScalarFormatter

    axes.set_xlim(0, end / 1e9)
    axes.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))
    formatter = ScalarFormatter(useOffset=False, useMathText=False)
    formatter.set_scientific(False)
    axes.xaxis.set_major_formatter(formatter)


def seconds(at: int) -> float:
    """Return a moment in ns as its place on a plain time axis."""
    return at / 1e9


def mark_violation(axes: Axes, run: RunData, place: Callable[[int], float] = seconds, zorder: float = 7) -> None:
    """Draw the line that marks the first violation."""
    found = run.violations()
    if found:
        x = place(found[0].at)
        axes.axvline(x, color="black", linestyle=(0, (3, 1.5)), linewidth=1.4, zorder=zorder, clip_on=False)


def fault_intervals(run: RunData, nodes: Sequence[str]) -> dict[tuple[str, int, int], list[int]]:
    """Return when which lanes were struck: (colour, begin, end) in ns to lanes; faults of one kind are joined.

    A fault that names no nodes struck all.
    """
    found: dict[tuple[str, int, int], list[int]] = {}
    for lane, node in enumerate(nodes):
        spans: dict[str, list[tuple[int, int]]] = {}
        for fault in run.result.faults:
            if fault.begin is not None and (node in fault.nodes or not fault.nodes):
                spans.setdefault(fault.colour, []).append((fault.begin, ending(fault, run)))
        for colour, mine in spans.items():
            for begin, end in _joined(mine):
                found.setdefault((colour, begin, end), []).append(lane)
    return found


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    made: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if made and begin <= made[-1][1]:
            made[-1] = made[-1][0], max(made[-1][1], end)
        else:
            made.append((begin, end))
    return made


def bands(axes: Axes, run: RunData) -> None:
    """Shade the time of all faults over a whole panel."""
    spans: dict[str, list[tuple[int, int]]] = {}
    for colour, begin, end in fault_intervals(run, run.header.nodes):
        spans.setdefault(colour, []).append((begin, end))
    for colour, mine in spans.items():
        for begin, end in _joined(mine):
            _shade(axes, colour, begin / 1e9, end / 1e9, 0, 1)


def lane_bands(
    axes: Axes, run: RunData, nodes: Sequence[str], begin: int, end: int, place: Callable[[int], float]
) -> None:
    """Shade the faults from `begin` to `end` on the lanes that they struck; neighbouring lanes make one patch."""
    count = len(nodes)
    for (colour, since, until), lanes in fault_intervals(run, nodes).items():
        if since > end or until < begin:
            continue
        left, right = place(max(since, begin)), place(min(until, end))
        first = lanes[0]
        for lane, following in zip(lanes, [*lanes[1:], -1], strict=True):
            if following != lane + 1:
                _shade(axes, colour, left, right, 1 - (lane + 1) / count, 1 - first / count)
                first = following


def _shade(axes: Axes, colour: str, begin: float, end: float, low: float, high: float) -> None:
    """Shade a time between two heights, given as shares of the panel; an instant is a line."""
    if end > begin:
        axes.axvspan(begin, end, low, high, facecolor=colour, alpha=style.BAND, linewidth=0, zorder=0)
    else:
        axes.axvline(begin, low, high, color=colour, alpha=0.6, linewidth=1.2, zorder=0)


def ending(fault: Fault, run: RunData) -> int:
    """Return when a fault ended in ns: with the run if it was never mended."""
    return run.end() if fault.end is None else fault.end


def fault_rows(run: RunData) -> list[list[Fault]]:
    """Return the faults that fired in rows without overlap; what five rows cannot hold stands in a sixth."""
    rows: list[list[Fault]] = []
    fired = [fault for fault in run.result.faults if fault.begin is not None]
    for fault in sorted(fired, key=lambda f: (f.begin or 0, f.number)):
        free = next((row for row in rows[:FAULT_ROWS] if ending(row[-1], run) <= (fault.begin or 0)), None)
        if free is None and len(rows) > FAULT_ROWS:
            free = rows[-1]
        if free is None:
            rows.append([fault])
        else:
            free.append(fault)
    return rows


def fault_panel(run: RunData) -> list[Panel]:
    """Return the panel that names faults, if any fired."""
    rows = fault_rows(run)
    count = sum(map(len, rows))
    heading = "faults" if len(rows) <= FAULT_ROWS else f"{count} faults, in the last row one upon another"
    return [Panel(heading, len(rows) * (style.LINE + 0.05))] if rows else []


def draw_faults(axes: Axes, run: RunData, across: float) -> None:
    """Draw every fault as a bar with its kind and whom it struck, as far as there is room to say so."""
    rows, whole = fault_rows(run), run.end()
    axes.set_ylim(len(rows), 0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    for y, row in enumerate(rows):
        for i, fault in enumerate(row):
            begin, end = fault.begin or 0, ending(fault, run)
            wide = max(end - begin, whole // 250)
            axes.broken_barh(
                [(begin / 1e9, wide / 1e9)], (y + 0.08, 0.84), facecolor=fault.colour, edgecolor="white", linewidth=0.8
            )
            if y == FAULT_ROWS:
                continue
            inside = (end - begin) / whole * across - 0.1
            after = min(row[i + 1].begin or 0, whole) if i + 1 < len(row) else whole
            behind = (after - begin - wide) / whole * across - 0.12
            texts = named(fault)
            if (text := next((t for t in texts if style.width(t) <= inside), None)) is not None:
                x, colour = begin, contrast(fault.colour)
            elif (text := next((t for t in texts if style.width(t) <= behind), None)) is not None:
                x, colour = begin + wide, style.INK
            else:
                continue
            axes.text((x + 0.05 / across * whole) / 1e9, y + 0.52, text, color=colour, va="center_baseline")


def named(fault: Fault) -> list[str]:
    """Return what may be said of a fault, the longest text first."""
    groups = fault.fields.get("groups")
    if isinstance(groups, list) and all(isinstance(group, list) for group in groups):
        who = " | ".join(" ".join(map(str, group)) for group in groups)
    elif isinstance(edges := fault.fields.get("cut"), list) and all(isinstance(ends, list) for ends in edges):
        who = ", ".join("-".join(map(str, ends)) for ends in edges)
    else:
        who = " ".join(fault.nodes)
    return [style.shown(f"{fault.kind} {who}".strip()), style.shown(fault.kind)]


def contrast(colour: str) -> str:
    """Return black or white, whichever is read more easily on a colour given as `#rrggbb`."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "white" if 299 * red + 587 * green + 114 * blue < 150_000 else "black"


def fault_keys(run: RunData) -> list[Key]:
    """Return the legend's entries for the kinds of faults that fired."""
    fired = {fault.kind: fault.colour for fault in run.result.faults if fault.begin is not None}
    return [Key(kind, "band", colour) for kind, colour in fired.items()]
