"""The corrected sheaf check: what the published one misses is caught, and what it reports for nothing passes."""

from collections import namedtuple
from typing import Any

import pytest

from sim.checks.sheaf import sheaf_consistent
from sim.jury import Jury
from sim.trace import Booted, Crashed, Header, Record
from sim.units import S

Commit = namedtuple("Commit", "seq payload")
FACTS = dict.fromkeys(("published", "received", "applied"), Commit._fields)
HEADER = Header(("n1", "n2", "n3"), 60 * S, 20 * S, facts=FACTS)


def judged(*lines: Any) -> Any:
    """Return what the check finds in lines: (at in s, node, fact, seq, payload), or (at, node, crash or boot, how)."""
    records = []
    for seq, (at, node, what, *rest) in enumerate(lines, 1):
        if what == "crash":
            data: Any = Crashed(1, rest[0], None)
        elif what == "boot":
            data = Booted(1)
        else:
            data = Commit(*rest)
        kind = what if what in ("crash", "boot") else "note"
        records.append(Record(seq, at * S, kind, node, None, None if kind != "note" else what, data))
    jury = Jury([sheaf_consistent], HEADER)
    jury.hear_all(records)
    return jury.findings()[0]


P1, A1 = (0, "n1", "published", 1, "a"), (1, "n2", "applied", 1, "a")
P2, P3 = (1, "n1", "published", 2, "b"), (1, "n1", "published", 3, "c")
LATE = [P1, P3, A1, (2, "n2", "applied", 3, "c"), (3, "n1", "published", 2, "b"), (4, "n2", "applied", 2, "b")]
THIRD = [(5, "n3", "applied", 1, "a"), (5, "n3", "applied", 2, "b"), (5, "n3", "applied", 3, "c")]
RESTART, AGAIN = [(2, "n2", "crash", "keep"), (3, "n2", "boot")], (4, "n2", "applied", 1, "a")

BROKEN = {
    "a fork": ([P1, A1, (2, "n2", "published", 1, "b")], "published as a and by n2 as b"),
    "another object": ([P1, (1, "n1", "applied", 1, "b")], "n1 applied b, but sequence 1 is a"),
    "applied before it is published": ([(0, "n1", "applied", 1, "a"), P1], "which nobody had published"),
    "received and never published": ([(0, "n2", "received", 1, "a")], "which nobody had published"),
    "a gap": ([P1, P2, (2, "n2", "applied", 2, "b")], "n2 applied sequence 2 without 1"),
    "a sequence that was never published": ([P1, P3, A1, (2, "n2", "applied", 3, "c")], "applied sequence 3 without 2"),
    "out of order": ([(at, n, what, f"s{seq}", p) for at, n, what, seq, p in LATE], "n2 applied sequence s2 after s3"),
    "applied twice across a crash": ([P1, A1, *RESTART, AGAIN], "n2 applied sequence 1 a second time"),
    "applied nowhere": ([P1, (1, "n2", "received", 1, "a")], "sequence 1, published by n1, is applied by nobody else"),
    "no follower ever heard of it": ([P1, (1, "n1", "applied", 1, "a")], "is applied by nobody else"),
}
SOUND = {
    "the leader applies nothing itself": [P1, A1, (2, "n3", "applied", 1, "a")],
    "published again by the next leader": [P1, A1, (2, "n3", "published", 1, "a")],
    "a crash fell between an effect and its statement": [
        P1,
        A1,
        P2,
        P3,
        *RESTART,
        (4, "n2", "applied", 3, "c"),
        *THIRD,
    ],
    "a disk was wiped and all is applied again": [P1, A1, (2, "n2", "crash", "wiped"), RESTART[1], AGAIN],
    "the run was cut off in the middle of a commit": [P1, A1, (58, "n1", "published", 2, "b")],
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_no_one_history_is_caught(what: str) -> None:
    lines, sentence = BROKEN[what]
    found = judged(*lines)
    assert (found.verdict, sentence in found.sentence) == ("violated", True), found


@pytest.mark.parametrize("what", SOUND)
def test_what_is_one_history_passes(what: str) -> None:
    assert judged(*SOUND[what]).verdict == "holds"


def test_a_node_that_was_down_is_no_reason_to_blame_it() -> None:
    assert judged(P1, (57, "n2", "crash", "keep"), (58, "n2", "boot")).verdict == "holds"
