"""What a key holds, and which of two rows wins."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.quorum_write.rows import Row, Rows, covers, digest, seen_by


def row(value: str, stamp: int, id: str = "m", origin: str = "n1", seen: tuple[tuple[str, int], ...] = ()) -> Row:
    return Row(id, value, stamp, origin, seen)


def holding(*rows: Row, siblings: bool = False, ties: str = "larger-id") -> Rows:
    made = Rows(ties, siblings)
    for one in rows:
        made.cells["k"] = made.joined("k", one)
    return made


def test_a_new_key_takes_the_pushed_id() -> None:
    assert holding(row("v", 1, "m1")).id_of("k") == "m1"


def test_a_later_row_replaces_the_value_and_keeps_the_id() -> None:
    rows = holding(row("v", 1, "m1"), row("w", 2, "m2"))
    assert (rows.id_of("k"), rows.values("k")) == ("m1", ("w",))


def test_an_earlier_row_changes_nothing() -> None:
    rows = holding(row("w", 2))
    assert rows.joined("k", row("v", 1)) is rows.cell("k")


@pytest.mark.parametrize(("ties", "value"), [("larger-id", "w"), ("none", "v")])
def test_of_equal_stamps_the_larger_id_wins_only_where_there_is_that_rule(ties: str, value: str) -> None:
    assert holding(row("v", 1, "m1"), row("w", 1, "m2"), ties=ties).values("k") == (value,)
    assert holding(row("v", 1, "m2"), row("w", 1, "m1"), ties=ties).values("k") == ("v",)


def test_of_equal_stamps_under_one_id_the_first_stays() -> None:
    # Which is why two nodes that met them in different orders never agree (QI-15 asks for distinct stamps).
    assert holding(row("v", 1), row("w", 1)).values("k") != holding(row("w", 1), row("v", 1)).values("k")


def test_a_clients_write_replaces_whatever_its_stamp() -> None:
    rows = holding(row("v", 9, "m1"))
    assert rows.written("k", row("w", 1, "m2")) == (row("w", 1, "m1"),)


@given(st.permutations([row(f"v{i}", i, f"m{i}") for i in range(5)]))
def test_rows_with_distinct_stamps_come_to_one_value_in_any_order(order: list[Row]) -> None:
    assert holding(*order).values("k") == ("v4",)


def test_siblings_keep_what_did_not_see_each_other() -> None:
    first, second = row("v", 1, origin="n1"), row("w", 2, origin="n2")
    assert holding(first, second, siblings=True).values("k") == ("v", "w")
    assert holding(first, second).values("k") == ("w",)


def test_a_row_that_has_seen_its_siblings_replaces_them() -> None:
    rows = holding(row("v", 1, origin="n1"), row("w", 2, origin="n2"), siblings=True)
    later = row("x", 3, origin="n1", seen=seen_by(rows.cell("k")))
    assert rows.joined("k", later) == (later,)


def test_what_a_row_has_replaced_does_not_come_back() -> None:
    first = row("v", 1, origin="n1")
    second = row("w", 2, origin="n2", seen=seen_by((first,)))
    third = row("x", 3, origin="n3", seen=seen_by((second,)))
    rows = holding(third, first, second, siblings=True)
    assert rows.values("k") == ("x",)


def test_siblings_are_the_same_in_any_order() -> None:
    first, other = row("v", 1, origin="n1"), row("w", 2, origin="n2")
    later = row("x", 3, origin="n3", seen=seen_by((first,)))
    found = {holding(*order, siblings=True).values("k") for order in permutations([first, other, later])}
    assert found == {("w", "x")}


@given(st.integers(0, 3), st.integers(0, 3))
def test_a_row_covers_itself_and_what_its_writer_held(stamp: int, seen: int) -> None:
    later = row("x", 9, origin="n2", seen=(("n1", seen),))
    assert covers(later, later)
    assert covers(later, row("v", stamp, origin="n1")) == (stamp <= seen)
    assert not covers(later, row("v", stamp, origin="n3"))


def test_a_digest_depends_on_value_stamp_and_origin_and_not_on_the_id() -> None:
    base = row("v", 1, "m1")
    assert digest(base) == digest(base._replace(id="m2"))
    others = [base._replace(value="w"), base._replace(stamp=2), base._replace(origin="n2")]
    assert len({digest(base), *map(digest, others)}) == 4
    assert len(digest(base)) == 16


def test_a_key_has_a_row_that_is_there_or_was_seen_by_one_that_is() -> None:
    first = row("v", 1, origin="n1")
    later = row("w", 2, origin="n2", seen=seen_by((first,)))
    assert holding(first).has("k", first._replace(id="other"))
    assert not holding(first, later).has("k", first)
    assert holding(first, later, siblings=True).has("k", first)
