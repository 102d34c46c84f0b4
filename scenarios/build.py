"""From a document to an experiment that can be run, or to all that is wrong with it at once."""

from __future__ import annotations

from dataclasses import replace

from sim.faults import EdgeFault

from .complaints import unknown
from .expect import Expectations
from .load import Document, FaultEntry
from .model import ModelProblem, find
from .plan import Experiment
from .rules import Rules
from .topologies import NamedGraph, edges_of


def experiment(document: Document) -> Experiment:
    """Check a scenario against its model. Raises ScenarioError with all complaints."""
    scenario = document.scenario
    if scenario is None:
        document.check()
        raise AssertionError("a scenario that could not be read has complaints")
    rules = Rules(document, scenario)
    rules.check()
    try:
        model = find(scenario.model, document.folder)
    except ModelProblem as problem:
        document.complain(("model",), str(problem))
        document.check()
        raise AssertionError from None
    profile = scenario.profile or next(iter(model.profiles))
    if model.settings(profile) is None:
        document.complain(("profile",), unknown(profile, (*model.profiles, *model.switches)))
        document.check()
    faults = tuple(document.faults[i] for i in sorted(document.faults))
    draft = Experiment(document, scenario, model, profile, faults, (), {}, {}, False)
    rules.check_model(draft)
    if rules.header is None or rules.kind is None:
        document.check()
        raise AssertionError("a scenario without a header has complaints")
    expectations = Expectations(document, draft, rules.header, rules.kind)
    expectations.read()
    document.check()
    properties, not_judged = expectations.judged()
    oracles, unheard = expectations.oracles()
    return replace(
        draft,
        properties=properties,
        not_judged={**not_judged, **unheard},
        expected=expectations.expected,
        listed=expectations.listed,
        views=rules.header.views,
        oracles=oracles,
        faults=tuple(_resolved(entry, rules.named) for entry in faults),
        named=rules.named,
    )


def _resolved(entry: FaultEntry, named: NamedGraph | None) -> FaultEntry:
    """Return a fault with what it cuts written as edges: a minimum cut is found once, not for every seed."""
    fault = entry.fault
    if isinstance(fault, EdgeFault) and named is not None:
        return replace(entry, fault=replace(fault, cut=edges_of(fault, named)))
    return entry
