"""The parameters of a node, checked: numbers and times here, words in `choices`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .._parameters import count
from .choices import WORDS, one_of, span
from .policy import QuorumPolicy, majority


@dataclass
class Settings:
    """What a node is made with; times are text such as "2s", words are those of choices.WORDS.

    `replicas` is how many of the cluster's nodes, the first ones, hold rows; the others are spares, or join later.
    `n` is what the policy believes their number to be, `w` what it asks for, `policy` a whole one as JSON; without
    them it is the majority of the replicas. `r` is the size of a read quorum, by default n - w + 1. `preload` are keys
    that every replica holds before its first life. Raises ValueError with the parameter's name, what was found and
    what is allowed; of a policy, InvalidPolicy.
    """

    n: int | None = None
    w: int | None = None
    r: int | None = None
    policy: str | None = None
    replicas: int | None = None
    preload: Sequence[str] = ()
    ack_timeout: str = "2s"
    clock_skew_warn: str = "30s"
    sync_interval: str = "30s"
    retry_after: str = "250ms"
    poll_every: str = "500ms"
    flush_every: str = "1s"
    handoff_every: str = "1s"
    integration: str = "early"
    tracker_at: str = "after-local"
    in_flight: str = "waits"
    drain: str = "inbox-first"
    pushes: str = "after-local"
    acks: str = "when-durable"
    ack_names: str = "attempt"
    peer_ids: str = "node"
    broadcast: str = "peers"
    contacts: str = "all"
    retries: str = "refused"
    local_write: str = "overwrites"
    ties: str = "larger-id"
    daemon_rows: str = "all"
    majority: str = "coded"
    policy_check: str = "clamp"
    verdict: str = "tracker"
    finalise_at: str = "deadline"
    deadline_from: str = "tracker"
    fanout: str = "as-wired"
    ack_binding: str = "peer-id"
    drift: str = "listed"
    nack: str = "ignored"
    on_failure: str = "keep"
    row_ids: str = "fresh"
    store_compare: str = "wall-clock"
    conflicts: str = "last-wins"
    skew: str = "ignored"
    durable_ack: str = "as-wired"
    membership: str = "fixed"
    daemon: str = "originated"
    reads: str = "local"
    read_repair: str = "never"
    handoff: str = "none"
    quorum: str = "strict"

    def __post_init__(self) -> None:
        for name in WORDS:
            one_of(name, getattr(self, name))
        self.sync_ns = span("sync_interval", self.sync_interval)
        self.retry_ns = span("retry_after", self.retry_after)
        self.poll_ns = span("poll_every", self.poll_every)
        self.flush_ns = span("flush_every", self.flush_every)
        self.handoff_ns = span("handoff_every", self.handoff_every)
        if isinstance(self.preload, str) or not all(isinstance(key, str) for key in self.preload):
            raise ValueError(f"preload: found {self.preload!r}, allowed: a list of keys")
        # Each of these is asked about for every message.
        self.bound = self.ack_binding == "bound"
        self.latched = self.verdict == "latched"
        self.tri_state = self.on_failure == "tri-state"
        self.hybrid = self.store_compare == "hybrid-clock"
        self.siblings = self.conflicts == "siblings"
        self.fan_first = self.pushes == "with-local" and self.fanout == "as-wired"
        self.acks_at_once = self.acks == "at-once" and self.durable_ack == "as-wired"
        self.knows_peers = self.nack == "counted" or self.drift == "per-peer"

    def policy_for(self, replicas: int) -> QuorumPolicy:
        """Return the policy of a node that knows so many replicas. Raises InvalidPolicy, or ValueError on no number."""
        if self.policy is not None:
            return QuorumPolicy.from_json(self.policy, self.policy_check)
        n = replicas if self.n is None else count("n", self.n, 0)
        w = majority(n, self.majority) if self.w is None else count("w", self.w, 0)
        timeout, warn = span("ack_timeout", self.ack_timeout), span("clock_skew_warn", self.clock_skew_warn)
        return QuorumPolicy.new(n, w, timeout, warn, self.policy_check)
