"""Disk pressure: what a node does when the first append of a chunk fails (section 6.5).

Under the policy `withdraw` it leaves the channel, each role on a signal of its own. Nothing in the runtime ever brings
it back, so nodes that are equally full withdraw together and leave nobody (W24). Under `evict-oldest` it sweeps and
stays; without a retention cap that frees nothing, and the next chunk fails again.
"""

from __future__ import annotations

from collections.abc import Mapping

from .roles import (
    CANDIDATE,
    CANDIDATE_DISK_PRESSURE_WITHDRAW,
    CHANNEL_CLOSE,
    DISK_PRESSURE_WITHDRAW,
    FOLLOWER,
    IDLE,
    LEADER,
    LEADER_DISK_PRESSURE_WITHDRAW,
)

WITHDRAWAL: Mapping[str, str] = {  # the signal on which each role turns idle
    FOLLOWER: DISK_PRESSURE_WITHDRAW,
    LEADER: LEADER_DISK_PRESSURE_WITHDRAW,
    CANDIDATE: CANDIDATE_DISK_PRESSURE_WITHDRAW,
    IDLE: CHANNEL_CLOSE,  # closing twice is no error
}
