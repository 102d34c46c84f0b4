"""A study's tables, charts and rows as files: `study.json`, and a CSV file beside each chart."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from reports.chart import Chart
from reports.table import Table
from sim.tracefile import Show, quiet

from .study import Result

FORMAT = "netsplit.study-result/1"  # a manifest is of another: netsplit.study/1


def plain(name: str, trials: int, result: Result) -> dict[str, Any]:
    """Return what `study --json` prints."""
    return {
        "format": FORMAT,
        "study": name,
        "version": version("netsplit"),
        "trials": trials,
        **({"sweeps": result.sweeps} if result.sweeps else {}),
        "rows": [row.plain() for row in result.rows],
    }


def keep(name: str, trials: int, result: Result, out: Path, plots: bool = True) -> None:
    """Write a study's files into a folder, which is made if it is not there; files of the same names are replaced."""
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(plain(name, trials, result), indent=1, ensure_ascii=False) + "\n"
    (out / "study.json").write_text(text, encoding="utf-8")
    for table, rows in result.tables.items():
        _keep_table(table, rows, out)
    if plots:
        for chart, (spec, table) in result.charts.items():
            _draw(chart, spec, result.tables[table], out)


def keep_charts(charts: Mapping[str, tuple[Chart, Table]], out: Path, plots: bool = True, show: Show = quiet) -> None:
    """Write charts into a folder, each with the CSV file of its table beside it; `show` is told how many are done."""
    out.mkdir(parents=True, exist_ok=True)
    for done, (name, (spec, table)) in enumerate(charts.items()):
        show(done, len(charts))
        _keep_table(name, table, out)
        if plots:
            _draw(name, spec, table, out)


def _keep_table(name: str, table: Table, out: Path) -> None:
    (out / f"{name}.csv").write_text(table.csv(), encoding="utf-8")


def _draw(name: str, spec: Chart, table: Table, out: Path) -> None:
    from reports.chart import draw
    from reports.draw import FORMATS, save

    save(out, name, spec.title, partial(draw, spec, table), tuple(FORMATS))
