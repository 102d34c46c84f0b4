"""A weakness whose specification has several schedules is measured in parts, W3a and W3b, and told as one, W3."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .measure import HOLDS, SHOWS, whole_id


def together(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return one row for each weakness, in the order of the parts' rows, each with its parts.

    It shows if a part does, and holds hardened if every part does. What mends it is what mends each part that shows;
    where no switch is common to them, it is said part by part.
    """
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["model"], whole_id(row["id"])), []).append(row)
    return [_joined(name, parts) for (_, name), parts in groups.items()]


def _joined(name: str, parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    if len(parts) == 1 and parts[0]["id"] == name:
        return {**parts[0], "parts": []}
    shown = [part for part in parts if part["outcome"] == SHOWS]
    first = parts[0]
    return {
        **first,
        "id": name,
        "summary": " ".join(part["summary"] for part in parts),
        "outcome": SHOWS if shown else HOLDS,
        "judgement": next((p["judgement"] for p in parts if p["judgement"] != "confirmed"), "confirmed"),
        "figures": {f"{part['id']}: {key}": value for part in parts for key, value in part["figures"].items()},
        "mended_by": _mending(shown),
        "hardened": HOLDS if all(part["hardened"] == HOLDS for part in parts) else SHOWS,
        "hardened_figures": {f"{p['id']}: {key}": value for p in parts for key, value in p["hardened_figures"].items()},
        "unmended": " ".join(f"{part['id']}: {part['unmended']}" for part in parts if part["unmended"]),
        "note": " ".join(f"{part['id']}: {part['note']}" for part in parts if part["note"]),
        "parts": [dict(part) for part in parts],
    }


def _mending(shown: Sequence[Mapping[str, Any]]) -> list[str]:
    common = [name for name in shown[0]["mended_by"] if all(name in p["mended_by"] for p in shown)] if shown else []
    return common or [f"{part['id']}: {part['mended_by'][0]}" for part in shown if part["mended_by"]]
