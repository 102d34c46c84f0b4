from dataclasses import replace

from scenarios.build import experiment
from scenarios.load import parse
from scenarios.schedules import Schedule, quiet
from scenarios.scores import TARGETS, Scores
from sim.world import run

TOP = 'about = "x"\nheal = "8s"\nstop = "12s"\n[cluster]\nnodes = 5\n'
CLIENTS = '[clients]\nworkload = "{}"\nuntil = "7s"\n'
CUT = {"kind": "partition", "groups": [["n1", "n2"], ["n3", "n4", "n5"]], "at": "2s", "lasting": "5s"}
CRASH = {"kind": "crash", "nodes": ["n1"], "at": "2s", "lasting": "1s"}


def scores(*faults, model="redex", workload="append"):
    made = experiment(parse(f'model = "{model}"\n{TOP}{CLIENTS.format(workload)}'))
    plan = Schedule(quiet(made), 1, faults).plan
    watching = Scores(plan.nodes)
    return watching.of(run(replace(plan, properties=(watching.property,)), 1, None))


def test_every_target_has_a_score():
    assert set(scores()) == set(TARGETS)


def test_a_cut_in_two_scores_above_calm():
    calm, cut = scores(), scores(CUT)
    assert calm["leaders"] == 1 < cut["leaders"]
    for target in ("leaderships", "divergence", "turns", "states", "dropped"):
        assert calm[target] < cut[target]


def test_a_crash_takes_from_the_margin():
    assert scores()["margin"] == 0
    assert scores(CRASH)["margin"] == 1


def test_a_client_that_was_never_told_is_in_doubt():
    pause = {"kind": "pause", "nodes": ["n1"], "at": "2s", "lasting": "3s"}
    assert scores(model="careless")["doubts"] < scores(pause, model="careless")["doubts"]


def test_a_model_without_role_term_and_tail_scores_nothing_there():
    found = scores(CUT, model="lww", workload="register")
    assert {found[target] for target in ("leaderships", "leaders", "divergence", "uncommitted", "turns")} == {0}
    assert found["dropped"] > 0
