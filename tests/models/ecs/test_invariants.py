"""EI-1 to EI-9: what holds of each part by itself after every call, over 10,000 drawn sequences of calls each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from models.ecs.dedup import CommitDeduplicator
from models.ecs.events import APPLIED, PUBLISHED, RECEIVED, TraceEvent, sheaf_consistency_check
from models.ecs.objects import CommitMarker, EcsInternalError, oid
from models.ecs.quorum import CommitPublicationGate, QuorumPolicy, QuorumTracker
from models.ecs.ring import ConsistentHashRing
from models.ecs.session import COMPLETE, PERSIST_AND_UPDATE, PHASES, STREAM_UNTIL_DECODE, AntiEntropySession, ReplicaTip
from models.ecs.symbols import filter_authenticated_symbols, symbol
from sim.chance import Chance

SEEDS = 10_000


class Dice:
    def __init__(self, seed: int, what: str) -> None:
        self._words = Chance(seed).stream("invariants", what)
        self._left: Iterator[int] = iter(self._words)

    def below(self, most: int) -> int:
        return next(self._left) * most >> 64


def drawn(what: str) -> Iterator[Dice]:
    return (Dice(seed, what) for seed in range(SEEDS))


def test_ei_1_a_gate_opens_with_its_quorum_and_never_closes() -> None:
    opened = 0
    for dice in drawn("gate"):
        marker = CommitMarker(dice.below(9), oid(dice.below(9)), dice.below(9))
        gate = CommitPublicationGate(marker, QuorumPolicy(1 + dice.below(3), 3))
        for _ in range(8):
            before = gate.is_published()
            if dice.below(2):
                gate.record_store_acceptance(dice.below(5))
                assert gate.is_published() == before
                continue
            given = gate.try_publish()
            assert (given is not None) == gate.is_published() >= before
            if gate.is_published():
                opened += not before
                assert given == marker
                assert gate.tracker.accepted_count() >= gate.tracker.policy.required
    assert opened > SEEDS // 4


def test_ei_2_acceptance_only_grows() -> None:
    for dice in drawn("tracker"):
        tracker = QuorumTracker(QuorumPolicy(dice.below(4), 3))
        for _ in range(8):
            accepted, satisfied = set(tracker.accepted), tracker.is_satisfied()
            store = dice.below(4)
            tracker.record_acceptance(store)
            assert tracker.accepted == accepted | {store}
            assert tracker.is_satisfied() >= satisfied


def test_ei_3_of_a_commit_the_first_call_alone_is_accepted() -> None:
    for dice in drawn("dedup"):
        dedup, seen, accepted = CommitDeduplicator(), set(), 0
        for _ in range(8):
            marker = CommitMarker(dice.below(3), oid(dice.below(2)), dice.below(9))
            new = dedup.should_accept(marker)
            accepted += new
            assert new == (marker[:2] not in seen)
            seen.add(marker[:2])
            assert dedup.seen_count() == accepted


def test_ei_4_to_ei_6_phases_diffs_and_pulls() -> None:
    orders = ([*PHASES], [phase for phase in PHASES if phase != STREAM_UNTIL_DECODE])
    completed = raised = 0
    for dice in drawn("session"):
        session = AntiEntropySession()
        local, remote = ({oid(n) for n in range(4) if dice.below(2)} for _ in range(2))
        phases = [session.phase]
        for _ in range(12):
            before = dict(vars(session), decoded=set(session.decoded))
            try:
                match dice.below(4):
                    case 0:
                        session.exchange_tips(ReplicaTip(oid(0), 0), ReplicaTip(oid(1), 1))
                    case 1:
                        needed, offer = map(set, session.compute_missing(local, remote))
                        assert needed <= remote
                        assert not needed & local
                        assert offer <= local
                        assert not offer & remote
                        assert needed | (local & remote) == remote
                    case 2:
                        session.record_decoded(oid(dice.below(4)))
                    case 3:
                        session.finalize()
            except EcsInternalError as error:
                raised += 1
                assert vars(session) == before
                assert str(error).startswith("anti-entropy: expected ")
                assert str(error).endswith(f", got {session.phase}")
            if session.phase != phases[-1]:
                phases.append(session.phase)
            assert any(phases == order[: len(phases)] for order in orders)
            if session.phase in (PERSIST_AND_UPDATE, COMPLETE):
                assert set(session.objects_to_request() or ()) <= session.decoded
        completed += session.phase == COMPLETE
    assert completed > 100
    assert raised > SEEDS


def test_ei_7_a_key_keeps_its_owner_or_moves_to_who_came() -> None:
    for dice in drawn("ring"):
        members = sorted({dice.below(1 << 32) for _ in range(1 + dice.below(5))})
        vnodes = 1 + dice.below(8)
        ring = ConsistentHashRing(members, vnodes)
        shuffled = ConsistentHashRing(reversed(members), vnodes)
        newcomer = dice.below(1 << 32)
        wider = ring.add_node(newcomer)
        for esi in range(4):
            one = oid(dice.below(256))
            owner = ring.route(one, esi)
            assert owner in members
            assert shuffled.route(one, esi) == owner
            assert wider.route(one, esi) in (owner, newcomer)


def test_ei_8_the_filter_rejects_what_was_altered_and_keeps_the_order() -> None:
    for seed, dice in enumerate(drawn("filter")):
        sent = [symbol(oid(seed % 7), esi, bytes((dice.below(4), 7))) for esi in range(3)]
        altered = dice.below(3)
        bit = dice.below(16)
        data = (int.from_bytes(sent[altered].data, "big") ^ 1 << bit).to_bytes(2, "big")
        arrived = [one._replace(data=data) if esi == altered else one for esi, one in enumerate(sent)]
        accepted, rejected = filter_authenticated_symbols(arrived)
        assert rejected == [arrived[altered]]
        assert accepted == [one for one in arrived if one.esi != altered]


def test_ei_9_a_sequence_that_is_clean_stays_clean() -> None:
    kinds = (PUBLISHED, RECEIVED, APPLIED)
    clean_ones = 0
    for dice in drawn("sheaf"):
        events: list[TraceEvent] = []
        clean: set[int] = set()
        for _ in range(8):
            event = TraceEvent(dice.below(2), dice.below(2), oid(dice.below(2)), kinds[dice.below(3)])
            events.append(event)
            found = sheaf_consistency_check(events)
            bad = [anomaly.commit_seq for anomaly in found.anomalies]
            assert found.is_consistent == (not bad)
            assert bad == sorted(set(bad))
            assert not clean & set(bad)
            clean = {e.commit_seq for e in events} - set(bad)
        clean_ones += bool(clean)
    assert clean_ones > SEEDS // 4


@pytest.mark.parametrize("phase", range(4))
def test_a_session_that_skipped_a_phase_would_be_seen(phase: int) -> None:
    session = AntiEntropySession()
    session.phase = PHASES[(phase + 2) % 6]
    calls = (
        lambda: session.exchange_tips(ReplicaTip(oid(0), 0), ReplicaTip(oid(0), 0)),
        lambda: session.compute_missing((), ()),
        lambda: session.record_decoded(oid(1)),
        session.finalize,
    )
    expected = ("ExchangeTips", "ComputeMissing", "RequestSymbols/StreamUntilDecode", "PersistAndUpdate")
    found = session.phase
    if phase == 2:
        assert found == PERSIST_AND_UPDATE
    with pytest.raises(EcsInternalError, match=f"^anti-entropy: expected {expected[phase]}, got {found}$"):
        calls[phase]()
