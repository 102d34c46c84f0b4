"""Liveness after heal: a core that is healed, what stays broken outside it, and excuses told from stalls."""

import json
from pathlib import Path

import pytest

from scenarios.build import experiment
from scenarios.complaints import ScenarioError
from scenarios.load import parse
from scenarios.run import run
from scenarios.tell import told
from sim.world import run as run_world

LOG = Path(__file__).parents[1] / "mutants/quorum_log.py"
HEAD = f"""
about = "x"
model = "{LOG.as_posix()}"
heal = "3s"
stop = "12s"
[cluster]
nodes = 5
params = {{ bug = "BUG" }}
[clients]
workload = "append"
every = "200ms"
patience = "300ms"
until = "5s"
"""


def made(text, bug="none"):
    return experiment(parse(HEAD.replace("BUG", bug) + text))


def faults(outcome):
    return [(fault.kind, fault.phase) for fault in outcome.faults]


def records(text, seed=1):
    import io

    file = io.BytesIO()
    outcome = run_world(made(text).plan(seed), seed, [file])
    assert outcome.model_error is None
    return outcome, [json.loads(line) for line in file.getvalue().splitlines()[1:]]


CORE = '[core]\nnodes = ["n1", "n2", "n3"]\n'


@pytest.mark.parametrize(
    ("fault", "phase", "beyond"),
    [
        ('kind = "crash"\nnodes = "n4"', "forever", ["n4"]),
        ('kind = "crash"\nnodes = "n3"', "mended", None),
        ('kind = "crash"\nnodes = ["n3", "n4"]', "mended", None),
        ('kind = "pause"\nnodes = ["n4", "n5"]', "forever", ["n4", "n5"]),
        ('kind = "clock"\nnodes = "n1"\ndrift = "9ppm"', "mended", None),
        ('kind = "partition"\ngroups = ["n5", "rest"]', "forever", ["n5"]),
        ('kind = "partition"\ngroups = [["n1", "n2", "n3"], "rest"]', "forever", ["n4", "n5"]),
        ('kind = "partition"\ngroups = ["n1", "rest"]', "mended", None),
        ('kind = "link"\nloss = "5%"', "mended", None),
        ('kind = "link"\nsrc = "n4"\nloss = "5%"', "forever", ["n4", "n5"]),
        ('kind = "link"\nsrc = "n1"\ndst = "n2"\nloss = "5%"', "mended", None),
        ('kind = "link"\nsrc = "n1"\ndst = "n5"\nloss = "5%"', "forever", ["n5"]),
        ('kind = "packet"\nlink = ["n1", "n2"]\ndo = "drop"', "mended", None),
        ('kind = "packet"\nlink = ["n1", "n5"]\ndo = "drop"', "forever", ["n5"]),
    ],
)
def test_only_what_touches_the_core_is_mended_at_heal(fault, phase, beyond):
    outcome, lines = records(f'{CORE}[[fault]]\n{fault}\nat = "1s"\n')
    assert [f.phase for f in outcome.faults] == [phase]
    assert outcome.core == ("n1", "n2", "n3")
    said = [(line["phase"], line["nodes"], line["cause"]) for line in lines if line["kind"] == "fault"]
    begin = next(line["seq"] for line in lines if line["kind"] == "fault")
    assert said[1][0] == ("mend" if phase == "mended" else "forever")
    assert said[1][2] == begin
    assert beyond is None or said[1][1] == beyond


def test_a_fault_that_is_over_before_heal_stays_over():
    outcome, _ = records(f'{CORE}[[fault]]\nkind = "pause"\nnodes = "n4"\nat = "1s"\nlasting = "500ms"\n')
    assert faults(outcome) == [("pause", "mended")]


def test_without_a_core_everything_is_mended():
    outcome, _ = records('[[fault]]\nkind = "pause"\nnodes = "n4"\nat = "1s"\n')
    assert (faults(outcome), outcome.core) == ([("pause", "mended")], ())


def test_a_drawn_core_is_a_majority_of_those_whom_no_fault_struck_for_ever():
    text = '[core]\nnodes = "quorum"\n[[fault]]\nkind = "crash"\nnodes = "n2"\nat = "1s"\nlasting = "for-ever"\n'
    cores = {records(text, seed)[0].core for seed in range(1, 13)}
    assert cores <= {("n1", "n3", "n4"), ("n1", "n3", "n5"), ("n1", "n4", "n5"), ("n3", "n4", "n5")}
    assert len(cores) > 1


def test_the_result_names_the_core(tmp_path):
    assert run(made(CORE), 1, tmp_path / "out", plots=False).result["core"] == ["n1", "n2", "n3"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[core]\nnodes = ["n9"]\n', "core.nodes: found \"n9\""),
        ('[core]\nnodes = "majority"\n', '"quorum", or a list of different nodes'),
        ("[core]\n", "core.nodes: missing"),
        ('[core]\nnodes = ["n1", "n1"]\n', "a list of different nodes"),
    ],
)  # fmt: skip
def test_a_wrong_core_is_a_complaint(text, complaint):
    with pytest.raises(ScenarioError, match="(?s)" + complaint.replace('"', ".?")):
        made(text)


def test_a_core_without_heal_is_a_complaint():
    with pytest.raises(ScenarioError, match="core: found without heal"):
        experiment(parse((HEAD.replace("BUG", "none") + CORE).replace('heal = "3s"\n', "")))


# -- excuses and stalls ------------------------------------------------------------------------------------

MOST = '[[fault]]\nkind = "crash"\nnodes = ["n1", "n2", "n3"]\nat = "1s"\nlasting = "for-ever"\n'
SHATTERED = """[core]
nodes = "quorum"
[[fault]]
kind = "crash"
nodes = "leader"
at = "1s"
lasting = "for-ever"
[[fault]]
kind = "partition"
groups = ["n1", "n2", "n3", "n4", "n5"]
at = "1100ms"
"""


def properties(done):
    return {prop["name"]: prop for prop in done.result["properties"]}


def test_what_cannot_be_done_without_a_majority_is_excused_and_not_held_against_the_protocol(tmp_path):
    found = properties(run(made(MOST), 1, tmp_path / "out", plots=False))
    for name in ("leadership_settles", "operations_resume"):
        assert found[name]["verdict"] == "vacuous"
        assert found[name]["evidence"]["sentence"].startswith("no quorum is left: n1, n2 and n3 of 5 nodes are under")


def test_a_protocol_that_stalls_though_a_quorum_is_healed_is_violated_with_a_reason_for_each_node(tmp_path):
    done = run(made(SHATTERED, "gives-up"), 2, tmp_path / "out", plots=False)
    prop = properties(done)["leadership_settles"]
    assert prop["verdict"] == "violated"
    assert prop["evidence"]["sentence"] == "nobody leads"
    why = prop["evidence"]["why"]
    assert sum("lasts for ever" in sentence for sentence in why) == 1  # the leader
    assert sum("nothing holds it back; it is at rest since" in sentence for sentence in why) == 4
    assert "why the replicas have not converged:\n  " + why[0] in told(done.result, "x.toml")


def test_the_same_protocol_without_the_bug_recovers(tmp_path):
    found = properties(run(made(SHATTERED), 2, tmp_path / "out", plots=False))
    assert found["leadership_settles"]["verdict"] == found["operations_resume"]["verdict"] == "holds"


# -- graces ------------------------------------------------------------------------------------------------


def test_a_scenario_may_set_a_grace():
    found = made('[expect]\nlag_bounded = { verdict = "holds", grace = "70ms" }\n')
    (prop,) = [prop for prop in found.properties if prop.name == "lag_bounded"]
    assert prop.grace == 70_000_000


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('single_leader = { verdict = "holds", grace = "1s" }', "found on single_leader, which has no grace"),
        ('lag_bounded = { verdict = "holds", within = "1s" }', "only on eventual properties"),
        ('lag_bounded = { verdict = "holds", grace = "soon" }', "expect.lag_bounded.grace: found"),
        ('lag_bounded = { verdict = "holds", gras = "1s" }', 'did you mean "grace"'),
    ],
)
def test_a_wrong_grace_is_a_complaint(line, complaint):
    with pytest.raises(ScenarioError, match=complaint):
        made(f"[expect]\n{line}\n")
