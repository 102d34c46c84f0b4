"""A run's elections as a TLA+ module that TLC replays: from the fact `voted` and the view's `role` and `term`.

The module's only behaviour is the trace. TLC accepts it if every event may happen where it stands: terms never fall,
a node votes once in a term, and who leads in a term has the votes of a majority of all nodes in it. The nodes that
vote are taken to be those of the trace: a run in which members change is not replayed.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..load import RunData

INVARIANTS = ("OneLeaderPerTerm", "OneVotePerTerm")


class Step(NamedTuple):
    """A node voted for a candidate, came to a term, or began to lead in one."""

    event: str  # Vote, Term or Lead
    node: str
    term: int
    candidate: str


BODY = r"""
VARIABLES pc, term, votes, led
vars == <<pc, term, votes, led>>

E == Trace[pc]
Init == /\ pc = 1
        /\ term = [n \in Nodes |-> 0]
        /\ votes = {}
        /\ led = {}

Voters(n, t) == {v.node : v \in {w \in votes : w.term = t /\ w.candidate = n}}

Vote == /\ E.event = "Vote"
        /\ E.term >= term[E.node]
        /\ \A v \in votes : (v.node = E.node /\ v.term = E.term) => v.candidate = E.candidate
        /\ votes' = votes \cup {[node |-> E.node, term |-> E.term, candidate |-> E.candidate]}
        /\ term' = [term EXCEPT ![E.node] = E.term]
        /\ UNCHANGED led

Term == /\ E.event = "Term"
        /\ E.term >= term[E.node]
        /\ term' = [term EXCEPT ![E.node] = E.term]
        /\ UNCHANGED <<votes, led>>

Lead == /\ E.event = "Lead"
        /\ E.term = term[E.node]
        /\ 2 * Cardinality(Voters(E.node, E.term)) > Cardinality(Nodes)
        /\ led' = led \cup {[node |-> E.node, term |-> E.term]}
        /\ UNCHANGED <<term, votes>>

\* A trace that is explained to its end rests there; one that is not stops before, and TLC reports a deadlock.
Next == \/ /\ pc <= Len(Trace)
           /\ (Vote \/ Term \/ Lead)
           /\ pc' = pc + 1
        \/ /\ pc > Len(Trace)
           /\ UNCHANGED vars

Spec == Init /\ [][Next]_vars

OneLeaderPerTerm == \A a, b \in led : a.term = b.term => a.node = b.node
OneVotePerTerm == \A v, w \in votes : (v.node = w.node /\ v.term = w.term) => v = w
===="""


def has_elections(run: RunData) -> bool:
    """Return whether a run's nodes state their votes, roles and terms."""
    voted = {"term", "candidate"} <= set(run.header.facts.get("voted", ()))
    return voted and {"role", "term"} <= set(run.header.views)


def steps(run: RunData) -> list[Step]:
    """Return what a run's nodes say of elections, in order; a state that says nothing new is left out."""
    found: list[Step] = []
    terms: dict[str, int] = {}
    leading: dict[str, int] = {}  # by node: the term in which it is known to lead
    for record in run.records:
        node = str(record.node)
        if record.kind == "note" and record.name == "voted":
            found.append(Step("Vote", node, record.data.term, str(record.data.candidate)))
            terms[node] = max(terms.get(node, 0), record.data.term)
        elif record.kind == "state" and record.data is not None:
            view: Any = record.data
            if view.term != terms.get(node, 0):
                found.append(Step("Term", node, view.term, ""))
                terms[node] = view.term
            if view.role == "leader" and leading.get(node) != view.term:
                found.append(Step("Lead", node, view.term, ""))
                leading[node] = view.term
    return found
