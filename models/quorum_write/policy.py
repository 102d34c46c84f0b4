"""How many acknowledgements a write needs, and how long they may take (sections 2 to 4).

As the seed has it, nothing that comes from JSON is checked, and a `w` out of range is clamped without a word.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sim.units import S

from .errors import InvalidPolicy

ACK_TIMEOUT = 2 * S
CLOCK_SKEW_WARN = 30 * S
INSTANT_MAX = 2**63 * S  # what an instant of the seed holds: seconds are 64 bits with a sign
CODED, TRUE_MAJORITY = "coded", "true-majority"


@dataclass(frozen=True)
class QuorumPolicy:
    """`n` nodes with the local one, `w` acknowledgements with the local commit; times in ns. Made unchecked."""

    n: int
    w: int
    ack_timeout: int = ACK_TIMEOUT
    clock_skew_warn: int = CLOCK_SKEW_WARN

    @classmethod
    def new(
        cls,
        n: int,
        w: int,
        ack_timeout: int = ACK_TIMEOUT,
        clock_skew_warn: int = CLOCK_SKEW_WARN,
        check: str = "clamp",
    ) -> QuorumPolicy:
        """Return a policy with `w` clamped to 1..n. Raises InvalidPolicy if n is 0, with `check` "reject" for any w."""
        if n < 1:
            raise InvalidPolicy("n must be >= 1")
        made = cls(n, w if check == "reject" else min(max(w, 1), n), ack_timeout, clock_skew_warn)
        return checked(made) if check == "reject" else made

    @classmethod
    def majority(cls, n: int, form: str = CODED) -> QuorumPolicy:
        """Return the policy for n nodes that the seed calls a majority; for even n it is half of them (QW-1).

        The `true-majority` is what its documentation promises: ceil((n + 1) / 2) is n // 2 + 1 for every n.
        """
        return cls.new(n, majority(n, form))

    @classmethod
    def from_json(cls, text: str, check: str = "clamp") -> QuorumPolicy:
        """Return the policy of a JSON text as it stands, w = 0 and n = 0 included (QW-15); "reject" checks it.

        Raises InvalidPolicy on a text that has not these fields.
        """
        try:
            found = json.loads(text)
            made = cls(*(_whole(found[name]) for name in ("n", "w")), *(_ns(found[name]) for name in _TIMES))
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidPolicy(f"found {text!r}: {error!r}; allowed: {_FORM}") from None
        return checked(made) if check == "reject" else made

    def to_json(self) -> str:
        """Return the policy as JSON, durations as seconds and nanoseconds."""
        times = {name: {"secs": getattr(self, name) // S, "nanos": getattr(self, name) % S} for name in _TIMES}
        return json.dumps({"n": self.n, "w": self.w, **times}, separators=(",", ":"))


def majority(n: int, form: str = CODED) -> int:
    """Return the w of a majority of n nodes: ceil(n / 2) as the seed computes it, n // 2 + 1 as a true one."""
    return n // 2 + 1 if form == TRUE_MAJORITY else max((n + 1) // 2, 1)


def checked(policy: QuorumPolicy) -> QuorumPolicy:
    """Return a policy that makes sense. Raises InvalidPolicy with what was found and what is allowed."""
    if policy.n < 1:
        raise InvalidPolicy("n must be >= 1")
    if not 1 <= policy.w <= policy.n:
        raise InvalidPolicy(f"w: found {policy.w}, allowed: 1 to {policy.n}")
    if policy.ack_timeout >= INSTANT_MAX:
        raise InvalidPolicy(f"ack_timeout: found {policy.ack_timeout // S} s, allowed: less than {INSTANT_MAX // S} s")
    return policy


_TIMES = ("ack_timeout", "clock_skew_warn")
_FORM = '{"n":5,"w":3,"ack_timeout":{"secs":2,"nanos":0},"clock_skew_warn":{"secs":30,"nanos":0}}'


def _whole(found: Any) -> int:
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise ValueError(f"{found!r} is no whole number from 0")
    return found


def _ns(found: Any) -> int:
    return _whole(found["secs"]) * S + _whole(found["nanos"])
