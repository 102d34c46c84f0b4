"""Distributed CRDT state: mergeable counters, registers and an event log, checkpoints of many nodes, and gossip.

Three planes that know nothing of each other, of which a node runs any. P1 sends a node's whole event log to some peers
every half second, and they merge it. P2 does the same with opaque bytes, which replace what a peer holds if their
digests differ. P3 collects a part of every expected node into a global checkpoint. Everything is volatile.

The guarantee that it lacks: what converges under any network is P1's counters and the set of its entries, as long as
nobody forgets; what merges them is sound. Registers take wall clocks' word for what is later, and break ties by who
came first. The log's order is each replica's own. A restart reuses the names of entries and slots, and loses what it
counts anew. P2 has no versions and no merge: two nodes may swap states for ever, an empty one erases the others, a
late message brings the past back. A checkpoint is neither a consistent cut nor of one execution, and its Merkle root
is FNV-1a of the bytes. What does hold is in `properties`, what one would wish in `wishes`; numbers of sections, CI
and CW refer to the behavioural specification of crdt_state.

    errors            what the parts can complain of                              (1)
    digests           FNV-1a 64, and BLAKE2b in its place                         (4)
    merkle            a Merkle tree over tagged fields
    counters          G-Counter and PN-Counter                                    (3.1, 3.2)
    clocks            stamps: of the wall clock, and hybrid ones
    register          the register in which the last writer wins                  (3.3)
    dots              OR-Set and multi-value register
    eventlog          the event log and its merge                                 (3.4)
    codec             an export as the bytes that serde makes of it               (1.4)
    partners          peers, rounds, rotation, staleness                          (3.8)
    gossip            opaque state                                                (3.8)
    checkpoint        parts, and the global object that they make                 (3.5 to 3.7)
    cuts              consistent cuts over links that keep no order
    choices           switches and open questions, as parameters                  (1.4)
    messages, facts   what nodes send, and what they state
    base, log_plane, state_plane, checkpoint_plane, node      the machine         (1.4)
    judging, properties, wishes                               what it is judged by (7, 6)
"""

from __future__ import annotations

from .choices import SWITCHES
from .node import CrdtState
from .properties import INVARIANTS
from .wishes import WISHES

machine = CrdtState
PROFILES: dict[str, dict[str, object]] = {
    "as-specified": {},
    "hardened": {name: word for switch in SWITCHES.values() for name, word in switch.items()},
    "durable": {"storage": "durable"},
}
PROPERTIES = (*INVARIANTS, *WISHES)

__all__ = ["PROFILES", "PROPERTIES", "SWITCHES", "CrdtState", "machine"]
