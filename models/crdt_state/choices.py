"""What a node may do differently, each a parameter with a word for a value; the first is the specification's.

SWITCHES are repairs (1.4 and the hardened forms of section 6), each with whatever it cannot do without; the other
parameters are what the sources leave open, INFERRED in the specification.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

from .._parameters import word

Value = TypeVar("Value")

LOG, STATE, CHECKPOINT = "log", "state", "checkpoint"
PLANES = (LOG, STATE, CHECKPOINT)  # P1, P2 and P3 of the specification

WORDS: Mapping[str, tuple[str, ...]] = {
    # repairs
    "lww_merge": ("strict", "total"),  # whether writer and value break a tie of stamps
    "clock": ("wall", "hybrid"),  # what stamps entries and registers
    "identity": ("node", "incarnation"),  # what names a slot of a counter and the origin of an entry
    "log_order": ("sequence", "canonical"),  # in which order a log lists its entries
    "log_dedup": ("batch", "entry"),  # whether doubles inside one incoming batch are seen
    "registers": ("lww", "multi-value"),  # whether a register keeps one value or all concurrent ones
    "elements": ("none", "observed-remove"),  # whether there is a set besides the counters
    "export": ("whole", "delta"),  # what of the log is sent
    "requests": ("counted", "remembered"),  # what becomes of a client's retry
    "gossip_apply": ("overwrite", "versioned"),  # what a state that differs does to the local one
    "gossip_checks": ("none", "all"),  # digest of the payload, address, membership, round
    "gossip_pull": ("never", "on-divergence"),  # whether a digest that differs, without a payload, is answered
    "peer_choice": ("rotation", "random"),  # whom a round is for
    "membership": ("static", "suspects"),  # whether silent peers are passed over, and a re-added one keeps its record
    "stale_rule": ("rounds", "silence"),  # by the peer's own round, or by local rounds since it was heard
    "ckpt_members": ("anyone", "expected"),  # whose parts are taken in, and which of one node's is kept
    "ckpt_done": ("forgotten", "remembered"),  # what becomes of a finished id
    "ckpt_epoch": ("none", "restarts"),  # whether a member's restart begins a checkpoint anew
    "ckpt_barrier": ("none", "markers"),  # whether parts are one consistent cut
    "ckpt_retry": ("never", "until-answered"),  # whether requests and parts are sent again, and overdue ones given up
    "digest": ("fnv-1a", "blake2b"),  # of states, and what a checkpoint's root covers
    "configuration": ("unchecked", "refused"),  # what becomes of a senseless configuration
    # open questions
    "storage": ("volatile", "durable"),  # whether logs and states outlive the process
    "peer_order": ("cluster", "shuffled"),  # in which order peers were added: the original's is a hash map's
    "payload": ("always", "digest-only"),  # what a gossip message carries; the original never leaves the payload out
    "ships": ("opaque", "log"),  # whether the opaque state is a client's or the export of this node's log
    "submit_result": ("none", "sent"),  # whether the coordinator answers a submission
    "staleness": ("asked", "each-round"),  # when a node looks for stale peers; in the original nobody does
}

SWITCHES: Mapping[str, Mapping[str, object]] = {
    "lww_merge": {"lww_merge": "total"},
    "clock": {"clock": "hybrid"},
    "identity": {"identity": "incarnation"},
    "log_order": {"log_order": "canonical"},
    "log_dedup": {"log_dedup": "entry"},
    "mv_register": {"registers": "multi-value", "identity": "incarnation"},
    "or_set": {"elements": "observed-remove", "identity": "incarnation"},
    "delta": {"export": "delta", "identity": "incarnation"},
    "requests": {"requests": "remembered"},
    "gossip_apply": {"gossip_apply": "versioned", "identity": "incarnation"},
    "gossip_checks": {"gossip_checks": "all", "identity": "incarnation"},
    "gossip_pull": {"gossip_pull": "on-divergence"},
    "peer_choice": {"peer_choice": "random"},
    "membership": {"membership": "suspects", "stale_rule": "silence"},
    "stale_rule": {"stale_rule": "silence"},
    "ckpt_members": {"ckpt_members": "expected"},
    "ckpt_done": {"ckpt_done": "remembered"},
    "ckpt_epoch": {"ckpt_epoch": "restarts"},
    "ckpt_barrier": {"ckpt_barrier": "markers"},
    "ckpt_retry": {"ckpt_retry": "until-answered"},
    "digest": {"digest": "blake2b"},
    "configuration": {"configuration": "refused"},
}


class Rules(NamedTuple):
    """A node's choices, one word each."""

    lww_merge: str
    clock: str
    identity: str
    log_order: str
    log_dedup: str
    registers: str
    elements: str
    export: str
    requests: str
    gossip_apply: str
    gossip_checks: str
    gossip_pull: str
    peer_choice: str
    membership: str
    stale_rule: str
    ckpt_members: str
    ckpt_done: str
    ckpt_epoch: str
    ckpt_barrier: str
    ckpt_retry: str
    digest: str
    configuration: str
    storage: str
    peer_order: str
    payload: str
    ships: str
    submit_result: str
    staleness: str


def rules(given: Mapping[str, Any]) -> Rules:
    """Return the choices among a node's parameters. Raises ValueError on a word that a parameter does not have."""
    return Rules(**{name: one_of(name, given[name]) for name in WORDS})


def one_of(name: str, found: Any) -> str:
    """Return a parameter's word. Raises ValueError on a word that it does not have."""
    return word(name, found, WORDS[name])


def planes(found: Any) -> tuple[str, ...]:
    """Return the planes that a node runs. Raises ValueError unless they are one or more of PLANES."""
    wanted = (found,) if isinstance(found, str) else tuple(found)
    if not wanted or not set(wanted) <= set(PLANES) or len(set(wanted)) != len(wanted):
        raise ValueError(f"planes: found {found!r}, allowed: one or more of {', '.join(PLANES)}")
    return tuple(plane for plane in PLANES if plane in wanted)
