"""What a scenario expects of each property."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.checks.consistency import Oracle
from sim.jury import VERDICTS, lacking
from sim.machine import Machine
from sim.property import Property
from sim.trace import Header
from sim.units import duration, show_duration

from .complaints import Key, unknown
from .consistency import bounded, oracles_of
from .load import Document
from .plan import Expected, Experiment

UNWANTED = "a place in judge"
BOUNDS = ("within", "grace")  # what a scenario may set of a property


class Expectations:
    """Reads `[expect]` and the tables of profiles in it, and says which properties apply."""

    def __init__(self, document: Document, draft: Experiment, header: Header, kind: type[Machine]) -> None:
        self.document = document
        self.draft = draft
        self.header = header
        self.kind = kind
        self.expected: Expected = {}
        self.listed = False
        self._within: dict[str, int] = {}
        self._grace: dict[str, int] = {}

    def judged(self) -> tuple[tuple[Property, ...], dict[str, tuple[str, ...]]]:
        """Return the properties that apply, with this scenario's bounds, and the others with what they lack."""
        contents = self.kind.contents is not Machine.contents
        judged: list[Property] = []
        others: dict[str, tuple[str, ...]] = {}
        for prop in self.draft.model.properties:
            lacks = lacking(prop, self.header, contents)
            if not self._wanted(prop.name):
                others[prop.name] = (UNWANTED,)
            elif lacks:
                others[prop.name] = tuple(lacks)
            else:
                judged.append(self._bounded(prop))
        return tuple(judged), others

    def oracles(self) -> tuple[tuple[Oracle, ...], dict[str, tuple[str, ...]]]:
        """Return who judges the history, with this scenario's bounds, and the others with what they lack."""
        scenario = self.draft.scenario
        unasked, asked, unheard = oracles_of(scenario)
        named = {name: oracle for name, oracle in asked.items() if name in (*self.expected, *scenario.judge)}
        chosen = [oracle for name, oracle in (unasked | named).items() if self._wanted(name)]
        judging = tuple(bounded(oracle, self._within.get(oracle.name), scenario) for oracle in chosen)
        unheard |= {name: ("a line in [expect]",) for name in asked if name not in named}
        return judging, unheard | {name: (UNWANTED,) for name in unasked if not self._wanted(name)}

    def _wanted(self, name: str) -> bool:
        return not self.draft.scenario.judge or name in self.draft.scenario.judge

    def _bounded(self, prop: Property) -> Property:
        """Return a property with this scenario's bound; one that nobody listed is judged at the end at the latest."""
        if prop.grace is not None and prop.name in self._grace:
            prop = prop.allowing(self._grace[prop.name])
        if prop.within is None:
            return prop
        heal, stop = self.draft.scenario.heal or 0, self.draft.scenario.stop
        return prop.lasting(min(self._within.get(prop.name, prop.within), max(stop - heal, 0)))

    def read(self) -> None:
        """Read `[expect]` for this profile, and check the other profiles' tables too."""
        scenario, draft = self.draft.scenario, self.draft
        own_profile = self._own_profile()
        known = [prop.name for prop in draft.model.properties]
        known += [name for table in oracles_of(scenario) for name in table]
        for i, name in enumerate(scenario.judge):
            if name not in known:
                self.document.complain(("judge", i), "unknown property: " + unknown(name, known))
        tables: dict[str, dict[str, Any]] = {}
        flat: dict[str, Any] = {}
        for name, value in scenario.expect.items():
            if isinstance(value, Mapping) and "verdict" not in value:
                tables[name] = dict(value)
            else:
                flat[name] = value
        for profile, table in tables.items():
            if draft.model.settings(profile) is None:
                profiles = (*draft.model.profiles, *draft.model.switches)
                self.document.complain(("expect", profile), unknown(profile, profiles, "the profiles "))
            else:
                self._table(("expect", profile), table, profile == draft.profile)
        own = bool(flat) and draft.profile == own_profile and draft.profile not in tables
        self._table(("expect",), flat, own)
        self._bounds()

    def _own_profile(self) -> str:
        """Return the profile that the file itself names: --set profile=... does not move the top table of [expect]."""
        named = self.document.own_profile
        return named if isinstance(named, str) else next(iter(self.draft.model.profiles))

    def _table(self, key: Key, table: Mapping[str, Any], own: bool) -> None:
        """Read a table, and take what it expects if it is this profile's.

        The machines of another profile may show more or less than these, so whether a property applies to them is not
        known here.
        """
        judged, others = self.judged()
        unasked, asked, unheard = oracles_of(self.draft.scenario)
        bounded: dict[str, Property | Oracle] = {prop.name: prop for prop in judged}
        bounded |= unasked | asked
        names = tuple(bounded)
        read: dict[str, tuple[str, ...]] = {}
        for name, value in table.items():
            at = (*key, name)
            if not self._wanted(name):
                self.document.complain(
                    at, f"not judged: the file's judge names only {', '.join(self.draft.scenario.judge)}"
                )
                continue
            if name in others and not own:
                continue
            if name in others:
                self.document.complain(at, f"does not apply: the model lacks {', '.join(others[name])}")
                continue
            if name in unheard:
                self.document.complain(at, f"does not apply: it lacks {', '.join(unheard[name])}")
                continue
            if name not in names:
                self.document.complain(at, "unknown property: " + unknown(name, names))
                continue
            given: Any = value
            if isinstance(value, Mapping):
                if "verdict" not in value:
                    self.document.complain(at, f"found a table without its verdict, allowed: {', '.join(VERDICTS)}")
                given = value.get("verdict", VERDICTS)
                for extra in sorted(set(value) - {"verdict", *BOUNDS}):
                    self.document.complain((*at, extra), unknown(extra, ("verdict", *BOUNDS)))
                for bound in BOUNDS:
                    if bound in value:
                        self._read_bound(at, bounded[name], bound, value[bound], own)
            verdicts = tuple(given) if isinstance(given, (list, tuple)) else (given,)
            if not verdicts:
                self.document.complain(at, f"found no verdict, allowed: {', '.join(VERDICTS)}")
            for verdict in verdicts:
                if verdict not in VERDICTS:
                    self.document.complain(at, unknown(verdict, VERDICTS))
            read[name] = verdicts
        if own:
            self.expected, self.listed = read, True

    def _read_bound(self, at: Key, prop: Property | Oracle, name: str, found: Any, own: bool) -> None:
        try:
            bound = duration(found)
        except ValueError as error:
            self.document.complain((*at, name), str(error))
            return
        if name == "within" and prop.within is None:
            text = f"found on {prop.name}, which is judged throughout, allowed: only on eventual properties"
            self.document.complain((*at, name), text)
        elif name == "grace" and getattr(prop, "grace", None) is None:
            self.document.complain((*at, name), f"found on {prop.name}, which has no grace")
        elif own:
            {"within": self._within, "grace": self._grace}[name][prop.name] = bound

    def _bounds(self) -> None:
        """Complain about a listed property that would have to hold only after the run has ended."""
        scenario = self.draft.scenario
        judging: tuple[Property | Oracle, ...] = (*self.judged()[0], *self.oracles()[0])
        for prop in judging:
            bound = self._within.get(prop.name, prop.within)
            if bound is None or scenario.heal is None or prop.name not in {*self.expected, *self._within}:
                continue
            if scenario.heal + bound > scenario.stop:
                text = f"{prop.name} must hold {show_duration(bound)} after heal, but stop comes before"
                self.document.complain(("heal",), text)
