"""Rows 40 to 57 of section 8.2, named as there, and the tiebreak of section 4.1."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import permutations
from typing import Any

import pytest

from models.redex.election import NOBODY, SELF_WINS, Elected, elect, outranks
from sim.units import MS


def ask(members: Iterable[str], me: str, rtts: Mapping[str, int | None] | int, ill: Iterable[str] = ()) -> Elected:
    """Elect among nodes named by their numbers; round trips are in ms, by peer or the same for all."""

    def rtt(peer: str) -> int | None:
        assert peer != me, "the round trip to oneself is never asked"
        ms = rtts if isinstance(rtts, int) else rtts.get(peer)
        return None if ms is None else ms * MS

    return elect(members, me, int, rtt, lambda node: node not in ill)


def peer(name: str) -> Elected:
    return Elected(False, name)


def test_single_eligible_replica_wins() -> None:
    assert ask(["1"], "1", {}) == SELF_WINS


def test_empty_replica_set_yields_no_eligible() -> None:
    assert ask([], "1", {}) == NOBODY


def test_self_unhealthy_falls_to_peer() -> None:
    assert ask(["1", "2"], "1", 50, ill=["1"]) == peer("2")


def test_all_peers_unhealthy_falls_to_self() -> None:
    assert ask(["1", "2", "3"], "1", 5, ill=["2", "3"]) == SELF_WINS


def test_all_unhealthy_yields_no_eligible() -> None:
    assert ask(["1", "2"], "1", 5, ill=["1", "2"]) == NOBODY


def test_self_wins_against_distant_peers() -> None:
    assert ask(["1", "2", "3"], "3", {"1": 10, "2": 5}) == SELF_WINS


def test_lowest_rtt_peer_wins_when_self_excluded() -> None:
    assert ask(["1", "2", "3"], "9", {"1": 30, "2": 10, "3": 20}) == peer("2")


def test_tied_rtt_breaks_by_lex_node_id() -> None:
    assert ask(["30", "10", "20"], "99", 25) == peer("10")


def test_node_ids_compare_as_numbers() -> None:
    assert ask(["10", "9"], "99", 25) == peer("9")


def test_rtt_takes_priority_over_node_id() -> None:
    assert ask(["1", "2"], "9", {"1": 50, "2": 10}) == peer("2")


def test_peer_without_rtt_measurement_ranks_at_worst_rtt() -> None:
    assert ask(["1", "2", "3"], "9", {"1": 30, "2": 50, "3": None}) == peer("1")
    assert ask(["1", "2"], "9", {"1": None, "2": 50}) == peer("2")


def test_only_unmeasured_peers_still_elect_a_leader() -> None:
    assert ask(["3", "1", "2"], "9", {}) == peer("1")


def test_determinism_across_call_orders() -> None:
    assert {ask(order, "9", 20) for order in permutations(["1", "2", "3"])} == {peer("1")}


@pytest.mark.parametrize(("me", "other", "who"), [("5", "10", SELF_WINS), ("10", "5", peer("5"))])
def test_self_at_zero_rtt_beats_peer_at_zero_rtt_via_lex_node_id(me: str, other: str, who: Elected) -> None:
    assert ask([me, other], me, 0) == who


@pytest.mark.parametrize(("elected", "winner"), [(SELF_WINS, None), (peer("2"), "2"), (NOBODY, None)])
def test_winner_helper_strips_self_id(elected: Elected, winner: Any) -> None:
    assert elected.winner == winner


def test_is_self_helper() -> None:
    assert [e.is_self for e in (SELF_WINS, peer("2"), NOBODY)] == [True, False, False]


def test_cross_partition_independent_evaluation() -> None:
    assert ask(["1", "2"], "1", 5, ill=["2"]) == ask(["1", "2"], "2", 5, ill=["1"]) == SELF_WINS


def test_central_peer_at_zero_rtt_wins_across_all_voters() -> None:
    members = ["16", "32", "48", "64"]
    assert {ask(members, me, {"16": 0, "32": 7, "48": 7, "64": 7}) for me in members[1:]} == {peer("16")}


def test_symmetric_failover_yields_dual_self_winners_as_expected() -> None:
    members = ["1", "2", "3", "4"]
    assert {ask(members, me, 5, ill=["1"]) for me in members[1:]} == {SELF_WINS}


@pytest.mark.parametrize(
    ("tail", "number", "peer_tail", "peer_number", "keeps"),
    [(3, 2, 2, 1, True), (2, 1, 3, 2, False), (2, 1, 2, 2, True), (2, 2, 2, 1, False)],
)
def test_the_longer_log_keeps_the_lead_and_then_the_smaller_number(
    tail: int, number: int, peer_tail: int, peer_number: int, keeps: bool
) -> None:
    assert outranks(tail, number, peer_tail, peer_number) is keeps
