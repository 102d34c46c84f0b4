"""W is three heartbeats of 100 here, so silence begins at 300."""

from __future__ import annotations

import pytest

from models.redex.tracker import HeartbeatTracker


def heard(*beats: tuple[str, str, int], **choices: str) -> HeartbeatTracker:
    tracker = HeartbeatTracker(100, **choices)
    for src, role, at in beats:
        tracker.record(src, role, 7, at)
    return tracker


def test_only_a_leaders_heartbeat_makes_a_belief() -> None:
    assert heard(("n2", "follower", 0), ("n3", "candidate", 0)).belief is None
    assert heard(("n2", "leader", 0)).belief == "n2"


def test_the_latest_leader_heard_is_believed() -> None:
    assert heard(("n2", "leader", 0), ("n3", "leader", 1)).belief == "n3"


def test_a_sticky_belief_stays_until_it_is_silent() -> None:
    assert heard(("n2", "leader", 0), ("n3", "leader", 299), follow="sticky").belief == "n2"
    assert heard(("n2", "leader", 0), ("n3", "leader", 300), follow="sticky").belief == "n3"


def test_a_sticky_belief_that_was_cleared_is_free() -> None:
    tracker = heard(("n2", "leader", 0), follow="sticky")
    tracker.clear(1)
    tracker.record("n3", "leader", 7, 2)
    assert tracker.belief == "n3"


@pytest.mark.parametrize(("boundary", "at"), [("at", 300), ("after", 301)])
def test_silence_begins_when_the_window_is_reached_or_passed(boundary: str, at: int) -> None:
    tracker = heard(("n2", "leader", 0), boundary=boundary)
    assert (tracker.silent(at - 1), tracker.silent(at)) == (False, True)


@pytest.mark.parametrize(
    ("demoted", "belief", "silent"), [("keep", "n2", False), ("clear", None, False), ("leader-only", "n2", True)]
)
def test_a_believed_leader_that_steps_down_is_kept_cleared_or_no_longer_counted(
    demoted: str, belief: str | None, silent: bool
) -> None:
    tracker = heard(("n2", "leader", 0), ("n2", "follower", 200), demoted=demoted)
    assert (tracker.belief, tracker.silent(300)) == (belief, silent)


def test_nobody_believed_is_never_silent() -> None:
    """P5: this is the deafness of W13."""
    assert not heard(("n2", "follower", 0)).silent(10**12)


def test_a_deaf_node_may_stand_after_a_window() -> None:
    tracker = heard(deaf="stands")
    tracker.listen_from(50)
    assert (tracker.silent(349), tracker.silent(350)) == (False, True)


def test_clearing_drops_the_belief_and_keeps_the_peers() -> None:
    tracker = heard(("n2", "leader", 0), ("n3", "follower", 0))
    tracker.clear(1)
    assert (tracker.belief, sorted(tracker.peers)) == (None, ["n2", "n3"])


def test_clearing_may_wipe_everything() -> None:
    tracker = heard(("n2", "leader", 0), ("n3", "follower", 0), clearing="everything")
    tracker.clear(1)
    assert tracker.peers == {}


def test_a_peer_is_fresh_for_less_than_the_window_in_any_role() -> None:
    tracker = heard(("n2", "follower", 0))
    assert [tracker.fresh("n2", 299), tracker.fresh("n2", 300), tracker.fresh("n3", 0)] == [True, False, False]


def test_a_reported_tail_may_fall() -> None:
    tracker = heard(("n2", "leader", 0))
    tracker.record("n2", "leader", 3, 1)
    assert tracker.tail_of("n2") == 3
    assert tracker.tail_of("n3") == 0
