"""Every word that a parameter may have; the first is what the specification says, or its default where it infers.

Wirings are what the sources leave open: how the tracker, which ships without its writer, is built into a node. A
switch is a repair. Where a repair insists on one wiring its first word is `as-wired`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.units import duration

from .._parameters import word

WIRINGS: Mapping[str, tuple[str, ...]] = {
    # When the coordinator asks its tracker: after every input and at the deadline, every poll_every, at the deadline.
    "integration": ("early", "polling", "finalising"),
    # When the tracker is made, and with it the deadline (QW-12); before, where peers are asked with the local write.
    "tracker_at": ("after-local", "before-local"),
    "in_flight": ("waits", "fails"),  # what "keep waiting" at the deadline means: that, or a failure as timeout (QW-5)
    "drain": ("inbox-first", "timers-first", "in-order"),  # what comes first after a stall (QW-7)
    "pushes": ("after-local", "with-local"),  # whether peers are asked before the local write is durable (QW-13)
    "acks": ("when-durable", "at-once"),  # when a peer acknowledges; rows of the latter are flushed later (QW-16)
    "ack_names": ("attempt", "row"),  # by what an acknowledgement finds its tracker (QW-10)
    "peer_ids": ("node", "certificate"),  # what a peer is called in an ack; a certificate is new in every life (QW-9)
    "broadcast": ("peers", "everyone"),  # whom a write is pushed to: with the coordinator itself (QW-9)
    "contacts": ("all", "as-needed"),  # how many are asked: everybody, or so many as are needed, drawn for each request
    "retries": ("refused", "unanswered", "never"),  # which pushes are repeated, once, after retry_after
    "local_write": ("overwrites", "compared"),  # whether a client's write replaces a row with a greater stamp
    "ties": ("larger-id", "none"),  # which of two rows with one stamp wins; an early version knew no rule
    "daemon_rows": ("all", "changed"),  # what a cycle pushes: all that `daemon` allows, or what changed since the last
}

SWITCHED: Mapping[str, tuple[str, ...]] = {
    "majority": ("coded", "true-majority"),
    "policy_check": ("clamp", "reject"),
    "verdict": ("tracker", "latched"),
    "finalise_at": ("deadline", "next-tick"),
    "deadline_from": ("tracker", "local-commit"),
    "fanout": ("as-wired", "local-first"),
    "ack_binding": ("peer-id", "bound"),
    "drift": ("listed", "per-peer"),
    "nack": ("ignored", "counted"),
    "on_failure": ("keep", "tri-state"),
    "row_ids": ("fresh", "of-key"),
    "store_compare": ("wall-clock", "hybrid-clock"),
    "conflicts": ("last-wins", "siblings"),
    "skew": ("ignored", "reported"),
    "durable_ack": ("as-wired", "always"),
    "membership": ("fixed", "epochs"),
    "daemon": ("originated", "all", "symmetric"),
    "reads": ("local", "quorum"),
    "read_repair": ("never", "after", "before"),
    "handoff": ("none", "hinted"),
    "quorum": ("strict", "sloppy"),
}

WORDS: Mapping[str, tuple[str, ...]] = {**WIRINGS, **SWITCHED}


def one_of(name: str, found: Any) -> str:
    """Return a parameter's word. Raises ValueError on a word that it does not have."""
    return word(name, found, WORDS[name])


def span(name: str, found: Any) -> int:
    """Return a parameter's time in ns, above 0. Raises ValueError on anything else."""
    try:
        value = duration(found)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    if value == 0:
        raise ValueError(f"{name}: found {found!r}, allowed: a time above 0")
    return value
