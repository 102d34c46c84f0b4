"""Clocks, attempts, quorum reads and anti-entropy, apart from any node."""

import pytest

from models.quorum_write.attempts import ACK, DRIFT, FOREIGN, NOT_STORED, OTHER_ATTEMPT, Attempt
from models.quorum_write.clocks import HybridClock
from models.quorum_write.entropy import difference, digest_of, pushed
from models.quorum_write.messages import SyncAck
from models.quorum_write.reading import Reading
from models.quorum_write.rows import Row, Rows, digest
from sim.machine import Ask

ROW = Row("m1", "v", 5, "n1")


def test_a_hybrid_clock_follows_the_wall_and_never_falls_behind_what_it_saw() -> None:
    clock = HybridClock()
    assert [clock.tick(10), clock.tick(10), clock.tick(3)] == [10, 11, 12]
    clock.see(100)
    clock.see(50)
    assert [clock.tick(20), clock.tick(200)] == [101, 200]


def attempt() -> Attempt:
    made = Attempt("n1.1.1", "c", 1, None, "k", ROW)
    made.asked = ["n2", "n3"]
    return made


def answer(**fields: object) -> SyncAck:
    return SyncAck("n1.1.1", "k", "n2", 5, ROW, digest(ROW), "", 0)._replace(**fields)


@pytest.mark.parametrize(
    ("src", "fields", "unbound", "bound"),
    [
        ("n2", {}, ACK, ACK),
        ("n1", {}, ACK, FOREIGN),
        ("n9", {}, ACK, FOREIGN),
        ("n2", {"attempt": "n1.1.0"}, ACK, OTHER_ATTEMPT),
        ("n2", {"stored": ROW._replace(id="m2")}, DRIFT, DRIFT),
        ("n2", {"stored": ROW._replace(value="w", stamp=9), "digest": b"other"}, ACK, NOT_STORED),
        ("n2", {"why": "failed"}, "failed", "failed"),
        ("n2", {"stored": None}, DRIFT, DRIFT),
    ],
)
def test_what_an_answer_is_worth_depends_on_what_it_is_bound_to(
    src: str, fields: dict[str, object], unbound: str, bound: str
) -> None:
    assert attempt().worth(src, answer(**fields), False, "n1") == unbound
    assert attempt().worth(src, answer(**fields), True, "n1") == bound


def test_a_peer_is_counted_by_the_name_that_it_gives_or_by_where_it_sits() -> None:
    made = attempt()
    assert made.named("n2", answer(peer="n2#7"), False) == "n2#7"
    assert made.named("n2", answer(peer="n2#7"), True) == "n2"
    assert made.behind == {"n2#7": "n2", "n2": "n2"}


def reading(need: int = 2, siblings: bool = False) -> Reading:
    return Reading("read n1.1.1", Ask("c", 1, "read", ("k",)), "k", need, Rows(siblings=siblings))


def test_a_read_takes_the_latest_of_its_quorum_and_no_answer_after_it() -> None:
    read = reading()
    assert [read.heard("n1", (ROW,)), read.heard("n1", (ROW,))] == [False, False]
    assert read.heard("n2", (ROW._replace(value="w", stamp=6),))
    assert not read.heard("n3", (ROW._replace(value="x", stamp=7),))
    assert read.chosen is not None
    assert [row.value for row in read.chosen] == ["w"]


def test_a_read_of_nothing_is_nothing() -> None:
    read = reading()
    read.heard("n1", ())
    assert read.heard("n2", ())
    assert read.chosen == ()


def test_a_read_knows_who_lacks_what_it_chose_until_it_is_acknowledged() -> None:
    read = reading()
    later = ROW._replace(value="w", stamp=6)
    read.heard("n1", (ROW,))
    read.heard("n2", (later,))
    assert read.holders == {"n2"}
    assert (read.lacking("n1"), read.lacking("n2"), read.lacking("n3")) == ([later], [], [later])
    read.repairing["n3"] = 1
    assert not read.repaired("n2")
    assert read.repaired("n3")
    assert read.holders == {"n2", "n3"}


def test_a_read_of_siblings_is_repaired_when_all_of_them_are() -> None:
    read = reading(siblings=True)
    read.heard("n1", (ROW,))
    read.heard("n2", (ROW._replace(value="w", origin="n2"),))
    assert read.holders == set()
    read.repairing["n3"] = 2
    assert [read.repaired("n3"), read.repaired("n3")] == [False, True]


def rows(*held: tuple[str, Row], siblings: bool = False) -> Rows:
    made = Rows(siblings=siblings)
    for key, row in held:
        made.cells[key] = made.joined(key, row)
    return made


OTHERS = ROW._replace(value="w", stamp=6, origin="n2")


def test_a_cycle_pushes_what_this_node_wrote_or_all_of_it_or_what_changed() -> None:
    held = rows(("j", OTHERS), ("k", ROW))
    assert pushed(held, "originated", "n1", None) == (("k", ROW),)
    assert pushed(held, "all", "n1", None) == (("j", OTHERS), ("k", ROW))
    assert pushed(held, "all", "n1", ["j"]) == (("j", OTHERS),)


def test_a_difference_is_what_the_other_lacks_or_has_older() -> None:
    mine, theirs = rows(("j", ROW), ("k", OTHERS)), rows(("k", ROW), ("l", ROW))
    assert difference(mine, digest_of(theirs, False)) == (("j", ROW), ("k", OTHERS))
    assert difference(theirs, digest_of(mine, False)) == (("l", ROW),)
    assert difference(mine, digest_of(mine, False)) == ()


def test_a_sibling_is_part_of_the_difference_even_if_it_is_older() -> None:
    mine, theirs = rows(("k", ROW), siblings=True), rows(("k", OTHERS), siblings=True)
    assert difference(mine, digest_of(theirs, False)) == (("k", ROW),)
