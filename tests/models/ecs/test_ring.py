"""The ring beyond what the seed tests: successors, and members that come and go."""

from __future__ import annotations

import pytest

from models.ecs.objects import oid
from models.ecs.ring import ConsistentHashRing, RingHistory


def test_an_empty_ring_owns_nothing() -> None:
    assert ConsistentHashRing((), 100).route(oid(1), 0) is None
    assert ConsistentHashRing((1, 2), 0).route(oid(1), 0) is None


def test_a_node_that_is_named_twice_has_its_points_twice_and_counts_once() -> None:
    ring = ConsistentHashRing((1, 1), 3)
    assert (len(ring.ring), ring.node_count()) == (6, 1)


def test_adding_a_node_leaves_the_ring_as_it_was() -> None:
    ring = ConsistentHashRing((1, 2), 10)
    before = list(ring.ring)
    ring.add_node(3)
    assert ring.ring == before


@pytest.mark.parametrize("before", [(), (1,), (1, 2), (2, 1, 1), (1, 2, 3)])
@pytest.mark.parametrize("vnodes", [0, 1, 20])
def test_adding_a_node_makes_the_ring_of_all_members(before: tuple[int, ...], vnodes: int) -> None:
    grown = ConsistentHashRing(before, vnodes).add_node(3)
    assert grown.ring == ConsistentHashRing({*before, 3}, vnodes).ring


def test_a_key_above_every_point_wraps_to_the_first() -> None:
    ring = ConsistentHashRing((1, 2, 3), 1)
    first, last = ring.ring[0], ring.ring[-1]
    beyond = next(esi for esi in range(10_000) if ring.route(oid(1), esi) == first[1] and _key(esi) > last[0])
    assert ring.successors(oid(1), beyond, 1) == (first[1],)


def _key(esi: int) -> int:
    from models.ecs.ring import symbol_key

    return symbol_key(oid(1), esi)


@pytest.mark.parametrize("esi", range(20))
def test_successors_are_different_nodes_and_the_owner_is_the_first(esi: int) -> None:
    ring = ConsistentHashRing((1, 2, 3, 4), 50)
    found = ring.successors(oid(7), esi, 3)
    assert found[0] == ring.route(oid(7), esi)
    assert len(set(found)) == 3


def test_more_successors_than_nodes_are_all_nodes() -> None:
    assert set(ConsistentHashRing((1, 2), 5).successors(oid(1), 0, 9)) == {1, 2}


def test_a_symbol_is_looked_for_at_its_owner_of_now_and_then_at_the_one_before() -> None:
    history = RingHistory((1, 2, 3), 100)
    history.join(4)
    moved = next(esi for esi in range(99) if history.rings[0].route(oid(1), esi) != history.latest.route(oid(1), esi))
    assert history.lookup(oid(1), moved) == (4, history.rings[0].route(oid(1), moved))


def test_who_has_left_is_asked_for_nothing() -> None:
    history = RingHistory((1, 2, 3), 100)
    history.leave(3)
    assert all(3 not in history.lookup(oid(1), esi, 3) for esi in range(50))
    assert (history.version, history.members) == (1, (1, 2))


def test_a_history_without_virtual_nodes_is_refused() -> None:
    with pytest.raises(ValueError, match="vnodes: found 0, allowed: a whole number from 1"):
        RingHistory((1, 2), 0)
