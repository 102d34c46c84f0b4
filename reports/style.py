"""How all pictures look: colours, fonts, sizes, and text as it may be shown. matplotlib is imported when first used.

A picture is 6.6 inches wide, twice a column of 3.3: reduced to one column its 12 point text is 6 point.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

WIDTH = 6.6  # inches
FONT = 12  # points, of all text but the title
TITLE = 13
LINE = 0.205  # inches from one line of text to the next
FAMILY = "DejaVu Sans"  # comes with matplotlib, so it is there on every machine
DPI = 200

INK = "#222222"
FAINT = "#8a8a8a"
GRID = "#dddddd"
ALARM = "#d55e00"  # two leaders at once
PLAIN = "#5b6770"

# Told apart by people who confuse red and green, and in print by height: see BAR.
ROLE = {
    "leader": "#08519c",
    "candidate": "#f0a30a",
    "follower": "#a6cbe3",
    "idle": "#d9d9d9",
    "up": "#a6cbe3",
    "down": "#4d4d4d",
}
# How much of a lane's bar each role takes; `down` is a thin line.
BAR = {"leader": 1.0, "candidate": 0.78, "follower": 0.5, "idle": 0.3, "up": 0.5, "down": 0.07}
BAND = 0.17  # opacity of a fault's band

# Of messages: none is the colour of a role.
MESSAGE = ("#bd1f01", "#007a5e", "#832db6", "#6b6b6b", "#c51b8a", "#e76300", "#2b2b2b", "#a96b59", "#3aa6a6")
DASHES: tuple[Any, ...] = ("solid", (0, (5, 1.6)), (0, (1.6, 1.2)), (0, (6, 1.5, 1.5, 1.5)))

_RC: dict[str, Any] = {
    "font.family": [FAMILY],
    "font.size": FONT,
    "axes.titlesize": FONT,
    "axes.labelsize": FONT,
    "xtick.labelsize": FONT,
    "ytick.labelsize": FONT,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": False,
    "text.parse_math": False,  # text comes from traces: a dollar sign is a dollar sign
    "svg.hashsalt": "netsplit",  # ids in the file would be random without it
    # Outlines look the same whatever fonts a reader has; what a text says stands beside it as a comment.
    "svg.fonttype": "path",
}


@contextmanager
def styled() -> Iterator[None]:
    """Make matplotlib draw in this style, whatever a user's matplotlibrc says, and put its settings back."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        settings: Any = matplotlib.rcParams  # its stubs know no plain dict
        settings.update(_RC)
        yield


def series(count: int) -> list[tuple[str, Any]]:
    """Return a colour and a dash for each of so many series: told apart up to forty, a ramp beyond ten nodes' lines."""
    import matplotlib

    colours = matplotlib.color_sequences["petroff10"]
    return [(_hex(colours[i % 10]), DASHES[i // 10 % len(DASHES)]) for i in range(count)]


def messages(count: int) -> list[tuple[str, Any]]:
    """Return a colour and a dash for each of up to nine types of messages."""
    return [(MESSAGE[i % len(MESSAGE)], DASHES[i // 5 % len(DASHES)]) for i in range(count)]


def ramp(count: int) -> list[str]:
    """Return a colour for each of so many nodes that are too many to be told apart, in node order."""
    import matplotlib

    scale = matplotlib.colormaps["viridis"]
    return [_hex(scale(0.9 * i / max(count - 1, 1))) for i in range(count)]


def _hex(colour: Any) -> str:
    from matplotlib.colors import to_hex

    return to_hex(colour)


# -- text --------------------------------------------------------------------------------------------------


@cache
def _font() -> Any:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    font = get_font(findfont(FontProperties(family=FAMILY)))
    return font, frozenset(font.get_charmap())


def shown(text: str) -> str:
    """Return text as the font can draw it: what it has no picture of becomes its escape, such as \\u65e5."""
    drawn = _font()[1]
    return "".join(c if c.isprintable() and ord(c) in drawn else _escape(c) for c in text)


def _escape(character: str) -> str:
    code = ord(character)
    return " " if character in "\n\t" else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def width(text: str, size: float = FONT) -> float:
    """Return how wide a text that `shown` returned will be, in inches."""
    font = _font()[0]
    font.set_size(size, 720)  # so fine that no letter's width is rounded to whole dots
    font.set_text(text, 0.0)
    return float(font.get_width_height()[0]) / 64 / 720


def wrapped(text: str, room: float, size: float = FONT, lines_max: int = 5) -> list[str]:
    """Return text in lines that are no wider than so many inches; what is too long ends in an ellipsis."""
    lines: list[str] = []
    line = ""
    for word in _words(shown(text), room, size):
        longer = f"{line} {word}" if line else word
        if line and width(longer, size) > room:
            lines.append(line)
            line = word
        else:
            line = longer
    lines.append(line)
    if len(lines) > lines_max:
        lines = [*lines[: lines_max - 1], clipped(" ".join(lines[lines_max - 1 :]), room, size)]
    return lines


def _words(text: str, room: float, size: float) -> Iterator[str]:
    for word in text.split():
        piece = ""
        for character in word if width(word, size) > room else ():
            if width(piece + character, size) > room:
                yield piece
                piece = ""
            piece += character
        yield piece or word


def clipped(text: str, room: float, size: float = FONT) -> str:
    """Return text, cut short with an ellipsis if it is wider than so many inches."""
    if width(text, size) <= room:
        return text
    kept = bisect_left(range(len(text)), True, key=lambda last: width(text[: last + 1] + "…", size) > room)
    return text[:kept] + "…"
