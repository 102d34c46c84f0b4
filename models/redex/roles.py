"""The roles of a node and the legal turns between them (section 1.3).

All turns live in this table; whatever it does not list is illegal and leaves the role unmoved. The specification's
Replica is `follower` here, the word that every model uses.
"""

from __future__ import annotations

IDLE, FOLLOWER, CANDIDATE, LEADER = "idle", "follower", "candidate", "leader"

CAPABILITY_SELECTED = "CapabilitySelected"
MISSED_HEARTBEATS = "MissedHeartbeats"
ELECTION_WON = "ElectionWon"
ELECTION_LOST = "ElectionLost"
PEER_LEADER_OBSERVED = "PeerLeaderObserved"
GRACEFUL_RELINQUISH = "GracefulRelinquish"
LEADER_DISK_PRESSURE_WITHDRAW = "LeaderDiskPressureWithdraw"
DISK_PRESSURE_WITHDRAW = "DiskPressureWithdraw"
CANDIDATE_DISK_PRESSURE_WITHDRAW = "CandidateDiskPressureWithdraw"
CHANNEL_CLOSE = "ChannelClose"

HIGHER_TERM_OBSERVED = "HigherTermObserved"
LEASE_LAPSED = "LeaseLapsed"
REJOINED = "Rejoined"

TURNS = frozenset(
    {
        (IDLE, FOLLOWER, CAPABILITY_SELECTED),
        (FOLLOWER, CANDIDATE, MISSED_HEARTBEATS),
        (CANDIDATE, LEADER, ELECTION_WON),
        (CANDIDATE, FOLLOWER, ELECTION_LOST),
        (LEADER, FOLLOWER, PEER_LEADER_OBSERVED),
        (LEADER, IDLE, GRACEFUL_RELINQUISH),
        (LEADER, IDLE, LEADER_DISK_PRESSURE_WITHDRAW),
        (FOLLOWER, IDLE, DISK_PRESSURE_WITHDRAW),
        (CANDIDATE, IDLE, CANDIDATE_DISK_PRESSURE_WITHDRAW),
        (LEADER, IDLE, CHANNEL_CLOSE),
        (FOLLOWER, IDLE, CHANNEL_CLOSE),
        (CANDIDATE, IDLE, CHANNEL_CLOSE),
        (IDLE, IDLE, CHANNEL_CLOSE),  # closing twice is no error
    }
)

# Turns that only a hardening makes (9.0).
HARDENED_TURNS = frozenset(
    {
        (LEADER, FOLLOWER, HIGHER_TERM_OBSERVED),
        (LEADER, FOLLOWER, LEASE_LAPSED),
        (IDLE, FOLLOWER, REJOINED),
    }
)

# What may go wrong with a turn, if anything does.
TRANSITION = "transition"  # it is illegal, and the role has not moved
TAG_SINK = "tag-sink"  # the role has moved, and discovery does not know


def legal(was: str, to: str, signal: str) -> bool:
    """Return whether a node in role `was` may turn `to` another on this signal."""
    return (was, to, signal) in TURNS or (was, to, signal) in HARDENED_TURNS
