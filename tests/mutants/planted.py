"""Planted bugs: what catches each, with which seeds, while the same machine without the bug passes them all.

A scenario here sets its machine's parameter `bug`. One of the catalogue's, named with its model, is run with the bug as
its profile: there a bug is a rule of the protocol that is switched off.

`python tests/mutants/planted.py`, with the repository on PYTHONPATH, runs everything and writes TABLE.md; the test
beside it runs the sound machines over every budget and each bug up to the first seed that catches it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from scenarios import catalog
from scenarios.build import experiment
from scenarios.load import read
from scenarios.plan import Experiment
from scenarios.verdict import judge
from sim.jury import Finding
from sim.world import Outcome, run

HERE = Path(__file__).parent
PAGE = HERE / "TABLE.md"
NONE = "none"
BUDGET = 20  # seeds, from 1 on


# The profile of a catalogue model with all of its rules in force.
SOUND = {
    "raft": "dissertation",
    "abd": "as-published",
    "primary_backup": "synchronous",
    "chain": "as-published",
    "multipaxos": "as-published",
}


class Planted(NamedTuple):
    """A bug, the scenario in which it is looked for, and the oracle that must catch it within the budget."""

    scenario: str
    bug: str
    oracle: str
    budget: int = BUDGET


PLANTED = (
    Planted("hostile", "answers-early", "accepted_on_quorum"),
    Planted("hostile", "acknowledges-before-durable", "quorum_keeps"),
    Planted("hostile", "forgets-log", "quorum_keeps"),
    Planted("contested", "forgets-vote", "voted_once"),
    Planted("hostile", "votes-for-all", "one_leader_per_term"),
    Planted("overtaken", "votes-for-shorter", "leader_completeness"),
    Planted("hostile", "elected-by-half", "leader_has_majority"),
    Planted("hostile", "commits-on-half", "quorums_intersect"),
    Planted("hostile", "counts-twice", "quorum_stored"),
    Planted("hostile", "counts-stale", "quorum_stored"),
    Planted("hostile", "keeps-conflicts", "log_matching"),
    Planted("hostile", "skips-check", "committed_agree"),
    Planted("hostile", "commits-blindly", "commit_within_log"),
    Planted("hostile", "commit-restarts", "commit_monotone"),
    Planted("hostile", "applies-early", "applied_agree"),
    Planted("hostile", "applies-retries", "applied_once"),
    Planted("hostile", "invents", "no_phantom"),
    Planted("contested", "waits-for-clients", "operations_resume"),
    Planted("hostile", "answers-when-deposed", "acknowledged_applied"),
    Planted("hostile", "stays-leader", "one_leader_per_component"),
    Planted("hostile", "never-steps-back", "catch_up_progresses"),
    Planted("hostile", "restless", "leadership_stable"),
    Planted("shattered", "gives-up", "leadership_settles"),
    Planted("hostile", "skips-apply", "states_agree"),
    Planted("counter", "overwrites", "merges_are_lawful"),
    Planted("counter", "adds", "merges_are_lawful"),
    Planted("counter", "keeps-own", "merges_are_lawful"),
    Planted("counter", "averages", "merges_are_lawful"),
    Planted("counter", "counts-silently", "same_updates_same_state"),
    Planted("counter", "never-gossips-back", "states_agree"),
    Planted("careful", "not-durable", "accepted_survives"),
    Planted("careful", "sends-once", "no_holes"),
    Planted("careful", "numbers-again", "same_payload"),
    Planted("redex_crash", "slow-to-miss", "detected_in_time"),
    Planted("redex_crash", "never-yields", "settled_after_heal"),
    Planted("redex_crash", "both-yield", "settled_after_failover"),
    Planted("redex_crash", "skips-candidacy", "legal_turns"),
    Planted("redex_cut", "misplaces", "logs_agree"),
    Planted("redex_cut", "never-pulls", "tails_agree"),
    Planted("raft/nemesis", "votes-repeatedly", "voted_once"),
    Planted("raft/vote_forgotten", "vote-kept-in-memory", "one_leader_per_term"),
    Planted("raft/behind", "candidates-anybody", "leader_completeness"),
    Planted("raft/nemesis", "elected-by-half", "leader_has_majority"),
    Planted("raft/minority_answers", "deposed-leads-on", "leadership_settles"),
    Planted("raft/entries_forgotten", "entries-kept-in-memory", "quorum_keeps"),
    Planted("raft/nemesis", "consistency-unchecked", "log_matching"),
    Planted("raft/minority_answers", "conflicts-kept", "committed_agree"),
    Planted("raft/nemesis", "truncates-always", "quorum_stored"),
    Planted("raft/nemesis", "committed-by-half", "quorums_intersect"),
    Planted("raft/figure_8", "commits-any-term", "committed_agree"),
    Planted("raft/minority_answers", "follower-commits-own-log", "committed_agree"),
    Planted("raft/minority_answers", "reads-unchecked", "linearizable"),
    Planted("raft/new_leader_reads", "read-waits-nothing", "linearizable"),
    Planted("raft/lease_from_answers", "lease-from-answered", "linearizable"),
    Planted("raft/lease_disregarded", "disregards-nobody", "linearizable"),
    Planted("raft/lease_forgotten", "boots-eager", "linearizable"),
    Planted("raft/lease_in_transfer", "transfers-keep-leases", "linearizable"),
    Planted("raft/nemesis", "snapshot-of-everything", "states_agree"),
    Planted("raft/snapshot_discards", "snapshot-suffix-discarded", "quorum_keeps"),
    Planted("raft/nemesis", "snapshot-sessions-left-out", "states_agree"),
    Planted("raft/nemesis", "sessions-none", "applied_once"),
    Planted("raft/reconfigured_at_once", "reconfiguration-direct", "committed_agree"),
    Planted("raft/changes_overlap", "changes-overlapping", "committed_agree"),
    Planted("raft/changes_race", "changes-wait-nothing", "committed_agree"),
    Planted("raft/receive_only_disrupts", "pre-vote-none", "leadership_stable"),
    Planted("raft/leader_hears_nobody", "check-quorum-none", "operations_resume"),
    Planted("raft/new_server_lags", "catch-up-none", "operations_resume"),
    Planted("abd/new_old_inversion", "write-back-never", "linearizable"),
    Planted("abd/minority_answers", "quorum-half", "linearizable"),
    Planted("abd/minority_answers", "counts-answers", "linearizable"),
    Planted("abd/nemesis", "replaces-anything", "linearizable"),
    Planted("abd/later_write_loses", "tags-own", "linearizable"),
    Planted("abd/nemesis", "ties-none", "one_value_per_tag"),
    Planted("abd/writer_begins_anew", "lives-alike", "one_value_per_tag"),
    Planted("abd/everybody_forgets", "kept-in-memory", "linearizable"),
    Planted("primary_backup/answers_before_it_copies", "replication-asynchronous", "linearizable"),
    Planted("primary_backup/next_in_line_lacks_it", "promotes-next", "linearizable"),
    Planted("primary_backup/two_primaries", "fencing-none", "committed_agree"),
    Planted("primary_backup/deposed_primary_reads", "reads-unchecked", "linearizable"),
    Planted("primary_backup/nemesis", "joins-as-it-is", "committed_agree"),
    Planted("primary_backup/nemesis", "sessions-none", "applied_once"),
    Planted("primary_backup/everybody_forgets", "kept-in-memory", "linearizable"),
    Planted("chain/head_answers_alone", "replies-head", "linearizable"),
    Planted("chain/reader_asks_the_head", "queries-anybody", "linearizable"),
    Planted("chain/nemesis", "passes-on-what-comes", "committed_agree"),
    Planted("chain/nemesis", "fencing-none", "committed_agree"),
    Planted("chain/stale_tail_answers", "reads-unchecked", "linearizable"),
    Planted("chain/nemesis", "joins-as-it-is", "committed_agree"),
    Planted("chain/nemesis", "sessions-none", "applied_once"),
    Planted("chain/everybody_forgets", "kept-in-memory", "linearizable"),
    Planted("multipaxos/nothing_is_adopted", "adopts-nothing", "committed_agree"),
    Planted("multipaxos/nemesis", "promises-ignored", "committed_agree"),
    Planted("multipaxos/nemesis", "quorum-half", "leader_has_majority"),
    Planted("multipaxos/nemesis", "numbers-shared", "one_leader_per_term"),
    Planted("multipaxos/nemesis", "learns-own", "committed_agree"),
    Planted("multipaxos/gap_is_left", "gaps-left", "operations_resume"),
    Planted("multipaxos/nemesis", "applies-as-chosen", "states_agree"),
    Planted("multipaxos/deposed_leader_reads", "reads-unchecked", "linearizable"),
    Planted("multipaxos/nemesis", "sessions-none", "applied_once"),
    Planted("multipaxos/everybody_forgets", "kept-in-memory", "committed_agree"),
    Planted("rumours", "never-compares", "no_holes"),
    Planted("rumours", "compares-the-hot", "no_holes"),
    Planted("rumours", "cuts-offers", "tails_agree"),
    Planted("rumours", "kept-in-memory", "no_lost_elements"),
)


@cache
def prepared(scenario: str, bug: str) -> Experiment:
    if "/" in scenario:
        profile = SOUND[scenario.split("/")[0]] if bug == NONE else bug
        return experiment(read(catalog.resolve(scenario), (("profile", profile),)))
    return experiment(read(HERE / f"{scenario}.toml", (("cluster.params.bug", bug),)))


def judged(scenario: str, bug: str, seed: int) -> tuple[Experiment, Outcome]:
    made = prepared(scenario, bug)
    outcome = run(made.plan(seed), seed, None)
    assert outcome.model_error is None, outcome.model_error
    return made, outcome


def caught(scenario: str, bug: str, seed: int) -> dict[str, Finding]:
    """Return what is violated though the scenario, written for the sound machine, does not allow for it."""
    _, outcome = judged(scenario, bug, seed)
    wrong = (j.finding for j in judge(prepared(scenario, NONE), outcome).judged if not j.met)
    return {finding.name: finding for finding in wrong if finding.verdict == "violated"}


def seeds_that_catch(planted: Planted) -> Iterator[tuple[int, dict[str, Finding]]]:
    """Yield each seed of the budget at which the oracle catches the bug, and all that did."""
    for seed in range(1, planted.budget + 1):
        found = caught(planted.scenario, planted.bug, seed)
        if planted.oracle in found:
            yield seed, found


def passes(scenario: str, budget: int) -> dict[str, int]:
    """Return how many seeds each property holds at for the sound machine; fails if one is not as expected."""
    holds: dict[str, int] = {}
    for seed in range(1, budget + 1):
        made, outcome = judged(scenario, NONE, seed)
        verdict = judge(made, outcome)
        wrong = [j.finding for j in verdict.judged if not j.met]
        assert verdict.word == "as-expected", f"{scenario} seed {seed}: {wrong}"
        for finding in (j.finding for j in verdict.judged):
            holds[finding.name] = holds.get(finding.name, 0) + (finding.verdict == "holds")
    return holds


def bugs(scenario: str) -> dict[str, str]:
    """Return the bugs of a scenario's machine with what each does."""
    told: dict[str, str]
    if "/" in scenario:
        told = import_module(f"models.{model(scenario)}").WITHOUT
    else:
        told = sys.modules[f"netsplit_model_{model(scenario)}"].BUGS
    return told


def model(scenario: str) -> str:
    return Path(prepared(scenario, NONE).model.reference).stem


def ranges(seeds: list[int]) -> str:
    """Return rising numbers with runs drawn together: `1-3, 7`."""
    runs: list[list[int]] = []
    for seed in seeds:
        if runs and runs[-1][-1] == seed - 1:
            runs[-1].append(seed)
        else:
            runs.append([seed])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def page() -> str:
    """Return the table."""
    sound = {name: passes(name, BUDGET) for name in dict.fromkeys(p.scenario for p in PLANTED)}
    lines = [
        "# Planted bugs",
        "",
        "Written by `python tests/mutants/planted.py`. Each bug is switched on in a machine that is sound without it.",
        f"The oracle named must catch it within seeds 1 to {BUDGET} of the scenario, over all of which the sound",
        "machine is as expected and the oracle has something to judge.",
        "",
        "| machine | bug | what is wrong | scenario | caught by | seeds | also seen by, at the first of them |",
        "|---|---|---|---|---|---|---|",
    ]
    for p in PLANTED:
        assert sound[p.scenario][p.oracle], f"{p.oracle} never holds for the sound machine in {p.scenario}"
        hits = list(seeds_that_catch(p))
        assert hits, f"{p.bug} is not caught by {p.oracle} in {p.budget} seeds of {p.scenario}"
        seeds = ranges([seed for seed, _ in hits])
        others = ", ".join(f"`{name}`" for name in hits[0][1] if name != p.oracle)
        what = bugs(p.scenario)[p.bug]
        told = f"{len(hits)} of {p.budget}: {seeds}"
        lines.append(f"| {model(p.scenario)} | {p.bug} | {what} | {p.scenario} | `{p.oracle}` | {told} | {others} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
