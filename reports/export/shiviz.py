"""A run as a log for ShiViz: a parser expression, a delimiter of executions, then a line for each record of a node.

Host names, clocks and texts hold no line breaks. Useful up to some thousand events.
"""

from __future__ import annotations

import json

from ..load import RunData
from .causal import moments
from .words import said

PARSER = r"(?<host>\S*) (?<clock>{.*}) (?<time>\S+) (?<kind>\S+) (?<event>.*)"
DELIMITER = "^=== (?<trace>.*) ===$"


def shiviz(run: RunData) -> bytes:
    """Return the log; times are seconds."""
    lines = [PARSER, DELIMITER, f"=== {run.result.scenario} seed={run.result.seed} ==="]
    for record, clock in moments(run.records):
        vector = json.dumps(dict(sorted(clock.items())), separators=(",", ":"))
        text = " ".join(said(record).removeprefix(record.kind).split()) or record.kind
        lines.append(f"{record.node} {vector} {record.at / 1e9:.9f} {record.kind} {text}")
    return ("\n".join(lines) + "\n").encode()
