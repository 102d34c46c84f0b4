import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.build import experiment
from scenarios.complaints import UsageError
from scenarios.load import parse
from scenarios.nemesis import Keyed
from scenarios.schedules import Room, Schedule, quiet, usable
from sim.chance import Chance
from sim.units import S
from sim.world import run

TOP = 'about = "x"\nmodel = "careless"\nheal = "4s"\nstop = "5s"\n[cluster]\nnodes = 5\n'
CLIENTS = '[clients]\nworkload = "append"\nuntil = "3s"\n'
PAUSE = {"kind": "pause", "nodes": ["n2"], "at": "1s", "lasting": "1s"}


def made(text=""):
    return experiment(parse(TOP + CLIENTS + text))


def room(text="[nemesis]\n"):
    return Room(made(text), 1)


def paused(node, at="1s", lasting="1s"):
    return {"kind": "pause", "nodes": [node], "at": at, "lasting": lasting}


def test_a_schedule_has_its_faults_behind_the_written_ones_and_draws_none():
    written = '[nemesis]\n[[fault]]\nkind = "hold"\nat = "100ms"\nlasting = "1s"\n'
    schedule = Schedule(quiet(made(written)), 7, (PAUSE,))
    assert [planned.fault.kind for planned in schedule.plan.faults] == ["hold", "pause"]


def test_the_file_of_a_schedule_runs_to_the_same_digest():
    schedule = Schedule(quiet(made('[nemesis]\n[network]\nloss = "5%"\n')), 7, (PAUSE,))
    again = experiment(parse(schedule.text()))
    assert "nemesis" not in tomllib.loads(schedule.text())
    assert run(again.plan(7), 7).digest == run(schedule.plan, 7).digest


def test_a_check_fails_with_what_was_seen_and_the_file_that_shows_it():
    crash = {**PAUSE, "kind": "crash", "nodes": ["n1"]}
    Schedule(quiet(made('[expect]\nsame_payload = ["holds", "violated"]\n')), 1, ()).check()
    with pytest.raises(AssertionError, match=r"same_payload: sequence 0 is (.|\n)*kind = .crash"):
        Schedule(quiet(made()), 1, (crash,)).check()


def test_without_heal_no_fault_can_be_added():
    with pytest.raises(UsageError, match="heal is missing"):
        quiet(experiment(parse('about = "x"\nmodel = "careless"\nstop = "5s"\n')))


def test_a_budget_counts_the_nodes_that_are_down_at_one_time():
    assert room().fits([paused("n1"), paused("n2")])
    assert room().fits([paused("n1"), paused("n2"), paused("n3", at="2500ms")])
    assert not room().fits([paused("n1"), paused("n2"), paused("n3", at="1500ms")])
    assert room('[nemesis]\ndown = "any"\n').fits([paused(node) for node in ("n1", "n2", "n3")])


def test_a_budget_counts_the_faults_that_are_active_at_one_time():
    clocks = [{"kind": "clock", "nodes": ["n1"], "jump": "1ms", "at": f"{at}s", "lasting": "3s"} for at in (0, 0, 0, 0)]
    assert room().fits(clocks[:3])
    assert not room().fits(clocks)


def test_a_fault_that_outlives_heal_does_not_fit():
    assert room().fits([paused("n1", at="3s")])
    assert not room().fits([paused("n1", at="3500ms")])
    assert not room('[nemesis]\nuntil = "2s"\n').fits([paused("n1", at="1500ms")])


@settings(max_examples=30)
@given(st.integers(0, 2**32), st.sampled_from(["minority", "any", 1]), st.integers(1, 5))
def test_whatever_is_drawn_one_by_one_fits(seed, down, most):
    shown = f'"{down}"' if isinstance(down, str) else down
    text = f'[nemesis]\ndown = {shown}\nmost = {most}\n[network]\ntopology = {{ shape = "ring" }}\n'
    limits, chance, faults = room(text), Chance(seed), []
    kinds = usable(quiet(made(text)))
    for i in range(20):
        source = Keyed(chance, i)
        kind, at = kinds[source.number("kind", 0, len(kinds) - 1)], source.number("at", 0, 4 * S)
        fault = limits.fault(source, kind, at, source.number("lasting", 1, S), faults)
        faults += [] if fault is None else [fault]
    assert faults
    assert limits.fits(faults)


def test_edges_can_be_drawn_only_where_there_are_some():
    assert "edge" not in usable(made())
    assert "edge" in usable(made('[network]\ntopology = { shape = "ring" }\n'))
    assert usable(made('[nemesis]\nkinds = ["crash"]\n')) == ("crash",)
