"""Section 7, QI-1 to QI-9: what holds of policy and tracker after every call, over drawn sequences of calls."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.quorum_write.errors import (
    ID_DRIFT,
    IN_FLIGHT,
    REFUSED,
    TIMEOUT,
    UNREACHABLE,
    InvalidPolicy,
    LocalWriteFailed,
    QuorumNotMet,
)
from models.quorum_write.policy import INSTANT_MAX, QuorumPolicy, majority
from models.quorum_write.tracker import AckTracker, Latched, PeerTracker, verdict_of

PEERS = ("p1", "p2", "p3", "p4")
CALL = st.one_of(
    st.just(("local",)),
    st.tuples(st.just("ack"), st.sampled_from(PEERS)),
    st.tuples(st.just("drift"), st.sampled_from(PEERS)),
)
CALLS = st.lists(CALL, max_size=12)
TIMES = st.integers(0, 40)
POLICIES = st.builds(QuorumPolicy.new, st.integers(1, 6), st.integers(0, 8), st.integers(0, 20))


def perform(tracker: AckTracker, call: tuple[str, ...]) -> None:
    match call:
        case ("local",):
            tracker.record_local()
        case ("ack", peer):
            tracker.record_peer_ack(peer)
        case ("drift", peer):
            tracker.record_id_drift(peer)


def played(policy: QuorumPolicy, calls: list[Any], made_at: int = 0) -> AckTracker:
    tracker = AckTracker(policy, made_at)
    for call in calls:
        perform(tracker, call)
    return tracker


@given(st.integers(1, 50), st.integers(0, 99))
def test_a_policy_that_was_made_by_new_is_in_range(n: int, w: int) -> None:
    assert 1 <= QuorumPolicy.new(n, w).w <= n
    assert majority(n) == (n + 1) // 2


@given(POLICIES, CALLS, TIMES)
def test_a_quorum_is_met_only_in_time_and_with_enough(policy: QuorumPolicy, calls: list[Any], at: int) -> None:
    tracker = played(policy, calls)
    if tracker.is_quorum_met(at):
        assert tracker.local_committed
        assert at <= tracker.deadline
        assert len(tracker.acks) + 1 >= policy.w
        assert verdict_of(tracker, at) == len(tracker.acks) + 1


@given(POLICIES, CALLS, CALLS, TIMES, TIMES)
def test_ok_stays_ok_and_its_count_never_falls(
    policy: QuorumPolicy, calls: list[Any], more: list[Any], at: int, later: int
) -> None:
    tracker = played(policy, calls)
    before = verdict_of(tracker, at)
    if isinstance(before, int):
        for call in more:
            perform(tracker, call)
            after = verdict_of(tracker, later)
            assert isinstance(after, int)
            assert after >= before
            before = after


@given(POLICIES, CALLS, TIMES)
def test_before_the_local_commit_nothing_counts(policy: QuorumPolicy, calls: list[Any], at: int) -> None:
    tracker = played(policy, [call for call in calls if call != ("local",)])
    assert not tracker.is_quorum_met(at)
    assert isinstance(verdict_of(tracker, at), LocalWriteFailed)


@given(POLICIES, CALLS, st.sampled_from(PEERS), TIMES)
def test_a_duplicate_and_a_drift_change_no_verdict(policy: QuorumPolicy, calls: list[Any], peer: str, at: int) -> None:
    tracker = played(policy, calls)

    def seen() -> tuple[Any, ...]:
        return tracker.acked_peer_ids(), tracker.is_quorum_met(at), verdict_of(tracker, at)

    before, drifts = seen(), tracker.id_drift_count()
    tracker.record_id_drift(peer)
    for acked in tracker.acked_peer_ids():
        tracker.record_peer_ack(acked)
    assert seen() == before
    assert tracker.id_drift_count() == drifts + 1


@given(POLICIES, CALLS, TIMES)
def test_a_failure_has_exactly_one_reason(policy: QuorumPolicy, calls: list[Any], at: int) -> None:
    tracker = played(policy, calls)
    verdict = verdict_of(tracker, at)
    if tracker.local_committed and tracker.got < policy.w:
        late = at > tracker.deadline
        reason = (TIMEOUT if tracker.acks else UNREACHABLE) if late else IN_FLIGHT
        assert verdict == QuorumNotMet(tracker.got, policy.w, reason)
    else:
        assert not isinstance(verdict, QuorumNotMet)


@given(POLICIES, CALLS)
def test_for_fixed_acknowledgements_a_quorum_is_met_up_to_the_deadline_or_never(
    policy: QuorumPolicy, calls: list[Any]
) -> None:
    tracker = played(policy, calls)
    met = [tracker.is_quorum_met(at) for at in range(41)]
    until = tracker.deadline + 1
    assert met == [met[0]] * until + [False] * (41 - until)


@given(POLICIES, CALLS, TIMES)
def test_questions_change_nothing(policy: QuorumPolicy, calls: list[Any], at: int) -> None:
    tracker = played(policy, calls)
    before = (tracker.local_committed, set(tracker.acks), list(tracker.id_drifts), tracker.deadline)
    tracker.is_quorum_met(at)
    verdict_of(tracker, at)
    assert (tracker.local_committed, tracker.acks, tracker.id_drifts, tracker.deadline) == before
    assert tracker.acked_peer_ids() == {call[1] for call in calls if call[0] == "ack"}


def test_an_absurd_timeout_is_no_instant() -> None:
    with pytest.raises(OverflowError, match="is no instant"):
        AckTracker(QuorumPolicy(3, 2, INSTANT_MAX), 0)


# -- what the switches make of it --------------------------------------------------------------------------


@pytest.mark.parametrize("w", [0, 4])
def test_a_checked_policy_is_rejected_where_the_seed_clamps(w: int) -> None:
    assert QuorumPolicy.new(3, w).w in (1, 3)
    with pytest.raises(InvalidPolicy, match=f"w: found {w}, allowed: 1 to 3"):
        QuorumPolicy.new(3, w, check="reject")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"n":0,"w":0,"ack_timeout":{"secs":2,"nanos":0},"clock_skew_warn":{"secs":30,"nanos":0}}', "n must be"),
        ('{"n":3,"w":9,"ack_timeout":{"secs":2,"nanos":0},"clock_skew_warn":{"secs":30,"nanos":0}}', "w: found 9"),
        (
            '{"n":3,"w":2,"ack_timeout":{"secs":18446744073709551615,"nanos":0},'
            '"clock_skew_warn":{"secs":30,"nanos":0}}',
            "ack_timeout: found",
        ),
    ],
)
def test_json_is_checked_only_if_asked(text: str, why: str) -> None:
    QuorumPolicy.from_json(text)
    with pytest.raises(InvalidPolicy, match=why):
        QuorumPolicy.from_json(text, "reject")


@pytest.mark.parametrize("text", ["", "[]", '{"n":3}', '{"n":"3","w":2,"ack_timeout":2,"clock_skew_warn":30}'])
def test_json_that_is_no_policy_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(InvalidPolicy, match="allowed: "):
        QuorumPolicy.from_json(text)


def peers(nacks: bool = True, latest: bool = True, w: int = 2) -> PeerTracker:
    made = PeerTracker(QuorumPolicy.new(3, w, 2000), 0, ("p1", "p2"), nacks, latest)
    made.record_local()
    return made


def test_refusals_of_all_end_the_flight_only_if_they_count() -> None:
    for nacks, reason in ((True, UNREACHABLE), (False, IN_FLIGHT)):
        made = peers(nacks)
        made.record_refusal("p1")
        assert verdict_of(made, 1) == QuorumNotMet(1, 2, IN_FLIGHT)
        made.record_refusal("p2")
        assert verdict_of(made, 1) == QuorumNotMet(1, 2, reason)
        assert made.hopeless() is nacks


def test_one_refusal_too_many_beside_an_acknowledgement_is_a_refusal() -> None:
    made = peers(w=3)
    made.record_peer_ack("p1")
    made.record_refusal("p2")
    assert verdict_of(made, 1) == QuorumNotMet(2, 3, REFUSED)


def test_a_refusal_is_forgotten_when_the_retry_is_acknowledged() -> None:
    made = peers()
    made.record_refusal("p1")
    made.record_peer_ack("p1")
    made.record_refusal("p1")
    assert (verdict_of(made, 1), made.refusals) == (2, set())


def test_drifts_are_the_reason_only_where_each_peer_has_one_verdict() -> None:
    for latest, reason, drifts in ((True, ID_DRIFT, 1), (False, UNREACHABLE, 2)):
        made = peers(latest=latest)
        made.record_id_drift("p1")
        made.record_id_drift("p1")
        assert (verdict_of(made, 2001), made.id_drift_count()) == (QuorumNotMet(1, 2, reason), drifts)


def test_of_a_drift_and_an_acknowledgement_the_latest_counts() -> None:
    made = peers()
    made.record_id_drift("p1")
    made.record_peer_ack("p1")
    assert (made.got, made.id_drift_count()) == (2, 0)
    made.record_id_drift("p1")
    assert (made.got, made.id_drift_count()) == (1, 1)


def latched() -> Latched:
    tracker = AckTracker(QuorumPolicy.new(3, 2, 2000), 0)
    tracker.record_local()
    return Latched(tracker)


def test_a_latched_quorum_stays_met() -> None:
    latch = latched()
    latch.tracker.record_peer_ack("p1")
    assert (latch.look(), latch.expire()) == (2, 2)
    assert not latch.tracker.is_quorum_met(2001)  # the seed's


def test_a_latched_failure_stays_one() -> None:
    latch = latched()
    failed = latch.expire()
    latch.tracker.record_peer_ack("p1")
    assert failed == QuorumNotMet(1, 2, UNREACHABLE)
    assert (latch.look(), latch.expire()) == (failed, failed)
    assert verdict_of(latch.tracker, 2001) == 2  # the seed's


def test_a_latch_knows_no_quorum_before_the_local_commit() -> None:
    latch = Latched(AckTracker(QuorumPolicy.new(3, 2, 2000), 0))
    latch.tracker.record_peer_ack("p1")
    assert latch.look() is None
    latch.tracker.record_local()
    assert latch.look() == 2
