"""The scenarios that ship, by name: `redex/leader_cut_off` is catalog/redex/leader_cut_off.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path

from .complaints import UsageError, unknown

CATALOG = Path(__file__).parent / "catalog"


def names() -> tuple[str, ...]:
    """Return the names of all shipped scenarios, sorted."""
    return tuple(sorted(path.relative_to(CATALOG).with_suffix("").as_posix() for path in CATALOG.rglob("*.toml")))


def resolve(scenario: str) -> Path:
    """Return the file of a catalogue name or path. Raises UsageError with a guess if there is neither."""
    path = Path(scenario)
    if path.suffix == ".toml" or path.is_file():
        if not path.is_file():
            raise UsageError(f"{scenario}: there is no such file; netsplit list shows the catalogue")
        return path
    if scenario in names():
        return CATALOG / f"{scenario}.toml"
    raise UsageError(f"scenario: {unknown(scenario, names(), 'a .toml file, or one of ')}")


def name_of(path: Path) -> str:
    """Return what a scenario is called: its catalogue name, else the file's stem."""
    resolved = path.resolve()
    if resolved.is_relative_to(CATALOG.resolve()):
        return resolved.relative_to(CATALOG.resolve()).with_suffix("").as_posix()
    return path.stem


def entries() -> list[dict[str, str]]:
    """Return name, model, profile and about of every shipped scenario."""
    rows = []
    for name in names():
        doc = tomllib.loads((CATALOG / f"{name}.toml").read_text("utf-8"))
        rows.append({"name": name, "model": doc["model"], "profile": doc.get("profile", ""), "about": doc["about"]})
    return rows
