"""The repairs, each a switch that can be turned on alone, and the profiles that ship (section 1.3, section 6).

`hardened` turns all of them on. The sloppy quorum is no repair: it buys availability with the very intersection of
quorums that the others restore, so it is a profile of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

SWITCHES: Mapping[str, Mapping[str, object]] = {
    "true-majority": {"majority": "true-majority"},
    "checked-policy": {"policy_check": "reject"},
    "latched-verdict": {"verdict": "latched"},
    "next-tick": {"finalise_at": "next-tick"},
    "deadline-from-commit": {"deadline_from": "local-commit"},
    "local-first": {"fanout": "local-first"},
    "bound-acks": {"ack_binding": "bound"},
    "one-verdict-per-peer": {"drift": "per-peer"},
    "counted-nacks": {"nack": "counted"},
    "tri-state": {"on_failure": "tri-state"},
    "ids-of-keys": {"row_ids": "of-key"},
    "hybrid-clock": {"store_compare": "hybrid-clock"},
    "siblings": {"conflicts": "siblings", "store_compare": "hybrid-clock"},
    "skew-reports": {"skew": "reported"},
    "durable-acks": {"durable_ack": "always"},
    "membership-epochs": {"membership": "epochs"},
    "anti-entropy": {"daemon": "symmetric"},
    "quorum-reads": {"reads": "quorum", "read_repair": "before"},
    "hinted-handoff": {"handoff": "hinted"},
}

PROFILES: Mapping[str, Mapping[str, object]] = {
    "as-specified": {},
    "hardened": {name: value for settings in SWITCHES.values() for name, value in settings.items()},
    "sloppy": {"quorum": "sloppy", "handoff": "hinted"},
}
