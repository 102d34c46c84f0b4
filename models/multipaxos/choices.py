"""Every rule of Paxos as a parameter; section numbers are of Paxos Made Simple."""

from __future__ import annotations

from collections.abc import Mapping

from .._rules import Rule, broken, told

RULES: Mapping[str, Rule] = {
    "adopts": Rule(("highest-numbered", "nothing"), "2.2", "a new leader takes for free what others have accepted"),
    "promises": Rule(("kept", "ignored"), "2.2", "an acceptor accepts what it has promised not to"),
    "quorum": Rule(("majority", "half"), "2.2", "one acceptor less than a majority is enough"),
    "numbers": Rule(("disjoint", "shared"), "2.5", "two proposers may use the same number"),
    "learns": Rule(("same-number", "own"), "2.3", "a node takes what it has accepted for chosen when something was"),
    "gaps": Rule(("filled", "left"), "3", "a new leader proposes nothing for instances that nobody accepted"),
    "applies": Rule(("in-order", "as-chosen"), "3", "commands take effect before those of earlier instances"),
    "reads": Rule(("logged", "unchecked"), "3", "a leader reads without asking whether it leads"),
    "sessions": Rule(("kept", "none"), "retries", "an operation that is asked for again happens again"),
    "kept": Rule(("durably", "in-memory"), "2.5", "an acceptor forgets what it promised and accepted when it restarts"),
}
PROFILES = {"as-published": {}, **broken(RULES)}
WITHOUT = told(RULES)
