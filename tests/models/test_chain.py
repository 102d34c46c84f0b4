"""Chain replication step by step; sections are those of van Renesse and Schneider, OSDI 2004."""

from typing import Any

import pytest

from models._configured.configuration import Ack, Configuration, Confirm, Confirmed, Copy, Current, Entry, Stored
from models.chain import Chain
from sim.machine import Alarm, Answer, Ask, Boot, Cluster, Note, Now, Persist, Receive, Send

NODES = ("n1", "n2", "n3")  # the chain is n2, n1, n3
WRITE, READ = Ask("c", 1, "write", ("k", "a")), Ask("c", 2, "read", ("k",))
ENTRY = Entry(1, "c", 1, "write", ("k", "a"))
LATER = Entry(1, "d", 3, "write", ("k", "b"))


def node(name: str, durable: Any = None, life: int = 1, **params: Any) -> Chain:
    made = Chain(name, Cluster(name, NODES), **params)
    made.step(Boot(durable or {}, life), Now())
    return made


def given(machine: Chain, src: str, msg: Any) -> list[Any]:
    return list(machine.step(Receive(src, msg), Now()))


def copy(*entries: Entry, number: int = 1, first: int = 0, committed: int = 0, whole: bool = False) -> Copy:
    return Copy(number, first, entries, committed, whole)


def configured(machine: Chain, number: int, *members: tuple[str, int]) -> list[Any]:
    return given(machine, "n1", Current(Configuration(number, members, True)))


def answers(effects: list[Any]) -> list[Any]:
    return [effect for effect in effects if isinstance(effect, Answer)]


def sent(effects: list[Any], kind: type) -> list[tuple[str, Any]]:
    return [(effect.dst, effect.msg) for effect in effects if isinstance(effect, Send) and type(effect.msg) is kind]


# -- the protocol (3) --------------------------------------------------------------------------------------


def test_the_head_takes_updates_and_passes_them_to_its_successor_alone() -> None:
    effects = node("n2").step(WRITE, Now())
    assert effects == [Persist(("log", 0), tuple(ENTRY)), Note(Stored(0, 1, ENTRY.payload)), Send("n1", copy(ENTRY))]


@pytest.mark.parametrize("name", ["n1", "n3"])
def test_who_is_not_the_head_sends_updates_there(name: str) -> None:
    assert node(name).step(WRITE, Now()) == [Answer("c", 1, "elsewhere", hint="n2")]


def test_a_node_in_the_middle_passes_on_and_answers_nobody() -> None:
    effects = given(node("n1"), "n2", copy(ENTRY))
    assert effects[-1] == Send("n3", copy(ENTRY))
    assert answers(effects) == []


def test_the_tail_commits_answers_and_acknowledges() -> None:
    effects = given(node("n3"), "n1", copy(ENTRY))
    assert answers(effects) == [Answer("c", 1, "ok")]
    assert effects[-1] == Send("n1", Ack(1, 1, 1, False))


def test_an_acknowledgement_goes_up_the_chain_to_the_head() -> None:
    middle = node("n1")
    given(middle, "n2", copy(ENTRY))
    effects = given(middle, "n3", Ack(1, 1, 1, False))
    assert effects[-1] == Send("n2", Ack(1, 1, 1, False))
    assert middle.commit == 1


def test_who_is_not_the_tail_sends_queries_there() -> None:
    assert node("n2").step(READ, Now()) == [Answer("c", 2, "elsewhere", hint="n3")]


def test_the_tail_asks_the_master_before_it_answers_a_query() -> None:
    tail = node("n3")
    given(tail, "n1", copy(ENTRY))
    assert tail.step(READ, Now()) == [Send("n1", Confirm(1, 1))]
    assert given(tail, "n1", Confirmed(1, 1)) == [Answer("c", 2, "ok", "a")]


def test_without_that_it_answers_at_once() -> None:
    assert node("n3", reads="unchecked").step(READ, Now()) == [Answer("c", 2, "ok")]


def test_an_update_is_durable_before_it_is_passed_on() -> None:
    effects = given(node("n1"), "n2", copy(ENTRY))
    assert effects.index(Persist(("log", 0), tuple(ENTRY))) < effects.index(Send("n3", copy(ENTRY)))


def test_what_comes_before_its_predecessor_is_asked_for() -> None:
    assert given(node("n3"), "n1", copy(LATER, first=1)) == [Send("n1", Ack(1, 0, 0, True))]


def test_who_is_told_of_a_gap_sends_from_there() -> None:
    head = node("n2")
    head.step(WRITE, Now())
    assert given(head, "n1", Ack(1, 0, 0, True)) == [Send("n1", copy(ENTRY))]


def test_an_operation_that_is_asked_for_again_is_not_put_in_order_again() -> None:
    head = node("n2")
    head.step(WRITE, Now())
    assert head.step(WRITE, Now()) == []
    given(head, "n1", Ack(1, 1, 1, False))
    assert head.step(WRITE, Now()) == [Answer("c", 1, "ok")]
    assert head.tail == 1


def test_what_is_not_acknowledged_is_sent_again() -> None:
    head = node("n2")
    given(head, "n1", Ack(1, 0, 0, False))
    head.step(WRITE, Now())
    head.step(Alarm("beat"), Now())
    assert sent(list(head.step(Alarm("beat"), Now())), Copy) == [("n1", copy(ENTRY))]


# -- failures (3.1) ----------------------------------------------------------------------------------------


def test_when_the_head_fails_its_successor_takes_updates() -> None:
    machine = node("n1")
    configured(machine, 2, ("n1", 1), ("n3", 1))
    assert machine.role == "leader"
    assert sent(list(machine.step(WRITE, Now())), Copy) == [("n3", copy(ENTRY._replace(number=2), number=2))]


def test_when_the_tail_fails_what_its_predecessor_holds_is_committed_and_answered() -> None:
    machine = node("n1")
    given(machine, "n2", copy(ENTRY))
    assert answers(configured(machine, 2, ("n2", 1), ("n1", 1))) == [Answer("c", 1, "ok")]


def test_when_a_node_between_fails_the_one_before_it_passes_on_what_the_next_lacks() -> None:
    head = node("n2")
    head.step(WRITE, Now())
    head.step(Ask("d", 3, "write", ("k", "b")), Now())
    configured(head, 2, ("n2", 1), ("n3", 1))
    assert sent(given(head, "n3", Ack(2, 1, 1, False)), Copy) == [("n3", copy(LATER, number=2, first=1))]


def test_a_node_tells_its_new_predecessor_how_much_it_holds() -> None:
    tail = node("n3")
    given(tail, "n1", copy(ENTRY))
    assert sent(configured(tail, 2, ("n2", 1), ("n3", 1)), Ack) == [("n2", Ack(2, 1, 1, False))]


def test_what_is_sent_in_an_earlier_configuration_is_refused() -> None:
    machine = node("n1")
    configured(machine, 2, ("n1", 1), ("n3", 1))
    assert given(machine, "n2", copy(ENTRY, number=1)) == []
    assert machine.tail == 0


def test_a_node_that_was_removed_takes_no_part() -> None:
    head = node("n2")
    configured(head, 2, ("n1", 1), ("n3", 1))
    assert head.role == "idle"
    assert answers(list(head.step(WRITE, Now()))) == [Answer("c", 1, "elsewhere", hint="n1")]


# -- a chain grows (3.1) -----------------------------------------------------------------------------------


def joined() -> Chain:
    """Return a node that comes back at the end of the chain with an entry that nobody else has."""
    machine = node("n2", {("log", 0): tuple(LATER)}, 2)
    configured(machine, 3, ("n1", 1), ("n3", 1), ("n2", 3))
    return machine


def test_who_joins_asks_for_the_whole_history() -> None:
    machine = node("n2", {("log", 0): tuple(LATER)}, 2)
    assert sent(configured(machine, 3, ("n1", 1), ("n3", 1), ("n2", 3)), Ack) == [("n3", Ack(3, -1, 0, False))]


def test_who_joins_answers_nothing_before_it_has_the_history() -> None:
    assert joined().step(READ, Now()) == [Answer("c", 2, "elsewhere")]


def test_the_history_takes_the_place_of_what_the_joining_node_had() -> None:
    machine = joined()
    given(machine, "n3", copy(ENTRY, number=3, whole=True))
    assert machine.log == [ENTRY]
    assert machine.synced
    assert machine.store.values == {"k": "a"}


def test_a_history_that_comes_late_takes_nothing_back() -> None:
    machine = joined()
    given(machine, "n3", copy(ENTRY, LATER, number=3, whole=True))
    given(machine, "n3", copy(ENTRY, number=3, whole=True))
    assert machine.log == [ENTRY, LATER]


def test_that_a_node_is_synced_is_on_disk_with_its_configuration() -> None:
    effects = given(joined(), "n3", copy(ENTRY, number=3, whole=True))
    members = (("n1", 1), ("n3", 1), ("n2", 3))
    assert Persist("configuration", (3, members, True, True)) in effects


def test_a_predecessor_sends_the_whole_history_to_who_needs_it() -> None:
    tail = node("n3", {("log", 0): tuple(ENTRY)}, 2)
    configured(tail, 3, ("n1", 1), ("n3", 1), ("n2", 3))
    assert sent(given(tail, "n2", Ack(3, -1, 0, False)), Copy) == [
        ("n2", copy(ENTRY, number=3, committed=1, whole=True))
    ]


def test_a_tail_that_restarts_holds_everything_for_committed() -> None:
    tail = node("n3", {("log", 0): tuple(ENTRY)}, 2)
    assert tail.commit == 1


def test_a_restart_answers_no_operation_of_the_life_before() -> None:
    machine = Chain("n3", Cluster("n3", NODES))
    assert answers(list(machine.step(Boot({("log", 0): tuple(ENTRY)}, 2), Now()))) == []
