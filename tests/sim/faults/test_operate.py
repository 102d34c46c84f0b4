from typing import Any

from puppets import Puppet, Seen, fail, play, silent

from sim.faults import Crash, Operate, Planned
from sim.machine import Input, Now
from sim.machine import Operate as Act
from sim.units import MS

ACTS: dict[str, Any] = {"ACTS": {"retire": ("why",)}}


def acts(me: Puppet, input: Input, now: Now) -> None:
    if isinstance(input, Act):
        me.note(Seen((input.op, input.action, tuple(sorted(input.args.items())))))


def operate(at: int, *nodes: str, action: str = "retire", **args: Any) -> Planned:
    return Planned(Operate(nodes=nodes, action=action, args=args), at=at * MS)


def test_an_act_reaches_its_nodes_in_node_order_with_numbers_of_their_own() -> None:
    show = play(acts, nodes=3, faults=(operate(5, "n3", "n1", why="age"),), puppets=ACTS)
    assert show.seen("n1") == [(5 * MS, (1, "retire", (("why", "age"),)))]
    assert show.seen("n3") == [(5 * MS, (2, "retire", (("why", "age"),)))]
    assert show.seen("n2") == []
    assert [r["cause"] for r in show.of("step", input="operate retire")] == [show.of("fault")[0]["seq"]] * 2


def test_what_a_file_has_as_a_list_reaches_its_node_as_a_tuple() -> None:
    show = play(acts, faults=(operate(5, "n1", why=["age", ["rust"]]),), puppets=ACTS)
    assert show.seen("n1") == [(5 * MS, (1, "retire", (("why", ("age", ("rust",))),)))]


def test_an_act_is_an_instant_that_counts_as_no_fault() -> None:
    show = play(acts, faults=(operate(5, "n1"),), puppets=ACTS)
    assert [(r["phase"], r["fields"]["action"]) for r in show.of("fault")] == [("begin", "retire")]
    assert show.outcome.stats["faults_fired"] == 0
    assert (show.outcome.faults[0].phase, show.outcome.faults[0].begin) == ("done", 5 * MS)


def test_acts_are_possible_after_heal_when_faults_are_not() -> None:
    crash = Planned(Crash(nodes=("n2",)), at=50 * MS, lasting=5 * MS)
    show = play(acts, heal=20 * MS, faults=(operate(50, "n1"), crash), puppets=ACTS)
    assert [r["what"] for r in show.of("fault")] == ["operate"]


def test_an_act_at_a_node_that_is_down_is_dropped() -> None:
    crash = Planned(Crash(nodes=("n1",)), at=MS, lasting=20 * MS)
    show = play(acts, faults=(crash, operate(5, "n1")), puppets=ACTS)
    assert show.seen() == []
    assert [r["why"] for r in show.of("drop")] == ["down"]


def test_an_act_that_the_model_does_not_know_is_a_model_error() -> None:
    def handled(me: Puppet, input: Input, now: Now) -> None:
        if isinstance(input, Act):
            raise KeyError(input.action)

    assert "n1 at 0.005000s on Operate(op=1, action='grow', args={}): KeyError: 'grow'" in fail(
        handled, faults=(operate(5, "n1", action="grow"),)
    )


def test_boot_begins_the_life_of_a_node_that_never_booted() -> None:
    show = play(silent, boots={"n2": None}, faults=(operate(30, "n2", action="boot"),))
    assert show.at("boot", "n2") == [30 * MS]
    assert show.of("boot", "n2")[0]["cause"] == show.of("fault")[0]["seq"]


def test_boot_does_nothing_to_a_node_that_is_up() -> None:
    show = play(silent, faults=(operate(30, "n2", action="boot"),))
    assert show.at("boot", "n2") == [0]


def test_a_node_that_faults_hold_boots_when_they_are_over() -> None:
    crash = Planned(Crash(nodes=("n2",)), at=10 * MS, lasting=50 * MS)
    show = play(silent, boots={"n2": None}, faults=(crash, operate(30, "n2", action="boot")))
    assert show.at("boot", "n2") == [60 * MS]
