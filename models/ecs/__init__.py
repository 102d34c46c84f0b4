"""Ecs: replication of content-addressed objects behind a leader's commit clock, with gates, anti-entropy and a ring.

A leader cuts each commit's capsule into symbols, any k of which give it back, and sends them to stores. When so many
stores as its quorum requires have acknowledged, the gate of the commit opens: its marker, which says that this capsule
is the commit of this sequence, is published and announced. Followers take each marker once and apply its capsule. What
they lack they pull from one peer after another, in sessions of five phases.

The guarantee that it lacks: there is no epoch, so two leaders fork the clock though their quorums intersect; gates and
markers know no order, so commits are applied with gaps; the sign that a marker was seen is spent before its commit is
applied, so commits are lost; and a session ends only by the arrival of what it asked for, so one lost message, or
nothing to ask for, wedges its pair of nodes for ever. Nearly every such flaw has a repair in `choices.SWITCHES`;
`hardened` is all of them. What does hold is in `properties`; section numbers in this package refer to the behavioural
specification of ecs.

    blake3      object ids, idempotency keys, tags          (4)
    xxh3        places on the ring                          (4)
    coding      any k symbols give an object back           (1.3)
    objects     ids, kinds, markers                         (1.1)
    dedup       commits seen before                         (3.1)
    session     the five phases                             (3.2)
    quorum      policies, trackers, gates                   (3.3, 3.4)
    ring        who owns a symbol                           (3.5)
    symbols     tags, the filter, putting together          (3.6)
    config      roles, modes, what is refused               (3.7)
    events      the sheaf check as published                (3.8)
    tla         traces as TLA+, as published                (3.9)
    fencing     epochs, the repair of the clock             (6)
    choices     what the sources leave open, and repairs    (1.2, 1.3)
    messages    what nodes say to each other                (1.3)
    facts       what a node states, and its view
    storing     objects, symbols, stores
    applying    markers and the state that they make
    leading     commits, gates, publication
    pulling     sessions over the network
    node        the machine: lives and alarms
    properties  the invariants, and what is none            (7)
"""

from .choices import SWITCHES
from .node import Ecs
from .properties import PROPERTIES

machine = Ecs
PROFILES: dict[str, dict[str, object]] = {
    "as-specified": {},
    "hardened": {name: word for switch in SWITCHES.values() for name, word in switch.items()},
}

__all__ = ["PROFILES", "PROPERTIES", "SWITCHES", "Ecs", "machine"]
