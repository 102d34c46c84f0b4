"""A Raft server: its rooms put together, its parameters, and how a life begins."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from sim.machine import Boot, Cluster, NodeId, Now, on
from sim.units import Span

from .choices import settings
from .clients import Clients
from .commitment import Commitment
from .configuration import Configuration
from .elections import Elections
from .facts import Configured, Stored
from .log import CONFIGURATION, Entry, Log
from .membership import Membership
from .reads import Reads
from .replication import Replication
from .snapshots import Snapshots
from .transfer import Transfers


class Raft(Elections, Replication, Commitment, Reads, Clients, Transfers, Snapshots, Membership):
    """One server.

    It stands for election after `election_timeout` without a leader, a time or a pair from which each is drawn; the
    least one is also how long a leader is believed in. `lease_drift` is by how much clocks may disagree for a lease to
    be safe, `batch` how many entries a message has at most. Every `snapshot_every` entries a snapshot is taken, never
    if 0. `members` vote at the beginning, everybody if None. The others are words of choices.WORDS.
    Raises ValueError with the parameter's name, what was found and what is allowed.
    """

    ACTIONS = {**Reads.ACTIONS, **Clients.ACTIONS}
    ACTS = {**Transfers.ACTS, **Snapshots.ACTS, **Membership.ACTS}

    def __init__(
        self,
        node: NodeId,
        cluster: Cluster,
        *,
        election_timeout: str | Span | Sequence[str] = ("150ms", "300ms"),
        heartbeat: str = "50ms",
        lease_drift: str = "10%",
        batch: int = 64,
        snapshot_every: int = 0,
        members: Sequence[NodeId] | None = None,
        votes: str = "once",
        vote_kept: str = "durably",
        candidates: str = "up-to-date",
        elected_by: str = "majority",
        deposed: str = "steps-down",
        entries_kept: str = "durably",
        consistency: str = "checked",
        conflicts: str = "overwritten",
        truncates: str = "conflicts",
        committed_by: str = "majority",
        commits: str = "own-term",
        follower_commits: str = "verified",
        reads: str = "index",
        read_waits: str = "own-term",
        lease_from: str = "sent",
        disregards: str = "candidates",
        boots: str = "cautious",
        transfers: str = "end-leases",
        snapshot_of: str = "committed",
        snapshot_suffix: str = "kept",
        snapshot_sessions: str = "kept",
        sessions: str = "kept",
        reconfiguration: str = "joint",
        changes: str = "one-at-a-time",
        changes_wait: str = "own-term",
        pre_vote: str = "asked",
        check_quorum: str = "steps-down",
        catch_up: str = "rounds",
    ) -> None:
        words = {
            "votes": votes,
            "vote_kept": vote_kept,
            "candidates": candidates,
            "elected_by": elected_by,
            "deposed": deposed,
            "entries_kept": entries_kept,
            "consistency": consistency,
            "conflicts": conflicts,
            "truncates": truncates,
            "committed_by": committed_by,
            "commits": commits,
            "follower_commits": follower_commits,
            "reads": reads,
            "read_waits": read_waits,
            "lease_from": lease_from,
            "disregards": disregards,
            "boots": boots,
            "transfers": transfers,
            "snapshot_of": snapshot_of,
            "snapshot_suffix": snapshot_suffix,
            "snapshot_sessions": snapshot_sessions,
            "sessions": sessions,
            "reconfiguration": reconfiguration,
            "changes": changes,
            "changes_wait": changes_wait,
            "pre_vote": pre_vote,
            "check_quorum": check_quorum,
            "catch_up": catch_up,
        }
        times = (election_timeout, heartbeat, lease_drift)
        super().__init__(node, cluster, settings(cluster.nodes, words, *times, batch, snapshot_every, members))

    @on(Boot)
    def booted(self, durable: Mapping[Hashable, Any], life: int, now: Now) -> None:
        self.term, self.voted = durable.get("term", (0, None))
        snapshot = durable.get("snapshot")
        if snapshot is not None:
            self.log = Log(snapshot[0], snapshot[1])
            self.restore(snapshot)
        while (kept := durable.get(("log", self.log.last + 1))) is not None:
            entry = Entry(*kept)
            self.log.entries.append(entry)
            if entry.kind == CONFIGURATION:
                self.configurations.append((self.log.last, Configuration(*entry.payload)))
        # What a snapshot stands for, and what a write that failed cut off from the rest.
        self.kept_from = self.log.base + 1
        for key in sorted(key for key in durable if isinstance(key, tuple)):
            if key[0] != "log" or not self.kept_from <= key[1] <= self.log.last:
                self.forget(key)
        # All of it is said again: a crash may leave more than was known to be durable when it came.
        held = (*self.audit, *((entry.term, entry.payload) for entry in self.log.entries))
        for index, (term, payload) in enumerate(held, 1):
            self.note(Stored(index, term, payload))
        self.note(Configured(self.configurations[-1][0], *self.configuration))
        # A server that does not know when it last heard its leader takes it that this was just now: a lease may hang
        # on the promise that it made then. In its first life it has promised nothing.
        self.heard = None if life == 1 or self.breaks["boots"] else now.monotonic
        self.wait()
