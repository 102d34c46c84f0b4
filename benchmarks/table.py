"""All rows, and how a table of them reads."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from . import against_naive, properties, scale, set_up, sweeping
from .measure import Effort, Row

GROUPS: tuple[Callable[[Effort], list[Row]], ...] = (
    against_naive.rows,
    set_up.rows,
    scale.rows,
    properties.rows,
    sweeping.rows,
)


def measured(effort: Effort) -> dict[str, Any]:
    """Measure everything; return what `--json` prints."""
    return {
        "version": version("netsplit"),
        "python": platform.python_version(),
        "simpy": version("simpy"),
        "machine": {"cores": os.cpu_count(), "system": platform.system(), "architecture": platform.machine()},
        "rows": [asdict(row) for group in GROUPS for row in group(effort)],
    }


def _shown(value: float | None, unit: str = "") -> str:
    return "" if value is None else f"{value:.{2 if value < 100 else 0}f}{unit}"


def text(result: dict[str, Any]) -> str:
    """Return the table as text: figures to the right, verdicts last."""
    heads = ("name", "ratio", "low", "high", "floor", "met", "value", "baseline", "unit")
    lines: list[Sequence[str]] = [heads]
    for row in result["rows"]:
        met = {True: "yes", False: "NO", None: ""}[row["met"]]
        figures = [_shown(row[k]) for k in ("ratio", "low", "high", "floor")]
        lines.append((row["name"], *figures, met, _shown(row["value"]), _shown(row["baseline"]), row["unit"]))
    widths = [max(len(line[i]) for line in lines) for i in range(len(heads))]
    left = (0, len(heads) - 1)
    shown = [
        "  ".join(c.ljust(w) if i in left else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths, strict=True)))
        for line in lines
    ]
    about = f"netsplit {result['version']}, Python {result['python']}, SimPy {result['simpy']}"
    about += f", {result['machine']['cores']} cores, {result['machine']['architecture']}"
    return "\n".join([about, "", *(line.rstrip() for line in shown)])
