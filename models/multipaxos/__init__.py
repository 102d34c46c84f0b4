"""Multi-decree Paxos: a sequence of instances of consensus, proposed to by one stable leader at a time.

A node that hears no leader asks a majority, once for all instances, to promise it a ballot: phase 1. What they have
accepted in instances that it does not know to be chosen it must propose again, of each the value with the highest
number; gaps between them it fills with no-ops. From then on an operation takes one round trip to a majority: phase 2.
Phase 1 in each change of leaders, and what is adopted in it, is the step that is easy to omit: it works without, until
a leader is replaced in the middle of something.

The guarantee: operations are linearizable under any crashes, losses and cuts, as long as disks keep what is synced.
What it lacks beside Raft: nothing in safety; a node that is cut off raises its ballot again and again and deposes the
leader when it is back.

After Lamport, Paxos Made Simple (ACM SIGACT News 2001); numbers are its sections.

    choices    the rules by name, and what becomes of Paxos without each
    messages   ballots, what nodes tell each other, facts, and the view
    acceptor   promising and accepting                           (2.2)
    learner    what is chosen, and takes effect in order         (2.3, 3)
    leader     phase 1, adopting, proposing, clients             (2.4, 2.5, 3)
"""

from .choices import PROFILES, RULES, WITHOUT
from .leader import MultiPaxos

machine = MultiPaxos

__all__ = ["PROFILES", "RULES", "WITHOUT", "MultiPaxos", "machine"]
