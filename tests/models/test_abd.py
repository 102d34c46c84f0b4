"""ABD step by step, as by Attiya, Bar-Noy and Dolev (JACM 1995), with the writers of Lynch and Shvartsman (1997)."""

from typing import Any

import pytest

from models.abd import Abd, Held, Query, Reply, Store, Stored, Tag, Tagged, one_value_per_tag
from sim.jury import Jury
from sim.machine import Alarm, Answer, Ask, Boot, Cluster, Note, Now, Persist, Receive, Send
from sim.trace import Header, Record

NODES = ("n1", "n2", "n3")
OLD, NEW = Held(Tag(1, 2, 1), "old"), Held(Tag(2, 3, 1), "new")
READ, WRITE = Ask("c", 1, "read", ("k",)), Ask("c", 2, "write", ("k", "mine"))


def node(nodes: tuple[str, ...] = NODES, life: int = 1, durable: Any = None, **params: Any) -> Abd:
    made = Abd("n1", Cluster("n1", nodes), **params)
    made.step(Boot(durable or {}, life), Now())
    return made


def given(machine: Abd, src: str, msg: Any) -> list[Any]:
    return list(machine.step(Receive(src, msg), Now()))


def asked(machine: Abd, ask: Ask) -> tuple[int, int]:
    """Ask for an operation and return the number under which it asks around."""
    effects = machine.step(ask, Now())
    return next(effect.msg.request for effect in effects if isinstance(effect, Send))


def to_all(msg: Any) -> list[Send]:
    return [Send(peer, msg) for peer in NODES]


# -- the replica -------------------------------------------------------------------------------------------


def test_a_replica_stores_durably_before_it_acknowledges() -> None:
    effects = given(node(), "n2", Store((1, 1), "k", NEW))
    assert effects == [Persist("k", ((2, 3, 1), "new")), Note(Tagged("k", *NEW)), Send("n2", Stored((1, 1)))]


def test_a_replica_keeps_a_greater_tag_and_acknowledges_all_the_same() -> None:
    machine = node()
    given(machine, "n2", Store((1, 1), "k", NEW))
    assert given(machine, "n2", Store((1, 2), "k", OLD)) == [Send("n2", Stored((1, 2)))]
    assert given(machine, "n3", Query((1, 3), "k")) == [Send("n3", Reply((1, 3), NEW))]


def test_what_was_stored_outlives_a_life() -> None:
    machine = node(durable={"k": ((2, 3, 1), "new")}, life=2)
    assert given(machine, "n3", Query((1, 3), "k")) == [Send("n3", Reply((1, 3), NEW))]


def test_without_the_rule_a_replica_stores_what_comes_last() -> None:
    machine = node(replaces="anything")
    given(machine, "n2", Store((1, 1), "k", NEW))
    given(machine, "n2", Store((1, 2), "k", OLD))
    assert machine.registers["k"] == OLD


# -- reading -----------------------------------------------------------------------------------------------


def test_a_reader_asks_everybody() -> None:
    assert node().step(READ, Now())[1:] == to_all(Query((1, 1), "k"))


def test_a_reader_writes_back_the_greatest_tag_that_a_majority_told() -> None:
    machine = node()
    request = asked(machine, READ)
    assert given(machine, "n2", Reply(request, NEW)) == []
    assert given(machine, "n3", Reply(request, OLD)) == to_all(Store(request, "k", NEW))


def test_a_read_is_answered_when_a_majority_has_it_stored() -> None:
    machine = node()
    request = asked(machine, READ)
    given(machine, "n2", Reply(request, NEW))
    given(machine, "n3", Reply(request, OLD))
    assert given(machine, "n3", Stored(request)) == []
    assert given(machine, "n1", Stored(request))[0] == Answer("c", 1, "ok", "new")


def test_without_write_back_a_read_is_answered_at_once() -> None:
    machine = node(write_back="never")
    request = asked(machine, READ)
    given(machine, "n2", Reply(request, NEW))
    assert given(machine, "n3", Reply(request, OLD))[0] == Answer("c", 1, "ok", "new")


@pytest.mark.parametrize(("other", "answered"), [(NEW, True), (OLD, False)])
def test_what_a_majority_has_already_need_not_be_written_back(other: Held, answered: bool) -> None:
    machine = node(write_back="if-differing")
    request = asked(machine, READ)
    given(machine, "n2", Reply(request, NEW))
    assert (Answer("c", 1, "ok", "new") in given(machine, "n3", Reply(request, other))) is answered


def test_a_second_answer_of_one_node_does_not_count() -> None:
    machine = node()
    request = asked(machine, READ)
    given(machine, "n2", Reply(request, NEW))
    assert given(machine, "n2", Reply(request, NEW)) == []


def test_an_answer_of_the_first_phase_does_not_count_in_the_second() -> None:
    machine = node()
    request = asked(machine, READ)
    for src in ("n2", "n3", "n1"):
        given(machine, src, Reply(request, OLD))
    given(machine, "n2", Stored(request))
    assert given(machine, "n3", Reply(request, NEW)) == []


# -- writing -----------------------------------------------------------------------------------------------


def test_a_writer_takes_a_tag_above_all_that_a_majority_told() -> None:
    machine = node()
    request = asked(machine, WRITE)
    given(machine, "n2", Reply(request, OLD))
    stored = Store(request, "k", Held(Tag(3, 1, 1), "mine"))
    assert given(machine, "n3", Reply(request, NEW)) == to_all(stored)


def test_two_writes_of_one_node_at_once_have_two_tags() -> None:
    machine = node()
    first, second = asked(machine, WRITE), asked(machine, Ask("d", 3, "write", ("k", "other")))
    for request in (first, second):
        given(machine, "n2", Reply(request, OLD))
        given(machine, "n3", Reply(request, OLD))
    tags = [operation.storing.tag for operation in machine.operations.values() if operation.storing]
    assert tags == [Tag(2, 1, 1), Tag(3, 1, 1)]


def test_a_later_life_tells_its_tags_apart_from_those_before() -> None:
    machine = node(life=2)
    request = asked(machine, WRITE)
    given(machine, "n2", Reply(request, OLD))
    given(machine, "n3", Reply(request, OLD))
    assert request == (2, 1)
    assert [one.storing for one in machine.operations.values()] == [Held(Tag(2, 1, 2), "mine")]


def test_without_asking_a_writer_goes_by_what_it_holds() -> None:
    machine = node(tags="own", durable={"k": (tuple(OLD.tag), "old")})
    assert machine.step(WRITE, Now())[1:] == to_all(Store((1, 1), "k", Held(Tag(2, 1, 1), "mine")))


def test_who_has_not_answered_is_asked_again() -> None:
    machine = node()
    request = asked(machine, READ)
    given(machine, "n2", Reply(request, OLD))
    assert machine.step(Alarm("again"), Now()) == [Send("n1", Query(request, "k")), Send("n3", Query(request, "k"))]


def test_the_same_operation_asked_again_is_not_begun_again() -> None:
    machine = node()
    asked(machine, WRITE)
    assert machine.step(WRITE, Now()) == []


@pytest.mark.parametrize("nodes", [NODES, (*NODES, "n4", "n5")])
def test_less_than_a_majority_is_never_enough(nodes: tuple[str, ...]) -> None:
    machine = node(nodes)
    request = asked(machine, READ)
    for peer in nodes[: len(nodes) // 2]:
        assert given(machine, peer, Reply(request, OLD)) == []


@pytest.mark.parametrize("retry", ["0s", "soon"])
def test_it_must_ask_again_after_some_time(retry: str) -> None:
    with pytest.raises(ValueError, match="retry: found"):
        node(retry=retry)


def test_a_wrong_word_is_refused_with_those_allowed() -> None:
    with pytest.raises(ValueError, match="write_back: found 'now', allowed: always, if-differing, never"):
        node(write_back="now")


# -- the property ------------------------------------------------------------------------------------------


def verdict(*facts: Tagged) -> str:
    header = Header(nodes=NODES, stop=9, facts={"tagged": Tagged._fields}, views=("newest", "open"))
    jury = Jury((one_value_per_tag,), header)
    jury.hear_all(Record(seq, seq, "note", f"n{seq}", None, "tagged", fact) for seq, fact in enumerate(facts, 1))
    return jury.findings()[0].verdict


def test_two_values_under_one_tag_are_caught() -> None:
    assert verdict(Tagged("k", NEW.tag, "a"), Tagged("k", NEW.tag, "b")) == "violated"


def test_one_value_under_two_tags_is_fine() -> None:
    assert verdict(Tagged("k", NEW.tag, "a"), Tagged("k", OLD.tag, "a"), Tagged("j", NEW.tag, "b")) == "holds"
