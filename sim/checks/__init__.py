"""Properties that every model gets for nothing if it has the fields that they read, one subject a file."""

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
