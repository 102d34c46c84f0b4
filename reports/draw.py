"""Draws the pictures of a run directory: three with each run, every one for a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sim.tracefile import Show, quiet

from . import clocks, convergence, lag, network, operations, spacetime, style, timeline
from .load import RunData
from .sheet import title_of

PICTURES: Mapping[str, Callable[[RunData], Any]] = {
    "timeline": timeline.draw,
    "convergence": convergence.draw,
    "spacetime": spacetime.draw,
}
EVERY: Mapping[str, Callable[[RunData], Any]] = {
    **PICTURES,
    "lag": lag.draw,
    "operations": operations.draw,
    "network": network.draw,
    "links": network.links,
    "clocks": clocks.draw,
}
FORMATS: Mapping[str, Mapping[str, None]] = {  # dates and versions would make two pictures of one run differ
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def draw(
    run: RunData,
    into: Path,
    pictures: Mapping[str, Callable[[RunData], Any]] = PICTURES,
    formats: Sequence[str] = ("svg", "png"),
    show: Show = quiet,
) -> list[Path]:
    """Draw pictures of a run, in each format, into a folder, and return their paths.

    The bytes depend on the run, matplotlib and FreeType alone. Pictures appear whole or not at all: each is renamed
    into its place once all are drawn. `show` is told how many are.
    """
    with TemporaryDirectory(dir=into, prefix=".pictures-") as folder:
        title = title_of(run)
        made: list[Path] = []
        for done, (name, picture) in enumerate(pictures.items()):
            show(done, len(pictures))
            made += save(Path(folder), name, f"{name}: {title}", partial(picture, run), formats)
        return [path.replace(into / path.name) for path in made]


def save(
    folder: Path, name: str, title: str, picture: Callable[[], Any], formats: Sequence[str] = ("svg", "png")
) -> list[Path]:
    """Draw a picture in the house's style, write it in each format, and return the paths."""
    made = []
    with style.styled():
        figure = picture()
        for form in formats:
            path = folder / f"{name}.{form}"
            figure.savefig(path, dpi=style.DPI, metadata={**FORMATS[form], "Title": style.shown(title)})
            made.append(path)
    return made
