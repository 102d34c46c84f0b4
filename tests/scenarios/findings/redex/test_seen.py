"""Figures are read from records: who led when, what logs came to hold."""

from types import SimpleNamespace
from typing import Any

import pytest

from models._log_facts import Accepted
from models.redex.facts import Stored, View
from scenarios.findings.redex.seen import NEVER, NOBODY, Seen
from scenarios.findings.weakness import Evidence
from sim.machine import fingerprint
from sim.trace import Record
from sim.units import MS


def state(at_ms: int, node: str, role: str | None, tail: int = 0, leader: str | None = None) -> Record:
    return Record(0, at_ms * MS, "state", node, None, None, None if role is None else View(role, leader, tail, 0))


def note(node: str, name: str, fact: Any) -> Record:
    return Record(0, 0, "note", node, None, name, fact)


def seen(*records: Record, end_ms: int = 1000) -> Seen:
    outcome: Any = SimpleNamespace(stats={"sim_ns": end_ms * MS})
    return Seen(Evidence(outcome, records, {}))


OVERLAP = (
    state(0, "n1", "leader"), state(0, "n2", "follower"), state(100, "n2", "leader"), state(300, "n1", "follower"),
    state(600, "n2", None),
)  # fmt: skip


def test_overlap_is_the_time_with_a_leader_too_many() -> None:
    assert seen(*OVERLAP).overlap_ms() == 200


def test_time_without_a_leader_runs_to_the_end() -> None:
    assert seen(*OVERLAP).leaderless_ms() == 400


def test_a_set_of_leaders_that_lasts_no_time_is_none() -> None:
    records = (state(0, "n1", "leader"), state(5, "n2", "leader"), state(5, "n2", "follower"))
    assert seen(*records).leaders == ((0, ("n1",)),)


def test_a_crash_is_no_concession() -> None:
    told = seen(*OVERLAP)
    assert (told.conceded("n1"), told.conceded("n2"), told.last_leaders()) == (300, NEVER, NOBODY)


def test_a_first_leader_was_not_promoted() -> None:
    told = seen(*OVERLAP)
    assert (told.promoted("n1"), told.promoted("n2"), told.first_promoted(), told.promotions()) == (NEVER, 100, 100, 1)


def test_a_log_shows_which_acceptance_an_entry_is_and_where_it_has_holes() -> None:
    held = {0: "c0", 2: "a", 3: "a"}
    records = (
        state(0, "n1", "leader", tail=4),
        *(note("n1", "stored", Stored(seq, word)) for seq, word in held.items()),
        *(note("n1", "accepted", Accepted(op, seq, "a")) for op, seq in ((1, 2), (2, 3))),
        Record(0, 0, "content", "n1", None, None, [(seq, fingerprint(word)) for seq, word in held.items()]),
    )  # fmt: skip
    assert seen(*records).log("n1") == "c0 -- a0 a1"


@pytest.mark.parametrize(("struck", "after"), [("n1", 20), ("n3", 70)])
def test_a_follower_has_given_up_when_it_follows_somebody_else_or_nobody(struck: str, after: int) -> None:
    turned = (state(70, "n2", "follower", leader="n3"), state(120, "n2", "leader"))
    assert seen(*turned).gave_up("n2", struck, 50) == after


def test_a_node_lacks_what_is_below_its_tail_and_not_held() -> None:
    content = Record(0, 0, "content", "n1", None, None, [(seq, "x") for seq in (2, 3, 6)])
    assert seen(state(0, "n1", "leader", tail=8), content).lacks("n1") == 5
