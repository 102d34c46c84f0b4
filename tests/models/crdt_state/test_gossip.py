"""CI-6, and what versions, checks and pulls change."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.crdt_state.digests import fnv_root
from models.crdt_state.gossip import GossipMessage, Refusal, StateReplicationManager, flipped
from models.crdt_state.partners import Partners

ZERO = bytes.fromhex("d56bb95342870836")


def manager(node: str = "N", *peers: str, fanout: int = 3, **how: object) -> StateReplicationManager:
    partners = Partners(fanout, 10)
    for peer in peers or ("P",):
        partners.add_peer(peer, 0)
    return StateReplicationManager(node, partners, **how)  # type: ignore[arg-type]


def message(
    state: bytes | None, src: str = "P", dst: str = "N", round_number: int = 1, digest: str = ""
) -> GossipMessage:
    return GossipMessage(src, dst, round_number, digest or fnv_root(state or b""), state, 0)


def exchange(one: StateReplicationManager, other: StateReplicationManager) -> None:
    """Let two messages cross."""
    there, back = one.produce_gossip(0)[0], other.produce_gossip(0)[0]
    other.receive_gossip(there, 0)
    one.receive_gossip(back, 0)


states = st.sampled_from([b"", b"a", b"b", b"c"])


@given(states, st.one_of(st.none(), states))
def test_a_state_is_taken_over_if_digests_differ_and_there_is_one(held: bytes, sent: bytes | None) -> None:
    node = manager()
    node.update_local_state(held)
    before = node.local_digest
    synced = node.receive_gossip(message(sent, digest=fnv_root(sent if sent is not None else b"z")), 0)
    assert synced is (sent is not None and fnv_root(sent) != before)
    assert node.local_state == (sent if synced else held)
    assert node.local_digest == fnv_root(node.local_state)
    assert (node.stats().sync_count, node.stats().messages_received, len(node.inbox)) == (int(synced), 1, 1)


def test_before_any_update_the_digest_is_no_hash_and_the_payload_goes_along() -> None:
    (sent,) = manager().produce_gossip(7)
    assert (sent.state_digest, sent.state_payload, sent.round, sent.to_node, sent.timestamp) == ("", b"", 1, "P", 7)


def test_messages_sent_are_counted_and_rounds_go_by() -> None:
    node = manager("N", "P", "Q")
    for _ in range(3):
        node.produce_gossip(0)
    assert node.stats() == (6, 0, 0, 2, 3)


def test_states_that_cross_change_places() -> None:
    a, b = manager("A", "B"), manager("B", "A")
    a.update_local_state(b"x")
    b.update_local_state(b"y")
    exchange(a, b)
    assert (a.local_state, b.local_state) == (b"y", b"x")


def test_versions_that_cross_are_both_kept_and_superseded_by_who_saw_them() -> None:
    a, b = manager("A", "B", apply="versioned"), manager("B", "A", apply="versioned")
    a.update_local_state(b"x")
    b.update_local_state(b"y")
    exchange(a, b)
    assert a.local_state == b.local_state == b"x|y"
    a.update_local_state(b"z")
    exchange(a, b)
    assert a.local_state == b.local_state == b"z"


def test_a_version_that_was_superseded_does_not_come_back() -> None:
    a, b = manager("A", "B", apply="versioned"), manager("B", "A", apply="versioned")
    a.update_local_state(b"v1")
    late = a.produce_gossip(0)[0]
    a.update_local_state(b"v2")
    b.receive_gossip(a.produce_gossip(0)[0], 0)
    assert b.receive_gossip(late, 0) is False
    assert b.local_state == b"v2"


def test_an_empty_node_erases_as_specified_and_not_with_versions() -> None:
    found = []
    for apply in ("overwrite", "versioned"):
        a, b = manager("A", "B", apply=apply), manager("B", "A", apply=apply)
        a.update_local_state(b"precious")
        a.receive_gossip(b.produce_gossip(0)[0], 0)
        found.append(a.local_state)
    assert found == [b"", b"precious"]


def test_a_digest_that_collides_hides_a_difference_but_not_from_versions() -> None:
    found = []
    for apply in ("overwrite", "versioned"):
        a, b = manager("A", "B", apply=apply), manager("B", "A", apply=apply)
        a.update_local_state(ZERO)
        b.update_local_state(ZERO + b"\0")
        exchange(a, b)
        found.append(a.local_state == b.local_state)
    assert found == [False, True]


@pytest.mark.parametrize(
    ("said", "msg"),
    [
        ("not a member", message(b"evil", src="ghost")),
        ("not addressed to this node", message(b"evil", dst="Q")),
        ("its digest is not that of its payload", message(b"evil", digest="0" * 16)),
        ("no newer than the last one", message(b"evil", round_number=0)),
    ],
)
def test_as_specified_anything_is_taken_over_and_checks_refuse_it(said: str, msg: GossipMessage) -> None:
    assert manager().receive_gossip(msg, 0) is True
    node = manager(checks=True)
    assert node.receive_gossip(msg, 0) == Refusal(said)
    assert (node.local_state, node.stats().messages_received) == (b"", 1)


def test_checks_take_a_sound_message_once() -> None:
    node = manager(checks=True)
    assert node.receive_gossip(message(b"good"), 0) is True
    assert node.receive_gossip(message(b"good"), 0) == Refusal("no newer than the last one")


def test_checks_let_a_new_incarnation_begin_its_rounds_anew() -> None:
    node = manager(checks=True)
    node.receive_gossip(message(b"old", round_number=9)._replace(incarnation=1), 0)
    assert node.receive_gossip(message(b"new")._replace(incarnation=2), 0) is True


def test_a_payload_that_its_writes_do_not_make_is_refused() -> None:
    a, b = manager("A", "B", apply="versioned"), manager("B", "A", apply="versioned", checks=True)
    a.update_local_state(b"x")
    spoilt = a.produce_gossip(0)[0].corrupted(3)
    assert b.receive_gossip(spoilt, 0) == Refusal("its payload is not what its writes make")


@given(st.integers(0, 2**64 - 1), st.sampled_from([b"", b"abc"]))
def test_a_corrupted_message_differs_from_the_one_sent(word: int, state: bytes) -> None:
    sent = message(state)
    assert sent.corrupted(word) != sent


def test_a_bit_of_nothing_cannot_be_wrong() -> None:
    assert (flipped(b"", 5), flipped(b"\0", 0)) == (b"", b"\1")


def test_a_digest_alone_says_that_there_is_something_to_pull() -> None:
    a, b = manager("A", "B", payload="digest"), manager("B", "A")
    a.update_local_state(b"x")
    (sent,) = a.produce_gossip(0)
    assert (sent.state_payload, b.receive_gossip(sent, 0), b.wants(sent)) == (None, False, True)
    assert a.message_for("B", 0, whole=True).state_payload == b"x"


def test_what_was_written_down_is_taken_up_again() -> None:
    node = manager(apply="versioned")
    node.update_local_state(b"x")
    again = manager(apply="versioned")
    again.restore(*node.kept())
    assert (again.local_state, again.local_digest, again.writes.wire()) == (b"x", fnv_root(b"x"), node.writes.wire())
