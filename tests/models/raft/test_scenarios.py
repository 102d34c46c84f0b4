"""The catalogue's scenarios of Raft: a rule that is switched off shows, and the whole of Raft bears the same run."""

import re

import pytest

from models.raft import PROFILES
from models.raft.choices import SAFETY
from scenarios import catalog
from scenarios.build import experiment
from scenarios.load import read
from scenarios.verdict import judge
from sim.world import run

NAMES = [name for name in catalog.names() if name.startswith("raft/")]
OWN = re.compile(r'^profile = "([\w-]+)"$', re.M)
BROKEN = [name for name in NAMES if (found := OWN.search(catalog.resolve(name).read_text("utf-8"))) and found[1]]


@pytest.mark.parametrize("name", [name for name in BROKEN if name != "raft/receive_only_is_harmless"])
def test_the_whole_of_raft_bears_what_a_broken_rule_does_not(name):
    made = experiment(read(catalog.resolve(name), (("profile", "dissertation"),)))
    shrunk = name.startswith(
        "raft/without/"
    )  # to what fails under the seed at hand: another may be too much for anyone
    for seed in (made.scenario.seed,) if shrunk else (made.scenario.seed, 101):
        outcome = run(made.plan(seed), seed, None)
        assert outcome.model_error is None
        assert [j.finding for j in judge(made, outcome).judged if not j.met] == []


@pytest.mark.parametrize("name", ["raft/nemesis", "raft/leader_cut_off"])
@pytest.mark.parametrize("settings", [{"reads": "lease"}, {"reads": "log"}, {"batch": 1}, {"snapshot_every": 2}])
def test_other_ways_to_read_and_to_send_are_as_safe(name, settings):
    sets = tuple((f"cluster.params.{key}", value) for key, value in settings.items())
    made = experiment(read(catalog.resolve(name), sets))
    for seed in range(1, 4):
        assert [j.finding for j in judge(made, run(made.plan(seed), seed, None)).judged if not j.met] == []


def test_plain_raft_of_the_paper_is_as_safe():
    made = experiment(read(catalog.resolve("raft/nemesis"), (("profile", "paper"),)))
    for seed in range(1, 13):
        verdicts = {j.finding.name: j.finding.verdict for j in judge(made, run(made.plan(seed), seed, None)).judged}
        violated = [name for name, verdict in verdicts.items() if verdict == "violated"]
        assert set(violated) <= {"single_leader"}
        assert verdicts["linearizable"] == "holds"


def test_one_seed_leaves_the_same_trace_in_two_runs():
    made = experiment(read(catalog.resolve("raft/nemesis_reconfigures")))
    assert run(made.plan(3), 3).digest == run(made.plan(3), 3).digest


def test_every_profile_is_a_name_for_parameters_that_exist():
    assert {"dissertation", "paper"} <= set(PROFILES)
    assert len(PROFILES) > len(SAFETY)
