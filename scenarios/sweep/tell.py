"""What a sweep says to a person on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sim.units import clock_text

from .summary import Summary

SHOWN = 5  # runs that are named
Command = Callable[[int], str]


def told(summary: Summary, command: Command) -> str:
    """Return a summary as text; `command` gives the arguments of `netsplit run` that show a point of the grid."""
    return "\n".join(_lines(summary, command))


def _lines(summary: Summary, command: Command) -> Iterator[str]:
    found = summary.result()
    part = "" if summary.part == (1, 1) else ", shard {}/{}".format(*summary.part)
    yield f"{found['scenario']} seeds {found['seeds']}{part}: {_counted(found)}"
    if not summary.complete:
        yield f"  {found['asked'] - found['runs']} of {found['asked']} runs are missing"
    yield from _tallied(found, "  ")
    if "points" in found:
        for point, one in zip(summary.points, found["points"], strict=True):
            yield ""
            yield f"{point.told()}: {_counted(one)}"
            yield from _tallied(one, "  ")
        for difference in found["differences"]:
            yield ""
            yield from _changed(summary, difference)
    numbers = {str(dict(point.settings)): point.number for point in summary.points}

    def see(row: Mapping[str, Any]) -> str:
        return f"netsplit run {command(numbers[str(row['set'])])} --seed {row['seed']}"

    for row in found["unexpected_runs"][:SHOWN]:
        yield f"  see {see(row)}"
    for row in found["model_errors"][:SHOWN]:
        yield f"  model error under seed {row['seed']}: {row['error']}"
    for row in found.get("amiss", ())[:SHOWN]:
        yield f"  netsplit itself is at fault under seed {row['seed']}: {row['what']}"
    for row in found["nondeterministic"][:SHOWN]:
        yield f"  not deterministic under seed {row['seed']}: {row['what']}"
        yield f"    see {see(row).replace('netsplit run', 'netsplit verify-determinism')}"
    for row in found["unfinished"][:SHOWN]:
        yield f"  unfinished: seed {row['seed']}: {row['why']}"
        yield f"    see {see(row)}"
    yield f"digest {found['digest']}"


def _counted(found: Mapping[str, Any]) -> str:
    share = found["unexpected_probability"]
    return f"{found['runs']} runs, {found['unexpected']} unexpected{_chance(share)}"


def _chance(share: Mapping[str, Any]) -> str:
    """Return an estimated probability with its interval."""
    if share["estimate"] is None:
        return ""
    return f" ({_percent(share['estimate'])}, 95 %: {_percent(share['low'])} to {_percent(share['high'])})"


def _percent(value: float) -> str:
    return f"{100 * value:.3g} %"


def _tallied(found: Mapping[str, Any], indent: str) -> Iterator[str]:
    width = max((len(name) for name in (*found["properties"], *found["metrics"])), default=0)
    for name, counts in found["properties"].items():
        verdicts = ", ".join(f"{verdict} {count}" for verdict, count in counts.items())
        chance = f"  violated{_chance(found['violation_probability'][name])}" if "violated" in counts else ""
        yield f"{indent}{name:{width}}  {verdicts}{chance}"
    for name, one in found["metrics"].items():
        yield f"{indent}{name:{width}}  median {_figure(name, one['median'])}{_range(name, one)}, of {one['runs']} runs"


def _range(name: str, one: Mapping[str, Any]) -> str:
    return "" if one["low"] is None else f" ({_figure(name, one['low'])} to {_figure(name, one['high'])})"


def _figure(name: str, value: float) -> str:
    """Return a number in the unit that its name ends with."""
    if "_ns" in name:
        return clock_text(round(value))
    if name.endswith("_ppm"):
        return f"{value / 10_000:.4g} %"
    return f"{value:.6g}"


def _changed(summary: Summary, found: Mapping[str, Any]) -> Iterator[str]:
    words = {str(dict(point.settings)): point.told() for point in summary.points}
    pairs = f"{found['pairs']} seeds that both have"
    yield f"{words[str(found['of'])]} beside {words[str(found['to'])]}, {pairs}:"
    for name, one in found["violation_probability"].items():
        if one["only_to"] or one["only_of"]:
            shift = f"{100 * one['difference']:+.3g} % ({100 * one['low']:+.3g} % to {100 * one['high']:+.3g} %)"
            yield f"  {name}  violated {shift}"
    for name, one in found["metrics"].items():
        if one["median"] or one["low"] or one["high"]:
            yield f"  {name}  median difference {_figure(name, one['median'])}{_range(name, one)}, of {one['runs']}"
