"""A run as a TLA+ module that TLC replays: its elections, or its commits.

Where nodes state their votes and terms it is the elections (see election), else the commits: from the facts
`published`, `received` and `applied`. The module has one behaviour, the trace itself, step by step. TLC accepts it,
exit code 0, if every event may happen where it stands: a commit is published before it is received or applied, a
sequence has one payload, and no node applies a commit twice. Else it stops there, reports a deadlock (11) and shows
the state.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sim.trace import plain

from ..load import RunData
from . import election

MODULE = "ReplicationTrace"
FACTS = {"published": "Published", "received": "Received", "applied": "Applied"}
INVARIANTS = ("AppliedIsPublished", "OnePayloadPerSequence")
IN_ORDER = "AppliedInOrder"  # a further invariant, which not every protocol promises


class Commit(NamedTuple):
    """A node published, received or applied what is the commit of a sequence."""

    event: str
    node: str
    seq: Any
    payload: Any


_BODY = r"""
VARIABLES pc, published, received, applied
vars == <<pc, published, received, applied>>

Init == /\ pc = 1
        /\ published = {}
        /\ received = [n \in Nodes |-> {}]
        /\ applied = [n \in Nodes |-> << >>]

Commit == [seq |-> Trace[pc].seq, payload |-> Trace[pc].payload]
Node == Trace[pc].node
Had(n) == {applied[n][i] : i \in DOMAIN applied[n]}

Publish == /\ Trace[pc].event = "Published"
           /\ \A c \in published : c.seq = Commit.seq => c.payload = Commit.payload
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
OnePayloadPerSequence == \A c, d \in published : c.seq = d.seq => c = d
AppliedInOrder == \A n \in Nodes : \A i \in DOMAIN applied[n] : applied[n][i].seq = applied[n][1].seq + i - 1
===="""


def commits(run: RunData) -> list[Commit]:
    """Return what a run's nodes say of commits, in order."""
    return [
        Commit(FACTS[record.name], str(record.node), record.data.seq, record.data.payload)
        for record in run.records
        if record.kind == "note" and record.name in FACTS and {"seq", "payload"} <= set(record.data._fields)
    ]


def replayable(nodes: Sequence[str], events: Iterable[Commit]) -> str:
    """Return the module."""
    return _module(nodes, [event._asdict() for event in events], _BODY, configuration())


def replayable_elections(nodes: Sequence[str], events: Iterable[election.Step]) -> str:
    """Return the module of elections."""
    config = configuration(invariants=election.INVARIANTS)
    return _module(nodes, [event._asdict() for event in events], election.BODY, config)


def _module(nodes: Sequence[str], events: Iterable[Mapping[str, Any]], body: str, config: str) -> str:
    rows = ["  [" + ", ".join(f"{k} |-> {_text(v)}" for k, v in event.items()) + "]" for event in events]
    lines = [
        f"---- MODULE {MODULE} ----",
        "\\* java -cp tla2tools.jar tlc2.TLC ReplicationTrace.tla, with ReplicationTrace.cfg:",
        *(f"\\*   {line}" for line in config.splitlines()),
        "EXTENDS Integers, Sequences, FiniteSets",
        "",
        f"Nodes == {{{', '.join(map(_text, nodes))}}}",
        "Trace == <<",
        ",\n".join(rows),
        ">>",
    ]
    return "\n".join([*lines, *body.splitlines(), ""])


def configuration(*further: str, invariants: Sequence[str] = INVARIANTS) -> str:
    """Return what TLC is to check: invariants, and further ones."""
    return f"SPECIFICATION Spec\nINVARIANTS {' '.join((*invariants, *further))}\n"


def tla(run: RunData) -> bytes:
    """Return the module of a run."""
    if election.has_elections(run):
        return replayable_elections(run.header.nodes, election.steps(run)).encode()
    return replayable(run.header.nodes, commits(run)).encode()


def _text(value: Any) -> str:
    """Return a value as TLA+ has it: a number, or a text."""
    return str(value) if type(value) is int else json.dumps(str(plain(value)))
