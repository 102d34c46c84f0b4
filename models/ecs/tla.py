"""Events as the TLA+ text of the sources (section 3.9).

No tool can replay it (EW-33); `netsplit export --format tla` writes a module that TLC can.
"""

from __future__ import annotations

from collections.abc import Iterable

from .events import PUBLISHED, RECEIVED, TraceEvent

MODULE = "ReplicationTrace"


def export_tla_trace(events: Iterable[TraceEvent]) -> str:
    """Return events as the sources write them: no behaviour that a tool could check, for want of a Next."""
    lines = [
        f"---- MODULE {MODULE} ----",
        "EXTENDS Integers, Sequences, FiniteSets",
        "",
        "VARIABLES committed, applied",
        "",
        "Init ==",
        "  /\\ committed = {}",
        "  /\\ applied = {}",
        "",
    ]
    for i, event in enumerate(events):
        lines.append(f"\\* Step {i}: node={event.node_id}, seq={event.commit_seq}")
        if event.event_type == RECEIVED:
            lines.append("\\* Received event (no state change in this model)")
        else:
            name = "committed" if event.event_type == PUBLISHED else "applied"
            lines.append(f"Step{i} == {name}' = {name} \\cup {{{event.commit_seq}}}")
        lines.append("")
    return "\n".join([*lines, "====", ""])
