"""Points: notes at which a fault may strike between two effects, and the two draws that decide whether it does."""

from fractions import Fraction
from typing import Any

import pytest
from puppets import Ping, Puppet, Seen, Show, booted, play, rang

from sim.faults import Crash, Pause, Planned, When
from sim.machine import Input, Now, Point
from sim.units import MS, S

FACTS: dict[str, Any] = {"FACTS": (Seen, Point)}
HERE = Crash(nodes=("itself",), strike="here")


def passer(me: Puppet, input: Input, now: Now) -> None:
    """Pass point `a` every 10 ms, and `b` right behind it, with a message before, between and behind them."""
    if booted(input):
        me.alarm("beat", 10 * MS, 10 * MS)
    elif rang(input, "beat") and me.node == "n1":
        me.send("n2", Ping("before"))
        me.note(Point("a"))
        me.send("n2", Ping("between"))
        me.note(Point("b"))
        me.send("n2", Ping("behind"))


def shown(*faults: Planned, seed: int = 1, stop: int = S, **more: Any) -> Show:
    return play(passer, puppets=FACTS, seed=seed, stop=stop, heal=stop, faults=faults, **more)


def at_point(name: str | None = None, fault: Any = HERE, lasting: int | None = None, **more: Any) -> Planned:
    where = (("name", name),) if name else ()
    return Planned(fault, when=When("point", where, **more), lasting=lasting)


def sent(show: Show) -> list[str]:
    return [r["data"][0] for r in show.of("send", "n1")]


@pytest.mark.parametrize(("name", "after", "left"), [("a", 2, ["before"]), ("b", 4, ["before", "between"])])
def test_a_crash_at_a_point_falls_exactly_there(name: str, after: int, left: list[str]) -> None:
    show = shown(at_point(name))
    assert sent(show) == left
    assert [r["after"] for r in show.of("crash", "n1")] == [after]


def test_a_crash_behind_the_last_effect_falls_between_no_two() -> None:
    def last(me: Puppet, input: Input, now: Now) -> None:
        me.note(Point("end"))

    show = play(last, puppets=FACTS, heal=S, faults=(at_point("end"),))
    assert [r["after"] for r in show.of("crash", "n1")] == [None]


def test_the_nth_pass_is_the_one_that_is_struck() -> None:
    assert shown(at_point("a", nth=3)).at("crash") == [30 * MS]


def test_itself_is_the_node_that_passed() -> None:
    (fault,) = shown(at_point("b")).outcome.faults
    assert fault.nodes == ("n1",)


def test_a_node_that_fell_at_a_point_boots_when_the_fault_is_over_and_goes_on() -> None:
    show = shown(at_point("a", lasting=15 * MS))
    assert show.at("boot", "n1") == [0, 25 * MS]
    assert sent(show)[:4] == ["before", "before", "between", "behind"]


def test_two_faults_at_one_pass_strike_once_and_both_must_be_over() -> None:
    show = shown(at_point("a", lasting=15 * MS), at_point("a", lasting=25 * MS))
    assert show.at("crash") == [10 * MS]
    assert show.at("boot", "n1") == [0, 35 * MS]


def test_a_note_that_waits_for_the_disk_is_struck_when_it_leaves() -> None:
    def writer(me: Puppet, input: Input, now: Now) -> None:
        if booted(input, 1) and me.node == "n1":
            me.persist("k", 1)
            me.note(Point("durable"))
            me.send("n2", Ping("behind"))

    show = play(writer, puppets=FACTS, heal=S, sync={"n1": 7 * MS}, faults=(at_point("durable", lasting=MS),))
    assert show.at("crash", "n1") == [7 * MS]
    assert sent(show) == []


def test_a_crash_between_two_effects_may_meet_a_point_first() -> None:
    between = Planned(Crash(nodes=("n1",), strike="between"), at=5 * MS)
    for seed in range(10):
        show = shown(between, at_point("a"), seed=seed)
        assert len(show.of("crash", "n1")) == 1
        assert len(sent(show)) <= 2


def test_a_pause_at_a_point_begins_when_the_step_is_over() -> None:
    show = shown(at_point("a", Pause(nodes=("itself",)), lasting=100 * MS))
    assert sent(show)[:3] == ["before", "between", "behind"]
    assert show.at("step", "n1")[:2] == [10 * MS, 110 * MS]


def test_itself_is_nobody_where_no_record_led() -> None:
    (fault,) = shown(Planned(Pause(nodes=("itself",)), at=MS)).outcome.faults
    assert fault.phase == "unresolved"


# -- the two draws -----------------------------------------------------------------------------------------


def struck(
    seed: int, armed: Fraction = Fraction(1), fires: Fraction = Fraction(1), name: str | None = None
) -> int | None:
    """Return at which pass of its point n1 was struck, or None."""
    show = shown(at_point(name, armed=armed, fires=fires), seed=seed, stop=400 * MS)
    return next((at // (10 * MS) for at in show.at("crash")), None)


def test_a_seed_arms_a_point_for_the_whole_run_or_not_at_all() -> None:
    found = [struck(seed, armed=Fraction(1, 4), name="a") for seed in range(200)]
    assert set(found) == {1, None}
    assert 30 <= found.count(1) <= 70


def test_an_armed_point_fires_at_each_pass_with_the_same_probability() -> None:
    found = [struck(seed, fires=Fraction(1, 4), name="a") for seed in range(200)]
    assert 30 <= found.count(1) <= 70
    assert len(set(found)) > 8
    assert found.count(None) <= 2


def test_points_are_armed_each_for_itself() -> None:
    a, b = ([struck(seed, armed=Fraction(1, 2), name=name) is not None for seed in range(100)] for name in "ab")
    assert {(x, y) for x, y in zip(a, b, strict=True)} == {(x, y) for x in (True, False) for y in (True, False)}


def test_a_pass_is_decided_by_seed_name_and_number_alone() -> None:
    """Another fault, another latency or another node changes nothing."""
    fires = Fraction(1, 8)
    for seed in range(20):
        alone = shown(at_point("a", fires=fires), seed=seed)
        other = Planned(Pause(nodes=("n2",)), at=5 * MS, lasting=200 * MS)
        more = shown(at_point("a", fires=fires), other, seed=seed, nodes=5)
        assert alone.at("crash", "n1") == more.at("crash", "n1")
