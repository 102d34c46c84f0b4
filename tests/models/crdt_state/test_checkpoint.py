"""CI-5, and what the seed does not test: strangers, doubles, late parts."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.crdt_state.checkpoint import (
    DistributedCheckpointer,
    GlobalDistributedCheckpoint,
    NodeCheckpoint,
    Unwanted,
    combined_root,
    make_node_checkpoint,
    root_of,
)
from models.crdt_state.errors import (
    CheckpointVerificationFailed,
    MergeConflict,
    NodeNotRegistered,
    ReplicationError,
    SerialisationError,
    StaleState,
)

ZERO = bytes.fromhex("d56bb95342870836")


def part(node: str, time: int = 1, state: bytes = b"s", name: str = "c1", **how: object) -> NodeCheckpoint:
    return make_node_checkpoint(name, node, time, state, **how)  # type: ignore[arg-type]


def whole(checkpointer: DistributedCheckpointer, *parts: NodeCheckpoint) -> GlobalDistributedCheckpoint:
    for one in parts:
        made = checkpointer.submit_node_checkpoint(one)
    assert isinstance(made, GlobalDistributedCheckpoint)
    return made


parts = st.lists(st.builds(part, st.sampled_from("abc"), st.integers(0, 9), st.binary(max_size=4)), max_size=8)


@given(parts)
def test_a_completed_checkpoint_has_all_that_is_expected_and_says_what_is_so(done: list[NodeCheckpoint]) -> None:
    checkpointer = DistributedCheckpointer("ab")
    for one in done:
        checkpointer.submit_node_checkpoint(one)
    assert checkpointer.stats().completed_checkpoints == len(checkpointer.completed)
    for made in checkpointer.completed:
        held = [p for _, p in made.node_checkpoints]
        assert {"a", "b"} <= {node for node, _ in made.node_checkpoints}
        assert all(root_of(p, "fnv-1a") == p.merkle_root for p in held)
        assert all(made.min_logical_time <= p.logical_time <= made.max_logical_time for p in held)
        assert made.combined_merkle_root == combined_root(held, "fnv-1a")


@given(st.binary(min_size=1, max_size=9), st.data())
def test_a_byte_that_was_exchanged_is_rejected_and_changes_nothing_else(state: bytes, draw: st.DataObject) -> None:
    at = draw.draw(st.integers(0, len(state) - 1))
    byte = draw.draw(st.integers(0, 255).filter(lambda b: b != state[at]))
    checkpointer = DistributedCheckpointer("ab")
    spoilt = part("a", state=state)._replace(state_bytes=state[:at] + bytes([byte]) + state[at + 1 :])
    with pytest.raises(CheckpointVerificationFailed):
        checkpointer.submit_node_checkpoint(spoilt)
    assert (checkpointer.active, checkpointer.completed, checkpointer.stats()) == ({}, [], (0, 1, None, 0))


def test_the_last_part_of_a_node_wins_as_specified_and_the_newest_among_members() -> None:
    found = []
    for members in ("anyone", "expected"):
        made = whole(DistributedCheckpointer("ab", members=members), part("a", 200), part("a", 100), part("b", 150))
        found.append(made.min_logical_time)
    assert found == [100, 150]


def test_a_stranger_is_taken_in_as_specified_and_not_among_members() -> None:
    made = whole(DistributedCheckpointer("ab"), part("a", 100), part("x", 0), part("b", 110))
    assert (len(made.node_checkpoints), made.min_logical_time, made.is_complete) == (3, 0, False)
    strict = DistributedCheckpointer("ab", members="expected")
    assert strict.submit_node_checkpoint(part("x", 0)) == Unwanted("not a member")
    assert whole(strict, part("a", 100), part("b", 110)).is_complete


def test_late_doubles_complete_an_id_again_as_specified_and_not_if_it_is_remembered() -> None:
    done = [part(node, i, name=name) for i, (name, node) in enumerate((n, m) for n in ("c1", "c2") for m in "ab")]
    found = []
    for remember in (False, True):
        checkpointer = DistributedCheckpointer("ab", remember=remember)
        for one in (*done, *done[:2]):
            checkpointer.submit_node_checkpoint(one)
        latest = checkpointer.latest_checkpoint()
        assert latest is not None
        found.append((checkpointer.stats().completed_checkpoints, latest.checkpoint_id))
    assert found == [(3, "c1"), (2, "c2")]


def test_one_late_double_of_several_waits_for_ever() -> None:
    checkpointer = DistributedCheckpointer("ab")
    whole(checkpointer, part("a"), part("b"))
    checkpointer.submit_node_checkpoint(part("a"))
    assert list(checkpointer.active) == ["c1"]


def test_nobody_expected_is_complete_at_once_and_says_that_it_is_not() -> None:
    assert not whole(DistributedCheckpointer(""), part("a")).is_complete


def test_the_mean_is_that_of_the_last_checkpoint() -> None:
    checkpointer = DistributedCheckpointer("ab")
    whole(checkpointer, part("a", state=b"1234"), part("b", state=b"123"))
    assert checkpointer.stats().avg_state_bytes == Fraction(7, 2)
    whole(checkpointer, part("a", state=b"", name="c2"), part("b", state=b"", name="c2"))
    assert checkpointer.stats().avg_state_bytes == 0


def test_roots_are_compared_as_text() -> None:
    one = part("a")
    with pytest.raises(CheckpointVerificationFailed):
        DistributedCheckpointer("a").submit_node_checkpoint(one._replace(merkle_root=one.merkle_root.upper()))


def test_a_colliding_state_is_accepted_as_specified_and_not_under_blake2b() -> None:
    forged = part("a", state=ZERO)._replace(state_bytes=ZERO + b"\0")
    whole(DistributedCheckpointer("a"), forged)
    forged = part("a", state=ZERO, digest="blake2b")._replace(state_bytes=ZERO + b"\0")
    with pytest.raises(CheckpointVerificationFailed):
        DistributedCheckpointer("a", digest="blake2b").submit_node_checkpoint(forged)


@pytest.mark.parametrize(
    ("field", "value"),
    [("checkpoint_id", "c2"), ("node_id", "b"), ("logical_time", 2**64 - 1), ("created_at", 5), ("life", 2)],
)
def test_no_field_but_the_state_is_covered_as_specified_and_every_one_under_blake2b(field: str, value: object) -> None:
    DistributedCheckpointer("ab").submit_node_checkpoint(part("a")._replace(**{field: value}))
    altered = part("a", digest="blake2b")._replace(**{field: value})
    with pytest.raises(CheckpointVerificationFailed):
        DistributedCheckpointer("ab", digest="blake2b").submit_node_checkpoint(altered)


def test_states_that_changed_places_have_the_same_combined_root_only_as_specified() -> None:
    found = {}
    for digest in ("fnv-1a", "blake2b"):
        straight = [part("a", state=b"1", digest=digest), part("b", state=b"2", digest=digest)]
        crossed = [part("a", state=b"2", digest=digest), part("b", state=b"1", digest=digest)]
        found[digest] = combined_root(straight, digest) == combined_root(crossed, digest)
    assert found == {"fnv-1a": True, "blake2b": False}


@given(st.integers(0, 2**64 - 1))
def test_a_corrupted_part_differs_from_the_one_sent(word: int) -> None:
    assert part("a").corrupted(word) != part("a")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (CheckpointVerificationFailed("a", "b"), "Checkpoint verification failed: expected a, got b"),
        (StaleState(1, 2), "Stale state: local version 1 < remote version 2"),
        (MergeConflict("k", "d"), "Merge conflict on key k: d"),
        (ReplicationError("s"), "Replication error: s"),
        (SerialisationError("s"), "Checkpoint serialisation error: s"),
        (NodeNotRegistered("s"), "Node not registered: s"),
    ],
)
def test_an_error_says_what_the_specification_says(error: Exception, text: str) -> None:
    assert str(error) == text
