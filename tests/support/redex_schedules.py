"""Schedules of section 9 and what their runs are asked, in ms."""

from __future__ import annotations

from typing import Any

from sim.clients import Errand, Workload
from sim.faults import FOREVER, Crash, Partition, Pause, Planned
from sim.units import MS

AGAIN = {"placed": "every-boot", "file": "kept"}  # a restarted node is a follower with its log


def cut(begin: int, end: int, *groups: Any, oneway: bool = False) -> Planned:
    return Planned(Partition(groups=groups, oneway=oneway), at=begin * MS, lasting=(end - begin) * MS)


def crash(node: str, at: int, until: int | None = None) -> Planned:
    return Planned(Crash(nodes=(node,)), at=at * MS, lasting=FOREVER if until is None else (until - at) * MS)


def pause(node: str, begin: int, end: int) -> Planned:
    return Planned(Pause(nodes=(node,)), at=begin * MS, lasting=(end - begin) * MS)


def write(node: str, at: int, name: str, count: int, every: int = 0) -> list[Errand]:
    """Write name0, name1, ... at a node, all at once or every so many ms, and nowhere else."""
    return [
        Errand(f"{name}{i}", node, "append", (f"{name}{i}",), ((at + i * every) * MS,)) for i in range(count)
    ]  # fmt: skip


def at_every_leader(nodes: int, every: int, start: int, until: int | None = None) -> Workload:
    beside = tuple(f"n{i + 1}" for i in range(nodes))
    end = None if until is None else until * MS
    return Workload("append", beside, "every-leader", (every * MS, every * MS), start * MS, end)


def facts(seen: Any, kind: type, node: str) -> list[tuple[int, Any]]:
    return [(at // MS, fact) for at, who, fact in seen.notes if who == node and isinstance(fact, kind)]


def sent(seen: Any, kind: type, src: str | None = None, dst: str | None = None, since: int = 0) -> int:
    return sum(
        isinstance(msg, kind) and src in (None, a) and dst in (None, b) and at >= since * MS
        for at, a, b, msg in seen.sends
    )


def differing(seen: Any, a: str, b: str) -> int:
    one, two = seen.logs[a], seen.logs[b]
    return sum(one.get(seq) != two.get(seq) for seq in one.keys() | two.keys())
