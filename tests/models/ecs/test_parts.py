"""Objects, tokens, quorums, configurations and symbols by themselves, each repair beside what it repairs."""

from __future__ import annotations

import pytest

from models.ecs import quorum
from models.ecs.coding import encode
from models.ecs.config import MULTI_WRITER, ReplicationConfig, validate_config
from models.ecs.dedup import CommitDeduplicator
from models.ecs.messages import SymbolReply
from models.ecs.objects import (
    CAPSULE,
    CommitMarker,
    EcsInternalError,
    build,
    kind_of,
    marker_object,
    object_id,
    oid,
    read_marker,
)
from models.ecs.quorum import QuorumPolicy, QuorumTracker
from models.ecs.session import PERSIST_AND_UPDATE, REQUEST_SYMBOLS, AntiEntropySession, ReplicaTip
from models.ecs.storing import key_of
from models.ecs.symbols import Assembly, symbol

MARKER = CommitMarker(5, oid(1), 100)


# -- objects and tokens ------------------------------------------------------------------------------------


def test_a_marker_comes_back_from_its_object() -> None:
    assert read_marker(marker_object(MARKER)) == MARKER


@pytest.mark.parametrize("data", [b"", build(CAPSULE, b"x"), b"\x01too short", b"\xff"])
def test_other_bytes_are_no_marker(data: bytes) -> None:
    assert read_marker(data) is None


def test_the_first_byte_is_the_kind() -> None:
    assert (kind_of(build(CAPSULE, b"")), kind_of(b""), kind_of(b"\x0e")) == ("CommitCapsule", None, None)


def test_a_token_takes_no_notice_of_the_timestamp() -> None:
    dedup = CommitDeduplicator()
    assert dedup.should_accept(MARKER)
    assert not dedup.should_accept(MARKER._replace(timestamp_ns=200))


def test_another_capsule_at_the_same_sequence_is_new() -> None:
    dedup = CommitDeduplicator()
    assert dedup.should_accept(MARKER)
    assert dedup.should_accept(MARKER._replace(capsule_id=oid(2)))


@pytest.mark.parametrize(("pruning", "left"), [("never", 10), ("checkpointed", 4)])
def test_pruned_tokens_are_those_below_what_is_applied(pruning: str, left: int) -> None:
    dedup = CommitDeduplicator(pruning)
    for seq in range(1, 11):
        dedup.should_accept(CommitMarker(seq, oid(seq), 0))
    dedup.applied_below(7)
    assert dedup.seen_count() == left
    assert not dedup.should_accept(CommitMarker(3, oid(3), 0))


# -- sessions ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("word", "phase"), [("waits", REQUEST_SYMBOLS), ("completes", PERSIST_AND_UPDATE)])
def test_an_empty_diff(word: str, phase: str) -> None:
    session = AntiEntropySession(empty_diff=word)
    session.exchange_tips(ReplicaTip(oid(0), 0), ReplicaTip(oid(0), 0))
    session.compute_missing({oid(1)}, {oid(1)})
    assert session.phase == phase


@pytest.mark.parametrize(("word", "decoded"), [("counted", {oid(9)}), ("ignored", set())])
def test_a_stray_object(word: str, decoded: set[bytes]) -> None:
    session = AntiEntropySession(strays=word)
    session.exchange_tips(ReplicaTip(oid(0), 0), ReplicaTip(oid(0), 0))
    session.compute_missing((), {oid(1)})
    session.record_decoded(oid(9))
    assert session.decoded == decoded


# -- quorums and configurations ----------------------------------------------------------------------------


@pytest.mark.parametrize(("required", "total"), [(0, 0), (0, 3), (4, 3)])
def test_a_quorum_of_none_or_of_more_than_all_is_refused(required: int, total: int) -> None:
    with pytest.raises(EcsInternalError, match=f"^invalid quorum: required={required}, total={total}$"):
        quorum.policy(required, total)


@pytest.mark.parametrize(("required", "total", "meet"), [(1, 1, True), (2, 3, True), (1, 3, False), (2, 4, False)])
def test_quorums_that_need_not_meet_are_refused_only_if_asked(required: int, total: int, meet: bool) -> None:
    assert quorum.policy(required, total) == (required, total)
    if meet:
        assert quorum.policy(required, total, "intersecting") == (required, total)
    else:
        with pytest.raises(EcsInternalError, match="invalid quorum"):
            quorum.policy(required, total, "intersecting")


@pytest.mark.parametrize(("members", "satisfied"), [(None, True), ((0, 1, 2), False)])
def test_a_stranger_counts_only_where_nobody_is_a_member(members: tuple[int, ...] | None, satisfied: bool) -> None:
    tracker = QuorumTracker(quorum.two_of_three(), members)
    for store in (777, 999, 0):
        tracker.record_acceptance(store)
    assert tracker.is_satisfied() == satisfied


def test_the_numbers_of_a_quorum_are_validated_only_if_asked() -> None:
    config = ReplicationConfig(quorum=QuorumPolicy(5, 3))
    validate_config(config)
    with pytest.raises(EcsInternalError, match="required=5, total=3"):
        validate_config(config, "intersecting")


def test_many_writers_are_refused_before_anything_else_is_looked_at() -> None:
    with pytest.raises(EcsInternalError, match="multi-writer"):
        validate_config(ReplicationConfig(mode=MULTI_WRITER, quorum=QuorumPolicy(0, 0)), "intersecting")


# -- symbols -----------------------------------------------------------------------------------------------

DATA = build(CAPSULE, b"some forty bytes of which symbols are made")
NAME = object_id(DATA)
PARTS = encode(DATA, 3, range(5))


def test_an_assembly_decodes_from_any_three() -> None:
    assembly = Assembly(NAME, 3)
    for esi in (4, 1, 3):
        assert not assembly.enough()
        assembly.add(esi, PARTS[esi])
    assert assembly.decode() == DATA


@pytest.mark.parametrize(("rule", "enough"), [("distinct", False), ("counted", True), ("first", False)])
def test_the_same_symbol_thrice(rule: str, enough: bool) -> None:
    assembly = Assembly(NAME, 3, rule)
    for _ in range(3):
        assembly.add(0, PARTS[0])
    assert assembly.enough() == enough
    assert not enough or assembly.decode() not in (None, DATA)


@pytest.mark.parametrize(("rule", "taken"), [("distinct", True), ("first", False)])
def test_other_data_under_a_known_number(rule: str, taken: bool) -> None:
    assembly = Assembly(NAME, 3, rule)
    assembly.add(0, PARTS[0])
    assert assembly.add(0, PARTS[1]) == taken


@pytest.mark.parametrize(("rule", "decodes"), [("distinct", True), ("first", False)])
def test_an_object_that_is_not_what_its_id_says(rule: str, decodes: bool) -> None:
    assembly = Assembly(oid(9), 3, rule)
    for esi in range(3):
        assembly.add(esi, PARTS[esi])
    assert (assembly.decode() is not None) == decodes


def test_a_keyed_tag_verifies_under_its_key_alone() -> None:
    made = symbol(NAME, 0, PARTS[0], key_of("secret"))
    assert made.verify(key_of("secret"))
    assert not made.verify(key_of("other"))
    assert not made.verify()


@pytest.mark.parametrize("word", [0, 7, 2**64 - 1])
def test_corruption_flips_one_bit_of_the_data(word: int) -> None:
    sent = SymbolReply(1, NAME, 3, 0, PARTS[0], bytes(16))
    came = sent.corrupted(word)
    different = int.from_bytes(sent.data, "big") ^ int.from_bytes(came.data, "big")
    assert different.bit_count() == 1
    assert came._replace(data=sent.data) == sent
