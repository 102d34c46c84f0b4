"""CI-3, ties, and what `lww_merge = "total"` makes of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.crdt_state.register import LwwRegister, Written

writes = st.builds(Written, st.sampled_from([b"x", b"y", b"z"]), st.integers(0, 3), st.sampled_from(["a", "b"]))


def after(order: str, *done: Written) -> LwwRegister:
    """Return a register that merged writes, each of which was another replica's only one."""
    register = LwwRegister(order)
    for written in done:
        other = LwwRegister(order)
        other.write_at(written.value or b"", written.writer_node, written.timestamp)
        register.merge(other)
    return register


@given(writes, writes)
def test_a_stamp_never_falls(one: Written, other: Written) -> None:
    register = after("strict", one)
    before = register.timestamp()
    register.write_at(b"new", "c", other.timestamp)
    assert register.timestamp() >= before


@given(writes, writes)
def test_an_older_write_and_a_merge_that_is_not_newer_change_nothing(one: Written, other: Written) -> None:
    register = LwwRegister(held=one)
    if other.timestamp < one.timestamp:
        assert not register.write_at(b"new", "c", other.timestamp)
    if other.timestamp <= one.timestamp:
        register.merge(LwwRegister(held=other))
    if other.timestamp < one.timestamp or other.timestamp <= one.timestamp:
        assert register.held == one


@pytest.mark.parametrize("order", ["strict", "total"])
@given(written=writes)
def test_merging_a_register_with_itself_changes_nothing(order: str, written: Written) -> None:
    register = LwwRegister(order, written)
    register.merge(LwwRegister(order, written))
    assert register.held == written


@given(writes, writes)
def test_merging_is_commutative_if_stamps_differ(one: Written, other: Written) -> None:
    if one.timestamp != other.timestamp and 0 not in (one.timestamp, other.timestamp):
        assert after("strict", one, other).held == after("strict", other, one).held


def test_as_specified_equal_stamps_keep_who_came_first() -> None:
    x, y = Written(b"x", 100, "A"), Written(b"y", 100, "B")
    assert [after("strict", x, y).read(), after("strict", y, x).read()] == [b"x", b"y"]


def test_as_specified_an_equal_stamp_overwrites_locally() -> None:
    register = LwwRegister(held=Written(b"x", 100, "A"))
    assert (register.write_at(b"y", "B", 100), register.read()) == (True, b"y")


def test_as_specified_a_write_at_stamp_zero_is_not_merged() -> None:
    assert after("strict", Written(b"x", 0, "A")).read() is None


@given(st.permutations([Written(v, t, n) for v in (b"x", b"y") for t in (0, 1) for n in ("a", "b")]))
def test_in_a_total_order_replicas_agree_whatever_came_first(done: list[Written]) -> None:
    assert after("total", *done).held.timestamp == 1
    assert after("total", *done).held == after("total", *sorted(done)).held


def test_in_a_total_order_a_write_at_stamp_zero_beats_an_empty_register() -> None:
    assert after("total", Written(b"x", 0, "A")).read() == b"x"
