"""The parameters of a node: what the sources leave open, and the repairs of what they get wrong.

A word's first value is what is specified, or what section 1.3 infers for the wiring. Of those in SWITCHES another one
is the repair; the rest only choose among readings of the sources.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from inspect import Parameter, Signature
from typing import Any, TypeVar

from .._parameters import count
from .config import MODES

Value = TypeVar("Value")

WORDS: Mapping[str, tuple[str, ...]] = {
    "mode": MODES,
    # Readings of the sources.
    "routing": ("full", "ring"),  # a symbol goes to every store, or to its one owner on the ring
    "sufficient": ("k", "share"),  # what a store must hold before it acknowledges: k symbols, or all that are its own
    "durability": (
        "db",
        "volatile",
    ),  # what a crash leaves: what was stored by then, or nothing
    "seen": ("lost", "kept"),  # whether the deduplicator outlives a crash
    "marker_objects": ("published", "built", "none"),  # when the leader stores a marker as an object
    "initiators": ("followers", "all"),  # who opens sessions
    "sessions": ("until-complete", "fresh"),  # a round waits for the session before it, or begins anew
    "feeds": ("all", "own"),  # which sessions are told of an object that arrives
    # Repairs; the comment names what is mended.
    "acks": ("seq", "store", "capsule", "epoch"),  # EW-19: what an acknowledgement is matched by
    "leader_applies": ("off", "on"),  # EW-31
    "session_error": ("abort", "ignore"),  # EW-8: what an error makes of the session whose message raised it
    "position": ("received", "copied", "applied"),  # EW-14: where a node's marker position comes from
    "symbols": ("distinct", "counted", "first"),  # EW-28: see symbols.Assembly
    "inventory": ("all", "published"),  # EW-23: what is told to others
    "epochs": ("off", "fenced"),  # EW-1, EW-2, EW-21
    "auth": ("unkeyed", "keyed"),  # EW-27
    "empty_diff": ("waits", "completes"),  # EW-6
    "strays": ("counted", "ignored"),  # EW-7: of objects that a session does not need
    "session_ids": ("unread", "checked"),  # EW-7, EW-8
    "exchange": ("pull", "both"),  # EW-10, EW-11: whether what only the initiator holds is pushed
    "deletes": ("plain", "tombstones"),  # EW-12
    "tips": ("unread", "compared"),  # EW-13
    "members": ("anyone", "stores"),  # EW-15: whose acceptance counts
    "persistence": ("after", "before-ack"),  # EW-16: whether what is said waits for what is written
    "policies": ("any", "intersecting"),  # EW-17, EW-18
    "publication": ("independent", "in-order"),  # EW-3
    "application": ("consume-token", "buffered"),  # EW-3, EW-4, EW-5
    "outbox": ("none", "durable"),  # EW-22, EW-29: a marker is durable before anybody hears of it
    "placement": ("by-symbol", "by-object"),  # EW-24: all symbols of an object to `total` successors on the ring
    "membership": ("points", "versioned"),  # EW-25, EW-26: how a ring knows its members
    "timestamps": ("wall", "monotone"),  # EW-30
    "roles": ("configured", "enforced"),  # EW-34
    "pruning": ("never", "checkpointed"),  # EW-35
    "fetch": ("by-id", "markers-first"),  # EW-36
    "recheck": ("never", "each-round"),  # EW-37
}


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """What a node is configured with; times are text such as "500ms", None where nothing of the kind is ever done.

    `leaders` are the nodes configured as leaders: names, "all", which is the seed's default role, or None for the first
    node of the cluster. `stores` hold symbols: names, or None for the first `total` nodes. Of the symbols of an object
    any `k` decode, and `repair` more are made. `preload` objects, so many or with these names, are on this node when it
    first boots. `commit_retry` and `ae_session` are repairs (EW-20, EW-9). Raises ValueError with the parameter's name,
    what was found and what is allowed.
    """

    leaders: Any = None
    multi_writer_explicit: bool = False
    required: int = 1
    total: int = 1
    security_enabled: bool = False
    stores: Any = None
    vnodes: int = 100
    k: int = 2
    repair: int = 1
    preload: Any = 0
    ae: str = "500ms"
    marker_retry: str = "500ms"
    recent: int = 8  # how many markers are announced again
    secret: str = "netsplit"  # of which the key of keyed tags is made
    commit_retry: str | None = None
    ae_session: str | None = None
    mode: str = WORDS["mode"][0]
    routing: str = WORDS["routing"][0]
    sufficient: str = WORDS["sufficient"][0]
    durability: str = WORDS["durability"][0]
    seen: str = WORDS["seen"][0]
    marker_objects: str = WORDS["marker_objects"][0]
    initiators: str = WORDS["initiators"][0]
    sessions: str = WORDS["sessions"][0]
    feeds: str = WORDS["feeds"][0]
    acks: str = WORDS["acks"][0]
    leader_applies: str = WORDS["leader_applies"][0]
    session_error: str = WORDS["session_error"][0]
    position: str = WORDS["position"][0]
    symbols: str = WORDS["symbols"][0]
    inventory: str = WORDS["inventory"][0]
    epochs: str = WORDS["epochs"][0]
    auth: str = WORDS["auth"][0]
    empty_diff: str = WORDS["empty_diff"][0]
    strays: str = WORDS["strays"][0]
    session_ids: str = WORDS["session_ids"][0]
    exchange: str = WORDS["exchange"][0]
    deletes: str = WORDS["deletes"][0]
    tips: str = WORDS["tips"][0]
    members: str = WORDS["members"][0]
    persistence: str = WORDS["persistence"][0]
    policies: str = WORDS["policies"][0]
    publication: str = WORDS["publication"][0]
    application: str = WORDS["application"][0]
    outbox: str = WORDS["outbox"][0]
    placement: str = WORDS["placement"][0]
    membership: str = WORDS["membership"][0]
    timestamps: str = WORDS["timestamps"][0]
    roles: str = WORDS["roles"][0]
    pruning: str = WORDS["pruning"][0]
    fetch: str = WORDS["fetch"][0]
    recheck: str = WORDS["recheck"][0]

    def __post_init__(self) -> None:
        for name, allowed in WORDS.items():
            found = getattr(self, name)
            if found not in allowed:
                raise ValueError(f"{name}: found {found!r}, allowed: {', '.join(allowed)}")
        for name, least in (("required", 0), ("total", 0), ("vnodes", 0), ("k", 1), ("repair", 0), ("recent", 0)):
            count(name, getattr(self, name), least)
        if self.k + self.repair > 256:
            raise ValueError(f"repair: found {self.repair}, allowed: with k = {self.k} at most {256 - self.k}")


def signature() -> Signature:
    """Return the signature of what makes a machine: a node, its cluster, and every parameter with its default."""
    given = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in ("node", "cluster")]
    return Signature(
        [*given, *(Parameter(f.name, Parameter.KEYWORD_ONLY, default=f.default) for f in fields(Parameters))]
    )


# What each repair is, by itself; `hardened` is all of them.
SWITCHES: Mapping[str, Mapping[str, object]] = {
    "fencing": {"epochs": "fenced", "acks": "epoch", "persistence": "before-ack"},
    "ack_binding": {"acks": "epoch"},
    "authentication": {"auth": "keyed", "symbols": "first"},
    "first_symbol_wins": {"symbols": "first"},
    "empty_diff_completes": {"empty_diff": "completes"},
    "strays_ignored": {"strays": "ignored"},
    "session_ids": {"session_ids": "checked"},
    "errors_ignored": {"session_error": "ignore"},
    "session_timeout": {"ae_session": "2s"},
    "both_ways": {"exchange": "both"},
    "tombstones": {"deletes": "tombstones"},
    "tips_compared": {"tips": "compared"},
    "position_applied": {"position": "applied"},
    "bound_membership": {"members": "stores"},
    "durable_before_ack": {"persistence": "before-ack"},
    "intersecting_quorums": {"policies": "intersecting"},
    "commit_retry": {"commit_retry": "200ms"},
    "ordered_publication": {"publication": "in-order"},
    "ordered_application": {"application": "buffered"},
    "durable_outbox": {"outbox": "durable"},
    "published_inventory": {"inventory": "published"},
    "placement_by_object": {"placement": "by-object"},
    "versioned_ring": {"membership": "versioned"},
    "monotone_timestamps": {"timestamps": "monotone"},
    "roles_enforced": {"roles": "enforced"},
    "leader_applies": {"leader_applies": "on"},
    "pruning": {"pruning": "checkpointed"},
    "markers_first": {"fetch": "markers-first"},
    "recheck": {"recheck": "each-round"},
}
