"""Acceptors refuse older epochs and second capsules; a recovery sees what any quorum may have accepted."""

from __future__ import annotations

from itertools import combinations

import pytest

from models.ecs.fencing import Acceptor, Recovery, Vote, next_epoch
from models.ecs.objects import oid

A, B = oid(1), oid(2)


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("seen", [0, 1, 4, 11])
def test_an_epoch_is_above_what_was_seen_and_its_nodes_own(seen: int, number: int) -> None:
    assert next_epoch(seen, number, 3) > seen
    assert next_epoch(seen, number, 3) % 3 == number


def test_a_promise_refuses_older_epochs() -> None:
    acceptor = Acceptor()
    assert acceptor.promise(5)
    assert not acceptor.promise(4)
    assert not acceptor.accept(1, Vote(4, A, 0))
    assert acceptor.accept(1, Vote(5, A, 0))


def test_of_an_epoch_one_capsule_is_accepted_for_a_sequence() -> None:
    acceptor = Acceptor()
    assert acceptor.accept(1, Vote(5, A, 0))
    assert acceptor.accept(1, Vote(5, A, 0))
    assert not acceptor.accept(1, Vote(5, B, 0))
    assert acceptor.accept(1, Vote(6, B, 0))
    assert acceptor.told() == ((1, 6, B, 0),)


def test_a_recovery_takes_the_vote_of_the_latest_epoch() -> None:
    recovery = Recovery(9, 3, 2)
    recovery.add(0, ((1, 3, A, 10),))
    recovery.add(1, ((1, 6, B, 20), (2, 3, A, 30)))
    assert recovery.votes == {1: Vote(6, B, 20), 2: Vote(3, A, 30)}


@pytest.mark.parametrize(("stores", "required"), [(1, 1), (3, 2), (4, 3), (5, 3), (5, 4)])
def test_a_recovery_is_complete_when_every_quorum_has_answered(stores: int, required: int) -> None:
    for answered in range(1, stores + 1):
        recovery = Recovery(9, stores, required)
        for store in range(answered):
            recovery.add(store, ())
        missed = any(not set(quorum) & set(range(answered)) for quorum in combinations(range(stores), required))
        assert recovery.complete() == (not missed)
