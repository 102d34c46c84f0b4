from __future__ import annotations

from models.redex.pressure import WITHDRAWAL
from models.redex.roles import CANDIDATE, FOLLOWER, IDLE, LEADER, legal


def test_every_role_may_withdraw_on_its_own_signal() -> None:
    assert sorted(WITHDRAWAL) == sorted((IDLE, FOLLOWER, CANDIDATE, LEADER))
    assert all(legal(role, IDLE, signal) for role, signal in WITHDRAWAL.items())
    assert len(set(WITHDRAWAL.values())) == 4
