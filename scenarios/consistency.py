"""Judges what the clients of a run were told, when it is over: the history's part of a run's properties."""

from __future__ import annotations

from dataclasses import replace

from sim.checks.calls import Budget, Calm, calls
from sim.checks.consistency import RUN_STEPS, Oracle, judge, offered
from sim.checks.datatypes import of_actions
from sim.clients import WORKLOADS
from sim.history import History
from sim.jury import Finding

from .schema import Scenario


def actions_of(scenario: Scenario) -> tuple[str, ...]:
    """Return what clients may do in a scenario: its workload's actions and those of its errands."""
    drawn = () if scenario.clients is None else tuple(WORKLOADS[scenario.clients.workload])
    return tuple(dict.fromkeys((*drawn, *(errand.action for errand in scenario.ask))))


def oracles_of(scenario: Scenario) -> tuple[dict[str, Oracle], dict[str, Oracle], dict[str, tuple[str, ...]]]:
    """Return by name who judges a scenario's runs unasked, who does if [expect] names him, and what others lack."""
    unasked, asked, lacking = offered(actions_of(scenario))
    return {o.name: o for o in unasked}, {o.name: o for o in asked}, lacking


def bounded(oracle: Oracle, within: int | None, scenario: Scenario) -> Oracle:
    """Return an oracle with a scenario's bound, or with its own as far as the run lasts."""
    if oracle.within is None:
        return oracle
    wanted = oracle.within if within is None else within
    return replace(oracle, within=min(wanted, max(scenario.stop - (scenario.heal or 0), 0)))


def findings(oracles: tuple[Oracle, ...], scenario: Scenario, history: History) -> list[Finding]:
    """Return what each oracle finds in a run's history, each within a budget of its own."""
    kind = of_actions(actions_of(scenario))
    if kind is None or not oracles:
        return []
    every = calls(history)
    found = []
    for oracle in oracles:
        calm = None if oracle.within is None else Calm(oracle.within, scenario.heal)
        judged = judge(oracle, every, kind, Budget(RUN_STEPS), calm)
        found.append(Finding(oracle.name, judged.verdict, judged.sentence, None, judged.at, judged.evidence))
    return found
