"""What a seed drew, written out, runs as it ran: the same steps at the same times, whatever is left out elsewhere."""

import io
import json

import pytest

from scenarios.build import experiment
from scenarios.load import parse
from scenarios.run import prepare
from scenarios.shrink.materialise import materialised
from sim.world import run

TOP = 'about = "x"\nmodel = "redex"\nheal = "3s"\nstop = "5s"\n'
CLIENTS = '[clients]\nworkload = "append"\nevery = ["30ms", "90ms"]\nuntil = "2800ms"\n'
WILD = (
    '[network]\nlatency = { lognormal = "4ms" }\nloss = "5%"\nduplicate = "10%"\njitter = "3ms"\n'
    'burst = { loss = "5%", lasting = "40ms" }\nreorder = { share = "10%", by = ["1ms", "30ms"] }\n'
)
NEMESIS = '[nemesis]\nshare = 1\nevery = ["20ms", "100ms"]\nlasting = ["20ms", "400ms"]\n'


def steps(plan, seed):
    """Return (outcome, when each node took which input) of a run."""
    file = io.BytesIO()
    outcome = run(plan, seed, [file])
    assert outcome.model_error is None
    records = [json.loads(line) for line in file.getvalue().splitlines()[1:]]
    return outcome, [(r["at"], r["node"], r["input"]) for r in records if r["kind"] == "step"]


def written(made, seed):
    outcome, before = steps(made.plan(seed), seed)
    case = next(materialised(made, seed, outcome))
    return case, before


def replayed(case):
    made = case.experiment()
    return steps(case.plan(made), made.scenario.seed)[1]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("drawn", ["", WILD, NEMESIS, WILD + NEMESIS])
def test_a_run_of_which_all_is_written_out_takes_the_same_steps(drawn, seed):
    made = experiment(parse(TOP + CLIENTS + drawn))
    case, before = written(made, seed)
    assert len(before) > 300
    assert replayed(case) == before


def test_nothing_is_drawn_of_packets_and_operations_any_more():
    case, _ = written(experiment(parse(TOP + CLIENTS + WILD + NEMESIS)), 1)
    assert case.doc["network"] == {"latency": {"lognormal": "4ms"}, "fates": "nominal"}
    assert "nemesis" not in case.doc
    assert case.doc["clients"]["until"] == "0s"
    assert {packet["do"] for packet in case.packets} == {"drop", "delay", "duplicate"}
    assert {ask["client"] for ask in case.asks} == {"c1", "c2", "c3"}


def test_a_fault_that_only_loses_becomes_packets():
    text = '[[fault]]\nkind = "link"\nloss = "30%"\nat = "1s"\nlasting = "1s"\n[network]\nlatency = "5ms"\n'
    case, _ = written(experiment(parse(TOP + CLIENTS + text)), 1)
    assert case.faults == ()
    assert {packet["do"] for packet in case.packets} == {"drop"}
    assert len(case.packets) > 20


def test_a_role_a_draw_and_a_shape_become_nodes():
    text = "".join(
        f'[[fault]]\nkind = "{kind}"\nat = ["1s", "1100ms"]\nlasting = ["100ms", "200ms"]\n'
        for kind in ('pause"\nnodes = "leader', 'partition"\nshape = "halves', 'pause"\nnodes = "random(1)')
    )
    case, before = written(experiment(parse(TOP + CLIENTS + text)), 2)
    assert all(node in ("n1", "n2", "n3") for table in case.faults for node in table.get("nodes", ()))
    assert sorted(node for group in case.faults[1]["groups"] for node in group) == ["n1", "n2", "n3"]
    assert all(isinstance(table["at"], str) for table in case.faults)
    assert replayed(case) == before


def test_a_fault_that_strikes_again_becomes_several():
    text = '[[fault]]\nkind = "pause"\nnodes = "random(1)"\nat = "1s"\nlasting = "100ms"\nevery = "300ms"\ntimes = 3\n'
    case, before = written(experiment(parse(TOP + CLIENTS + text)), 2)
    assert [table["at"] for table in case.faults] == ["1s", "1300ms", "1600ms"]
    assert replayed(case) == before


def test_a_fault_that_never_fired_is_left_out():
    text = '[[fault]]\nkind = "pause"\nnodes = "n1"\nwhen = { note = "turned", node = "n9" }\n'
    assert written(experiment(parse(TOP + text)), 1)[0].faults == ()


@pytest.mark.parametrize("name", ["redex/leader_cut_off", "topology/ring_reroutes", "careless/struck_at_a_point"])
def test_scenarios_of_the_catalogue_take_the_same_steps_when_all_is_written_out(name):
    made = prepare(name)
    case, before = written(made, made.scenario.seed)
    assert replayed(case) == before
