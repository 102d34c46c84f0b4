"""What a file says of single packets, single operations and single properties."""

import pytest

from scenarios.build import experiment
from scenarios.complaints import ScenarioError
from scenarios.load import parse
from sim.world import run

TOP = 'about = "x"\nmodel = "careless"\nheal = "2s"\nstop = "3s"\n'
CLIENTS = '[clients]\nworkload = "append"\nbeside = ["n2", "n3"]\nuntil = "0s"\n'
PACKET = '[[packet]]\nlink = ["n1", "n2"]\n'
ASK = '[[ask]]\nat = "1s"\naction = "append"\nargs = ["x"]\n'


def outcome(text: str):
    made = experiment(parse(TOP + text))
    return run(made.plan(1), 1)


def complaints(text: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        experiment(parse(TOP + text))
    return caught.value.lines


def test_a_packet_that_a_file_decides_to_drop_is_dropped():
    asked = ASK + 'node = "n1"\n'
    assert outcome(asked).drops == {}
    assert outcome(asked + PACKET + 'do = "drop"\nmessage = "Copy"\n').drops == {"packet": 1}
    assert outcome(asked + PACKET + 'do = "drop"\nat = "1001ms"\n').drops == {}


def test_an_operation_of_a_client_finds_the_leader_as_drawn_ones_do():
    (operation,) = outcome(CLIENTS + ASK + 'client = "c1"\n').history.operations
    assert (operation.client, operation.node, operation.outcome) == ("c1", "n2", "ok")


def test_an_operation_of_a_client_is_left_out_while_one_of_its_own_is_open():
    pause = '[[fault]]\nkind = "pause"\nnodes = "n1"\nat = "500ms"\n'
    asks = "".join(ASK.replace("1s", f"{at}ms") + 'client = "c1"\n' for at in (900, 1100, 1300))
    assert len(outcome(CLIENTS + asks).history.operations) == 3
    assert len(outcome(CLIENTS + asks + pause).history.operations) == 1


def test_only_the_properties_that_a_file_names_are_judged():
    made = experiment(parse('judge = ["no_holes"]\n' + TOP + CLIENTS))
    assert [prop.name for prop in made.properties] == ["no_holes"]
    assert made.oracles == ()
    assert made.not_judged["same_payload"] == ("a place in judge",)


def test_a_judge_of_histories_can_be_named_alone():
    text = TOP.replace("careless", "lww") + CLIENTS.replace("append", "register")
    made = experiment(parse('judge = ["linearizable"]\n' + text))
    assert (made.properties, [oracle.name for oracle in made.oracles]) == ((), ["linearizable"])


def test_a_fault_draws_by_the_number_that_it_is_given():
    text = '[[fault]]\nkind = "pause"\nnodes = "random(1)"\nat = ["100ms", "900ms"]\nlasting = "1s"\n'
    other = '[[fault]]\nkind = "hold"\nat = "10ms"\nlasting = "1ms"\n'
    second = outcome(other + text).faults[1]
    (alone,) = outcome(text + "draws = 1\n").faults
    (first,) = outcome(text).faults
    assert (alone.begin, alone.nodes) == (second.begin, second.nodes)
    assert alone.begin != first.begin


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (PACKET, "do: missing"),
        (PACKET + 'do = "lose"\n', "allowed: drop, delay, duplicate, corrupt"),
        (PACKET + 'do = "delay"\n', "by: missing, which delay needs"),
        (PACKET + 'do = "drop"\nby = "1ms"\n', "found beside drop"),
        (PACKET + 'do = "drop"\nnth = 0\n', "found 0, allowed: an integer from 1"),
        (PACKET + 'do = "drop"\nmessage = "Cpy"\n', 'found "Cpy" (did you mean "Copy"?)'),
        (PACKET + 'do = "drop"\nat = "3s"\n', "found 3s, allowed: before stop (3s)"),
        ('[[packet]]\nlink = ["n1", "n9"]\ndo = "drop"\n', 'found "n9"'),
        ('[[packet]]\nlink = ["n1", "n1"]\ndo = "drop"\n', "a message to oneself has no link"),
        ('[[packet]]\nlink = ["n1"]\ndo = "drop"\n', "packet.0.link"),
        ('[network]\nfates = "nominal"\nloss = "5%"\n', 'found beside [network] fates = "nominal"'),
        ('[network]\nfates = "fair"\n', "allowed: drawn, nominal"),
        (ASK, "found neither node nor client, allowed: one of them"),
        (CLIENTS + ASK + 'node = "n1"\nclient = "c1"\n', "found both node and client"),
        (CLIENTS + ASK + 'client = "c3"\n', 'found "c3"'),
        (ASK + 'client = "c1"\n', "the clients of [clients] none"),
        ('[[fault]]\nkind = "hold"\nat = "1s"\ndraws = -1\n', "draws: found -1, allowed: an integer from 0"),
    ],
)
def test_a_mistake_is_told(text, said):
    (line,) = complaints(text)
    assert said in line


def test_an_unknown_property_cannot_be_judged_nor_one_that_is_not_judged_be_expected():
    with pytest.raises(ScenarioError) as caught:
        experiment(parse('judge = ["no_hole"]\n' + TOP + '[expect]\nsame_payload = "holds"\n'))
    assert 'judge.0: unknown property: found "no_hole" (did you mean "no_holes"?)' in caught.value.lines[0]
    assert "expect.same_payload: not judged: the file's judge names only no_hole" in caught.value.lines[1]
