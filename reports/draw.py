"""Draws all pictures of a run directory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
        made = [path for name, picture in PICTURES.items() for path in _save(run, Path(folder), name, picture)]
        return [path.replace(run_dir / path.name) for path in made]


def _save(run: RunData, folder: Path, name: str, picture: Callable[[RunData], Any]) -> list[Path]:
    with style.styled():
        figure = picture(run)
        svg, png = folder / f"{name}.svg", folder / f"{name}.png"
        title = f"{name}: {style.shown(title_of(run))}"
        # Dates and versions would make two pictures of one run differ.
        figure.savefig(svg, metadata={"Date": None, "Creator": None, "Title": title})
        figure.savefig(png, dpi=style.DPI, metadata={"Software": None, "Title": title})
    return [svg, png]
