"""The chain-tag sink: a service outside that is told which nodes hold the channel, and up to where (section 6.10).

The runtime never reads it back, so all of it that exists here is a node's own view: what it told last, and a call after
which every further one fails. A crash tells the sink nothing; the tag of a dead node stands. NB: a tip is told when a
role is entered and never again, so it is as old as the last turn.
"""

from __future__ import annotations

from .facts import Tagged
from .roles import CANDIDATE, FOLLOWER, IDLE, LEADER


class TagSink:
    """What discovery shows of this node: `tip`, or None.

    Of the calls of a life so many succeed, None for all; then so many fail, None for all, and the others succeed.
    P14: a candidate's tag is `kept` as it was, or `withdrawn`.
    """

    def __init__(self, succeeds: int | None = None, candidate_tag: str = "kept", fails: int | None = None) -> None:
        self.tip: int | None = None
        self._left = succeeds
        self._fails = fails
        self._withdrawn = (IDLE, CANDIDATE) if candidate_tag == "withdrawn" else (IDLE,)

    def entered(self, role: str, tip: int) -> Tagged | None:
        """Announce or withdraw the tag as a role wants it; return what became of that, None if it wants nothing."""
        if role in (FOLLOWER, LEADER):
            return self._told(tip)
        return self._told(None) if role in self._withdrawn else None

    def _told(self, tip: int | None) -> Tagged:
        if self._left == 0 and self._fails != 0:
            self._fails = None if self._fails is None else self._fails - 1
            return Tagged(tip, False)
        if self._left:
            self._left -= 1
        self.tip = tip
        return Tagged(tip, True)
