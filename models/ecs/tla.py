"""Events as TLA+: the text of the sources, and a module that TLC can replay (section 3.9, EW-33)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .events import PUBLISHED, RECEIVED, TraceEvent

MODULE = "ReplicationTrace"
INVARIANTS = ("AppliedIsPublished", "OneCapsulePerSequence")
IN_ORDER = "AppliedInOrder"  # what as specified need not be so (EW-3), and is not checked unless asked for


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


_BODY = r"""
VARIABLES pc, published, received, applied
vars == <<pc, published, received, applied>>

Init == /\ pc = 1
        /\ published = {}
        /\ received = [n \in Nodes |-> {}]
        /\ applied = [n \in Nodes |-> << >>]

Commit == [seq |-> Trace[pc].seq, object |-> Trace[pc].object]
Node == Trace[pc].node
Had(n) == {applied[n][i] : i \in DOMAIN applied[n]}

Publish == /\ Trace[pc].event = "Published"
           /\ \A c \in published : c.seq = Commit.seq => c.object = Commit.object
           /\ published' = published \cup {Commit}
           /\ UNCHANGED <<received, applied>>

Receive == /\ Trace[pc].event = "Received"
           /\ Commit \in published
           /\ received' = [received EXCEPT ![Node] = @ \cup {Commit}]
           /\ UNCHANGED <<published, applied>>

Apply == /\ Trace[pc].event = "Applied"
         /\ Commit \in published
         /\ Commit \notin Had(Node)
         /\ applied' = [applied EXCEPT ![Node] = Append(@, Commit)]
         /\ UNCHANGED <<published, received>>

\* A trace that is explained to its end rests there; one that is not stops before, and TLC reports a deadlock.
Next == \/ /\ pc <= Len(Trace)
           /\ (Publish \/ Receive \/ Apply)
           /\ pc' = pc + 1
        \/ /\ pc > Len(Trace)
           /\ UNCHANGED vars

Spec == Init /\ [][Next]_vars

AppliedIsPublished == \A n \in Nodes : Had(n) \subseteq published
OneCapsulePerSequence == \A c, d \in published : c.seq = d.seq => c = d
AppliedInOrder == \A n \in Nodes : \A i \in DOMAIN applied[n] : applied[n][i].seq = applied[n][1].seq + i - 1
===="""


def replayable(events: Sequence[TraceEvent]) -> str:
    """Return events as a module whose one behaviour is the trace itself, step by step.

    TLC accepts it, exit code 0, if every event may happen where it stands: a commit is published before it is received
    or applied, a sequence has one capsule, and no node applies a commit twice. Else it stops there in a deadlock (11).
    """
    nodes = ", ".join(str(node) for node in sorted({event.node_id for event in events}))
    lines = [
        f"---- MODULE {MODULE} ----",
        "EXTENDS Integers, Sequences, FiniteSets",
        "",
        f"Nodes == {{{nodes}}}",
        "Trace == <<",
    ]
    for i, event in enumerate(events, 1):
        fields = (
            f'event |-> "{event.event_type}", node |-> {event.node_id}, seq |-> {event.commit_seq}, '
            f'object |-> "{event.object_id.hex()}"'
        )
        lines.append(f"  [{fields}]{',' if i < len(events) else ''}")
    return "\n".join([*lines, ">>", *_BODY.splitlines(), ""])


def configuration(*invariants: str) -> str:
    """Return what TLC is told to check of a replayable module: INVARIANTS unless others are named."""
    return f"SPECIFICATION Spec\nINVARIANTS {' '.join(invariants or INVARIANTS)}\n"
