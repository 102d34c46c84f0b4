"""What a run is judged by, one subject a file.

Properties of records, which every model gets for nothing if it has the fields that they read: what they read is a
convention, and README.md beside this file is the table of it, and of every property.

Judges of histories, pure functions of calls, a data type and a budget of steps:

calls         what judges are given and give back
datatypes     sequential specifications
linearizable  one order true to real time; foresight and zones say what a search can know ahead
sequential    one order true to each process
sessions      read your writes, monotonic reads and writes, writes follow reads
appends       anomalies of transactions over lists, in the manner of Elle; graphs finds their cycles
sets counters queues staleness
consistency   which of them judge a run
"""

from ..property import Property
from .applied import acknowledged_applied, applied_agree, applied_once, no_phantom
from .commits import commit_within_log, committed_agree, committed_survives
from .components import one_leader_per_component
from .convergence import commits_agree, states_agree
from .crdt import merges_are_lawful, same_updates_same_state
from .elections import leader_completeness, leader_has_majority, voted_once
from .lag import catch_up_progresses, lag_bounded
from .leaders import leader_elected, one_leader_per_term, single_leader
from .logs import accepted_survives, commit_monotone, logs_agree, no_holes, same_payload, tails_agree
from .matching import log_matching
from .progress import operations_resume
from .quorums import accepted_on_quorum, quorum_keeps, quorum_stored, quorums_intersect
from .sheaf import sheaf_consistent, sheaf_end_to_end
from .stability import leadership_settles, leadership_stable

SHIPPED: tuple[Property, ...] = (
    single_leader,
    one_leader_per_term,
    one_leader_per_component,
    leader_elected,
    leadership_settles,
    leadership_stable,
    voted_once,
    leader_has_majority,
    leader_completeness,
    same_payload,
    log_matching,
    commit_monotone,
    commit_within_log,
    committed_agree,
    committed_survives,
    quorums_intersect,
    quorum_stored,
    quorum_keeps,
    accepted_on_quorum,
    accepted_survives,
    applied_once,
    applied_agree,
    no_phantom,
    acknowledged_applied,
    tails_agree,
    commits_agree,
    states_agree,
    logs_agree,
    no_holes,
    lag_bounded,
    catch_up_progresses,
    operations_resume,
    merges_are_lawful,
    same_updates_same_state,
    sheaf_end_to_end,
    sheaf_consistent,
)

# What the names mean that properties read. A model that shows one of them means this by it.
VIEWS = {
    "role": "leader, follower, candidate or idle",
    "term": "the term, epoch or ballot that the node is in",
    "tail": "the sequence after the last entry of its log",
    "commit": "up to where it takes the log for committed; never above `tail`",
    "digest": "a fingerprint of what its state machine holds",
}
FACTS = {
    "stored(seq, payload)": "an entry is in this node's log, durably if it ever will be",
    "stored(seq, term, payload)": "the same, of a log whose entries have terms",
    "accepted(op, seq, payload)": "a leader promised a client that its operation stands here",
    "quorum(seq, nodes)": "everything up to here counts as committed because these nodes hold it",
    "configured(voters, joining)": "who votes from here on, as this node knows it; two sets if joint",
    "committed(seq, payload)": "this node takes the entry for committed",
    "applied(op, seq)": "a client's operation took effect in this node's state machine",
    "published(seq, payload)": "a leader has made a commit known, or is about to",
    "received(seq, payload)": "this node has heard that a commit was published",
    "applied(seq, payload)": "a commit that was published took effect in this node's state machine",
    "voted(term, candidate)": "this node's vote in a term",
    "merged(left, right, result)": "two states were merged into one",
    "reflects(updates, state)": "the state is what exactly these updates make; both may be fingerprints",
}
