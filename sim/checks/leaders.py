"""Who leads, and when: properties over `role` and `term`."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ..property import NOTHING, always, sometimes
from ..trace import Header, Record


@always("at most one leader at any time", needs={"state": "role"})
def single_leader(cluster: Header) -> Generator[Any, Record, None]:
    """Judge every moment at which somebody leads; a dead leader does not count."""
    leaders: list[str] = []
    said: Any = NOTHING
    while True:
        record = yield said
        if record.data is not None and record.data.role == "leader":
            if record.node not in leaders:
                leaders = sorted([*leaders, str(record.node)])
        elif record.node in leaders:
            leaders = [n for n in leaders if n != record.node]
        if len(leaders) > 1:
            said = f"{' and '.join(leaders)} lead at the same time"
        else:
            said = None if leaders else NOTHING


@always("at most one leader per term", needs={"state": "role term"})
def one_leader_per_term(cluster: Header) -> Generator[Any, Record, None]:
    """Judge every leader that appears against all earlier ones of its term, dead or alive."""
    led: dict[Any, str] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        if record.data is None or record.data.role != "leader":
            said = NOTHING
            continue
        first = led.setdefault(record.data.term, str(record.node))
        said = None if first == record.node else f"{first} and {record.node} both lead term {record.data.term}"


@sometimes("a leader was elected", needs={"state": "role"})
def leader_elected(cluster: Header) -> Generator[Any, Record, None]:
    """See that some node led at some time."""
    said: Any = None
    while True:
        record = yield said
        leads = record.data is not None and record.data.role == "leader"
        said = f"{record.node} leads" if leads else None
