"""A ShiViz log keeps the rules that ShiViz's own parser enforces."""

import json
import re
from typing import Any

import pytest

from reports.export.shiviz import shiviz
from reports.load import RunData

Event = tuple[str, dict[str, int]]


def parse(text: str) -> list[Event]:
    """Read a log as ShiViz does: the first line is the parser, the second the delimiter."""
    parser, delimiter, *rest = text.splitlines()
    expression = re.compile(parser.replace("(?<", "(?P<"))
    assert re.fullmatch(delimiter.replace("(?<", "(?P<"), rest[0])
    found = []
    for line in rest[1:]:
        match = expression.fullmatch(line)
        assert match, line
        found.append((match["host"], json.loads(match["clock"])))
    return found


def complaints(events: list[Event]) -> list[str]:
    """Return what ShiViz would refuse: its rules about vector clocks."""
    said = []
    last: dict[str, dict[str, int]] = {}
    total = {host: sum(1 for h, _ in events if h == host) for host, _ in events}
    past: dict[tuple[str, int], dict[str, int]] = {}
    for host, clock in events:
        own = clock.get(host, 0)
        before = last.get(host, {})
        if own != before.get(host, 0) + 1:
            said.append(f"{host}: own entry {own} after {before.get(host, 0)}")
        if any(clock.get(other, 0) < count for other, count in before.items()):
            said.append(f"{host}: an entry fell")
        for other, count in clock.items():
            if count > total.get(other, 0):
                said.append(f"{host}: {other} {count} is more than it logs")
        last[host] = clock
        past[host, own] = clock
    for (host, own), clock in past.items():
        for other, count in clock.items():
            if other != host and any(clock.get(h, 0) < n for h, n in past.get((other, count), {}).items()):
                said.append(f"{host} {own}: not transitive through {other} {count}")
    return said


def test_shiviz_would_accept_the_log(run: RunData) -> None:
    events = parse(shiviz(run).decode())
    assert len(events) > 500
    assert complaints(events) == []


def test_a_delivery_joins_the_clocks_of_two_nodes(calm: RunData) -> None:
    events = parse(shiviz(calm).decode())
    assert any(len(clock) == 3 for _, clock in events)


def skip_one(events: list[Event]) -> None:
    del events[len(events) // 2]


def foresee(events: list[Event]) -> None:
    host, clock = events[0]
    events[0] = host, {**clock, "n2": 10**6}


def forget(events: list[Event]) -> None:
    """Let an event know less of another host than the one before it on the same host."""
    before: dict[str, dict[str, int]] = {}
    for at, (host, clock) in enumerate(events):
        other = next(
            (name for name, count in clock.items() if name != host and before.get(host, {}).get(name) == count), None
        )
        if other is not None:
            events[at] = host, {**clock, other: clock[other] - 1}
            return
        before[host] = clock


@pytest.mark.parametrize("tamper", [skip_one, foresee, forget])
def test_the_rules_refuse_a_tampered_log(calm: RunData, tamper: Any) -> None:
    events = parse(shiviz(calm).decode())
    tamper(events)
    assert complaints(events)
