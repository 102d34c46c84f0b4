"""What a run is judged by, one subject a file.

Properties of records, which every model gets for nothing if it has the fields that they read:

leaders logs

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
from .leaders import leader_elected, one_leader_per_term, single_leader
from .logs import accepted_survives, commit_monotone, logs_agree, no_holes, same_payload, tails_agree

SHIPPED: tuple[Property, ...] = (
    single_leader,
    one_leader_per_term,
    leader_elected,
    same_payload,
    commit_monotone,
    tails_agree,
    logs_agree,
    no_holes,
    accepted_survives,
)
