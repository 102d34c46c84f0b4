"""What a sweep runs: seeds, and points of a grid of settings."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from ..complaints import UsageError, shown

FORM = "PATH=V1,V2 or PATH=[V1, V2], such as fault.0.lasting=1s,3s"
Run = tuple[int, int]  # the number of a point, and a seed


@dataclass(frozen=True)
class Point:
    """One setting of everything that a grid varies; `label` is it as JSON, the same in every sweep that has it."""

    number: int
    settings: tuple[tuple[str, Any], ...]

    @property
    def label(self) -> str:
        return json.dumps(dict(self.settings), sort_keys=True, ensure_ascii=False, default=str)

    def arguments(self) -> str:
        """Return it as arguments of `netsplit run`."""
        from shlex import quote

        return "".join(f" --set {quote(f'{key}={_toml(value)}')}" for key, value in self.settings)

    def told(self) -> str:
        """Return it as a person would say it."""
        return ", ".join(f"{key} {value if isinstance(value, str) else _toml(value)}" for key, value in self.settings)


def _toml(value: Any) -> str:
    if isinstance(value, (bool, int, float, str, list)):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def seeds(text: str) -> range:
    """Read `A..B`, both included. Raises UsageError."""
    low, dots, high = text.partition("..")
    if not dots:
        high = low
    good = low.isascii() and high.isascii() and low.isdigit() and high.isdigit() and max(len(low), len(high)) < 20
    if not good or int(low) > int(high) or int(high) >= 2**63:
        raise UsageError(f"--seeds: found {shown(text)}, allowed: A..B with 0 <= A <= B, such as 1..1000")
    return range(int(low), int(high) + 1)


def shard(text: str) -> tuple[int, int]:
    """Read `k/n`, the k-th of n parts, counted from 1. Raises UsageError."""
    part, _, whole = text.partition("/")
    good = part.isascii() and whole.isascii() and part.isdigit() and whole.isdigit() and len(whole) < 10
    if not good or not 1 <= int(part) <= int(whole):
        raise UsageError(f"--shard: found {shown(text)}, allowed: k/n with 1 <= k <= n, such as 2/8")
    return int(part), int(whole)


def axis(text: str) -> tuple[str, tuple[Any, ...]]:
    """Read one --grid: a key and the values that it takes, each TOML or else a bare string. Raises UsageError."""
    key, eq, values = text.partition("=")
    key, values = key.strip(), values.strip()
    if not eq or not values or not key or any(not part for part in key.split(".")):
        raise UsageError(f"--grid: found {shown(text)}, allowed: {FORM}")
    if key == "seed":
        raise UsageError("--grid seed: found a grid of seeds, allowed: --seeds A..B")
    if values.startswith("["):
        try:
            found = tomllib.loads(f"v = {values}")["v"]
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise UsageError(f"--grid {key}: not a TOML array ({error}), allowed: {FORM}") from None
    else:
        found = [_value(part.strip()) for part in values.split(",")]
    if not found or "" in found:
        raise UsageError(f"--grid: found {shown(text)}, in which a value is missing; allowed: {FORM}")
    _unlike(key, found)
    return key, tuple(found)


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"v = {text}")["v"]
    except (tomllib.TOMLDecodeError, RecursionError):
        return text


def _unlike(key: str, values: Sequence[Any]) -> None:
    labels = [json.dumps(value, default=str) for value in values]
    for label in labels:
        if labels.count(label) > 1:
            raise UsageError(f"--grid {key}: found {label} twice, allowed: each value once")


def charted(table: Mapping[str, Sequence[Any]]) -> dict[str, tuple[Any, ...]]:
    """Return a scenario's `[sweep]` as axes. Raises UsageError if there is none, or a value stands there twice."""
    if not table:
        raise UsageError("--charted: the scenario has no [sweep]; give a grid with --grid PATH=V1,V2")
    for key, values in table.items():
        if not values:
            raise UsageError(f"--charted: sweep.{key} has no values")
        _unlike(key, values)
    return {key: tuple(values) for key, values in table.items()}


def points(axes: Mapping[str, Sequence[Any]]) -> tuple[Point, ...]:
    """Return every combination, the last axis changing fastest; without axes the one point that changes nothing."""
    combinations = product(*(tuple((key, value) for value in values) for key, values in axes.items()))
    return tuple(Point(number, settings) for number, settings in enumerate(combinations))


def runs(count: int, span: range, part: tuple[int, int] = (1, 1)) -> Iterator[Run]:
    """Yield the runs of a shard, seed by seed: a sweep that is cut short has all points of the seeds that it has."""
    k, n = part
    if n == 1:
        for seed in span:
            for point in range(count):
                yield point, seed
        return
    for index in range(k - 1, (span.stop - span.start) * count, n):
        yield index % count, span[index // count]


def how_many(count: int, span: range, part: tuple[int, int] = (1, 1)) -> int:
    """Return how many runs a shard has."""
    k, n = part
    return max(0, -(((k - 1) - (span.stop - span.start) * count) // n))
