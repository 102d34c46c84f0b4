"""Draws all pictures of a run directory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from . import convergence, spacetime, style, timeline
from .load import RunData, load
from .sheet import title_of

PICTURES: Mapping[str, Callable[[RunData], Any]] = {
    "timeline": timeline.draw,
    "convergence": convergence.draw,
    "spacetime": spacetime.draw,
}


def draw(run_dir: Path) -> list[Path]:
    """Draw every picture as SVG and PNG into the run directory and return their paths.

    The bytes depend on the run, matplotlib and FreeType alone. Pictures appear whole or not at all: each is renamed
    into its place once all are drawn. Raises BadRun.
    """
    run = load(run_dir)
    with TemporaryDirectory(dir=run_dir, prefix=".pictures-") as folder:
        title = title_of(run)
        made = [
            path
            for name, picture in PICTURES.items()
            for path in save(Path(folder), name, f"{name}: {title}", partial(picture, run))
        ]
        return [path.replace(run_dir / path.name) for path in made]


FORMATS: Mapping[str, Mapping[str, None]] = {  # dates and versions would make two pictures of one run differ
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


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
