from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.crdt_state.merkle import leaf, proof, proves, root

leaves = st.lists(st.binary(max_size=8), min_size=1, max_size=9).map(
    lambda parts: [leaf(("part", part)) for part in parts]
)


@given(leaves, st.data())
def test_every_leaf_is_proven_by_its_own_path(found: list[bytes], draw: st.DataObject) -> None:
    at = draw.draw(st.integers(0, len(found) - 1))
    assert proves(found[at], proof(found, at), root(found))


@given(leaves, st.data())
def test_no_other_leaf_is_proven_by_a_path(found: list[bytes], draw: st.DataObject) -> None:
    at = draw.draw(st.integers(0, len(found) - 1))
    assert not proves(leaf(("part", b"not among them")), proof(found, at), root(found))


def test_the_order_of_leaves_counts() -> None:
    one, other = leaf(("n", b"1")), leaf(("n", b"2"))
    assert root([one, other]) != root([other, one])


def test_a_leaf_that_is_doubled_changes_the_root() -> None:
    found = [leaf(("n", bytes([i]))) for i in range(3)]
    assert root(found) != root([*found, found[-1]])


@pytest.mark.parametrize(
    "other", [(("a", b"x"), ("b", b"yz")), (("ax", b""), ("b", b"yz")), (("b", b"yz"), ("a", b"x")), (("a", b"xb"),)]
)
def test_where_a_field_ends_counts(other: tuple[tuple[str, bytes], ...]) -> None:
    assert leaf(("a", b"xy"), ("b", b"z")) != leaf(*other)
