"""A sequence diagram of the records around a run's first violation, or of its first messages."""

from __future__ import annotations

from collections.abc import Sequence

from sim.trace import Record
from sim.units import clock_text

from ..load import RunData
from .words import said

MESSAGES_MAX = 150  # beyond, nobody can read the diagram


def mermaid(run: RunData) -> bytes:
    """Return the diagram: messages where they were taken, lost ones crossed out, states and faults as notes."""
    nodes = run.header.nodes
    alias = {node: f"p{i}" for i, node in enumerate(nodes)}
    lines = ["sequenceDiagram", *(f"  participant {alias[node]} as {_text(node)}" for node in nodes)]
    found = run.violations()
    sent = {record.seq: record for record in run.records if record.kind == "send"}
    for record in _window(run):
        lines += _lines(record, sent, alias)
    if found:
        first = found[0]
        over = f"{alias[nodes[0]]},{alias[nodes[-1]]}"
        told = f"{clock_text(first.at)} VIOLATED {_text(first.name)}, {_text(first.sentence)}"
        lines.append(f"  Note over {over}: {told}")
    return ("\n".join(lines) + "\n").encode()


def _window(run: RunData) -> Sequence[Record]:
    """Return the records up to the first violation, as far back as there is room for messages."""
    found = run.violations()
    until = found[0].at if found else run.end()
    before = [r for r in run.records if r.at <= until]
    ends = [i for i, r in enumerate(before) if r.kind in ("drop", "step")]
    if not found:
        return before[: ends[MESSAGES_MAX]] if len(ends) > MESSAGES_MAX else before
    return before[ends[-MESSAGES_MAX] :] if len(ends) > MESSAGES_MAX else before


def _lines(record: Record, sent: dict[int, Record], alias: dict[str, str]) -> list[str]:
    at = clock_text(record.at)
    origin = sent.get(record.cause or -1)
    if record.kind == "step" and origin is not None and record.data.input == "receive":
        return [f"  {alias[str(origin.node)]}->>{alias[str(record.node)]}: {at} {_text(origin.data.type)}"]
    if record.kind == "drop" and origin is not None:
        what = f"{_text(origin.data.type)}, {record.data.why}"
        return [f"  {alias[str(origin.node)]}-x{alias[origin.data.dst]}: {at} {what}"]
    if record.kind in ("state", "crash", "boot"):
        return [f"  Note over {alias[str(record.node)]}: {at} {_text(said(record))}"]
    if record.kind == "fault" and record.data.nodes:
        lanes = [alias[node] for node in record.data.nodes if node in alias]
        over = ",".join(sorted({lanes[0], lanes[-1]}, key=lambda name: int(name[1:])))
        return [f"  Note over {over}: {at} {_text(said(record))}"]
    return []


def _text(text: str) -> str:
    """Return text without what Mermaid reads as its own: breaks, semicolons, hashes and markup."""
    return "".join(c if c.isalnum() or c in " .,=-_/()[]+'" else " " for c in text).strip() or "-"
