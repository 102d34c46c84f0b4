"""The rotation of CI-6, and staleness by either rule."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.crdt_state.partners import PROBE, Partners, configuration_errors


def partners(count: int, fanout: int = 1, stale_rounds: int = 3, **how: object) -> Partners:
    made = Partners(fanout, stale_rounds, **how)  # type: ignore[arg-type]
    for i in range(count):
        made.add_peer(f"p{i}", 0)
    return made


@given(st.integers(0, 7), st.integers(0, 9))
def test_over_as_many_rounds_as_peers_each_is_chosen_alike(count: int, fanout: int) -> None:
    made = partners(count, fanout)
    rounds = [made.next_round() for _ in range(count)]
    assert all(len(set(chosen)) == len(chosen) == min(fanout, count) for chosen in rounds)
    assert Counter(peer for chosen in rounds for peer in chosen) == Counter(
        {peer: min(fanout, count) for peer in made.peers if fanout}
    )


def test_the_first_round_is_one_and_begins_at_the_second_peer() -> None:
    made = partners(3, 2)
    assert (made.next_round(), made.current_round) == (("p1", "p2"), 1)


def test_a_round_without_peers_goes_by_all_the_same() -> None:
    made = partners(0)
    assert (made.next_round(), made.current_round) == ((), 1)


@given(st.integers(0, 7), st.integers(0, 9), st.lists(st.integers(0, 2**64 - 1), min_size=9, max_size=9))
def test_a_drawn_round_has_different_peers(count: int, fanout: int, words: list[int]) -> None:
    made = partners(count, fanout, choice="random")
    chosen = made.next_round(lambda i: words[i])
    assert len(set(chosen)) == len(chosen) == min(fanout, count)
    assert set(chosen) <= set(made.peers)


def test_every_pair_of_peers_may_be_drawn() -> None:
    chosen = {
        partners(3, 2, choice="random").next_round(lambda i, words=(one, other): words[i])  # type: ignore[misc]
        for one in range(3)
        for other in range(2)
    }
    assert len(chosen) == 6


def test_who_was_heard_is_known_and_a_smaller_round_is_taken_over() -> None:
    made = partners(1)
    assert made.heard("p0", 5, 9)
    assert made.heard("p0", 6, 2)
    assert (made.peers["p0"].round, made.peers["p0"].last_seen, made.heard("ghost", 7, 1)) == (2, 6, False)


def test_as_specified_a_live_peer_that_began_later_is_stale() -> None:
    made = partners(1)
    for i in range(4):
        made.next_round()
        made.heard("p0", 0, i // 4)
    assert made.stale_peers() == ["p0"]


def test_as_specified_a_dead_peer_of_a_high_round_is_not_stale() -> None:
    made = partners(1)
    made.heard("p0", 0, 1000)
    for _ in range(20):
        made.next_round()
    assert made.stale_peers() == []


def test_by_silence_who_is_heard_is_live_and_who_is_not_is_stale() -> None:
    made = partners(2, 2, stale_rule="silence")
    made.heard("p1", 0, 1000)
    for _ in range(4):
        made.next_round()
        made.heard("p0", 0, 0)
    assert made.stale_peers() == ["p1"]


def test_by_silence_a_peer_may_be_silent_for_as_long_as_it_is_busy_with_others() -> None:
    made = partners(6, 2, stale_rule="silence")
    for _ in range(9):
        made.next_round()
    assert made.stale_peers() == []
    made.next_round()
    assert len(made.stale_peers()) == 6


def test_stale_begins_beyond_the_bound() -> None:
    made = partners(1, stale_rounds=3)
    for _ in range(3):
        made.next_round()
    assert made.stale_peers() == []
    made.next_round()
    assert made.stale_peers() == ["p0"]


@pytest.mark.parametrize(("readd", "stale"), [("resets", ["p0"]), ("keeps", [])])
def test_a_peer_that_is_added_again_loses_its_round_as_specified(readd: str, stale: list[str]) -> None:
    made = partners(1, readd=readd)
    for i in range(9):
        made.next_round()
        made.heard("p0", 0, i)
    made.add_peer("p0", 0)
    assert made.stale_peers() == stale


def test_suspects_are_passed_over_but_for_a_probe() -> None:
    made = partners(3, 1, suspect=True, stale_rule="silence")
    chosen = []
    for _ in range(5 * PROBE):
        chosen += made.next_round()
        made.heard("p0", 0, 0)
    late = Counter(chosen[-3 * PROBE :])
    assert (late["p0"], late["p1"] + late["p2"]) == (27, 3)
    assert late["p1"] and late["p2"]


def test_when_all_are_suspects_somebody_is_tried() -> None:
    made = partners(2, 1, suspect=True, stale_rule="silence")
    assert all(len(made.next_round()) == 1 for _ in range(30))


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ((0, 1, 1, "a", "b", "a"), "fanout: found 0, allowed: a number from 1"),
        ((1, 0, 1, "a", "b", "a"), "gossip_interval: found 0, allowed: a number from 1"),
        ((1, 1, 0, "a", "b", "a"), "stale_rounds: found 0, allowed: a number from 1"),
        ((1, 1, 1, "a", "ab", "a"), "peers: found a, allowed: other nodes"),
        ((1, 1, 1, "a", "b", ""), "expected: found no nodes, allowed: one or more"),
    ],
)
def test_a_senseless_configuration_is_told(found: tuple[int, int, int, str, str, str], said: str) -> None:
    assert configuration_errors(*found) == [said]


def test_a_sound_configuration_is_not_complained_of() -> None:
    assert configuration_errors(3, 1, 10, "a", "bc", "abc") == []
