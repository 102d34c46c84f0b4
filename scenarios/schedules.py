"""Schedules: a scenario under a seed with these very faults in place of those that `[nemesis]` would draw.

`Room` says what the budget of `[nemesis]` leaves for one more fault, so that whoever makes a schedule up (a search, a
user's test) makes one that the scenario could have drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from sim.faults import FOREVER
from sim.machine import NodeId
from sim.units import duration, show_duration
from sim.world import Plan

from .build import experiment as build
from .complaints import UsageError, unknown
from .fingerprint import Observed, observe, unexpected
from .load import fault_of, made
from .nemesis import DRAWN, Dice, Fields, Nobody, Source, allowed, downed, parted
from .plan import Experiment, planned
from .run import name_of, replay_file
from .schema import Nemesis
from .verdict import OK


@dataclass(frozen=True)
class Schedule:
    """A scenario that draws no faults, a seed, and the faults that come behind the written ones, as tables."""

    experiment: Experiment
    seed: int
    faults: tuple[Fields, ...]

    def __repr__(self) -> str:
        return f"Schedule({name_of(self.experiment)}, seed={self.seed}, faults={list(self.faults)})"

    @cached_property
    def plan(self) -> Plan:
        """The plan, for `sim.world.run(plan, seed)`."""
        plan, in_flight = self.experiment.plan(self.seed), self.experiment.scenario.network.in_flight
        return replace(plan, faults=(*plan.faults, *(planned(fault_of(table), in_flight) for table in self.faults)))

    def observe(self) -> Observed:
        """Run it, untraced, and judge it."""
        return observe(self.experiment, self.plan, self.seed)

    def check(self) -> None:
        """Run it. Raises AssertionError unless it is as the scenario expects, with the scenario that shows it again."""
        observed = self.observe()
        if observed.verdict.code != OK:
            seen = [f"{failure.fingerprint.property}: {failure.sentence}" for failure in unexpected(observed.failures)]
            others = [f"{j.finding.name}: {j.finding.verdict}" for j in observed.verdict.judged if not j.met]
            raise AssertionError("\n".join([*(seen or others), "", self.text()]))

    def text(self) -> str:
        """Return the scenario file that runs just this."""
        document = self.experiment.document
        doc: dict[str, Any] = {**document.doc, "fault": [*document.doc.get("fault", ()), *self.faults]}
        doc = {name: value for name, value in doc.items() if value != []}
        whole = build(made(doc, document.path))
        return replay_file(whole, self.seed, observe(whole, whole.plan(self.seed), self.seed).outcome)


def quiet(experiment: Experiment) -> Experiment:
    """Return a scenario that draws no faults. Raises UsageError if it never heals: then none could be added."""
    if experiment.scenario.heal is None:
        raise UsageError(f"{name_of(experiment)}: heal is missing: the time by which every fault is mended")
    document = experiment.document
    doc = {name: value for name, value in document.doc.items() if name != "nemesis"}
    return replace(experiment, document=replace(document, doc=doc), scenario=replace(experiment.scenario, nemesis=None))


class Room:
    """What a scenario and a seed leave for drawn faults: whom they may strike, when, and how many at once."""

    def __init__(self, experiment: Experiment, seed: int) -> None:
        scenario = experiment.scenario
        options = scenario.nemesis or Nemesis()
        self.nodes = experiment.nodes(seed)
        self.ground = experiment.ground(self.nodes)
        self.most = options.most
        self.begin = options.at
        self.end = (scenario.heal or 0) if options.until is None else options.until
        self._budget = allowed(options.down, len(self.nodes))

    def fault(self, source: Source, kind: str, at: int, lasting: int, others: Sequence[Fields]) -> Fields | None:
        """Return one more fault of a kind, beside the others and within the budget; None if there is no room."""
        end = min(at + lasting, self.end)
        beside = [table for table in others if _meet(table, at, end)]
        if at < self.begin or at >= end or len(beside) >= self.most:
            return None
        hit = self._down(beside)
        cut = None if self.ground is None else self.ground.cut(_cut(beside))
        try:
            fields = DRAWN[kind](Dice(source, self.nodes, self._budget - len(hit), hit, cut))
        except Nobody:
            return None
        return {"kind": kind, **fields, "at": show_duration(at), "lasting": show_duration(end - at)}

    def fits(self, tables: Sequence[Fields]) -> bool:
        """Return whether faults are within the budget and over by its end."""
        for table in tables:
            at, end = span(table)
            beside = [other for other in tables if _meet(other, at, at)]
            if not self.begin <= at < end <= self.end or len(beside) > self.most:
                return False
            if len(self._down(beside)) > self._budget:
                return False
        return True

    def _down(self, tables: Sequence[Fields]) -> set[NodeId]:
        """Return the nodes that faults keep from working if all are active at once."""
        down = {node for table in tables for node in downed(table)}
        if self.ground is not None and (cut := _cut(tables)):
            down |= parted(self.ground.cut(cut))
        return down


def usable(experiment: Experiment) -> tuple[str, ...]:
    """Return the kinds that `[nemesis]` names, or all that can be drawn in this scenario."""
    scenario = experiment.scenario
    named = scenario.nemesis.kinds if scenario.nemesis is not None else ()
    return named or tuple(kind for kind in DRAWN if kind != "edge" or scenario.network.topology is not None)


def checked(kinds: Sequence[str], experiment: Experiment) -> tuple[str, ...]:
    """Return kinds that somebody names. Raises UsageError if one cannot be drawn."""
    for kind in kinds:
        if kind not in DRAWN or (kind == "edge" and experiment.scenario.network.topology is None):
            raise UsageError(f"kinds: {unknown(kind, usable(experiment))}")
    return tuple(kinds)


def span(table: Fields) -> tuple[int, int]:
    """Return when a drawn fault begins and ends, in ns."""
    at = duration(table["at"])
    return at, at + duration(table["lasting"])


def _meet(table: Fields, begin: int, end: int) -> bool:
    """Return whether a fault is active at some time from `begin` to `end`."""
    if table.get("lasting", FOREVER) == FOREVER:
        return True
    first, last = span(table)
    return first <= end and begin <= last


def _cut(tables: Sequence[Fields]) -> list[tuple[str, str]]:
    return [(a, b) for table in tables if table["kind"] == "edge" for a, b in table["cut"]]
