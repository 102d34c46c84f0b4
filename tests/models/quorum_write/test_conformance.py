"""One test per row of section 5 under the seed's own name, then what the seed leaves untested, and the vectors."""

import json

import pytest

from models.quorum_write.errors import (
    IN_FLIGHT,
    REASONS,
    TIMEOUT,
    UNREACHABLE,
    InvalidPolicy,
    LocalWriteFailed,
    QuorumError,
    QuorumNotMet,
)
from models.quorum_write.policy import QuorumPolicy
from models.quorum_write.tracker import AckTracker, verdict_of
from sim.units import MS, S


def tracker(
    n: int = 3, w: int = 2, timeout_ms: int = 2000, local: bool = True, acks: tuple[str, ...] = ()
) -> AckTracker:
    """Return a tracker that was made at 0, with these acknowledgements."""
    made = AckTracker(QuorumPolicy.new(n, w, timeout_ms * MS), 0)
    if local:
        made.record_local()
    for peer in acks:
        made.record_peer_ack(peer)
    return made


def outcome(made: AckTracker, at_ms: int) -> object:
    return verdict_of(made, at_ms * MS)


# -- the seed's tests --------------------------------------------------------------------------------------


def test_policy_rejects_zero_n() -> None:
    with pytest.raises(InvalidPolicy, match="n must be >= 1"):
        QuorumPolicy.new(0, 1)


def test_policy_clamps_w_to_n() -> None:
    policy = QuorumPolicy.new(3, 9)
    assert (policy.n, policy.w) == (3, 3)


def test_majority_default_matches_adr() -> None:
    assert [QuorumPolicy.majority(n).w for n in (1, 3, 5, 7)] == [1, 2, 3, 4]


def test_quorum_met_with_local_plus_peers() -> None:
    made = AckTracker(QuorumPolicy.majority(3), 0)
    made.record_local()
    made.record_peer_ack("p1")
    assert made.is_quorum_met(0)


def test_quorum_dedupes_duplicate_peer() -> None:
    made = tracker(5, 3, acks=("p1", "p1", "p1"))
    assert not made.is_quorum_met(0)
    made.record_peer_ack("p2")
    assert made.is_quorum_met(0)


def test_quorum_not_met_without_local() -> None:
    assert not tracker(local=False, acks=("p1", "p2")).is_quorum_met(0)


def test_quorum_expired_after_deadline() -> None:
    made = tracker(timeout_ms=1)
    assert not made.is_quorum_met(50 * MS)
    assert outcome(made, 50) == QuorumNotMet(1, 2, UNREACHABLE)


def test_quorum_finalise_reports_timeout_when_partial_acks() -> None:
    assert outcome(tracker(5, 3, 1, acks=("p1",)), 50) == QuorumNotMet(2, 3, TIMEOUT)


def test_id_drift_counted_but_does_not_satisfy_quorum() -> None:
    made = tracker()
    made.record_id_drift("p1")
    made.record_id_drift("p2")
    assert made.id_drift_count() == 2
    assert not made.is_quorum_met(0)


def test_finalise_without_local_commit_errors_local_write_failed() -> None:
    assert isinstance(outcome(tracker(local=False), 0), LocalWriteFailed)


def test_quorum_error_is_displayable_and_is_an_error() -> None:
    error = QuorumNotMet(1, 2, UNREACHABLE)
    assert str(error) == "quorum not met (got 1, need 2, reason Unreachable)"
    assert isinstance(error, QuorumError)
    assert isinstance(error, Exception)


def test_single_node_quorum_is_trivially_met() -> None:
    assert tracker(1, 1).is_quorum_met(0)


def test_finalise_pre_deadline_partial_acks_is_inflight() -> None:
    assert outcome(tracker(5, 3, acks=("p1",)), 1) == QuorumNotMet(2, 3, IN_FLIGHT)


def test_invalid_policy_display_contains_detail() -> None:
    assert str(InvalidPolicy("n must be >= 1")) == "invalid quorum policy: n must be >= 1"


def test_local_write_failed_display_contains_detail() -> None:
    assert str(LocalWriteFailed("disk full")) == "local write failed: disk full"


def test_quorum_policy_serde_roundtrip() -> None:
    policy = QuorumPolicy.new(5, 3)
    back = QuorumPolicy.from_json(policy.to_json())
    assert (back.n, back.w) == (5, 3)


def test_quorum_failure_reason_serde_snake_case() -> None:
    assert json.dumps(IN_FLIGHT) == '"in_flight"'
    assert json.loads('"unreachable"') == UNREACHABLE
    assert REASONS == ("unreachable", "timeout", "id_drift", "in_flight")


def test_finalise_succeeds_returns_count() -> None:
    assert outcome(tracker(acks=("p1",)), 0) == 2


def test_id_drift_count_zero_initially() -> None:
    assert tracker().id_drift_count() == 0


# -- untested by the seed ----------------------------------------------------------------------------------


def test_the_coded_majority_of_an_even_number_is_half_of_it() -> None:
    assert [QuorumPolicy.majority(n).w for n in range(1, 11)] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_the_documented_majority_is_the_true_one() -> None:
    documented = [-(-(n + 1) // 2) for n in range(1, 11)]
    assert documented == [1, 2, 2, 3, 3, 4, 4, 5, 5, 6]
    assert [QuorumPolicy.majority(n, "true-majority").w for n in range(1, 11)] == documented


def test_at_the_deadline_a_quorum_is_met_and_the_lack_of_one_is_in_flight() -> None:
    assert tracker(acks=("p1",)).is_quorum_met(2000 * MS)
    assert not tracker(acks=("p1",)).is_quorum_met(2000 * MS + 1)
    assert outcome(tracker(), 2000) == QuorumNotMet(1, 2, IN_FLIGHT)


def test_a_late_acknowledgement_is_recorded_like_any_other() -> None:
    made = tracker()
    assert outcome(made, 3000) == QuorumNotMet(1, 2, UNREACHABLE)
    made.record_peer_ack("p1")
    assert outcome(made, 3000) == 2


def test_a_peer_may_drift_and_acknowledge_as_well() -> None:
    made = tracker()
    for peer in ("p1", "p1", "p2"):
        made.record_id_drift(peer)
    assert (made.id_drift_count(), outcome(made, 2001)) == (3, QuorumNotMet(1, 2, UNREACHABLE))
    made.record_peer_ack("p1")
    assert (outcome(made, 0), made.id_drift_count()) == (2, 3)


def test_acknowledgements_of_anybody_are_counted() -> None:
    assert outcome(tracker(acks=tuple(f"stranger{i}" for i in range(9))), 0) == 10


def test_finalise_may_be_asked_again_and_answer_otherwise() -> None:
    made = tracker()
    first = outcome(made, 2000), outcome(made, 2001), outcome(made, 2000)
    assert first == (QuorumNotMet(1, 2, IN_FLIGHT), QuorumNotMet(1, 2, UNREACHABLE), QuorumNotMet(1, 2, IN_FLIGHT))


# -- vectors of section 4 ----------------------------------------------------------------------------------


def test_a_policy_is_json_as_the_seed_writes_it() -> None:
    text = '{"n":5,"w":3,"ack_timeout":{"secs":2,"nanos":0},"clock_skew_warn":{"secs":30,"nanos":0}}'
    assert QuorumPolicy(5, 3, 2 * S, 30 * S).to_json() == text
    assert QuorumPolicy.from_json(text) == QuorumPolicy(5, 3, 2 * S, 30 * S)


def test_a_policy_from_json_is_not_checked() -> None:
    text = '{"n":0,"w":0,"ack_timeout":{"secs":0,"nanos":1},"clock_skew_warn":{"secs":0,"nanos":0}}'
    assert QuorumPolicy.from_json(text) == QuorumPolicy(0, 0, 1, 0)


def test_an_acknowledgement_at_any_time_before_the_questions() -> None:
    made = tracker(acks=("p1",))
    assert (made.is_quorum_met(2000 * MS), made.is_quorum_met(3000 * MS), outcome(made, 3000)) == (True, False, 2)


def test_the_local_commit_may_come_last() -> None:
    made = tracker(local=False, acks=("p1", "p2"))
    assert str(outcome(made, 9000)) == "local write failed: local commit not recorded before finalise"
    made.record_local()
    assert (made.is_quorum_met(9000 * MS), outcome(made, 9000)) == (False, 3)


def test_two_nodes_need_nobody_else() -> None:
    made = AckTracker(QuorumPolicy.majority(2), 0)
    made.record_local()
    assert (made.is_quorum_met(0), outcome(made, 0)) == (True, 1)


def test_both_halves_of_four_have_a_quorum() -> None:
    for peer in ("B", "D"):
        made = AckTracker(QuorumPolicy.majority(4), 0)
        made.record_local()
        made.record_peer_ack(peer)
        assert outcome(made, 0) == 2


@pytest.mark.parametrize(("w", "clamped"), [(0, 1), (9, 3)])
def test_w_is_clamped_silently(w: int, clamped: int) -> None:
    assert QuorumPolicy.new(3, w).w == clamped


def test_zero_nodes_have_no_majority() -> None:
    with pytest.raises(InvalidPolicy, match="n must be >= 1"):
        QuorumPolicy.majority(0)


def test_majority_has_the_constants_of_section_2() -> None:
    policy = QuorumPolicy.majority(3)
    assert (policy.ack_timeout, policy.clock_skew_warn) == (2 * S, 30 * S)
    assert AckTracker(policy, 7).deadline == 2 * S + 7
