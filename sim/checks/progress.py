"""Clients are served again: a property over their operations."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ..machine import OPERATOR
from ..property import END, NOTHING, About, Excuse, always
from ..trace import Header, Record
from ..units import clock_text
from .standing import Standing


@always(
    "after heal an operation is acknowledged within a grace of the first one asked",
    needs={"ask": "op", "answer": "client outcome", "fault": "", END: ""},
    grace="5s",
)
def operations_resume(cluster: Header, grace: int) -> Generator[Any, Record, None]:
    """Judge the first operation asked after heal, or of all if nothing heals; excused without a majority."""
    standing = Standing(cluster)
    heal = cluster.heal or 0
    first: Record | None = None
    served = False
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        if record.kind == "fault":
            standing.hear(record)
        if served or record.at < heal:
            continue
        if (
            record.kind == "answer"
            and first is not None
            and record.data.outcome == "ok"
            and record.data.client != OPERATOR
        ):
            served, said = True, None
        elif first is not None and record.at > first.at + grace:
            if standing.quorum_left():
                said = About(f"nothing asked after {clock_text(heal)} was acknowledged, though clients ask", first)
            else:
                said = Excuse(standing.lost())
        elif record.kind == "ask" and first is None:
            first = record
