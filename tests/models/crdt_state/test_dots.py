"""OR-Set and multi-value register: the laws of merging, on states that replicas can really be in."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.crdt_state.dots import MvRegister, OrSet

ACTORS = "abc"
steps = st.lists(
    st.tuples(st.sampled_from(["add", "remove", "merge"]), st.integers(0, 2), st.integers(0, 2), st.sampled_from("xy")),
    max_size=14,
)


def sets(done: Sequence[tuple[str, int, int, str]]) -> list[OrSet]:
    replicas = [OrSet() for _ in ACTORS]
    for what, at, other, element in done:
        if what == "add":
            replicas[at].add(element, ACTORS[at])
        elif what == "remove":
            replicas[at].remove(element)
        else:
            replicas[at].merge(replicas[other])
    return replicas


def registers(done: Sequence[tuple[str, int, int, str]]) -> list[MvRegister]:
    replicas = [MvRegister() for _ in ACTORS]
    for what, at, other, value in done:
        if what == "merge":
            replicas[at].merge(replicas[other])
        else:
            replicas[at].write(value.encode(), ACTORS[at])
    return replicas


@pytest.mark.parametrize("replicas", [sets, registers])
@given(done=steps)
def test_merging_is_idempotent_commutative_and_associative(
    replicas: object, done: list[tuple[str, int, int, str]]
) -> None:
    a, b, c = replicas(done)  # type: ignore[operator]

    def joined(left: object, right: object) -> object:
        made = type(left)(left.wire())  # type: ignore[call-arg, attr-defined]
        made.merge(right)
        return made

    assert joined(a, a).wire() == a.wire()  # type: ignore[attr-defined]
    assert joined(a, b).wire() == joined(b, a).wire()  # type: ignore[attr-defined]
    assert joined(joined(a, b), c).wire() == joined(a, joined(b, c)).wire()  # type: ignore[attr-defined]


@given(steps)
def test_replicas_that_merge_with_all_others_are_equal(done: list[tuple[str, int, int, str]]) -> None:
    replicas = sets(done)
    for _ in range(2):
        for one in replicas:
            for other in replicas:
                one.merge(other)
    assert len({replica.wire() for replica in replicas}) == 1


def test_an_addition_survives_a_removal_that_has_not_seen_it() -> None:
    a, b = OrSet(), OrSet()
    a.add("x", "a")
    b.merge(a)
    b.remove("x")
    a.add("x", "a")
    a.merge(b)
    b.merge(a)
    assert a.elements() == b.elements() == ("x",)


def test_a_removal_takes_what_it_has_seen_everywhere() -> None:
    a, b = OrSet(), OrSet()
    a.add("x", "a")
    b.merge(a)
    assert b.remove("x")
    a.merge(b)
    assert a.elements() == ()


def test_removing_what_is_not_there_says_so() -> None:
    assert not OrSet().remove("x")


def test_concurrent_writes_are_kept_until_a_write_has_seen_them() -> None:
    a, b = MvRegister(), MvRegister()
    a.write(b"x", "a")
    b.write(b"y", "b")
    a.merge(b)
    assert a.values() == (b"x", b"y")
    a.write(b"z", "a")
    b.merge(a)
    assert b.values() == (b"z",)


def test_a_name_that_is_used_twice_loses_a_write() -> None:
    """The step that is easy to omit: a replica that forgot its numbers must take a new name."""
    forgetful, other = MvRegister(), MvRegister()
    forgetful.write(b"x", "a")
    other.merge(forgetful)
    forgetful = MvRegister()
    forgetful.write(b"y", "a")
    other.merge(forgetful)
    assert other.values() != (b"x", b"y")


def test_a_state_covers_those_whose_writes_it_has_seen() -> None:
    a, b = MvRegister(), MvRegister()
    a.write(b"x", "a")
    assert (a.covers(b), b.covers(a)) == (True, False)
