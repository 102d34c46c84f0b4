"""Redex: asynchronous log replication behind one leader, with a nearest-RTT election that nobody votes in.

A channel is an append-only log on a fixed set of nodes. The leader accepts a write as soon as it is in its own log.
Every member heartbeats its role and tail; a follower that sees the leader's tail above its own pulls a chunk in its
next tick. A follower that has not heard the leader it believes in for three heartbeats decides an election alone and
at once. Two leaders that hear each other settle it by the longer log, then the smaller number.

The guarantee that it lacks: there is no term, vote, lease, commit index, log hash or truncation. So a partition has a
leader on each side for as long as it lasts, an accepted write may be on no other node, logs of equal length may differ
for ever, and skipping over what the leader no longer retains leaves holes that nothing remembers. What does hold is
in `properties` and `bounds`; section numbers in this package refer to the behavioural specification of redex.

The profile `hardened` has what is lacking, each hardening of section 9.0 a switch of its own in SWITCHES. It guarantees
one leader a term, and that what a client was told is on a majority and stays. It does not guarantee more: a client that
asks again, after it was told nothing or that nobody knows, may find its write there twice.

    messages     the four messages and their sizes             (1.2)
    roles        the table of legal turns                      (1.3)
    election     who wins, and the tiebreak of two leaders     (5, 4.1)
    tracker      who was heard, who is believed in             (7.2)
    logfile      entries, tail, floor, skipping ahead          (7.3, 6.6)
    catchup      serving, fitting chunks, backoff, tokens      (7.6, 6.1, 6.2)
    budget       the bytes that a leader may ship               (6.3)
    pressure     what a full disk makes of each role            (6.5)
    sink         what discovery is told of a node              (6.10)
    gauges       ages of heartbeats, and totals                (6.7)
    choices      what the sources leave open, as parameters    (7)
    facts        what a node states, and its view
    runtime      the machine: tick, messages, clients          (3, 4)
    properties   legal turns, and three bounds on leadership   (10.1, 10.2)
    entries      what logs never do                            (10.1)
    rules        by which a node acts: one property, of        (10.1)
    exchange     rules of asking and answering
    conduct      rules of what a node keeps and becomes
    reigns       how leadership lasts                          (10.2)
    components   who leads where partitions divide             (10.2)
    pace         how soon a follower catches up                (10.3)
    losses       what a crash of the leader takes with it      (10.3)
    bounds       when a cluster is calm enough for a promise   (10.2)
    witness      what rules see beside a record

Rooms of the hardenings (9.0): rules first, then the machine, a layer for each subject on top of `runtime`.

    wire         the messages, with terms, marks and votes
    claims       what a hardened node states, and its view
    votes        who is voted for, and who stands first
    lease        whether a majority still follows
    matching     logs with marks: where two part, cutting, beginning anew
    commit       what a majority holds, and who waits for it
    flow         one request in flight, a share for each follower
    fencing      terms, leases, timers, hints, timely heartbeats
    electing     standing and voting
    agreeing     one log on all nodes; answers to clients
    paced        asking and shipping in step, round a leader that does not answer
    hardened     withdrawing for a while, SWITCHES, and the choice of the machine
"""

from .components import led_by_believers, settled_in_components
from .entries import appends_only, single_writer_agrees
from .hardened import HARDENED, SWITCHES, Hardened, machine
from .losses import loses_the_unserved
from .pace import catches_up
from .properties import bounded, legal_turns
from .reigns import leadership_lasts
from .rules import acts_by_the_rules
from .runtime import Redex

PROFILES: dict[str, dict[str, object]] = {"as-specified": {}, "hardened": dict(HARDENED)}
PROPERTIES = (
    legal_turns,
    *bounded(),
    appends_only,
    single_writer_agrees,
    acts_by_the_rules,
    leadership_lasts,
    led_by_believers,
    settled_in_components,
    catches_up,
    loses_the_unserved,
)

__all__ = ["PROFILES", "PROPERTIES", "SWITCHES", "Hardened", "Redex", "machine"]
