"""What the sources of redex leave open, each a parameter with a word for a value (section 7); the first is the default.

Where the specification names no alternative (P13, P14, P18, P19), the second word is one for which its evidence leaves
room.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from .._parameters import word

Value = TypeVar("Value")

WORDS: Mapping[str, tuple[str, ...]] = {
    "follow": ("latest", "sticky"),  # P1: any leader's heartbeat sets the belief, or only if it is silent or none
    "demoted": ("keep", "clear", "leader-only"),  # P2: the believed leader says that it no longer leads
    "boundary": ("at", "after"),  # P3: silent when the window is reached, or only when it is passed
    "beats": ("members", "candidates-too"),  # P4: who sends heartbeats
    "deaf": ("waits", "stands"),  # P5: a follower that believes in nobody never stands, or does after a window
    "asks": ("while-heard", "always"),  # P6: whether a tick that finds the leader silent still asks it
    "below_floor": ("bad-range", "from-floor"),  # P7: the answer to a request below the leader's floor
    "at_tail": ("empty", "bad-range"),  # P8: the answer to a request at the leader's tail or above
    "skip_back": ("error", "ignore", "rewind"),  # P9: skip_to a sequence that is not above the tail
    "skip_over": ("keep", "drop"),  # P10: what becomes of entries below a gap
    "overlap": ("stale", "trim"),  # P11: a chunk that begins below the tail
    "batch": ("whole", "prefix"),  # P12: of a chunk that does not fit, nothing is stored or what fits
    "bucket": ("full", "empty"),  # P13: the bandwidth budget at the start of a life
    "candidate_tag": ("kept", "withdrawn"),  # P14: what becomes of the chain tag on the way to an election
    "suspects": ("retained", "beyond-floor"),  # P15: a gap that the leader retains, or one that begins above its floor
    "candidate": ("stays", "stands-again"),  # P16: a tick in role candidate
    "oversized": ("ships", "withheld"),  # P17: an event larger than a chunk
    "file": ("heap", "kept"),  # P18: whether the log outlives the process; a kept one refuses to be skipped (6.6)
    "writers": ("leader", "anyone"),  # P19: who takes a client's write
    "clearing": ("belief", "everything"),  # P20: what clearing the believed leader clears
    "under_capacity": ("withdraw", "evict-oldest"),  # the policy when an append fails (6.5)
    "sweeps": ("each-append", "on-demand"),  # when retention is applied: after every append, or when asked
    "placed": ("first-boot", "every-boot", "never"),  # when the outside placement makes a booting node a follower
    "bandwidth_class": ("foreground", "background"),  # of this node's own requests
}

# The hardenings of section 9.0, each a parameter of its own; the first word is what the specification does.
HARDENINGS: Mapping[str, tuple[str, ...]] = {
    "term": ("none", "fenced"),  # TERM: what every message says, so that the past is refused
    "vote": ("none", "majority"),  # VOTE: who must agree to a new leader
    "lease": ("for-life", "majority"),  # LEASE: how long a leader leads that hears nobody
    "match": ("length", "content"),  # MATCH: what two logs are compared by
    "commit": ("local", "majority"),  # COMMIT: who must hold a write before its client is told
    "silence": ("believed", "seeded"),  # SEED: silent is who was believed in, or everybody since the role began
    "hint": ("withheld", "given"),  # HINT: a nack says who leads, and silence is judged on
    "drain": ("tick-first", "heartbeats-first"),  # DRAIN: what a node looks at first that stood still
    "notice": ("next-tick", "at-once"),  # NOW: when others learn of a turn
    "snapshot": ("skip", "reset"),  # SNAP: what becomes of a follower below the leader's floor
    "flow": ("every-tick", "one-in-flight"),  # FLOW: when a follower asks, and what it is given
    "rejoin": ("never", "room"),  # REJOIN: when a node comes back that withdrew
    "calm": ("none", "after-conceding"),  # CALM: when a leader that gave way may stand again
    "tip": ("recorded", "live"),  # TIP: discovery learns of the greatest tail ever agreed, or of what is held now
}


def one_of(name: str, found: Any) -> str:
    """Return a parameter's word. Raises ValueError on a word that it does not have."""
    return word(name, found, WORDS[name] if name in WORDS else HARDENINGS[name])
