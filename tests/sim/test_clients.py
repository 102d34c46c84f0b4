"""Clients beside nodes: what they ask, of whom, and how their operations end. Times in the tests are ms."""

import itertools
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from puppets import Ping, Puppet, RoleView, Seen, Show, asked, booted, perform, plan, play, rang, silent

from sim.clients import ARGUMENTS, WORKLOADS, Errand, Workload, instants
from sim.faults import Crash, Operate, Partition, Planned
from sim.latency import Uniform
from sim.machine import Input, Now
from sim.units import MS, S

ACTIONS: dict[str, Any] = {"ACTIONS": ARGUMENTS, "ACTS": {"retire": ("why",)}}
NEAR = Uniform(10 * MS, 10 * MS)


def work(name: str = "append", beside: Any = ("n1",), **more: Any) -> Workload:
    more.setdefault("every", (50 * MS, 50 * MS))
    return Workload(name, beside, **more)


def show(script: Any, workload: Workload | None = None, **more: Any) -> Show:
    more.setdefault("latency", NEAR)
    return play(script, workload=workload, puppets=ACTIONS, **more)


def ends(found: Show) -> list[tuple[float, float | None, str | None]]:
    """Return (invoked, ended, outcome) of every operation, in ms."""
    return [
        (o.invoked / MS, None if o.ended is None else o.ended / MS, o.outcome) for o in found.outcome.history.operations
    ]


def asks(found: Show) -> list[tuple[int, str, int]]:
    return [(r["at"] // MS, r["node"], r["op"]) for r in found.of("ask")]


def says(*outcomes: Any, hint: str | None = None) -> Any:
    """Return a script: every node answers what it is asked, n1 the first of these, n2 the second, and so on."""

    def script(me: Puppet, input: Input, now: Now) -> None:
        if asked(input):
            outcome = outcomes[min(me.cluster.number(me.node), len(outcomes) - 1)]
            if outcome is not None:
                me.answer(input, outcome, f"by {me.node}", hint if outcome == "elsewhere" else None)  # type: ignore[arg-type]

    return script


# -- when and where ----------------------------------------------------------------------------------------


def test_a_request_to_the_own_node_takes_no_time_and_to_another_the_links_base_delay() -> None:
    found = show(says("elsewhere", "ok"), work(until=10 * MS))
    assert asks(found) == [(0, "n1", 1), (0, "n2", 1)]
    assert found.at("step", "n1", input="ask append") == [0]
    assert found.at("step", "n2", input="ask append") == [10 * MS]
    assert ends(found) == [(0, 20, "ok")]


def test_client_links_have_no_fate() -> None:
    found = show(says("elsewhere", "ok"), work(until=10 * MS), loss=Fraction(1), latency=Uniform(0, 20 * MS))
    assert ends(found) == [(0, 20, "ok")]


def test_a_client_has_one_operation_open_and_begins_the_next_on_its_grid() -> None:
    def slow(me: Puppet, input: Input, now: Now) -> None:
        if asked(input):
            me.memory["ask"] = input
            me.alarm("answer", 70 * MS)
        elif rang(input, "answer"):
            me.answer(me.memory["ask"], "ok")

    found = show(slow, work(until=250 * MS))
    assert ends(found) == [(0, 70, "ok"), (100, 170, "ok"), (200, 270, "ok")]


def test_a_workload_starts_and_ends_when_it_says() -> None:
    found = show(says("ok"), work(start=30 * MS, until=180 * MS))
    assert [at for at, _, _ in ends(found)] == [30, 80, 130]


def test_operations_may_come_at_drawn_intervals() -> None:
    found = show(says("ok"), work(every=(20 * MS, 40 * MS)), stop=3 * S)
    at = [o.invoked for o in found.outcome.history.operations]
    gaps = [b - a for a, b in itertools.pairwise(at)]
    assert all(20 * MS <= gap <= 40 * MS for gap in gaps)
    assert len(set(gaps)) == len(gaps)


def test_clients_are_named_in_the_order_of_their_places_and_each_is_a_process() -> None:
    found = show(says("ok"), work(beside=("n2", "n1", "n2"), until=1))
    assert [(o.client, o.process, o.node) for o in found.outcome.history.operations] == [
        ("c1", 0, "n2"), ("c2", 1, "n1"), ("c3", 2, "n2"),
    ]  # fmt: skip


@pytest.mark.parametrize("name", sorted(WORKLOADS))
def test_a_workload_draws_its_actions_as_often_as_it_says_with_the_models_arguments(name: str) -> None:
    found = show(says("ok"), work(name, beside=("n1", "n2"), every=(2 * MS, 2 * MS), keys=4), stop=4 * S)
    operations = found.outcome.history.operations
    weights = WORKLOADS[name]
    total = len(operations)
    assert total == 4000
    for action, weight in weights.items():
        share = weight / sum(weights.values())
        mine = [o for o in operations if o.action == action]
        # Four standard deviations of a binomial.
        assert abs(len(mine) - total * share) <= 4 * (total * share * (1 - share)) ** 0.5
        assert {len(o.args) for o in mine} == {len(ARGUMENTS[action])}
        assert {o.args[0] for o in mine} == {"k0", "k1", "k2", "k3"}
    values = [o.args[1] for o in operations if o.action in ("append", "write", "add", "enqueue")]
    assert len(set(values)) == len(values)


def test_a_cas_expects_what_its_client_last_saw() -> None:
    def register(me: Puppet, input: Input, now: Now) -> None:
        if asked(input):
            action, args = input.action, input.args  # type: ignore[attr-defined]
            if action == "read":
                me.answer(input, "ok", me.memory.get(args[0]))  # type: ignore[arg-type]
            elif action == "write" or me.memory.get(args[0]) == args[1]:
                me.memory[args[0]] = args[-1]
                me.answer(input, "ok")  # type: ignore[arg-type]
            else:
                me.answer(input, "fail")  # type: ignore[arg-type]

    found = show(register, work("cas-register", every=(5 * MS, 5 * MS)), nodes=1)
    assert {outcome for _, _, outcome in ends(found)} == {"ok"}


# -- cuts and crashes --------------------------------------------------------------------------------------


def cut(at: int, lasting: int, *groups: Any, **more: Any) -> Planned:
    return Planned(Partition(groups=groups, **more), at=at * MS, lasting=lasting * MS)


def test_a_client_shares_the_cuts_of_its_node_and_still_reaches_it() -> None:
    half = cut(0, 500, ("n1",), ("n2",))
    found = show(says("elsewhere", "ok"), work(until=1), faults=(half,))
    assert [(r["why"], r["node"]) for r in found.of("drop")] == [("partition", "n2")]
    assert ends(found) == [(0, 1000, "info")] or ends(found) == [(0, None, None)]
    found = show(says("ok"), work(until=1), faults=(half,))
    assert ends(found) == [(0, 0, "ok")]


def test_an_answer_over_a_cut_is_lost() -> None:
    found = show(says("elsewhere", "ok"), work(until=1), faults=(cut(5, 500, ("n2",), ("n1",), oneway=True),))
    (drop,) = found.of("drop")
    assert (drop["why"], drop["node"], drop["at"]) == ("partition", "n2", 10 * MS)
    assert drop["cause"] == found.of("answer", "n2")[0]["seq"]


def test_the_other_direction_of_a_cut_lets_answers_through() -> None:
    found = show(says("elsewhere", "ok"), work(until=1), faults=(cut(5, 500, ("n1",), ("n2",), oneway=True),))
    assert ends(found) == [(0, 20, "ok")]


def test_a_client_learns_nothing_from_a_node_that_is_down_but_silence() -> None:
    down = Planned(Crash(nodes=("n1",)), at=0, lasting=S)
    found = show(says("ok"), work(until=60 * MS, patience=30 * MS, find="fixed"), boots={"n1": None}, faults=(down,))
    assert [r["why"] for r in found.of("drop")] == ["down", "down"]
    assert ends(found) == [(0, 30, "info"), (50, 80, "info")]


# -- belief ------------------------------------------------------------------------------------------------


def test_a_hint_is_followed_and_believed_afterwards() -> None:
    found = show(says("elsewhere", "elsewhere", "ok", hint="n3"), work(until=60 * MS), nodes=4)
    assert asks(found) == [(0, "n1", 1), (0, "n3", 1), (50, "n3", 2)]
    assert ends(found) == [(0, 20, "ok"), (50, 70, "ok")]


def test_without_a_hint_the_next_node_by_name_is_asked() -> None:
    found = show(says("elsewhere", "elsewhere", "ok"), work(beside=("n2",), until=1), nodes=3)
    assert [node for _, node, _ in asks(found)] == ["n2", "n3"]
    found = show(says("ok", "elsewhere", "elsewhere"), work(beside=("n2",), until=1), nodes=3)
    assert [node for _, node, _ in asks(found)] == ["n2", "n3", "n1"]


def test_a_hint_to_a_node_that_was_asked_or_is_none_is_not_followed() -> None:
    for hint in ("n1", "n2", "n9"):
        found = show(says("elsewhere", "elsewhere", "ok", hint=hint), work(until=1), nodes=3)
        assert [node for _, node, _ in asks(found)] == ["n1", "n2", "n3"]
        assert ends(found)[0][2] == "ok"


def test_if_all_say_elsewhere_the_client_asks_around_again_until_its_patience_is_spent() -> None:
    found = show(says("elsewhere"), work(until=1, every=(30 * MS, 30 * MS), patience=200 * MS), nodes=3)
    assert ends(found) == [(0, 200, "info")]
    assert len({op for _, _, op in asks(found)}) == 1
    # A round of three takes 0 + 20 + 20 ms, then 30 ms of waiting: it comes to no more than some four rounds.
    assert 6 <= len(asks(found)) <= 14


def test_a_fixed_client_never_asks_another_node() -> None:
    found = show(says("elsewhere", "ok", hint="n2"), work(find="fixed", until=60 * MS))
    assert asks(found) == [(0, "n1", 1), (50, "n1", 2)]
    assert ends(found) == [(0, 0, "fail"), (50, 50, "fail")]


def test_who_asks_every_leader_asks_while_its_node_leads_only() -> None:
    def leads_at_100(me: Puppet, input: Input, now: Now) -> None:
        if booted(input):
            me.alarm("turn", 100 * MS)
        elif rang(input, "turn"):
            me.role = "leader" if me.node == "n1" else "follower"
        elif asked(input):
            me.answer(input, "ok")  # type: ignore[arg-type]

    made = plan(
        leads_at_100, stop=300 * MS, workload=work(beside=("n1", "n2"), find="every-leader"), latency=NEAR,
        puppets={"View": RoleView, **ACTIONS},
    )  # fmt: skip
    assert asks(perform(made)) == [(150, "n1", 1), (200, "n1", 2), (250, "n1", 3)]


def test_a_model_without_roles_has_no_leader_to_ask() -> None:
    assert asks(show(says("ok"), work(find="every-leader"))) == []


# -- patience ----------------------------------------------------------------------------------------------


def test_spent_patience_ends_as_info_and_the_client_goes_on_as_another_process() -> None:
    found = show(silent, work(patience=30 * MS, until=110 * MS))
    assert ends(found) == [(0, 30, "info"), (50, 80, "info"), (100, 130, "info")]
    assert [o.process for o in found.outcome.history.operations] == [0, 1, 2]


def test_a_retry_keeps_its_operation_and_turns_to_the_next_node() -> None:
    found = show(says(None, "ok"), work(patience=30 * MS, again=2, until=1))
    assert asks(found) == [(0, "n1", 1), (30, "n2", 1)]
    assert ends(found) == [(0, 50, "ok")]
    found = show(silent, work(patience=30 * MS, again=2, until=1), nodes=3)
    assert asks(found) == [(0, "n1", 1), (30, "n2", 1), (60, "n3", 1)]
    assert ends(found) == [(0, 90, "info")]


def test_a_late_answer_of_an_earlier_try_still_ends_the_operation() -> None:
    def slow(me: Puppet, input: Input, now: Now) -> None:
        if asked(input) and me.node == "n1":
            me.memory["ask"] = input
            me.alarm("answer", 35 * MS)
        elif rang(input, "answer"):
            me.answer(me.memory["ask"], "ok")

    assert ends(show(slow, work(patience=30 * MS, again=2, until=1))) == [(0, 35, "ok")]


def test_an_answer_after_the_end_changes_nothing() -> None:
    def twice(me: Puppet, input: Input, now: Now) -> None:
        if asked(input):
            me.answer(input, "ok", 1)  # type: ignore[arg-type]
            me.answer(input, "fail", 2)  # type: ignore[arg-type]

    found = show(twice, work(until=1))
    assert [(o.outcome, o.value) for o in found.outcome.history.operations] == [("ok", 1)]


@pytest.mark.parametrize("last", ["fail", "elsewhere"])
@pytest.mark.parametrize("find", ["hint", "fixed"])
def test_a_retry_that_fails_says_nothing_of_the_try_before_it(last: str, find: str) -> None:
    # The first try may have taken effect without an answer: "it did not happen" would accuse a sound protocol.
    def first_silent(me: Puppet, input: Input, now: Now) -> None:
        if asked(input):
            me.count += 1
            if me.node == "n2" or me.count == 2:
                me.answer(input, last)  # type: ignore[arg-type]

    found = show(first_silent, work(patience=60 * MS, again=1, until=1, find=find))
    assert [outcome for _, _, outcome in ends(found)] == ["info"]


def test_unsure_ends_as_info_and_fail_as_fail() -> None:
    assert ends(show(says("unsure"), work(until=1))) == [(0, 0, "info")]
    assert ends(show(says("fail"), work(until=1))) == [(0, 0, "fail")]


def test_ok_alone_counts_as_acknowledged() -> None:
    for outcome, count in (("ok", 1), ("fail", 0), ("unsure", 0)):
        stats = show(says(outcome), work(until=1)).outcome.stats
        assert (stats["operations"], stats["acknowledged"]) == (1, count)


# -- lost answers ------------------------------------------------------------------------------------------


def lost(found: Show, client: str) -> list[bool]:
    answers = {r["seq"]: r["client"] for r in found.of("answer")}
    gone = {r["cause"] for r in found.of("drop", why="answers-lost")}
    return [seq in gone for seq, asker in answers.items() if asker == client]


def test_answers_are_lost_as_often_as_the_scenario_says() -> None:
    found = show(
        says("ok"), work(every=(MS, MS), patience=MS // 2, find="fixed", lose_answers=Fraction(1, 5)), stop=4 * S
    )
    # Four standard deviations of a binomial with 4,000 draws.
    assert abs(lost(found, "c1").count(True) - 800) < 4 * (4000 * 0.2 * 0.8) ** 0.5
    assert {outcome for _, _, outcome in ends(found)} == {"ok", "info"}


def test_which_answers_a_client_loses_does_not_depend_on_other_clients() -> None:
    def losses(beside: Any) -> list[bool]:
        return lost(show(says("ok"), work(beside=beside, patience=MS, lose_answers=Fraction(1, 2)), stop=3 * S), "c1")

    assert losses(("n1",)) == losses(("n1", "n2", "n1"))
    assert len(set(losses(("n1",)))) == 2


def schedule(script: Any, client: str = "c1", **more: Any) -> list[tuple[int, str, Any]]:
    found = show(script, work("cas-register", every=(20 * MS, 60 * MS), keys=9, patience=15 * MS, **more), stop=3 * S)
    return [(o.invoked, o.action, o.args[0]) for o in found.outcome.history.operations if o.client == client]


def test_what_a_client_does_and_when_does_not_depend_on_other_clients_or_on_answers() -> None:
    base = schedule(says("ok"))
    assert schedule(says("ok"), beside=("n1", "n2", "n1")) == base
    assert schedule(silent) == base
    assert schedule(says("unsure")) == base


def test_a_client_that_skips_a_beat_keeps_the_rest_of_its_schedule() -> None:
    def beats(patience: int) -> set[int]:
        found = show(silent, work("cas-register", every=(20 * MS, 60 * MS), keys=9, patience=patience), stop=3 * S)
        return {o.invoked for o in found.outcome.history.operations}

    assert beats(75 * MS) < beats(10 * MS)


# -- errands -----------------------------------------------------------------------------------------------


def test_an_errand_asks_its_node_at_exact_instants_without_delay() -> None:
    errand = Errand("e", "n2", "append", ("k", 5), tuple(instants(30 * MS, 20 * MS, 3)))
    found = show(says("ok"), errands=(errand,))
    assert asks(found) == [(30, "n2", 1), (50, "n2", 2), (70, "n2", 3)]
    assert found.at("step", "n2", input="ask append") == [30 * MS, 50 * MS, 70 * MS]
    assert ends(found) == [(30, 30, "ok"), (50, 50, "ok"), (70, 70, "ok")]
    assert [(o.client, o.args) for o in found.outcome.history.operations] == [("e", ("k", 5))] * 3


def test_an_errand_meets_no_cut_and_goes_nowhere_else() -> None:
    errand = Errand("e", "n2", "append", ("k", 5), (30 * MS,))
    found = show(says("ok", "elsewhere", hint="n1"), errands=(errand,), faults=(cut(0, 500, ("n1",), ("n2",)),))
    assert ends(found) == [(30, 30, "fail")]
    assert asks(found) == [(30, "n2", 1)]


def test_an_unanswered_errand_stays_open_and_ends_as_info_when_the_next_begins() -> None:
    errand = Errand("e", "n1", "append", ("k", 5), (30 * MS, 40 * MS))
    found = show(silent, errands=(errand,))
    assert ends(found) == [(30, 40, "info"), (40, None, None)]
    assert [o.process for o in found.outcome.history.operations] == [0, 1]


def test_errands_of_one_client_are_one_line_and_of_two_are_two() -> None:
    errands = tuple(Errand(c, "n1", "append", ("k", 5), (t * MS,)) for c, t in (("a", 1), ("b", 2), ("a", 3)))
    found = show(says("ok"), errands=errands)
    assert [(o.client, o.process) for o in found.outcome.history.operations] == [("a", 0), ("b", 1), ("a", 0)]


# -- operators ---------------------------------------------------------------------------------------------


def test_an_act_is_answered_to_the_operator_and_is_no_operation() -> None:
    def retires(me: Puppet, input: Input, now: Now) -> None:
        if type(input).__name__ == "Operate":
            me.note(Seen(tuple(sorted(input.args.items()))))  # type: ignore[attr-defined]
            me.answer(input, "ok", 7)  # type: ignore[arg-type]

    act = Planned(Operate(nodes=("n2",), action="retire", args={"why": "age"}), at=5 * MS)
    found = show(retires, faults=(act,))
    assert found.seen() == [(5 * MS, (("why", "age"),))]
    assert [(r["client"], r["value"]) for r in found.of("answer")] == [("operator", 7)]
    assert found.outcome.stats["operations"] == found.outcome.stats["faults_fired"] == 0


# -- anything goes -----------------------------------------------------------------------------------------


@settings(max_examples=30)
@given(
    st.lists(st.sampled_from(["ok", "fail", "elsewhere", "unsure", None]), min_size=1, max_size=6),
    st.sampled_from(["fixed", "hint"]), st.sampled_from([None, "n1", "n2", "n3"]), st.integers(0, 3),
    st.sampled_from([Fraction(0), Fraction(1, 3)]), st.integers(0, 99),
)  # fmt: skip
def test_every_operation_ends_within_its_patience_and_answers_match_asks(
    moods: Any, find: str, hint: Any, again: int, lose: Fraction, seed: int
) -> None:
    def moody(me: Puppet, input: Input, now: Now) -> None:
        if asked(input):
            mood = moods[now.word() % len(moods)]
            if mood is not None:
                me.answer(input, mood, None, hint)  # type: ignore[arg-type]
            me.broadcast(Ping(1))

    made = plan(
        moody, nodes=3, stop=2 * S, latency=Uniform(MS, 15 * MS), puppets=ACTIONS,
        workload=work(beside=("n1", "n2"), find=find, patience=40 * MS, again=again, lose_answers=lose, until=S),
        faults=(cut(100, 300, ("n1",), "rest"), Planned(Crash(nodes=("n2",)), at=200 * MS, lasting=300 * MS)),
    )  # fmt: skip
    found = perform(made, seed)
    assert found.outcome.model_error is None
    operations = found.outcome.history.operations
    assert all(o.ended is not None and o.ended - o.invoked <= 40 * MS * (again + 1) for o in operations)
    told = {(r["op"], r["outcome"]) for r in found.of("answer")}
    for o in operations:
        assert o.outcome == "info" or (o.op, o.outcome) in told or (o.op, "elsewhere") in told
