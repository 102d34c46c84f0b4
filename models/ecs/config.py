"""Roles, modes and the configuration of a node (sections 1.1 and 3.7)."""

from __future__ import annotations

from typing import NamedTuple

from . import quorum
from .objects import EcsInternalError
from .quorum import QuorumPolicy

LEADER, FOLLOWER = "leader", "follower"
ROLES = (LEADER, FOLLOWER)  # accepts writes and publishes markers; replicates and serves reads. Nothing enforces it.
LEADER_COMMIT_CLOCK, MULTI_WRITER = "leader-commit-clock", "multi-writer"
MODES = (LEADER_COMMIT_CLOCK, MULTI_WRITER)


class ReplicationConfig(NamedTuple):
    """The configuration of a node, with the seed's defaults: every node a leader, and one local store enough."""

    role: str = LEADER
    mode: str = LEADER_COMMIT_CLOCK
    quorum: QuorumPolicy = quorum.local_only()
    security_enabled: bool = False
    multi_writer_explicit: bool = False


def validate_config(config: ReplicationConfig, policies: str = "any") -> None:
    """Raise EcsInternalError on many writers that nobody asked for; role, security and quorum are not looked at.

    With `policies` = "intersecting" the quorum is, here and nowhere else (EW-18).
    """
    if config.mode == MULTI_WRITER and not config.multi_writer_explicit:
        raise EcsInternalError("multi-writer replication mode requires explicit opt-in via multi_writer_explicit=true")
    if policies == "intersecting":
        quorum.policy(*config.quorum, policies)
