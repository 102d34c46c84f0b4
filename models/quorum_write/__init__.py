"""Quorum write: a write counts when W of N nodes have acknowledged it, the coordinator's own copy included.

The seed is a policy and a tracker: pure logic that collects acknowledgements against a deadline and classifies what
went wrong. The writer that it announces is built here on top of it, as a leaderless cluster: every node takes writes,
keeps rows by key, pushes them to its peers, answers when W hold them, and brings the rest round with a daemon. Of two
rows under one key the later wall-clock stamp wins.

The guarantee that it lacks: W acknowledgements are all there is. Its majority is none for an even N; the two questions
of its tracker contradict each other and themselves over time; an acknowledgement is tied to no attempt, content or
member; a write that failed stays and spreads; nothing at a peer ever refuses, so of two acknowledged writes one is
silently dropped; and no read is bound to what was written. What does hold is in `properties`. Section numbers in
this package refer to the behavioural specification of quorum_write, as do the numbers QW-1 to QW-25 and QI-1 to QI-16.

    errors       three errors, their texts, the reasons of a failure   (1.1, 3)
    policy       N, W, two durations; majorities; JSON                 (2, 3, 4)
    tracker      the seed's tracker, and two that are better           (3)
    rows         what a key holds, and which of two rows wins          (1.3)
    clocks       hybrid stamps
    messages     what nodes tell each other                            (1.3)
    choices      wirings that the sources leave open, and switches
    settings     the parameters of a node
    switches     each repair alone, and all of them
    attempts     one attempt, and what an answer to it is worth        (1.3)
    replica      rows on disk, pushes applied and answered             (1.3)
    coordinator  the writer                                            (1.3)
    reading      quorum reads and read repair
    entropy      what the daemon brings round                          (1.3)
    node         the machine: all of these, hints, members, operators
    facts        what a node states, and its view
    metrics      the three metrics, for Prometheus                     (1.3)
    properties   what it promises, and what its weaknesses break       (6, 7)
"""

from .metrics import prometheus
from .node import QuorumWrite, machine
from .properties import PROPERTIES
from .switches import PROFILES, SWITCHES

FILES = {"quorum_metrics.prom": prometheus}  # left by every run beside the usual

__all__ = ["FILES", "PROFILES", "PROPERTIES", "SWITCHES", "QuorumWrite", "machine"]
