"""The words of sim.machine, driven without any world."""

from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.machine import (
    Alarm,
    Answer,
    Ask,
    Boot,
    CancelAlarm,
    Cluster,
    Forget,
    Machine,
    Note,
    Now,
    Operate,
    Persist,
    Persisted,
    Receive,
    Refused,
    Send,
    SetAlarm,
    Stop,
    Unhandled,
    fingerprint,
    on,
    snake_case,
)


class Hello(NamedTuple):
    n: int


class Bye(NamedTuple):
    n: int


class Heard(NamedTuple):
    n: int


class Look(NamedTuple):
    count: int


class Everything(Machine):
    View = Look
    FACTS = (Heard,)
    ACTIONS = {"append": ("key", "value")}
    ACTS = {"retire": ("why",)}

    def __init__(self, node: str, cluster: Cluster) -> None:
        super().__init__(node, cluster)
        self.count = 0
        self.calls: list[Any] = []

    @on(Hello)
    def hello(self, src: str, msg: Hello, now: Now) -> None:
        self.count += 1
        self.note(Heard(msg.n))
        self.persist("n", msg.n, tell=True)
        self.send(src, Bye(msg.n), tell=True)
        self.broadcast(Bye(0))
        self.alarm("tick", (1, 2), every=5, about=7)
        self.cancel("tock")
        self.forget("old")
        self.stop()

    @on(Alarm, "tick")
    def tick(self, about: Any, now: Now) -> None:
        self.calls.append(("tick", about, now.monotonic))

    @on(Ask, "append")
    def append(self, ask: Ask, now: Now) -> None:
        self.answer(ask, "ok", ask.args[1])

    @on(Operate, "retire")
    def retire(self, act: Operate, now: Now) -> None:
        self.answer(act, "elsewhere", hint="n2")

    @on(Boot)
    def boot(self, durable: Any, life: int, now: Now) -> None:
        self.calls.append(("boot", dict(durable), life))

    @on(Persisted)
    def written(self, key: Any, why: Any, now: Now) -> None:
        self.calls.append(("written", key, why))

    @on(Refused)
    def refused(self, dst: str, msg: Any, why: str, now: Now) -> None:
        self.calls.append(("refused", dst, msg, why))


def machine(kind: type[Machine] = Everything) -> Any:
    return kind("n1", Cluster("n1", ("n1", "n2", "n3")))


def test_a_step_returns_what_the_handler_said_in_order() -> None:
    assert machine().step(Receive("n2", Hello(4)), Now()) == [
        Note(Heard(4)), Persist("n", 4, tell=True), Send("n2", Bye(4), tell=True), Send("n2", Bye(0)),
        Send("n3", Bye(0)), SetAlarm("tick", (1, 2), 5, 7), CancelAlarm("tock"), Forget("old"), Stop(),
    ]  # fmt: skip


def test_a_step_begins_with_no_effects_of_the_step_before() -> None:
    it = machine()
    first = it.step(Ask("c", 1, "append", ("k", 5)), Now())
    assert first == [Answer("c", 1, "ok", 5)]
    assert it.step(Alarm("tick", 3), Now(monotonic=9)) == []
    assert first == [Answer("c", 1, "ok", 5)]


def test_each_input_reaches_its_handler_with_its_own_arguments() -> None:
    it = machine()
    it.step(Boot({"a": 1}, 2), Now())
    it.step(Alarm("tick", 3), Now(monotonic=9))
    it.step(Persisted("k", "eio"), Now())
    it.step(Refused("n2", Bye(1), "refused"), Now())
    assert it.calls == [
        ("boot", {"a": 1}, 2), ("tick", 3, 9), ("written", "k", "eio"), ("refused", "n2", Bye(1), "refused"),
    ]  # fmt: skip


def test_an_act_is_answered_to_the_operator() -> None:
    assert machine().step(Operate(3, "retire", {"why": "age"}), Now()) == [
        Answer("operator", 3, "elsewhere", None, "n2")
    ]


@pytest.mark.parametrize(
    ("input", "said"),
    [
        (Receive("n2", Bye(1)), "no handler for Bye: mark a method with @on\\(Bye\\)"),
        (Alarm("tock"), 'no handler for Alarm "tock"'),
        (Ask("c", 1, "read", ()), 'no handler for Ask "read"'),
        (Operate(1, "grow"), 'no handler for Operate "grow"'),
    ],
)
def test_an_unhandled_message_alarm_ask_or_act_is_an_error(input: Any, said: str) -> None:
    with pytest.raises(Unhandled, match=said):
        machine().step(input, Now())


@pytest.mark.parametrize("input", [Boot({}), Persisted("k"), Refused("n2", Bye(1), "refused")])
def test_an_unhandled_boot_persisted_or_refused_is_ignored(input: Any) -> None:
    class Deaf(Machine):
        View = Look

    assert machine(Deaf).step(input, Now()) == []


def test_a_handler_that_returns_something_is_an_error() -> None:
    class Returns(Machine):
        View = Look

        @on(Hello)
        def hello(self, src: str, msg: Hello, now: Now) -> None:
            return [Send(src, Bye(1))]  # type: ignore[return-value]

    with pytest.raises(TypeError, match="a handler returned"):
        machine(Returns).step(Receive("n2", Hello(1)), Now())


def test_a_subclass_that_redefines_a_handler_needs_no_second_mark() -> None:
    class Quiet(Everything):
        def hello(self, src: str, msg: Hello, now: Now) -> None:
            self.send("n3", msg)

    assert machine(Quiet).step(Receive("n2", Hello(1)), Now()) == [Send("n3", Hello(1))]
    assert len(machine().step(Receive("n2", Hello(1)), Now())) == 9


def test_actions_and_handlers_must_name_the_same() -> None:
    with pytest.raises(TypeError, match=r'ACTIONS and the handlers differ: a method marked @on\(Ask, "read"\)'):
        type("Wrong", (Machine,), {"ACTIONS": {"read": ("key",)}})
    with pytest.raises(TypeError, match='"retire" in ACTS is missing'):
        type("Wrong", (Machine,), {"retire": on(Operate, "retire")(lambda self, act, now: None)})


def test_only_alarms_asks_and_acts_are_marked_with_a_name() -> None:
    with pytest.raises(TypeError, match="take a name, and nothing else does"):
        on(Alarm)
    with pytest.raises(TypeError, match="take a name, and nothing else does"):
        on(Hello, "hello")


def test_words_compare_by_value_and_kind() -> None:
    assert Send("n2", Bye(1)) == Send("n2", Bye(1))
    assert Send("n2", Bye(1)) != Send("n2", Bye(2))
    assert SetAlarm("a", 1) != CancelAlarm("a")
    assert Forget("a") != CancelAlarm("a")
    assert Stop() == Stop()


def test_words_of_the_world_are_equal_to_those_that_tests_build() -> None:
    class Carries(Receive):
        __slots__ = ("link",)

    assert Carries("n2", Bye(1)) == Receive("n2", Bye(1))
    assert repr(Carries("n2", Bye(1))) == "Receive(src='n2', msg=Bye(n=1))"


def test_a_word_cannot_be_put_in_a_set() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        {Send("n2", Bye(1))}


def test_words_of_chance_must_be_given_to_a_test_that_asks_for_them() -> None:
    assert Now(words=(5, 6)).word(1) == 6
    with pytest.raises(LookupError, match=r"asked for random word 2; Now was given 2: pass words="):
        Now(words=(5, 6)).word(2)


def test_a_cluster_knows_peers_numbers_round_trips_and_majorities() -> None:
    cluster = Cluster("n2", ("n1", "n2", "n3", "n4"), lambda node: {"n1": 7}.get(node))
    assert cluster.peers == ("n1", "n3", "n4")
    assert cluster.number("n3") == 2
    assert cluster.rtt("n1") == 7
    assert cluster.rtt("n3") is None
    assert Cluster("n1", ("n1",)).rtt("n1") is None
    assert [Cluster("n1", [f"n{i}" for i in range(n)]).majority() for n in (1, 2, 3, 4, 5)] == [1, 2, 2, 3, 3]


@pytest.mark.parametrize(
    ("name", "word"), [("TurnedBack", "turned_back"), ("Stored", "stored"), ("Q2Done", "q2_done"), ("ABTest", "abtest")]
)
def test_a_class_name_becomes_the_word_of_traces(name: str, word: str) -> None:
    assert snake_case(name) == word


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary(), lambda v: st.lists(v, max_size=3).map(tuple)
)


@given(VALUES, VALUES)
def test_fingerprints_are_equal_exactly_if_the_values_look_equal(a: Any, b: Any) -> None:
    assert (fingerprint(a) == fingerprint(b)) == (repr(a) == repr(b))


def test_a_fingerprint_does_not_tell_a_named_tuple_from_the_tuple_that_a_trace_gives_back() -> None:
    assert fingerprint(Hello(1)) == fingerprint((1,))
    assert fingerprint((Hello(1), 2)) == fingerprint(((1,), 2))


def test_a_fingerprint_never_changes_between_versions() -> None:
    assert fingerprint(("k", 1)) == "a1792392c66b8603"
