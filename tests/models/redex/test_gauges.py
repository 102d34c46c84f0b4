from __future__ import annotations

import pytest

from models.redex.gauges import Gauges, observe_lag
from models.redex.tracker import HeartbeatTracker

MEMBERS = ("n1", "n2", "n3")


def observed(role: str, at: int, *beats: tuple[str, str, int]) -> tuple[str, int] | None:
    tracker = HeartbeatTracker(100)
    for src, said, when in beats:
        tracker.record(src, said, 0, when)
    return observe_lag(role, "n1", MEMBERS, tracker, at)


def test_a_lag_counts_from_the_last_heartbeat_in_any_role() -> None:
    assert observed("follower", 250, ("n2", "leader", 0), ("n2", "follower", 200)) == ("follower", 50)


def test_a_node_outside_the_replica_set_is_not_observed() -> None:
    assert observed("leader", 250, ("n9", "follower", 0), ("n2", "follower", 200)) == ("leader", 50)


def test_a_heartbeat_from_the_future_is_no_negative_lag() -> None:
    assert observed("leader", 100, ("n2", "follower", 200)) == ("leader", 0)


@pytest.mark.parametrize(("role", "kept"), [("leader", (7, 3)), ("follower", (5, 7))])
def test_each_role_has_a_gauge_of_its_own(role: str, kept: tuple[int, int]) -> None:
    gauges = Gauges()
    gauges.record(("leader", 5))
    gauges.record(("follower", 3))
    gauges.record((role, 7))
    assert (gauges.leader_lag, gauges.follower_lag) == kept


def test_a_gauge_without_an_observation_keeps_its_value() -> None:
    gauges = Gauges()
    gauges.record(("leader", 5))
    gauges.record(None)
    assert gauges.leader_lag == 5
