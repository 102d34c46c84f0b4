"""What a message costs beside the naive host: untraced, with a digest, and with the whole trace in a file."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from tempfile import TemporaryFile
from unittest.mock import patch

import sim.recorder
from sim.world import Plan

from .measure import Effort, Row, against, in_turns, plainly
from .worlds import BEAT, QUORUM, Workload, naive_run, plan, world_run

# The promise of each row. Traces cost the same on both workloads, so the floors for them are judged on both.
FLOORS = {
    "quorum_untraced": 2.0,
    "quorum_digest": 1.5,
    "quorum_jsonl": 1.4,
    "quorum_digest_stdlib": 1.2,
    "quorum_jsonl_stdlib": 1.2,
    "beat_untraced": 3.3,
    "beat_digest": 1.5,
    "beat_jsonl": 1.4,
    "beat_digest_stdlib": 1.2,
    "beat_jsonl_stdlib": 1.2,
}


class _Counter:
    """A sink that keeps nothing but the length."""

    def __init__(self) -> None:
        self.bytes = 0

    def write(self, lines: bytes) -> None:
        self.bytes += len(lines)


def _jsonl(made: Plan) -> float:
    with TemporaryFile() as file:
        return world_run(made, (file,)).us


def _stdlib(run: Callable[[], float]) -> float:
    """Run as if the extra `fast` were not installed."""
    with patch.object(sim.recorder, "msgspec", None):
        return run()


def _of(load: Workload, effort: Effort) -> list[Row]:
    made = plan(load, effort.thousands)
    digest, jsonl = lambda: world_run(made, ()).us, partial(_jsonl, made)
    fast: dict[str, Callable[[], float]] = {"digest": digest, "jsonl": jsonl}
    variants: dict[str, Callable[[], float]] = {
        "naive": lambda: naive_run(load, effort.thousands).us,
        "untraced": lambda: world_run(made, None).us,
        **(fast if find_spec("msgspec") else {}),
        "digest_stdlib": partial(_stdlib, digest),
        "jsonl_stdlib": partial(_stdlib, jsonl),
    }
    figures = in_turns(variants, effort)
    rows = []
    for name, floor in FLOORS.items():
        workload, _, variant = name.partition("_")
        if workload != load.name:
            continue
        if variant in figures:
            rows.append(against(name, "us/message", figures[variant], figures["naive"], floor))
        else:
            rows.append(Row(name, "us/message", floor=floor))  # msgspec is not installed
    counter = _Counter()
    run = world_run(made, (counter,))
    return [*rows, plainly(f"{load.name}_trace_size", "bytes/message", [counter.bytes / run.sent])]


def rows(effort: Effort) -> list[Row]:
    """Measure both workloads."""
    return [*_of(QUORUM, effort), *_of(BEAT, effort)]
