"""A study's tables, charts and rows as files: `study.json`, and a CSV file beside each chart."""

from __future__ import annotations

import json
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .study import Result

FORMAT = "netsplit.study/1"


def plain(name: str, trials: int, result: Result) -> dict[str, Any]:
    """Return what `study --json` prints."""
    return {
        "format": FORMAT,
        "study": name,
        "version": version("netsplit"),
        "trials": trials,
        "rows": [row.plain() for row in result.rows],
    }


def keep(name: str, trials: int, result: Result, out: Path, plots: bool = True) -> None:
    """Write a study's files into a folder, which is made if it is not there; files of the same names are replaced."""
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(plain(name, trials, result), indent=1, ensure_ascii=False) + "\n"
    (out / "study.json").write_text(text, encoding="utf-8")
    for table, rows in result.tables.items():
        (out / f"{table}.csv").write_text(rows.csv(), encoding="utf-8")
    if plots:
        from reports.chart import draw
        from reports.draw import FORMATS, save

        for chart, (spec, table) in result.charts.items():
            save(out, chart, spec.title, partial(draw, spec, result.tables[table]), tuple(FORMATS))
