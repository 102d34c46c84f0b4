"""Every rule of Raft as a parameter: its first word is the rule, any other is what becomes of Raft without it.

Section numbers are of the paper (Ongaro and Ousterhout, USENIX ATC 2014), and with a D of Ongaro's dissertation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.machine import NodeId
from sim.units import duration, ppm, span

from .._parameters import count, quantity
from .._rules import Rule, broken, told

SAFETY: Mapping[str, Rule] = {
    "votes": Rule(("once", "repeatedly"), "5.2", "a server votes for every candidate of a term that asks"),
    "vote_kept": Rule(("durably", "in-memory"), "5.1", "a restart may forget whom the server voted for"),
    "candidates": Rule(("up-to-date", "anybody"), "5.4.1", "a server votes for candidates that are behind it"),
    "elected_by": Rule(("majority", "half"), "5.2", "a candidate leads with one vote less than a majority"),
    "deposed": Rule(("steps-down", "leads-on"), "5.1", "a leader ignores that there is a later term"),
    "entries_kept": Rule(("durably", "in-memory"), "5.3", "entries are acknowledged that a disk may still lose"),
    "consistency": Rule(("checked", "unchecked"), "5.3", "a follower takes entries wherever its own log ends"),
    "conflicts": Rule(("overwritten", "kept"), "5.3", "a follower keeps its own entries where the leader's differ"),
    "truncates": Rule(("conflicts", "always"), "5.3", "a follower cuts off all behind what it is sent"),
    "committed_by": Rule(("majority", "half"), "5.3", "a leader commits with one server less than a majority"),
    "commits": Rule(("own-term", "any-term"), "5.4.2", "a leader counts copies of earlier terms' entries"),
    "follower_commits": Rule(("verified", "own-log"), "5.3", "a follower commits what no leader sent"),
    "reads": Rule(("index", "lease", "log", "unchecked"), "8", "a leader reads without asking whether it leads"),
    "read_waits": Rule(("own-term", "nothing"), "8", "a new leader answers reads before it knows what is committed"),
    "lease_from": Rule(("sent", "answered"), "D 6.4.1", "a lease counts from answers to heartbeats"),
    "disregards": Rule(("candidates", "nobody"), "D 4.2.3", "a server that hears its leader votes for others"),
    "boots": Rule(("cautious", "eager"), "D 6.4.1", "a server that has just booted votes at once, leases or not"),
    "transfers": Rule(("end-leases", "keep-leases"), "D 6.4.1", "a leader that hands over goes by its lease"),
    "snapshot_of": Rule(("committed", "everything"), "7", "a snapshot replaces entries that are not committed"),
    "snapshot_suffix": Rule(("kept", "discarded"), "7", "an installed snapshot discards the entries behind it, too"),
    "snapshot_sessions": Rule(("kept", "left-out"), "D 6.3", "snapshots leave out which operations have happened"),
    "sessions": Rule(("kept", "none"), "8", "an operation that is asked for again happens again"),
    "reconfiguration": Rule(("joint", "direct"), "6", "servers turn from the old configuration to the new one at once"),
    "changes": Rule(("one-at-a-time", "overlapping"), "D 4.1", "a change begins before the one before is committed"),
    "changes_wait": Rule(("own-term", "nothing"), "D 4.1", "a new leader changes membership before it has committed"),
}  # fmt: skip

AVAILABILITY: Mapping[str, Rule] = {
    "pre_vote": Rule(("asked", "none"), "D 9.6", "a server that nobody would vote for disturbs the others"),
    "check_quorum": Rule(("steps-down", "none"), "D 6.2", "a leader whom no majority answers leads on"),
    "catch_up": Rule(("rounds", "none"), "D 4.2.1", "a new server counts before it has the log"),
}  # fmt: skip

WORDS: Mapping[str, Rule] = {**SAFETY, **AVAILABILITY}


# By a name for it, the parameter that breaks one rule; one about leases matters where reads go by leases.
BROKEN: Mapping[str, Mapping[str, object]] = broken(WORDS)
WITHOUT: Mapping[str, str] = told(WORDS)


@dataclass(frozen=True)
class Settings:
    """All parameters of a server; times in ns."""

    words: Mapping[str, str]
    election: tuple[int, int]
    heartbeat: int
    lease: int
    batch: int
    snapshot_every: int
    members: tuple[NodeId, ...]

    def breaks(self, rule: str) -> bool:
        """Return whether the last of a rule's words is in force, the one that breaks it."""
        return self.words[rule] == WORDS[rule].words[-1]


def settings(
    nodes: Sequence[NodeId],
    words: Mapping[str, str],
    election_timeout: Any,
    heartbeat: Any,
    lease_drift: Any,
    batch: Any,
    snapshot_every: Any,
    members: Any,
) -> Settings:
    """Return what the parameters say. Raises ValueError with a parameter's name, what was found and what is allowed."""
    for name, found in words.items():
        if found not in WORDS[name].words:
            raise ValueError(f"{name}: found {found!r}, allowed: {', '.join(WORDS[name].words)}")
    drawn = quantity("election_timeout", election_timeout, span)
    low, high = drawn if isinstance(drawn, tuple) else (drawn, drawn)
    beat = quantity("heartbeat", heartbeat, duration)
    if not 0 < beat < low:
        raise ValueError(
            f"heartbeat: found {heartbeat!r}, allowed: a time above 0 and below the least election_timeout"
        )
    drift = quantity("lease_drift", lease_drift, ppm)
    if not 0 <= drift < 1_000_000:
        raise ValueError(f"lease_drift: found {lease_drift!r}, allowed: a rate error from 0 to below 100%")
    some = tuple(nodes) if members is None else tuple(sorted(members))
    for node in some:
        if node not in nodes:
            raise ValueError(f"members: found {node!r}, allowed: {', '.join(nodes)}")
    return Settings(
        words,
        (low, high),
        beat,
        low * (1_000_000 - drift) // 1_000_000,
        count("batch", batch, 1),
        count("snapshot_every", snapshot_every, 0),
        some,
    )
