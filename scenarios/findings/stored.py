"""What was measured of the documented weaknesses, as a file (format netsplit.findings/1) and as a page beside it.

The file holds `{format, model, version, date, digest, rows}`, a row being what `findings --json` prints; the digest
covers the rows, so that a page and a file that do not belong together are told apart.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..complaints import UsageError
from .parts import together

FORMAT = "netsplit.findings/1"
HERE = Path(__file__).parent


def file_of(model: str) -> Path:
    """Return where a model's rows are kept."""
    return HERE / f"{model}.json"


def page_of(model: str) -> Path:
    """Return where a model's page stands."""
    return HERE / f"{model}.md"


def digest(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the digest of rows."""
    text = json.dumps(rows, sort_keys=True, ensure_ascii=False)
    return blake2b(text.encode(), digest_size=16).hexdigest()


def load(model: str) -> dict[str, Any]:
    """Return what is kept of a model. Raises UsageError if there is nothing, or nothing that can be read."""
    path = file_of(model)
    try:
        kept = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise UsageError(f"{path}: nothing was measured yet: python -m scenarios.findings {model}") from None
    except ValueError as error:
        raise UsageError(f"{path}: found no JSON: {error}") from None
    found = kept.get("format") if isinstance(kept, dict) else kept
    if found != FORMAT:
        raise UsageError(f"{path}: found format {found!r}, allowed: {FORMAT!r}")
    if digest(kept["rows"]) != kept["digest"]:
        raise UsageError(f"{path}: its digest is not that of its rows: python -m scenarios.findings {model}")
    result: dict[str, Any] = kept
    return result


def keep(model: str, rows: Sequence[Mapping[str, Any]], today: str) -> None:
    """Write a model's file and page."""
    kept: dict[str, Any] = {"format": FORMAT, "model": model, "version": version("netsplit"), "date": today}
    kept |= {"digest": digest(rows), "rows": rows}
    file_of(model).write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    page_of(model).write_text(page(kept), encoding="utf-8")


def page(kept: Mapping[str, Any]) -> str:
    """Return the page of what is kept of a model: a table, then what there is to say of each weakness."""
    model = kept["model"]
    rows = kept["rows"]
    every = together(rows)
    shown = sum(row["outcome"] == "violated" for row in every)
    mended = sum(row["hardened"] == "holds" for row in every)
    lines = [
        f"# Weaknesses of {model}",
        "",
        f"Measured by `python -m scenarios.findings {model}` with netsplit {kept['version']} on {kept['date']}, "
        f"digest `{kept['digest']}`.",
        f"Of {len(every)} documented weaknesses {shown} show as specified; under `hardened` {mended} hold.",
        "A switch that mends one alone, or switches that do so only together, can be given to `--set profile=`.",
        "",
        "| id | weakness | shown by | as specified | mended by | hardened |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        link = f"[{row['id']}](#{row['id'].lower()})"
        mending = ", ".join(f"`{name}`" for name in row["mended_by"]) or "-"
        shown_by = f"`{row['scenario']}`"
        lines.append(
            f"| {link} | {_cell(row['summary'])} | {shown_by} | {row['outcome']} | {mending} | {row['hardened']} |"
        )
    for row in rows:
        lines += ["", f"## {row['id']}", "", row["summary"]]
        if row["judgement"] != "confirmed":
            lines[-1] += f" Judgement: {row['judgement']}."
        if row["note"]:
            lines += ["", row["note"]]
        if row["unmended"]:
            lines += ["", f"Not mended: {row['unmended']}"]
        if row["figures"]:
            lines += ["", "| figure | specification | measured | hardened |", "|---|---|---|---|"]
            for name, figure in row["figures"].items():
                hardened = row["hardened_figures"].get(name)
                lines.append(
                    f"| {name} | {_told(figure['expected'])} | {_told(figure['measured'])} | {_told(hardened)} |"
                )
    return "\n".join(lines) + "\n"


def _told(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, list):
        return f"{value[0]} to {value[1]}"
    return _cell(str(value))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
