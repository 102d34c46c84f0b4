"""A run as files that other tools open.

A format is a module here with a function from a run, loaded whole, to the bytes of one file.

    causal      who knew what when: vector clocks, and which step took which message
    shiviz      a log with vector clocks, for ShiViz
    perfetto    Chrome's trace event format, for Perfetto
    itf         states as Apalache's Informal Trace Format
    jepsen      histories of client operations, as EDN and as JSON
    mermaid     a sequence diagram of the records around the first violation
    prometheus  what the run came to as metrics, in the text exposition format
    parquet     the trace as a table
    tla         a module that TLC replays: elections (election) or commits
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

from ..load import RunData

Writer = Callable[[RunData], bytes]

# format: module and function, imported when asked for, and what the file is called
FORMATS: Mapping[str, tuple[str, str, str]] = {
    "shiviz": ("shiviz", "shiviz", "shiviz.log"),
    "perfetto": ("perfetto", "perfetto", "perfetto.json"),
    "itf": ("itf", "itf", "trace.itf.json"),
    "edn": ("jepsen", "edn", "history.edn"),
    "json": ("jepsen", "as_json", "history.json"),
    "mermaid": ("mermaid", "mermaid", "violation.mmd"),
    "prometheus": ("prometheus", "prometheus", "metrics.prom"),
    "parquet": ("parquet", "parquet", "trace.parquet"),
    "tla": ("tla", "tla", "ReplicationTrace.tla"),
}


def writer(form: str) -> Writer:
    """Return the function that writes a format."""
    module, name, _ = FORMATS[form]
    found: Writer = getattr(import_module(f".{module}", __package__), name)
    return found
