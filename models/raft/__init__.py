"""Raft: a replicated log behind a leader whom a majority elects, every rule of it a parameter that can be switched off.

After Ongaro and Ousterhout, In Search of an Understandable Consensus Algorithm (USENIX ATC 2014), and Ongaro's
dissertation, Consensus: Bridging Theory and Practice (Stanford, 2014): elections, replication, PreVote, CheckQuorum,
reads by index or lease, leadership transfer, snapshots, changes of membership, and operations that happen once.

The guarantee: what a client was told is linearizable under any crashes, losses and partitions, while disks keep what
is synced; only leases ask something of clocks. The step that is easy to omit: a leader counts copies of its own
term's entries alone (5.4.2). Left out: snapshots in chunks, reads by followers, and sessions that are registered and
expire.

    choices        the rules by name, and what becomes of Raft without each
    log            entries, and the snapshot in place of the first ones
    configuration  who votes, and what a majority has reached
    messages       what servers say to each other
    facts          what a server states, and its view
    node           a server's state, its term, stepping down
    elections      standing, voting, PreVote                       (5.2, 5.4.1, D 4.2.3, D 9.6)
    replication    heartbeats, entries, CheckQuorum                (5.3, D 6.2)
    commitment     what is committed, and takes effect             (5.4.2, 8)
    reads          by a round of heartbeats, or by a lease         (8, D 6.4)
    clients        operations                                      (8, D 6.3)
    transfer       handing leadership over                         (D 3.10)
    snapshots      taking, sending, installing                     (7)
    membership     one server at a time, or joint consensus        (6, D 4)
    machine        all rooms together, parameters, booting
"""

from .choices import BROKEN, WITHOUT
from .machine import Raft

machine = Raft
PROFILES: dict[str, dict[str, object]] = {
    "dissertation": {},
    "paper": {"pre_vote": "none", "check_quorum": "none", "disregards": "nobody"},
    **{name: dict(words) for name, words in BROKEN.items()},
}

__all__ = ["PROFILES", "WITHOUT", "Raft", "machine"]
