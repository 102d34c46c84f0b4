from __future__ import annotations

from models.redex.facts import Tagged
from models.redex.sink import TagSink


def test_followers_and_leaders_are_announced_and_idle_nodes_withdrawn() -> None:
    sink = TagSink()
    told = [sink.entered(role, tip) for role, tip in (("follower", 3), ("candidate", 4), ("leader", 5), ("idle", 6))]
    assert told == [Tagged(3, True), None, Tagged(5, True), Tagged(None, True)]


def test_discovery_shows_what_it_was_told_last() -> None:
    sink = TagSink()
    shown = []
    for role in ("follower", "candidate", "leader", "idle"):
        sink.entered(role, len(shown))
        shown.append(sink.tip)
    assert shown == [0, 0, 2, None]


def test_a_candidate_may_be_withdrawn() -> None:
    sink = TagSink(candidate_tag="withdrawn")
    sink.entered("follower", 3)
    assert (sink.entered("candidate", 3), sink.tip) == (Tagged(None, True), None)


def test_after_so_many_calls_every_call_fails_and_discovery_keeps_what_it_has() -> None:
    sink = TagSink(2)
    told = [sink.entered(role, 7) for role in ("follower", "candidate", "leader", "follower", "idle")]
    assert told == [Tagged(7, True), None, Tagged(7, True), Tagged(7, False), Tagged(None, False)]
    assert sink.tip == 7


def test_so_many_calls_fail_and_then_they_succeed_again() -> None:
    sink = TagSink(1, fails=2)
    assert [sink.entered("leader", tip) for tip in range(4)] == [
        Tagged(0, True),
        Tagged(1, False),
        Tagged(2, False),
        Tagged(3, True),
    ]
    assert sink.tip == 3
