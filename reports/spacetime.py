"""The moments around a violation as a space-time diagram: a lane per node, messages as arrows, time to the right."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sim.trace import WHY, Record
from sim.units import clock_text

from . import sheet, style
from .layout import EDGE, MARGIN, Key, mark
from .load import Fault, RunData
from .series import Span, role_spans
from .sheet import Panel
from .timeline import draw_roles, lane_room, prepare_lanes, role_keys

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WANTED = 70  # how many messages should be seen
FEW = 25  # with fewer a burst is shown whole, even if that is more than wanted
MANY = 110  # with more only some are drawn
NODES = 9  # how many lanes are told apart
LANE = 0.56  # inches
TYPES = 9  # how many types of messages have a colour of their own
GAP = 4  # how many times a message's flight an idle gap is shown at most


@dataclass
class Message:
    """A message that was sent: when its copies were handled, and when and why others never were."""

    seq: int
    src: str
    dst: str
    type: str
    sent: int
    arrivals: list[int] = field(default_factory=list)
    drops: list[tuple[int, str]] = field(default_factory=list)

    def last(self) -> int:
        """Return when this message was last heard of, in ns."""
        return max([self.sent, *self.arrivals, *(at for at, _ in self.drops)])


def messages(records: Iterable[Record]) -> list[Message]:
    """Return all messages between different nodes, in the order in which they were sent."""
    found: dict[int, Message] = {}
    for record in records:
        if record.kind == "send" and record.node != record.data.dst:
            found[record.seq] = Message(record.seq, str(record.node), record.data.dst, record.data.type, record.at)
        elif record.cause is not None and (message := found.get(record.cause)) is not None:
            if record.kind == "step" and record.data.input == "receive":
                message.arrivals.append(record.at)
            elif record.kind == "drop":
                message.drops.append((record.at, record.data.why))
    return list(found.values())


def messages_between(all_messages: Iterable[Message], begin: int, end: int) -> list[Message]:
    """Return the messages that were under way at some time from `begin` to `end`, both included."""
    return [message for message in all_messages if message.sent <= end and message.last() >= begin]


# -- which moments, which nodes ----------------------------------------------------------------------------


def centre(run: RunData) -> tuple[int, str]:
    """Return the moment to look at in ns, and what it is."""
    found = run.violations()
    if found:
        return found[0].at, "the first violation"
    if run.result.verdict == "model-error":
        return run.end(), "the model's error"
    fired = [fault.begin for fault in run.result.faults if fault.begin is not None]
    return (min(fired), "the first fault") if fired else (0, "the start")


def lanes(run: RunData, spans: dict[str, list[Span]], at: int) -> list[str]:
    """Return the nodes to show in node order: all, or of many those of the violation, leaders and struck nodes."""
    nodes = run.header.nodes
    if len(nodes) <= NODES:
        return list(nodes)
    found = run.violations()
    record = run.record(found[0].seq) if found and found[0].seq is not None else None
    wanted = [record.node] if record is not None else []
    wanted += [node for node in nodes if any(s.role == "leader" and s.begin <= at <= s.end for s in spans[node])]
    for fault in run.result.faults:
        if fault.begin is not None and fault.begin <= at <= sheet.ending(fault, run):
            wanted += fault.nodes if len(fault.nodes) < len(nodes) else ()
    some = list(dict.fromkeys([*(node for node in wanted if node in nodes), *nodes]))[:NODES]
    return [node for node in nodes if node in some]


def window(sent: Sequence[int], last: Sequence[int], at: int, end: int, least: int = 3) -> tuple[int, int]:
    """Return the widest interval around a moment in which about seventy messages are seen, two thirds of it before.

    `sent` and `last` are the moments at which messages were sent and last heard of, both sorted. The interval is at
    least so many ns long, however many messages are seen then.
    """

    def around(wide: int) -> tuple[int, int]:
        return max(0, at - 2 * wide), min(end, at + wide)

    def seen(wide: int) -> int:
        begin, until = around(wide)
        return bisect_right(sent, until) - bisect_left(last, begin)

    over = bisect_left(range(end + 1), True, key=lambda wide: seen(wide) > WANTED)  # the first that is too wide
    wide = over if over <= end and seen(max(over - 1, 0)) < FEW else over - 1
    return around(max(wide, -(-least // 3)))


def thinned(seen: list[Message]) -> tuple[list[Message], list[str]]:
    """Return the messages to draw, and what must be said about it.

    Of more than a hundred messages only every second, third, ... of the frequent types is drawn. What a node sent
    of one type at one moment is drawn whole or not at all: counted singly, a broadcast to four peers would keep
    some peers and never others.
    """
    if len(seen) <= MANY:
        return seen, []
    types: dict[str, dict[tuple[str, int], list[Message]]] = {}
    for message in seen:
        types.setdefault(message.type, {}).setdefault((message.src, message.sent), []).append(message)
    counts = {name: sum(map(len, groups.values())) for name, groups in types.items()}
    said, kept, room = [], [], WANTED
    for done, name in enumerate(sorted(types, key=lambda name: (counts[name], name))):
        step = -(-counts[name] // max(room // (len(types) - done), 1))
        mine = [message for group in list(types[name].values())[::step] for message in group]
        room -= len(mine)
        kept += mine
        if step > 1:
            said.append(f"{name} one in {step}")
    return sorted(kept, key=lambda message: message.seq), said


class Scale:
    """Time to the right, but with idle gaps cut short: from ns to seconds of the drawing.

    `cuts` are the gaps that were cut, each from and to in ns. Nothing is cut unless that saves half of the width.
    """

    def __init__(self, begin: int, end: int, moments: Iterable[int], longest: int) -> None:
        inner = sorted({at for at in moments if begin < at < end})
        marks = [begin, *inner, end]
        gaps = [b - a for a, b in pairwise(marks)]
        shown = [min(gap, longest) for gap in gaps] if longest else gaps
        if 2 * sum(shown) > sum(gaps):
            marks, shown, gaps = [begin, end], [end - begin], [end - begin]
        self.marks = marks
        self.places = [0]
        for gap in shown:
            self.places.append(self.places[-1] + gap)
        self.cuts = [(marks[i], marks[i + 1]) for i, gap in enumerate(gaps) if shown[i] < gap]

    def __call__(self, at: int) -> float:
        i = min(max(bisect_right(self.marks, at) - 1, 0), len(self.marks) - 2)
        a, b = self.marks[i], self.marks[i + 1]
        left, right = self.places[i], self.places[i + 1]
        if at < a or at > b:  # outside of the window nothing is cut
            return (left + at - a if at < a else right + at - b) / 1e9
        return (left + (right - left) * (at - a) / max(b - a, 1)) / 1e9


# -- the picture -------------------------------------------------------------------------------------------


def draw(run: RunData) -> Figure:
    """Return the space-time diagram of a run."""
    at, what = centre(run)
    spans = role_spans(run.records, run.header.nodes, run.end())
    nodes = lanes(run, spans, at)
    everything = messages(run.records)
    among = [m for m in everything if m.src in nodes and m.dst in nodes]
    if among:
        moments = [m.sent for m in among], sorted(m.last() for m in among)
    else:  # nobody talks: look at what happens inside
        steps = [r.at for r in run.records if r.kind in ("step", "ask", "answer", "state", "boot", "crash")]
        moments = steps, steps
    flights = sorted(to - m.sent for m in among for to in m.arrivals)
    usual = flights[len(flights) // 2] if flights else 0
    begin, end = window(*moments, at, run.end(), 2 * usual)
    seen = messages_between(among, begin, end)
    marks = [r for r in run.records if begin <= r.at <= end and r.kind in _MARKED and r.node in nodes]
    begin, end = _trimmed(run, seen, marks, begin, end, at)
    count = len(seen)
    seen, left_out = thinned(seen)
    flights = sorted(to - m.sent for m in seen for to in m.arrivals)
    usual = flights[len(flights) // 2] if flights else 0
    scale = Scale(begin, end, _moments(run, seen, marks, at), GAP * usual)
    flight = max(usual / 1e9, (scale(end) - scale(begin)) / 40)

    types = _types(seen)
    whys = _whys(seen)
    shown = {node: [s for s in spans[node] if s.end >= begin and s.begin <= end] for node in nodes}
    keys = role_keys([s.role for mine in shown.values() for s in mine])
    keys += [Key(name, "arrow", colour, dash) for name, (colour, dash) in types.items()]
    keys += [Key(f"dropped: {why}", marker, style.INK) for why, marker in whys.items()]
    keys += [key for kind, key in _MARKS.items() if any(_mark_of(r) == kind for r in marks)]
    keys += [
        k
        for k in sheet.fault_keys(run)
        if any(_during(f, run, begin, end) and f.kind == k.label for f in run.result.faults)
    ]
    if scale.cuts:
        keys.append(Key("idle time left out", "line", style.FAINT, (0, (1, 2))))
    keys += sheet.violation_key(run)
    caption = [f"Around {what}: {clock_text(begin)} to {clock_text(end)}, {count} messages."]
    if left_out:
        caption.append(f"Of these are drawn: {', '.join(left_out)}; of other types all.")
    if len(nodes) < len(run.header.nodes):
        others = len(messages_between(everything, begin, end)) - count
        caption.append(
            f"Shown are {len(nodes)} of {len(run.header.nodes)} nodes; {others} messages from or to others are not."
        )
    caption += sheet.verdict_lines(run)
    height, room = len(nodes) * LANE + 0.1, lane_room(nodes)
    sheets = sheet.compose(run, [Panel("", height)], keys, caption, room)
    axes = sheets.panels[0]
    prepare_lanes(axes, nodes, LANE)
    axes.set_xlim(scale(begin), scale(end))
    _time_ticks(axes, scale, begin, end, sheets.across, room)
    sheet.lane_bands(axes, run, nodes, begin, end, scale)
    for lane, node in enumerate(nodes):
        axes.axhline(lane, color=style.FAINT, linewidth=0.6, zorder=1)
        inside = [Span(max(s.begin, begin), min(s.end, end), s.role) for s in shown[node]]
        draw_roles(axes, lane, inside, end, 0.2, scale)
    lane_of = {node: lane for lane, node in enumerate(nodes)}
    for message in seen:
        _draw_message(axes, message, lane_of, scale, types[_type_name(message.type, types)], whys, flight)
    _draw_marks(axes, marks, lane_of, scale, (scale(end) - scale(begin)) / sheets.across)
    for a, b in scale.cuts:
        axes.axvline((scale(a) + scale(b)) / 2, color=style.FAINT, linestyle=(0, (1, 2)), linewidth=1.2, zorder=1)
    sheet.mark_violation(axes, run, scale, zorder=3)
    return sheets.figure


_MARKED = ("ask", "answer", "crash", "boot")
_MARKS = {
    "ask": Key("client asks", "v", "#555555", size=0.75),
    "ok": Key("answer: ok", "^", "#1a7f37", size=0.75),
    "other": Key("answer: other", "^", "#555555", size=0.75, hollow=True),
    "crash": Key("crash", "X", "#b00020", size=1.4),
    "stop": Key("stop in order", "s", "#555555", size=0.9),
    "boot": Key("boot", "D", "#1a7f37", size=1.0, hollow=True),
}
_LIFT = {"ask": 0.36, "ok": 0.2, "other": 0.2}  # lanes above the node's own
_ODD = (6, 2, 0)  # a star of strokes, for a reason that a foreign trace invented
_SIGNS = ("+", "x", "X", (3, 2, 0), (7, 2, 0), "1", "2", "3", "4", (5, 2, 0), (8, 2, 0), "|", "_")
_CROSSES: dict[str, Any] = dict(zip(WHY, _SIGNS, strict=True))


def _mark_of(record: Record) -> str | None:
    if record.kind == "answer":
        return "ok" if record.data.outcome == "ok" else "other"
    if record.kind == "crash" and record.data.how == "stopped":
        return "stop"
    return record.kind if record.kind in _MARKS else None


def _during(fault: Fault, run: RunData, begin: int, end: int) -> bool:
    return fault.begin is not None and fault.begin <= end and sheet.ending(fault, run) >= begin


def _moments(run: RunData, seen: Sequence[Message], marks: Sequence[Record], at: int) -> list[int]:
    moments = [at, *(r.at for r in marks)]
    for message in seen:
        moments += [message.sent, *message.arrivals, *(when for when, _ in message.drops)]
    for fault in run.result.faults:
        moments += [when for when in (fault.begin, fault.end) if when is not None]
    return moments


def _trimmed(
    run: RunData, seen: Sequence[Message], marks: Sequence[Record], begin: int, end: int, at: int
) -> tuple[int, int]:
    """Return the window without the idle time at its ends, or as it is if nothing happens in it that is drawn."""
    inside = [when for when in _moments(run, seen, marks, at) if begin <= when <= end]
    first, last = min(inside), max(inside)
    if first == last:
        return begin, end
    pad = max((last - first) // 50, 1)
    return max(begin, first - pad), min(end, last + pad) if last + pad > first else end


def _types(seen: Sequence[Message]) -> dict[str, tuple[str, Any]]:
    counts: dict[str, int] = {}
    for message in seen:
        counts[message.type] = counts.get(message.type, 0) + 1
    often = sorted(counts, key=lambda name: (-counts[name], name))
    kept = sorted(often[:TYPES])
    looks = dict(zip(kept, style.messages(len(kept)), strict=True))
    return looks | ({"other types": (style.FAINT, "solid")} if len(often) > TYPES else {})


def _type_name(name: str, types: dict[str, Any]) -> str:
    return name if name in types else "other types"


def _whys(seen: Sequence[Message]) -> dict[str, Any]:
    reasons = sorted({why for message in seen for _, why in message.drops})
    return {why: _CROSSES.get(why, _ODD) for why in reasons}


def _draw_message(
    axes: Axes, message: Message, lane_of: dict[str, int], scale: Scale, look: tuple[str, Any], crosses: dict[str, Any],
    flight: float,
) -> None:  # fmt: skip
    from matplotlib.patches import FancyArrowPatch

    colour, dash = look
    x, y = scale(message.sent), lane_of[message.src]
    down = lane_of[message.dst] - y
    for at in message.arrivals:
        axes.add_patch(FancyArrowPatch(
            (x, y), (scale(at), y + down), arrowstyle="-|>,head_length=4.6,head_width=2", color=colour, linestyle=dash,
            linewidth=1.2, shrinkA=0, shrinkB=0, mutation_scale=1, joinstyle="miter", capstyle="butt", zorder=4,
        ))  # fmt: skip
    for at, why in message.drops:
        if at > message.sent:  # it came, but was not handled
            to_x, to_y = scale(at), float(y + down)
        else:  # a stub that stays near its sender and points where it was to go
            part = (0.3 + 0.45 * (abs(down) - 1) / max(len(lane_of) - 2, 1)) / abs(down)
            to_x, to_y = x + flight * part, y + down * part
        axes.plot([x, to_x], [y, to_y], color=colour, linewidth=1.2, linestyle=dash, zorder=4)
        marker = crosses[why]
        axes.plot([to_x], [to_y], marker=marker, markersize=6, color=colour, markeredgewidth=1.5, zorder=5)


def _draw_marks(axes: Axes, marks: Sequence[Record], lane_of: dict[str, int], scale: Scale, inch: float) -> None:
    """Draw what happened at nodes; of marks that would lie on top of each other only the first."""
    free: dict[tuple[str, str], float] = {}
    for record in marks:
        kind, x = _mark_of(record), scale(record.at)
        if kind is not None and x >= free.get((kind, str(record.node)), x):
            free[kind, str(record.node)] = x + 0.1 * inch
            mark(axes, [x], [lane_of[str(record.node)] - _LIFT.get(kind, 0.0)], _MARKS[kind])


def _time_ticks(axes: Axes, scale: Scale, begin: int, end: int, across: float, left: float) -> None:
    """Label the window's time: round numbers on a plain scale, else the first moment after every cut."""
    from matplotlib.ticker import FixedLocator, MaxNLocator

    if scale.cuts:
        moments = [begin, *(to for _, to in scale.cuts)]
    else:
        ticks = MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]).tick_values(begin / 1e9, end / 1e9)
        moments = [at for at in (round(tick * 1e9) for tick in ticks) if begin <= at <= end]
    digits = 0
    while digits < 9 and any(round(at, digits - 9) != at for at in moments) and (not scale.cuts or digits < 3):
        digits += 1
    whole = scale(end) - scale(begin)
    places, labels = [], []
    free = -left
    for at in moments:
        text = f"{at / 1e9:.{digits}f}"
        middle = (scale(at) - scale(begin)) / whole * across
        half = style.width(text) / 2 + 0.06
        if middle - half >= max(free, -left) and middle + half <= across + EDGE + MARGIN:
            places.append(scale(at))
            labels.append(text)
            free = middle + half
    axes.xaxis.set_major_locator(FixedLocator(places))
    axes.set_xticks(places, labels)
