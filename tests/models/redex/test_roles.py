from __future__ import annotations

import pytest

from models.redex import roles
from models.redex.roles import CANDIDATE, FOLLOWER, HARDENED_TURNS, IDLE, LEADER, TURNS, legal

SIGNALS = sorted({signal for _, _, signal in TURNS})
ROLES = (IDLE, FOLLOWER, CANDIDATE, LEADER)


def test_the_table_lists_every_turn_of_the_specification_and_no_other() -> None:
    assert sorted(TURNS) == [
        (CANDIDATE, FOLLOWER, "ElectionLost"),
        (CANDIDATE, IDLE, "CandidateDiskPressureWithdraw"),
        (CANDIDATE, IDLE, "ChannelClose"),
        (CANDIDATE, LEADER, "ElectionWon"),
        (FOLLOWER, CANDIDATE, "MissedHeartbeats"),
        (FOLLOWER, IDLE, "ChannelClose"),
        (FOLLOWER, IDLE, "DiskPressureWithdraw"),
        (IDLE, FOLLOWER, "CapabilitySelected"),
        (IDLE, IDLE, "ChannelClose"),
        (LEADER, FOLLOWER, "PeerLeaderObserved"),
        (LEADER, IDLE, "ChannelClose"),
        (LEADER, IDLE, "GracefulRelinquish"),
        (LEADER, IDLE, "LeaderDiskPressureWithdraw"),
    ]


def test_a_hardening_adds_turns_and_none_that_the_specification_makes_otherwise() -> None:
    assert sorted(HARDENED_TURNS) == [
        (IDLE, FOLLOWER, "Rejoined"),
        (LEADER, FOLLOWER, "HigherTermObserved"),
        (LEADER, FOLLOWER, "LeaseLapsed"),
    ]
    assert not {signal for _, _, signal in HARDENED_TURNS} & set(SIGNALS)
    assert all(legal(*turn) for turn in HARDENED_TURNS)


def test_only_channel_close_is_legal_from_every_role() -> None:
    everywhere = [s for s in SIGNALS if all(any(legal(was, to, s) for to in ROLES) for was in ROLES)]
    assert everywhere == [roles.CHANNEL_CLOSE]


def test_an_idle_node_cannot_be_elected() -> None:
    assert not legal(IDLE, LEADER, roles.ELECTION_WON)


@pytest.mark.parametrize("signal", SIGNALS)
def test_an_idle_node_never_becomes_a_candidate(signal: str) -> None:
    assert not legal(IDLE, CANDIDATE, signal)


@pytest.mark.parametrize("was", [IDLE, CANDIDATE, LEADER])
def test_disk_pressure_withdraw_is_for_followers_alone(was: str) -> None:
    assert not any(legal(was, to, roles.DISK_PRESSURE_WITHDRAW) for to in ROLES)
